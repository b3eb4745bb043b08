"""States that followers fold, in this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Kept:
    position: int = 0
    states: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)


class MemoryRunningStates:
    """Implements `RunningStates` with dictionaries."""

    def __init__(self) -> None:
        self._followers: dict[str, _Kept] = {}

    async def position(self, follower: str) -> int:
        """Up to which place of the ledger the follower has read."""
        return self._of(follower).position

    async def load(self, follower: str, keys: Sequence[str] | None = None) -> Mapping[str, str]:
        """The follower's states by key."""
        states = self._of(follower).states
        if keys is None:
            return dict(states)
        return {key: states[key] for key in keys if key in states}

    async def advance(
        self,
        follower: str,
        *,
        expected: int,
        position: int,
        changed: Mapping[str, str],
        actions: Mapping[str, str],
    ) -> bool:
        """Keep everything, unless the follower's position is not `expected`."""
        kept = self._of(follower)
        if kept.position != expected:
            return False
        kept.position = position
        kept.states.update(changed)
        kept.actions = {**kept.actions, **{key: action for key, action in actions.items() if key not in kept.actions}}
        return True

    async def pending_actions(self, follower: str) -> Mapping[str, str]:
        """Actions that were kept and not yet marked as done, oldest first."""
        kept = self._of(follower)
        return {key: action for key, action in kept.actions.items() if key not in kept.done}

    async def action_done(self, follower: str, key: str) -> None:
        """Mark an action as done."""
        self._of(follower).done.add(key)

    def _of(self, follower: str) -> _Kept:
        return self._followers.setdefault(follower, _Kept())

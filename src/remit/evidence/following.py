"""Followers of the ledger: pure steps, folded once, kept together with the place up to which they have read."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar, runtime_checkable

from remit.evidence.observations import Observation
from remit.evidence.ports import EVERYTHING, Ledger, Recorded, RunningStates, Selection

State = TypeVar("State")
MOST_REMEMBERED = 20_000
"""How many states a follower keeps decoded between two calls; beyond it begins again with none."""


class Reducer(Protocol[State]):
    """A pure step from state to state over the observations of one key, such as an intent.

    The state is O(1) in the length of history, and a value: `add` returns a new one. `decode(encode(state))` must
    go on exactly as `state` would. Parameters (an error budget, say) belong to the reducer, not to the state: when
    they change, the reducer gets another name, and its states begin again.
    """

    @property
    def name(self) -> str:
        """Unique within the follower, without a colon; with the key it names the state: `<name>:<key>`."""
        ...

    def key_of(self, observation: Observation) -> str | None:
        """Which state the observation concerns, None if it concerns none."""
        ...

    def start(self, key: str) -> State:
        """The state before the first observation of this key."""
        ...

    def add(self, state: State, recorded: Recorded) -> State:
        """The state after one more observation."""
        ...

    def encode(self, state: State) -> Any:
        """The state as JSON values. Minus infinity and other floats come back as they were."""
        ...

    def decode(self, document: Any) -> State:
        """The state that `encode` made this from."""
        ...


@runtime_checkable
class Monitor(Protocol):
    """A reducer that also asks for something to be done when its state crosses a line."""

    def actions(self, key: str, before: Any, after: Any, recorded: Recorded) -> Mapping[str, Any]:
        """What is to be done because of this observation: JSON objects by key; empty nearly always.

        The key makes the action happen once: name in it what is acted on and the place of the ledger
        (`demote:shop:refund:1234`). Pure, like `add`: a refold asks for the same actions.
        """
        ...


@runtime_checkable
class InRuns(Protocol):
    """A reducer that takes many observations of one key faster than one by one."""

    def add_all(self, state: Any, run: Sequence[Recorded]) -> Any:
        """The state after these, in order; equal to `add` one by one."""
        ...


def folded(reducer: Reducer[State], state: State, run: Sequence[Recorded]) -> State:
    """The state after a run of observations of its key."""
    if isinstance(reducer, InRuns):
        last: State = reducer.add_all(state, run)
        return last
    for recorded in run:
        state = reducer.add(state, recorded)
    return state


@dataclass(frozen=True, slots=True)
class _Run:
    """What a batch has for one state, in the order of the ledger."""

    reducer: Reducer[Any]
    key: str
    rows: list[Recorded]


@dataclass(frozen=True, slots=True)
class _Asked:
    """An action, and what it comes after: the place in the ledger, then the reducer's among the reducers."""

    position: int
    place: int
    key: str
    content: Any


@dataclass(slots=True)
class _Fold:
    """States by `<name>:<key>` while observations are added, and which of them have changed."""

    reducers: Mapping[str, Reducer[Any]]
    monitors: Mapping[str, Monitor]
    states: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Reducer[Any]] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)

    def runs(self, batch: Sequence[Recorded]) -> dict[str, _Run]:
        """What the batch concerns, by the name of the state."""
        found: dict[str, _Run] = {}
        for recorded in batch:
            observation = recorded.observation
            for name, reducer in self.reducers.items():
                key = reducer.key_of(observation)
                if key is None:
                    continue
                state = f"{name}:{key}"
                run = found.get(state)
                if run is None:
                    found[state] = _Run(reducer, key, [recorded])
                else:
                    run.rows.append(recorded)
        return found

    def take(self, loaded: Mapping[str, str]) -> None:
        """States as they were kept."""
        for name, text in loaded.items():
            reducer = self.reducers.get(name.split(":", 1)[0])
            if reducer is not None:
                self.states[name] = reducer.decode(json.loads(text))

    def add(self, runs: Mapping[str, _Run]) -> None:
        """One step for each observation, state by state; actions in the order of the ledger."""
        asked: list[_Asked] = []
        places = {name: place for place, name in enumerate(self.reducers)}
        for name, run in runs.items():
            reducer = run.reducer
            before = self.states[name] if name in self.states else reducer.start(run.key)
            self.changed[name] = reducer
            monitor = self.monitors.get(reducer.name)
            if monitor is None:
                self.states[name] = folded(reducer, before, run.rows)
                continue
            for recorded in run.rows:
                after = reducer.add(before, recorded)
                for key, content in monitor.actions(run.key, before, after, recorded).items():
                    asked.append(_Asked(recorded.position, places[reducer.name], key, content))
                before = after
            self.states[name] = before
        for one in sorted(asked, key=lambda one: (one.position, one.place)):
            self.actions.setdefault(one.key, _text(one.content))

    def encoded(self) -> dict[str, str]:
        """What has changed, as it is to be kept."""
        return {name: _text(reducer.encode(self.states[name])) for name, reducer in self.changed.items()}

    def kept(self) -> None:
        """What had changed is durable now."""
        self.changed.clear()
        self.actions.clear()
        if len(self.states) > MOST_REMEMBERED:
            self.states.clear()


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def _text(document: Any) -> str:
    """One text for one content; TypeError if it is no JSON."""
    return _ENCODER.encode(document)


class LedgerFollower:
    """Folds the ledger through reducers, each observation exactly once however many processes follow.

    Between two calls it remembers the states it has kept. They stay true as long as nobody else moves the
    follower's position, and `RunningStates.advance` finds out if somebody does.

    Args:
        name: The follower's name in the store; one name, one set of reducers.
        reducers: Names must differ and hold no colon.
        ledger: What is followed.
        states: Where states, position and actions are kept.
    """

    def __init__(self, name: str, reducers: Sequence[Reducer[Any]], ledger: Ledger, states: RunningStates) -> None:
        by_name = {reducer.name: reducer for reducer in reducers}
        if len(by_name) != len(reducers) or any(":" in one for one in by_name):
            raise ValueError(f"follower {name!r}: reducers need names of their own, without a colon")
        self.name = name
        self._reducers = by_name
        self._monitors = {one.name: one for one in reducers if isinstance(one, Monitor)}
        self._ledger = ledger
        self._states = states
        self._remembered: tuple[int, _Fold] | None = None
        self._one_at_a_time = asyncio.Lock()

    async def catch_up(self, *, batch: int = 1000) -> int:
        """Fold what is new; returns how many observations this process has folded.

        Afterwards every observation that was in the ledger at the call is folded, by this process or another.
        Raises StoreUnavailable; then nothing of the batch is kept and the next call goes on from the same place.
        """
        n_folded = 0
        async with self._one_at_a_time:
            while True:
                position, fold = await self._where()
                found = await self._ledger.after(position, at_most=batch)
                if not found:
                    self._remembered = position, fold
                    return n_folded
                if await self._advance(position, fold, found):
                    n_folded += len(found)
                    if len(found) < batch:  # that was all there was when it was read
                        return n_folded

    async def _where(self) -> tuple[int, _Fold]:
        """The position and what is remembered of the states there; taken, so that nothing half-done is met again."""
        remembered, self._remembered = self._remembered, None
        return remembered or (await self._states.position(self.name), self._nothing())

    def _nothing(self) -> _Fold:
        return _Fold(self._reducers, self._monitors)

    async def _advance(self, expected: int, fold: _Fold, found: Sequence[Recorded]) -> bool:
        runs = fold.runs(found)
        missing = [name for name in runs if name not in fold.states]
        if missing:
            fold.take(await self._states.load(self.name, missing))
        fold.add(runs)
        position = found[-1].position
        if not await self._states.advance(
            self.name, expected=expected, position=position, changed=fold.encoded(), actions=dict(fold.actions)
        ):
            return False
        fold.kept()
        self._remembered = position, fold
        return True

    async def position(self) -> int:
        """Up to which place of the ledger states are kept."""
        return await self._states.position(self.name)

    async def states(self, reducer: Reducer[State]) -> Mapping[str, State]:
        """The kept states of one reducer by key; catch up first to have them as of now."""
        prefix = f"{reducer.name}:"
        kept = await self._states.load(self.name)
        return {
            name.removeprefix(prefix): reducer.decode(json.loads(text))
            for name, text in kept.items()
            if name.startswith(prefix)
        }

    async def state(self, reducer: Reducer[State], key: str) -> State:
        """The kept state of one key; the start if nothing has concerned it."""
        name = f"{reducer.name}:{key}"
        kept = await self._states.load(self.name, [name])
        return reducer.decode(json.loads(kept[name])) if name in kept else reducer.start(key)

    async def pending_actions(self) -> Mapping[str, Any]:
        """Actions that nobody has marked as done, oldest first, as the monitors asked for them."""
        return {key: json.loads(text) for key, text in (await self._states.pending_actions(self.name)).items()}

    async def action_done(self, key: str) -> None:
        """Mark an action as done."""
        await self._states.action_done(self.name, key)

    async def refold(self, to_position: int, *, batch: int = 1000, of: Selection = EVERYTHING) -> Mapping[str, str]:
        """States as JSON text, folded anew from the beginning up to `to_position`; nothing is kept.

        Equal to `RunningStates.load` of a follower that has read up to there; cost grows with history. With a
        selection only states are whole whose rows are all in it.
        """
        fold = self._nothing()
        position = 0
        while position < to_position:
            found = await self._ledger.after(position, at_most=min(batch, to_position - position), of=of)
            if not found:
                break
            fold.add(fold.runs([recorded for recorded in found if recorded.position <= to_position]))
            position = found[-1].position
        return fold.encoded()

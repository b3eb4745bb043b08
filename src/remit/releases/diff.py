"""What changed between two releases, and which intents that can reach: the dependency diff."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from remit.conversations import IntentName, ReleaseId
from remit.releases.model import Part, PartKind, Release
from remit.releases.reach import NOTHING, Reach


class ChangeOf(StrEnum):
    """How a part differs."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"
    REACHES_OTHERS = "reaches others"


@dataclass(frozen=True, slots=True)
class PartChange:
    """One part that differs.

    Args:
        kind: What it is.
        name: Which one.
        change: How it differs.
        reach: The intents that the change can have an effect on.
        why: Why those, one clause.
    """

    kind: PartKind
    name: str
    change: ChangeOf
    reach: Reach
    why: str

    def in_words(self, intents: Iterable[IntentName]) -> str:
        """One sentence without a full stop, such as `flow 'refund' changed: reaches refund (...)`."""
        every = tuple(intents)
        reached = self.reach.among(every)
        many = f"all {len(every)} intents" if len(reached) == len(every) else ", ".join(reached) or "no intent"
        return f"{self.kind.value} {self.name!r} {self.change.value}: reaches {many} ({self.why})"


@dataclass(frozen=True, slots=True)
class ReleaseDiff:
    """From one release to another of the same agent; `changes` in the order of kinds."""

    old: ReleaseId
    new: ReleaseId
    changes: tuple[PartChange, ...]
    opaque: bool = False

    @property
    def reach(self) -> Reach:
        """Every intent that some change can have an effect on."""
        reached = NOTHING
        for change in self.changes:
            reached |= change.reach
        return reached

    def reaches(self, intent: IntentName) -> bool:
        """Whether a change can have an effect on the intent."""
        return self.reach.covers(intent)

    def on(self, intent: IntentName) -> tuple[PartChange, ...]:
        """The changes that can have an effect on the intent."""
        return tuple(change for change in self.changes if change.reach.covers(intent))


def compare_parts(old: Release, new: Release) -> ReleaseDiff:
    """The dependency diff.

    Reach is of the old and the new content together. It holds as far as the agent can only use a part where the
    part says so, which agents of Remit enforce (`remit.adapters.agents`); of an opaque agent nothing is known, so
    that each of its parts reaches every intent.
    """
    before, after = old.by_key(), new.by_key()
    keys = [part.key for part in new.parts] + [part.key for part in old.parts if part.key not in after]
    changes = [change for key in keys if (change := _change(before.get(key), after.get(key))) is not None]
    changes.sort(key=lambda change: (list(PartKind).index(change.kind), change.name))
    return ReleaseDiff(old.id, new.id, tuple(changes), opaque=old.opaque or new.opaque)


def _change(before: Part | None, after: Part | None) -> PartChange | None:
    match before, after:
        case None, Part() as new:
            return PartChange(new.kind, new.name, ChangeOf.ADDED, new.reach, new.why)
        case Part() as old, None:
            return PartChange(old.kind, old.name, ChangeOf.REMOVED, old.reach, old.why)
        case Part() as old, Part() as new if old.digest != new.digest:
            why = new.why if old.why == new.why else f"{old.why}; now {new.why}"
            return PartChange(new.kind, new.name, ChangeOf.CHANGED, old.reach | new.reach, why)
        case Part() as old, Part() as new if old.reach != new.reach:
            return PartChange(new.kind, new.name, ChangeOf.REACHES_OTHERS, old.reach ^ new.reach, new.why)
        case _:
            return None

"""The life of releases on one intent: a state machine of pure transitions. Slow up by gates, fast down without."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.releases.demands import Fails, Readiness, Ready, Shown, Waits, readiness
from remit.releases.stages import (
    Canary,
    CanaryStep,
    Evaluated,
    Registered,
    Retired,
    Shadow,
    Stable,
    Stage,
    in_words,
)


@dataclass(frozen=True, slots=True)
class Line:
    """Where every release of an agent stands for one intent.

    At most one release is stable and at most one a canary. `held_by` are the releases that hold or held the grant,
    newest last: one may return to them at once. A release that was left by a rollback is not among them any more.
    `version` counts how often it was kept; whoever keeps it raises it.
    """

    agent: AgentName
    intent: IntentName
    stages: Mapping[ReleaseId, Stage] = field(default_factory=dict)
    held_by: tuple[ReleaseId, ...] = ()
    version: int = 0

    @property
    def stable(self) -> ReleaseId | None:
        """The release that holds the grant."""
        return next((release for release, stage in self.stages.items() if isinstance(stage, Stable)), None)

    @property
    def canary(self) -> ReleaseId | None:
        """The release that is being tried on a share of the conversations."""
        return next((release for release, stage in self.stages.items() if isinstance(stage, Canary)), None)

    def at(self, changes: Mapping[ReleaseId, Stage]) -> "Line":
        """The line with these releases elsewhere."""
        return replace(self, stages={**self.stages, **changes})


@dataclass(frozen=True, slots=True)
class Moved:
    """The release went on; `line` is how things stand now."""

    line: Line
    stage: Stage


@dataclass(frozen=True, slots=True)
class Stayed:
    """Nothing changed: what is missing."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fell:
    """The attempt failed; a canary has been taken back, and `line` is how things stand now."""

    line: Line
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The move does not exist from here; why, one sentence without a full stop."""

    why: str


# ── up, by gates ──────────────────────────────────────────────────────────────────────────────────
def register(line: Line, release: ReleaseId) -> Line:
    """A release that the line does not know begins as registered; one that it knows stays where it is."""
    return line if release in line.stages else line.at({release: Registered()})


def promote(line: Line, release: ReleaseId, shown: Shown, *, salt: str) -> Moved | Stayed | Fell | Refused:
    """One stage up, if nothing that the stage demands is missing; down at once if it is refuted.

    Args:
        line: How things stand.
        release: Which release.
        shown: What has been shown for it; `succeeds` must say whether another one is stable.
        salt: Of the canary that may begin now; never used again.
    """
    stage = line.stages.get(release)
    if stage is None:
        return Refused(f"release {release} is not registered for {line.intent!r}")
    seen = replace(shown, succeeds=line.stable not in (None, release))
    ready: Readiness = readiness(stage, seen)
    match ready:
        case Fails(why):
            return Fell(_taken_back(line, release, why), why)
        case Waits(missing):
            return Stayed(missing)
        case Ready():
            return _advanced(line, release, stage, salt)


def _advanced(line: Line, release: ReleaseId, stage: Stage, salt: str) -> Moved | Refused:
    following: Stage
    match stage:
        case Registered():
            following = Evaluated()
        case Evaluated():
            following = Shadow()
        case Shadow():
            if line.canary is not None:
                return Refused(f"release {line.canary} is the canary of {line.intent!r}; promote it or take it back")
            following = Canary(CanaryStep.FIRST, salt)
        case Canary(step=step):
            return _next_step(line, release, step, stage.salt)
        case Stable() | Retired():
            return Refused(f"release {release} is {in_words(stage)} for {line.intent!r}")
    return Moved(line.at({release: following}), following)


def _next_step(line: Line, release: ReleaseId, step: CanaryStep, salt: str) -> Moved:
    if step.following is not None:
        # The same salt: whoever was with the canary stays with it as the share grows.
        wider = Canary(step.following, salt)
        return Moved(line.at({release: wider}), wider)
    return Moved(_made_stable(line, release, f"release {release} took its place"), Stable())


def _made_stable(line: Line, release: ReleaseId, why: str) -> Line:
    before = line.stable
    superseded: dict[ReleaseId, Stage] = {} if before is None else {before: Retired(why)}
    held_by = (*(one for one in line.held_by if one != release), release)
    return replace(line.at({**superseded, release: Stable()}), held_by=held_by)


def inherit_stable(line: Line, release: ReleaseId) -> Moved | Refused:
    """A successor that cannot differ for this intent takes the stable release's place, without gates.

    Only for an intent that the change does not reach (`inheritance.inherit` says which).
    """
    if line.stable is None:
        return Refused(f"no release is stable for {line.intent!r}: there is nothing to inherit")
    if isinstance(line.stages.get(release), Canary):
        return Refused(f"release {release} is a canary of {line.intent!r}")
    why = f"release {release} is made of the same parts here"
    return Moved(_made_stable(line, release, why), Stable())


def adopt(line: Line, release: ReleaseId) -> Line:
    """A release that holds the grant by the book, from before its intent had a line, is the stable one."""
    if line.stable is not None or release not in line.stages:
        return line
    return _made_stable(line, release, "")


def take_up_again(line: Line, release: ReleaseId) -> Moved | Refused:
    """A retired release may try again: its evidence still speaks, and its failed attempts still count."""
    match line.stages.get(release):
        case Retired():
            return Moved(line.at({release: Evaluated()}), Evaluated())
        case None:
            return Refused(f"release {release} is not registered for {line.intent!r}")
        case stage:
            return Refused(f"release {release} is {in_words(stage)}, not retired, for {line.intent!r}")


# ── down, at once ─────────────────────────────────────────────────────────────────────────────────
def roll_back(line: Line, *, to: ReleaseId | None = None, why: str) -> Moved | Refused:
    """Return to a release that held the grant, or take a canary back. No gate is asked.

    Args:
        line: How things stand.
        to: Which release; None takes the canary back if there is one, else returns to the one that held last.
        why: In words, with figures.
    """
    canary = line.canary
    if to is None and canary is not None:
        return Moved(_taken_back(line, canary, (why,)), Retired(why))
    left = line.stable
    target = to or next((one for one in reversed(line.held_by) if one != left), None)
    if target is None:
        return Refused(f"no other release has held the grant of {line.intent!r}")
    if target not in line.held_by:
        return Refused(f"release {target} does not hold a certificate of {line.intent!r}: only promotion leads there")
    if target == left and canary is None:
        return Refused(f"release {target} is stable for {line.intent!r} already")
    cleared = line if canary is None or canary == target else _taken_back(line, canary, (why,))
    returned = _made_stable(cleared, target, why)
    # Whoever was left because it did badly has to earn its way back.
    kept = tuple(one for one in returned.held_by if one != left or one == target)
    return Moved(replace(returned, held_by=kept), Stable())


def retire(line: Line, release: ReleaseId, why: str) -> Moved | Refused:
    """A release that nobody needs any more. The stable one cannot go: people would hold the intent unasked."""
    match line.stages.get(release):
        case None:
            return Refused(f"release {release} is not registered for {line.intent!r}")
        case Stable():
            return Refused(f"release {release} is stable for {line.intent!r}: promote or roll back to another first")
        case Retired():
            return Refused(f"release {release} is retired for {line.intent!r} already")
        case _:
            gone = Retired(why)
            return Moved(line.at({release: gone}), gone)


def _taken_back(line: Line, release: ReleaseId, why: tuple[str, ...]) -> Line:
    return line.at({release: Retired("; ".join(why))})

"""What an agent has earned: grants by intent and release, the waivers over them, what is stopped and frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel
from remit.tools import ToolName

WaiverId = NewType("WaiverId", str)


@dataclass(frozen=True, slots=True)
class GrantKey:
    """Which grant: of one intent, held by one release."""

    intent: IntentName
    release: ReleaseId


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Certified thresholds, with the certificate that they come from; they replace the policy's own."""

    send: float
    ask: float
    certificate: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One earned entry.

    Args:
        agent: Whose.
        intent: For what.
        release: The release that holds it; what another release earned grants this one nothing.
        policy: Digest of the policy under which it was earned.
        level: What has been earned, waivers left aside.
        restorable: The level to which a rollback to this release may bring it back without gates: what was
            earned, lowered by everything that narrowed it for a cause, and not by its release stepping aside.
        since: When the level last changed.
        why: The reason of the last change, in words.
        owner: The person who answers for it; empty if nobody was named.
        thresholds: None: the policy's provisional ones hold.
        limits: Limits that narrow the policy's, CEL by tool.
        provisional: Inherited or on a borrowed certificate: more review until its own evidence is in.
        evidence: Ids of the verdict records that it rests on.
        narrowed_at: When it was last narrowed for a cause; the release earns nothing above `restorable` since.
    """

    agent: AgentName
    intent: IntentName
    release: ReleaseId
    policy: str
    level: AutonomyLevel
    restorable: AutonomyLevel
    since: datetime
    why: str = ""
    owner: str = ""
    thresholds: Thresholds | None = None
    limits: Mapping[ToolName, str] = field(default_factory=dict)
    provisional: bool = False
    evidence: tuple[str, ...] = ()
    narrowed_at: datetime | None = None

    def bars(self, level: AutonomyLevel) -> str:
        """Why evidence does not bring this release back up to the level; empty if nothing speaks against it.

        What narrowed it for a cause is not undone by what was shown before: gates stay settled for a release.
        """
        if self.narrowed_at is None or level <= self.restorable:
            return ""
        return f"release {self.release} was narrowed for a cause on {self.narrowed_at:%Y-%m-%d %H:%M} UTC"

    @property
    def key(self) -> GrantKey:
        """Which grant this is."""
        return GrantKey(self.intent, self.release)


@dataclass(frozen=True, slots=True)
class Waiver:
    """A named person's exception: a level without the evidence for it, for a while, for everybody to see."""

    id: WaiverId
    intent: IntentName
    release: ReleaseId
    policy: str
    level: AutonomyLevel
    by: Actor
    reason: str
    since: datetime
    expires_at: datetime

    @property
    def key(self) -> GrantKey:
        """Over which grant."""
        return GrantKey(self.intent, self.release)

    def holds(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return now < self.expires_at


class ScopeKind(StrEnum):
    """How much a stop covers."""

    ALL = "all"
    AGENT = "agent"
    INTENT = "intent"
    TOOL = "tool"
    RELEASE = "release"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is stopped; `subject` is empty for everything and for a whole agent."""

    kind: ScopeKind
    subject: str = ""

    def __str__(self) -> str:
        return f"{self.kind.value} {self.subject}" if self.subject else self.kind.value


@dataclass(frozen=True, slots=True)
class Stop:
    """People take over for what is in scope, until a person lifts it."""

    scope: Scope
    by: Actor
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Freeze:
    """Nothing is widened; `intent` empty means every intent. Lifts itself at `until`, or when a person lifts it."""

    intent: IntentName
    by: Actor
    why: str
    since: datetime
    until: datetime | None = None

    def holds(self, intent: IntentName, now: datetime) -> bool:
        """Whether widening this intent is frozen now."""
        return self.intent in ("", intent) and (self.until is None or now < self.until)


@dataclass(frozen=True, slots=True)
class RaisedSampling:
    """Experts look at a larger share of the intent's contained conversations than the policy asks for."""

    intent: IntentName
    share: float
    why: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Remit:
    """All that one agent has earned, and what stands over it. `epoch` grows with every change."""

    agent: AgentName
    epoch: int = 0
    grants: Mapping[GrantKey, Grant] = field(default_factory=dict)
    waivers: Mapping[GrantKey, Waiver] = field(default_factory=dict)
    stops: Mapping[Scope, Stop] = field(default_factory=dict)
    freezes: Mapping[IntentName, Freeze] = field(default_factory=dict)
    sampling: Mapping[IntentName, RaisedSampling] = field(default_factory=dict)

    def level_of(self, key: GrantKey, *, policy: str, now: datetime) -> AutonomyLevel:
        """The level that holds now, waivers included; what was given under another policy gives nothing."""
        grant, waiver = self.grants.get(key), self.waivers.get(key)
        earned = grant.level if grant is not None and grant.policy == policy else AutonomyLevel.SHADOW
        waived = waiver is not None and waiver.policy == policy and waiver.holds(now)
        return max(earned, waiver.level) if waiver is not None and waived else earned

    def frozen(self, intent: IntentName, now: datetime) -> Freeze | None:
        """What keeps this intent from being widened now."""
        return next((freeze for freeze in self.freezes.values() if freeze.holds(intent, now)), None)

    def stops_agent(self, release: ReleaseId) -> Stop | None:
        """What stops the whole release, if anything does."""
        scopes = (Scope(ScopeKind.ALL), Scope(ScopeKind.AGENT), Scope(ScopeKind.RELEASE, release))
        return next((self.stops[scope] for scope in scopes if scope in self.stops), None)

    def epoch_at(self, now: datetime) -> int:
        """The epoch as processes compare it: an expired waiver counts from its second on, cleared away or not."""
        return self.epoch + sum(not waiver.holds(now) for waiver in self.waivers.values())

"""What can be asked of the book of grants, and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from remit.audit import Change
from remit.control.grants import Freeze, GrantKey, Remit, Scope
from remit.control.incidents import Incident
from remit.control.notices import Notice
from remit.control.widening import Widening
from remit.conversations import AgentName, IntentName
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel
from remit.tools import ToolName


@dataclass(frozen=True, slots=True)
class Widen:
    """Let a grant do more; `widening` is what it rests on."""

    widening: Widening


@dataclass(frozen=True, slots=True)
class Narrow:
    """Let a grant do less; it needs nobody. A waiver over it ends. Nothing happens if it is that low already.

    Args:
        key: Which grant.
        to: The level it may have at most.
        for_a_cause: False when the release only steps aside: a rollback to it may bring the level back.
    """

    key: GrantKey
    to: AutonomyLevel
    for_a_cause: bool = True


@dataclass(frozen=True, slots=True)
class Demote:
    """One level down from what holds when it is done, waivers included, for whatever releases hold the intent.

    `from_at_most` bounds it: a grant that is below that level already was narrowed since the order was decided,
    and one cause takes one level.
    """

    key: GrantKey
    from_at_most: AutonomyLevel | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """Limits that narrow a grant beyond the policy's: added to what is there, CEL by tool."""

    key: GrantKey
    limits: Mapping[ToolName, str]


@dataclass(frozen=True, slots=True)
class StopNow:
    """People take over for everything in scope."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class Resume:
    """Lift a stop; a person with the role operator."""

    scope: Scope


@dataclass(frozen=True, slots=True)
class FreezeNow:
    """Nothing widens for an intent (empty: for all) until then (None: until a person lifts it)."""

    intent: IntentName
    until: datetime | None = None

    def freeze(self, by: Actor, why: str, now: datetime) -> Freeze:
        """The freeze that this makes."""
        return Freeze(self.intent, by, why, now, self.until)


@dataclass(frozen=True, slots=True)
class Thaw:
    """Lift a freeze; a person with the role operator."""

    intent: IntentName


@dataclass(frozen=True, slots=True)
class RaiseSampling:
    """Let experts look at this share of the intent's contained conversations, until a person says otherwise."""

    intent: IntentName
    share: float


@dataclass(frozen=True, slots=True)
class LowerSampling:
    """Back to the policy's share; a person with the role operator."""

    intent: IntentName


@dataclass(frozen=True, slots=True)
class ClearWaivers:
    """Take away waivers that have expired; they have given nothing since their second of expiry."""


Act = (
    Widen | Narrow | Demote | Limit | StopNow | Resume | FreezeNow | Thaw | RaiseSampling | LowerSampling | ClearWaivers
)


@dataclass(frozen=True, slots=True)
class Order:
    """Some acts that are done together or not at all, once.

    Args:
        key: Names the order: the same key is carried out once, by whichever process comes first.
        agent: Whose remit.
        at: When, UTC.
        by: Who, authenticated; or Remit's controller.
        reason: In words, with figures.
        acts: In this order.
        evidence: Id of what it rests on, where the acts do not name it themselves.
        incident: Opened with it.
        notices: Who is told; sent later, from the outbox.
    """

    key: str
    agent: AgentName
    at: datetime
    by: Actor
    reason: str
    acts: tuple[Act, ...]
    evidence: str = ""
    incident: Incident | None = None
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class Enacted:
    """What came of an order: the remit as it is now, and a line for the audit log for each change.

    `first` is False if the order had been carried out before: then nothing has changed now.
    """

    remit: Remit
    changes: tuple[Change, ...]
    first: bool = True

    def tells(self, order: Order) -> bool:
        """Whether an incident is opened and people are told: not where everything was as it should be already."""
        return self.first and (bool(self.changes) or not order.acts)

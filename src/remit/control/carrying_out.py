"""From what a monitor asked for to an order: acts, incident, notices, and the sentence that says why."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remit.control.actions import Action, Alert
from remit.control.consequences import Consequence, Containment, consequence_of
from remit.control.grants import GrantKey, Remit, Scope, ScopeKind
from remit.control.incidents import EventKind, Incident, IncidentId, TimelineEvent
from remit.control.notices import Tidings, notices_for
from remit.control.orders import Act, Demote, FreezeNow, Narrow, Order, RaiseSampling, StopNow, Widen
from remit.control.widening import Restored
from remit.conversations import IntentName, ReleaseId
from remit.documents import digest_of
from remit.identity import CONTROLLER
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rollback import Do

_DONE: dict[Do, str] = {
    "demote": "one level down",
    "rollback": "rolled back",
    "stop": "stopped",
    "raise_sampling": "experts look at more",
    "freeze": "promotions frozen",
}
_OPENS_AN_INCIDENT: frozenset[Do] = frozenset({"demote", "rollback", "stop"})


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What an order is made under.

    Args:
        policy: In force.
        remit: As the book has it.
        now: UTC.
        containment: As observed.
        return_to: The release that a rollback leads to; None if there is none.
    """

    policy: Policy
    remit: Remit
    now: datetime
    containment: Containment
    return_to: ReleaseId | None = None


def order_for(action: Action, key: str, here: Circumstances) -> Order:
    """The order that does what the action asks for, once; `key` is the action's."""
    acts = _acts(action, here)
    consequences = _consequences(action, here)
    done = _done_words(action, here)
    text = " ".join([f"{action.why}. {done}", *(one.in_words() for one in consequences)])
    incident = _incident(action, key, here, done, consequences) if action.do in _OPENS_AN_INCIDENT else None
    title = incident.title if incident is not None else _title(action)
    number = IncidentId("") if incident is None else incident.id
    tidings = Tidings(action.do, action.agent, action.intent, title, text, here.now, number)
    notices = notices_for(here.policy.recipients, tidings, key=f"order:{key}")
    if any(one.absorbed is False for one in consequences):
        heavy = replace(tidings, what="consequence", title=f"People are needed now: {title}")
        told = {notice.recipient for notice in notices}
        more = notices_for(here.policy.recipients, heavy, key=f"order:{key}:consequence")
        notices = (*notices, *(notice for notice in more if notice.recipient not in told))
    if incident is not None and notices:
        whom = ", ".join(f"{notice.recipient.kind} {notice.recipient.address}" for notice in notices)
        told_line = TimelineEvent(here.now, EventKind.TOLD, f"to be told: {whom}")
        incident = replace(incident, timeline=(*incident.timeline, told_line))
    return Order(
        key=f"order:{key}",
        agent=action.agent,
        at=here.now,
        by=CONTROLLER,
        reason=f"{action.why} ({action.rule})",
        acts=acts,
        evidence=f"ledger:{action.position}",
        incident=incident,
        notices=notices,
    )


def order_for_alert(alert: Alert, key: str, here: Circumstances) -> Order:
    """Tells the recipients; changes nothing."""
    tidings = Tidings("incident", alert.agent, alert.intent, alert.title, alert.why, here.now)
    notices = notices_for(here.policy.recipients, tidings, key=f"order:{key}")
    return Order(f"order:{key}", alert.agent, here.now, CONTROLLER, alert.why, (), notices=notices)


# ── acts ──────────────────────────────────────────────────────────────────────────────────────────
def _acts(action: Action, here: Circumstances) -> tuple[Act, ...]:
    match action.do:
        case "demote":
            return tuple(Demote(key, _level(action)) for key in _grants_of(action, here.remit))
        case "stop":
            kind = ScopeKind.INTENT if action.intent else ScopeKind.AGENT
            return (StopNow(Scope(kind, action.intent)),)
        case "rollback":
            return _rollback(action, here)
        case "raise_sampling":
            return tuple(RaiseSampling(intent, _raised(action, here.policy)) for intent in _intents(action, here))
        case "freeze":
            return (FreezeNow(action.intent),)


def _grants_of(action: Action, remit: Remit) -> Sequence[GrantKey]:
    """The grants of the release that acted; a waiver may stand without a grant."""
    held = dict.fromkeys([*remit.grants, *remit.waivers])
    return [key for key in held if key.release == action.release and action.intent in ("", key.intent)]


def _rollback(action: Action, here: Circumstances) -> tuple[Act, ...]:
    """The release that did badly holds nothing any more here; the one before has back what it held."""
    left: list[Act] = [Narrow(key, AutonomyLevel.SHADOW) for key in _grants_of(action, here.remit)]
    back = here.return_to
    if back is None:
        return tuple(left)
    returned = [key for key in here.remit.grants if key.release == back and action.intent in ("", key.intent)]
    return (*left, *(Widen(Restored(key.intent, back)) for key in returned))


def _raised(action: Action, policy: Policy) -> float:
    level = _level(action) or AutonomyLevel.SUPERVISED_ANSWERS
    return min(1.0, max(0.5, 2.0 * policy.levels[level].review.sample))


def _intents(action: Action, here: Circumstances) -> Sequence[IntentName]:
    return [action.intent] if action.intent else list(here.policy.intents)


def _level(action: Action) -> AutonomyLevel | None:
    return AutonomyLevel.named(action.level) if action.level else None


# ── words ─────────────────────────────────────────────────────────────────────────────────────────
def _consequences(action: Action, here: Circumstances) -> tuple[Consequence, ...]:
    """What it means for people where the agent will do less."""
    found = []
    for intent in _intents(action, here):
        key = GrantKey(intent, action.release)
        held = here.remit.level_of(key, policy=here.policy.digest, now=here.now)
        to = {
            "demote": AutonomyLevel(max(0, held - 1)),
            "stop": AutonomyLevel.SHADOW,
            "rollback": _returned_level(intent, here),
        }.get(action.do, held)
        if to < held:
            found.append(consequence_of(here.policy, intent, held, to, here.containment))
    return tuple(found)


def _returned_level(intent: IntentName, here: Circumstances) -> AutonomyLevel:
    grant = None if here.return_to is None else here.remit.grants.get(GrantKey(intent, here.return_to))
    return AutonomyLevel.SHADOW if grant is None else max(grant.level, grant.restorable)


def _done_words(action: Action, here: Circumstances) -> str:
    what = action.intent or "every intent"
    match action.do:
        case "demote":
            return f"{what} is one level down now, for release {action.release}."
        case "stop":
            return f"{what} is stopped: people take over until somebody with the role operator resumes it."
        case "rollback" if here.return_to is None:
            return f"Release {action.release} holds {what} no more; no release before it held it: people take over."
        case "rollback":
            return f"Release {action.release} holds {what} no more; release {here.return_to} has it back."
        case "raise_sampling":
            return f"Experts look at {_raised(action, here.policy):.0%} of the contained conversations of {what} now."
        case "freeze":
            return f"Promotions of {what} are frozen until somebody with the role operator thaws them."


def _title(action: Action) -> str:
    return f"{action.intent or action.agent}: {_DONE[action.do]}, because {action.rule}"


def _incident(
    action: Action, key: str, here: Circumstances, done: str, consequences: Sequence[Consequence]
) -> Incident:
    noticed = TimelineEvent(datetime.fromisoformat(action.at), EventKind.NOTICED, action.why)
    words = " ".join([done, *(one.in_words() for one in consequences)])
    return Incident(
        id=IncidentId(f"inc-{digest_of(key)[:10]}"),
        agent=action.agent,
        release=action.release,
        intent=action.intent,
        opened_at=here.now,
        title=_title(action),
        why=action.why,
        conversations=action.conversations,
        n_conversations=action.n_conversations,
        timeline=(noticed, TimelineEvent(here.now, EventKind.DONE, words)),
    )

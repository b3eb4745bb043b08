"""An order for what was noticed outside the ledger: an incident, its notices, and what is done at once."""

from dataclasses import dataclass, replace
from datetime import datetime

from remit.control.incidents import EventKind, Incident, IncidentId, TimelineEvent
from remit.control.notices import Tidings, notices_for
from remit.control.orders import Act, Order
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.identity import CONTROLLER
from remit.policy.operating import Recipient, Told


@dataclass(frozen=True, slots=True)
class Finding:
    """What was noticed.

    Args:
        key: Names it: noticed again, it opens nothing.
        agent: Whose.
        intent: For what; empty if it concerns all.
        release: Which release.
        title: One line.
        why: The sentence with the figures, without a full stop.
        done: What Remit does at once, and what people can do.
        what: As recipients choose what they are told of.
    """

    key: str
    agent: AgentName
    intent: IntentName
    release: ReleaseId
    title: str
    why: str
    done: str
    what: Told = "incident"


def order_for_finding(
    finding: Finding, recipients: tuple[Recipient, ...], now: datetime, *, acts: tuple[Act, ...] = ()
) -> Order:
    """One incident, told to whoever wants to be told; by the controller, for nothing here widens."""
    number = IncidentId(f"inc-{digest_of(finding.key)[:10]}")
    text = f"{finding.why}. {finding.done}"
    tidings = Tidings(finding.what, finding.agent, finding.intent, finding.title, text, now, number)
    notices = notices_for(recipients, tidings, key=finding.key)
    timeline = [
        TimelineEvent(now, EventKind.NOTICED, finding.why),
        TimelineEvent(now, EventKind.DONE, finding.done),
    ]
    if notices:
        whom = ", ".join(f"{one.recipient.kind} {one.recipient.address}" for one in notices)
        timeline.append(TimelineEvent(now, EventKind.TOLD, f"to be told: {whom}"))
    incident = Incident(
        id=number,
        agent=finding.agent,
        release=finding.release,
        intent=finding.intent,
        opened_at=now,
        title=finding.title,
        why=finding.why,
        timeline=tuple(timeline),
    )
    order = Order(finding.key, finding.agent, now, CONTROLLER, finding.why, acts)
    return replace(order, incident=incident, notices=notices)

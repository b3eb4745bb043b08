"""Conversations in a ledger, for tests of labels: contained, drawn, handed off, still going on."""

from datetime import UTC, datetime, timedelta

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.evidence import Observation
from remit.evidence.live import Subject, ended, sampled, started
from remit.identity import Actor, ActorId, Proof, Role

BEGAN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LASTED = timedelta(minutes=10)
ENDED = BEGAN + LASTED
LABELLED = ENDED + timedelta(days=1)
NOW = BEGAN + timedelta(days=20)


def subject(conversation: str = "c1", *, began: datetime = BEGAN) -> Subject:
    return Subject(
        conversation=ConversationId(conversation),
        agent=AgentName("shop"),
        release=ReleaseId("r-1"),
        intent=IntentName("refund"),
        level="autonomous",
        policy="p-1",
        started_at=began,
        customer="d1gest",
    )


def contained(conversation: str = "c1", *, began: datetime = BEGAN) -> list[Observation]:
    about = subject(conversation, began=began)
    return [started(about), ended(about, at=began + LASTED, n_turns=3)]


def drawn(
    conversation: str = "c1",
    *,
    n_experts: int = 1,
    fell: bool = True,
    at: datetime | None = None,
    began: datetime = BEGAN,
) -> list[Observation]:
    draw = sampled(
        subject(conversation, began=began),
        at=at or began + LASTED,
        stratum="other",
        probability=0.1,
        drawn=fell,
        n_experts=n_experts,
    )
    return [*contained(conversation, began=began), draw]


def handed_off(conversation: str = "c1") -> list[Observation]:
    about = subject(conversation)
    return [started(about), ended(about, at=ENDED, n_turns=1, handoff="low_confidence")]


def person(name: str, *roles: Role) -> Actor:
    return Actor(ActorId(name), name.title(), frozenset(roles), Proof.API_KEY)


ANA, BEN = person("ana", Role.EXPERT), person("ben", Role.EXPERT)
CLEO = person("cleo", Role.APPROVER)

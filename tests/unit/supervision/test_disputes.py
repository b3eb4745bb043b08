"""A dispute is settled by a third person, visibly; two experts' agreement is measured where both were asked."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.app.labelling import label_conversations, labelling, settle
from remit.app.settling import follow_up, settle_due
from remit.audit import AuditEntry, Change, EntryId
from remit.conversations import ConversationId
from remit.errors import NotPermitted, SettlementRefused
from remit.evidence import Observation, Outcome, Selection
from remit.evidence.live import Metric
from remit.identity import Actor, Role
from remit.supervision import Label, LabelRules, LabelVerdict
from unit.supervision.conversations import ANA, BEN, CLEO, ENDED, LABELLED, NOW, drawn, person

GOOD, WRONG = LabelVerdict.GOOD, LabelVerdict.WRONG
RULES = LabelRules()
MATURE = ENDED + timedelta(days=7)
C1 = ConversationId("c1")


class Changes:
    """Implements `AuditLog` by keeping the changes."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    async def record(self, change: Change) -> AuditEntry:
        self.changes.append(change)
        return AuditEntry(EntryId(len(self.changes)), change, "", "")

    async def entries(self, *, after: int = 0) -> AsyncIterator[AuditEntry]:
        for number, change in enumerate(self.changes[after:], start=after + 1):
            yield AuditEntry(EntryId(number), change, "", "")


async def given_labels(ledger: MemoryLedger, *labels: tuple[Actor, LabelVerdict], conversation: str = "c1") -> None:
    for actor, verdict in labels:
        label = Label(ConversationId(conversation), verdict, LABELLED)
        await label_conversations([label], actor=actor, ledger=ledger, rules=RULES, now=NOW)


async def outcomes(ledger: MemoryLedger) -> Sequence[Observation]:
    return [seen async for seen in ledger.select(Selection(metric=Metric.BAD_OUTCOME))]


async def settled_by(ledger: MemoryLedger, actor: Actor, verdict: LabelVerdict, audit: Changes, at: datetime) -> None:
    await settle(C1, verdict, actor=actor, reason="read it again", ledger=ledger, audit=audit, now=at)


@pytest.mark.parametrize(("verdict", "outcome"), [(GOOD, Outcome.PASSED), (WRONG, Outcome.FAILED)])
def test_a_third_person_settles_a_dispute_and_it_is_audited(verdict: LabelVerdict, outcome: Outcome) -> None:
    async def run() -> None:
        ledger, audit = MemoryLedger(), Changes()
        await ledger.append(drawn())
        await given_labels(ledger, (ANA, WRONG), (BEN, GOOD))
        await settled_by(ledger, CLEO, verdict, audit, LABELLED + timedelta(days=1))
        latest = (await outcomes(ledger))[-1]
        assert (latest.outcome, latest.matured) == (outcome, False)
        assert (latest.details["was"], latest.details["by"]) == ("disputed", "cleo")
        (change,) = audit.changes
        assert (change.action, change.subject, change.reason) == ("label_settled", "c1", "read it again")
        assert change.before == {"labels": "ana: wrong, ben: good"}
        assert (await labelling(ledger)).disputed == ()

    asyncio.run(run())


def test_a_dispute_that_is_settled_after_the_window_is_final_at_once() -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        await ledger.append(drawn())
        await given_labels(ledger, (ANA, WRONG), (BEN, GOOD))
        await settled_by(ledger, CLEO, WRONG, Changes(), MATURE + timedelta(days=1))
        assert [(seen.outcome, seen.matured) for seen in await outcomes(ledger)] == [
            (Outcome.FAILED, False),
            (Outcome.DISPUTED, False),
            (Outcome.FAILED, False),
            (Outcome.FAILED, True),
        ]

    asyncio.run(run())


def test_a_disputed_outcome_does_not_mature_until_it_is_settled() -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        follower = follow_up(ledger, MemoryRunningStates())
        await ledger.append(drawn())
        await given_labels(ledger, (ANA, WRONG), (BEN, GOOD))
        late = MATURE + timedelta(days=1)
        assert await settle_due(follower, ledger, late) == 0
        await settled_by(ledger, CLEO, GOOD, Changes(), late)
        assert await settle_due(follower, ledger, late) == 0  # settling closed it already
        (aggregate,) = await ledger.aggregates(Selection(metric=Metric.BAD_OUTCOME))
        assert (aggregate.n_passed, aggregate.n_failed, aggregate.n_not_counted) == (1, 0, 0)

    asyncio.run(run())


def test_who_disagrees_cannot_settle_and_who_is_no_approver_neither() -> None:
    async def run() -> None:
        ledger, audit = MemoryLedger(), Changes()
        await ledger.append(drawn())
        both = person("ana", Role.EXPERT, Role.APPROVER)
        await given_labels(ledger, (both, WRONG), (BEN, GOOD))
        with pytest.raises(SettlementRefused, match="'Ana' is one of those who disagree"):
            await settled_by(ledger, both, WRONG, audit, LABELLED)
        with pytest.raises(NotPermitted, match="approver"):
            await settled_by(ledger, person("dan", Role.EXPERT), WRONG, audit, LABELLED)
        assert audit.changes == []

    asyncio.run(run())


def test_what_is_not_disputed_cannot_be_settled() -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        await ledger.append(drawn())
        await given_labels(ledger, (ANA, WRONG))
        with pytest.raises(SettlementRefused, match=r"(?s)do not disagree.*remit label status"):
            await settled_by(ledger, CLEO, GOOD, Changes(), LABELLED)

    asyncio.run(run())


def test_agreement_is_measured_only_where_two_were_asked() -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        pairs = [(GOOD, GOOD)] * 4 + [(WRONG, WRONG)] * 3 + [(GOOD, WRONG), (WRONG, GOOD)]
        for number, (first, second) in enumerate(pairs):
            await ledger.append(drawn(f"both{number}", n_experts=2))
            await given_labels(ledger, (ANA, first), (BEN, second), conversation=f"both{number}")
        await ledger.append(drawn("waits", n_experts=2))
        await given_labels(ledger, (ANA, GOOD), conversation="waits")
        await ledger.append(drawn("asked-later"))
        await given_labels(ledger, (ANA, GOOD), (BEN, WRONG), conversation="asked-later")
        found = (await labelling(ledger)).agreement
        assert found.table == ((4, 1), (1, 3))
        assert found.n_waiting == 1
        assert found.kappa is not None
        assert found.kappa.n == 9
        # By hand: agreement 7/9, by chance (5/9)^2 + (4/9)^2 = 41/81.
        assert found.kappa.estimate == pytest.approx((7 / 9 - 41 / 81) / (1 - 41 / 81))

    asyncio.run(run())


def test_without_two_labels_anywhere_there_is_no_agreement() -> None:
    async def run() -> None:
        assert (await labelling(MemoryLedger())).agreement.kappa is None

    asyncio.run(run())

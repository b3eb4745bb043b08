"""Counts that are folded from single observations are those that a look at whole conversations gives."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.app.labelling import history_of, label_conversations, settle
from remit.app.settling import follow_up, settle_due
from remit.conversations import ConversationId
from remit.evidence import Outcome, Selection
from remit.evidence.late_outcomes import LateChange, change_of
from remit.evidence.live import Metric
from remit.statistics.late_labels import LateCounts
from remit.supervision import Label, LabelRules, LabelVerdict
from unit.supervision.conversations import ANA, BEN, CLEO, ENDED, drawn, person
from unit.supervision.test_disputes import Changes

RULES = LabelRules(matured_after=timedelta(days=7), accepted_for=timedelta(days=30))
EXPERTS = (ANA, BEN, person("eve", *ANA.roles))


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens on one day: a label, a settlement, or only the passing of time."""

    conversation: int
    kind: str
    bad: bool
    expert: int


steps = st.lists(
    st.builds(
        Step,
        st.integers(0, 3),
        st.sampled_from(["label", "label", "settle", "wait"]),
        st.booleans(),
        st.integers(0, len(EXPERTS) - 1),
    ),
    max_size=20,
)


@given(steps, st.lists(st.integers(1, 2), min_size=4, max_size=4))
def test_folded_counts_equal_a_look_at_whole_conversations(story: list[Step], n_experts: list[int]) -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        follower = follow_up(ledger, MemoryRunningStates())
        for number, each in enumerate(n_experts):
            await ledger.append(drawn(f"c{number}", n_experts=each))
        for day, step in enumerate(story, start=1):
            now = ENDED + timedelta(days=day)
            await take(step, ledger, now=now)
            await settle_due(follower, ledger, now)
            assert await folded(ledger) == await looked_at(ledger, len(n_experts))

    asyncio.run(run())


async def take(step: Step, ledger: MemoryLedger, *, now: datetime) -> None:
    conversation = ConversationId(f"c{step.conversation}")
    verdict = LabelVerdict.WRONG if step.bad else LabelVerdict.GOOD
    if step.kind == "label":
        label = Label(conversation, verdict, now)
        await label_conversations([label], actor=EXPERTS[step.expert], ledger=ledger, rules=RULES, now=label.at)
    elif step.kind == "settle" and (await history_of(conversation, ledger)).disputed:
        audit = Changes()
        await settle(conversation, verdict, actor=CLEO, reason="r", ledger=ledger, audit=audit, now=now)


async def folded(ledger: MemoryLedger) -> LateCounts:
    """By adding what each observation changes; LateCounts itself refuses what cannot be on the way."""
    counts = LateCounts()
    async for seen in ledger.select(Selection()):
        change = change_of(seen, Metric.BAD_OUTCOME)
        counts = plus(counts, change)
    return counts


def plus(counts: LateCounts, change: LateChange) -> LateCounts:
    return LateCounts(
        counts.n_started + change.n_started,
        counts.n_matured + change.n_matured,
        counts.n_errors + change.n_errors,
        counts.n_errors_matured + change.n_errors_matured,
    )


async def looked_at(ledger: MemoryLedger, n_conversations: int) -> LateCounts:
    """From the latest outcome of each conversation, and whether it has been closed."""
    n_matured = n_errors = n_errors_matured = 0
    for number in range(n_conversations):
        latest = (await history_of(ConversationId(f"c{number}"), ledger)).latest
        failed = latest is not None and latest.outcome is Outcome.FAILED
        matured = latest is not None and latest.matured and latest.outcome.counts
        n_matured += matured
        n_errors += failed
        n_errors_matured += failed and matured
    return LateCounts(n_conversations, n_matured, n_errors, n_errors_matured)

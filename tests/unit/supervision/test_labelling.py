"""Every way in which a label can be received has its outcome, and what counts is what the rules say."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from remit.adapters.memory import MemoryLedger
from remit.app.labelling import LabelReport, label_conversations, labelling
from remit.conversations import ConversationId
from remit.errors import LedgerConflict, NotPermitted
from remit.evidence import Observation, Outcome, Selection
from remit.evidence.live import Metric
from remit.identity import Actor, Role
from remit.supervision import Label, LabelRules, LabelVerdict
from unit.supervision.conversations import (
    ANA,
    BEGAN,
    BEN,
    CLEO,
    ENDED,
    LABELLED,
    NOW,
    contained,
    drawn,
    handed_off,
    person,
    subject,
)

GOOD, WRONG, UNSAFE = LabelVerdict.GOOD, LabelVerdict.WRONG, LabelVerdict.UNSAFE
RULES = LabelRules(matured_after=timedelta(days=7), accepted_for=timedelta(days=14))


def said(verdict: LabelVerdict = GOOD, conversation: str = "c1", **changes: object) -> Label:
    fields = {"at": LABELLED, "loss": None, **changes}
    return Label(ConversationId(conversation), verdict, **fields)  # type: ignore[arg-type]


class Desk:
    """A ledger with conversations in it, and experts who label them."""

    def __init__(self, *known: Observation) -> None:
        self.ledger = MemoryLedger()
        asyncio.run(self.ledger.append(known))

    def label(self, *labels: Label, by: Actor = ANA, keep_rest: bool = False) -> LabelReport:
        return asyncio.run(
            label_conversations(labels, actor=by, ledger=self.ledger, rules=RULES, now=NOW, keep_rest=keep_rest)
        )

    def outcome(self, label: Label, by: Actor = ANA) -> str:
        (outcome,) = self.label(label, by=by).outcomes
        return type(outcome).__name__

    def of(self, metric: Metric) -> Sequence[Observation]:
        async def read() -> list[Observation]:
            return [seen async for seen in self.ledger.select(Selection(metric=metric))]

        return asyncio.run(read())


def test_a_label_of_a_drawn_conversation_counts_with_the_probability_of_its_draw() -> None:
    desk = Desk(*drawn())
    assert desk.outcome(said(WRONG)) == "Counted"
    (outcome,) = desk.of(Metric.BAD_OUTCOME)
    assert (outcome.outcome, outcome.loss) == (Outcome.FAILED, 1.0)
    assert (outcome.stratum, outcome.sampling_probability) == ("other", 0.1)
    assert outcome.cluster == "2026-11-02"
    assert not outcome.matured
    assert outcome.details["matures_at"] == (ENDED + timedelta(days=7)).isoformat()


def test_a_label_after_the_time_of_maturity_is_final_at_once() -> None:
    desk = Desk(*drawn())
    desk.label(said(GOOD, at=ENDED + timedelta(days=8)))
    (outcome,) = desk.of(Metric.BAD_OUTCOME)
    assert (outcome.outcome, outcome.matured) == (Outcome.PASSED, True)


@pytest.mark.parametrize(
    ("known", "label", "reason", "words"),
    [
        ([], said(), "unknown_conversation", "'c1' is not in the ledger"),
        (contained()[:1], said(), "not_ended", "has not ended"),
        (handed_off(), said(), "not_contained", "handed off (low_confidence)"),
        (drawn(), said(at=BEGAN - timedelta(hours=1)), "before_its_conversation", "the conversation ended"),
        (drawn(), said(at=NOW + timedelta(hours=1)), "from_the_future", "it is now"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_problem_and_mend(
    known: list[Observation], label: Label, reason: str, words: str
) -> None:
    desk = Desk(*known)
    report = desk.label(label)
    ((place, refused),) = report.refused
    assert (place, refused.reason) == (0, reason)
    assert words in refused.problem
    assert refused.mend.endswith(".")
    assert not report.kept
    assert desk.of(Metric.EXPERT_LABEL) == []


def test_clocks_that_differ_a_little_refuse_nothing() -> None:
    desk = Desk(*drawn())
    assert desk.outcome(said(at=ENDED - timedelta(minutes=4))) == "Counted"


@pytest.mark.parametrize(
    ("known", "label", "outcome"),
    [
        (contained(), said(), "NotSampled"),
        (drawn(fell=False), said(), "NotSampled"),
        (drawn(at=LABELLED + timedelta(hours=1)), said(), "NotSampled"),
        (drawn(), said(at=ENDED + timedelta(days=15)), "TooLate"),
    ],
    ids=["no draw", "the draw did not fall on it", "labelled before the draw", "after the window"],
)
def test_what_is_no_evidence_is_kept_and_counted_apart(known: list[Observation], label: Label, outcome: str) -> None:
    desk = Desk(*known)
    assert desk.outcome(label) == outcome
    assert len(desk.of(Metric.EXPERT_LABEL)) == 1
    assert desk.of(Metric.BAD_OUTCOME) == []
    far = asyncio.run(labelling(desk.ledger))
    assert (far.n_not_sampled, far.n_too_late) == ((1, 0) if outcome == "NotSampled" else (0, 1))


def test_a_repeated_label_changes_nothing() -> None:
    desk = Desk(*drawn())
    desk.label(said(WRONG))
    report = desk.label(said(WRONG, at=LABELLED + timedelta(hours=3)))
    assert report.counts() == {"Repeated": 1}
    assert report.n_new == 0
    assert len(desk.of(Metric.EXPERT_LABEL)) == 1


def test_a_second_expert_who_agrees_adds_no_outcome() -> None:
    desk = Desk(*drawn())
    desk.label(said(WRONG))
    assert desk.outcome(said(UNSAFE), by=BEN) == "Counted"
    assert len(desk.of(Metric.BAD_OUTCOME)) == 1


def test_experts_who_disagree_make_neither_count() -> None:
    desk = Desk(*drawn())
    desk.label(said(WRONG))
    (outcome,) = desk.label(said(GOOD), by=BEN).outcomes
    assert type(outcome).__name__ == "Disputed"
    assert outcome.against == ("ana",)  # type: ignore[union-attr]
    assert [seen.outcome for seen in desk.of(Metric.BAD_OUTCOME)] == [Outcome.FAILED, Outcome.DISPUTED]
    assert asyncio.run(labelling(desk.ledger)).disputed == ("c1",)


def test_somebody_who_changes_their_mind_contradicts_themselves() -> None:
    desk = Desk(*drawn())
    desk.label(said(WRONG))
    assert desk.outcome(said(GOOD, at=LABELLED + timedelta(hours=1))) == "Disputed"


def test_a_conversation_drawn_for_two_waits_for_both() -> None:
    desk = Desk(*drawn(n_experts=2))
    assert desk.outcome(said(WRONG, loss=0.3)) == "AwaitsSecond"
    assert desk.of(Metric.BAD_OUTCOME) == []
    assert asyncio.run(labelling(desk.ledger)).waiting_for_second == ("c1",)
    assert desk.outcome(said(WRONG, loss=0.5), by=ANA) == "AwaitsSecond"  # the same expert is no second one
    assert desk.outcome(said(UNSAFE, loss=0.6), by=BEN) == "Counted"
    (outcome,) = desk.of(Metric.BAD_OUTCOME)
    assert outcome.loss == 0.6


def test_two_who_were_both_asked_and_disagree_leave_a_dispute() -> None:
    desk = Desk(*drawn(n_experts=2))
    desk.label(said(GOOD))
    assert desk.outcome(said(WRONG), by=BEN) == "Disputed"
    (outcome,) = desk.of(Metric.BAD_OUTCOME)
    assert (outcome.outcome, outcome.matured) == (Outcome.DISPUTED, False)


def test_one_refusal_keeps_nothing_unless_the_rest_is_asked_for() -> None:
    desk = Desk(*drawn("c1"), *drawn("c2"))
    labels = [said(GOOD, "c1"), said(GOOD, "unknown"), said(WRONG, "c2")]
    report = desk.label(*labels)
    assert not report.kept
    assert [place for place, _ in report.refused] == [1]
    assert desk.of(Metric.EXPERT_LABEL) == []
    report = desk.label(*labels, keep_rest=True)
    assert report.kept
    assert report.counts() == {"Counted": 2, "Refused": 1}
    assert len(desk.of(Metric.BAD_OUTCOME)) == 2


def test_labels_of_one_file_meet_each_other() -> None:
    desk = Desk(*drawn())
    report = desk.label(said(GOOD), said(GOOD), said(WRONG))
    assert [type(outcome).__name__ for outcome in report.outcomes] == ["Counted", "Repeated", "Disputed"]


def test_only_experts_label() -> None:
    desk = Desk(*drawn())
    with pytest.raises(NotPermitted, match="expert"):
        desk.label(said(), by=CLEO)
    assert desk.outcome(said(), by=person("dan", Role.ADMIN)) == "Counted"


class Overtaken(MemoryLedger):
    """Somebody else labels the same conversation between our look and our writing."""

    def __init__(self) -> None:
        super().__init__()
        self.other: list[Label] = []

    async def append(self, observations: Sequence[Observation]) -> int:
        while self.other:
            label = self.other.pop()
            await label_conversations([label], actor=BEN, ledger=self, rules=RULES, now=NOW)
        return await super().append(observations)


def test_two_experts_at_the_same_moment_both_count() -> None:
    async def run() -> None:
        ledger = Overtaken()
        await ledger.append(drawn())
        ledger.other = [said(GOOD)]
        report = await label_conversations([said(WRONG)], actor=ANA, ledger=ledger, rules=RULES, now=NOW)
        assert report.counts() == {"Disputed": 1}
        known = [seen async for seen in ledger.select(Selection(metric=Metric.BAD_OUTCOME))]
        assert [seen.outcome for seen in known] == [Outcome.PASSED, Outcome.DISPUTED]

    asyncio.run(run())


class Contested(MemoryLedger):
    """Refuses every label, as if others were always faster."""

    async def append(self, observations: Sequence[Observation]) -> int:
        if any(seen.metric == Metric.EXPERT_LABEL for seen in observations):
            raise LedgerConflict(observations[0].key)
        return await super().append(observations)


def test_labels_that_never_get_through_are_one_clear_error() -> None:
    async def run() -> None:
        ledger = Contested()
        await ledger.append(drawn())
        with pytest.raises(LedgerConflict):
            await label_conversations([said()], actor=ANA, ledger=ledger, rules=RULES, now=NOW)

    asyncio.run(run())


def test_the_subject_that_labels_speak_of_is_that_of_the_start() -> None:
    desk = Desk(*drawn())
    desk.label(said())
    (outcome,) = desk.of(Metric.BAD_OUTCOME)
    about = subject()
    assert (outcome.agent, outcome.release, outcome.intent) == (about.agent, about.release, about.intent)
    assert (outcome.level, outcome.policy, outcome.customer) == (about.level, about.policy, about.customer)

"""From a turn to a labelled proposal: what calibration and the gates of the first level learn from live work."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from integration.observing.stage import NO_DRAW, LivePath, live_path
from properties.turn_fakes import Stage
from remit.adapters.store import SqliteAuditLog
from remit.app.calibrating import labels_of_ledger
from remit.app.labelling import LabelReport, label_conversations, labelling, settle
from remit.audit import AuditLog
from remit.conversations import AgentName, ConversationId
from remit.evidence import LabelSource, Outcome, Source
from remit.evidence.live import Metric
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.supervision import Label, LabelRules, LabelVerdict
from remit.supervision.labels import Counted, Disputed, NotSampled, Refusal, Refused
from remit.supervision.proposals import weigh_unsent
from remit.supervision.weighing import weigh
from unit.supervision.conversations import ANA, BEN, CLEO

SHOP = AgentName("shop")
SURE = ProposedAnswer("It arrives today.", signals={"retrieval_score": 0.9})
UNSURE = ProposedAnswer("Perhaps.", signals={"retrieval_score": 0.2})
GOOD, WRONG = LabelVerdict.GOOD, LabelVerdict.WRONG


def play(folder: Path, stage: Stage, story: Callable[[LivePath], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with live_path(folder, stage) as path:
            await path.begin("c1")
            await path.say("c1")
            path.later(hours=1)
            await path.observer().observe()
            await story(path)

    asyncio.run(run())


async def say_of(path: LivePath, verdict: LabelVerdict, *, by: Any = ANA, held_back: bool = False) -> LabelReport:
    path.later(minutes=1)
    now = path.stage.clock.now()
    return await label_conversations(
        [Label(ConversationId("c1"), verdict, now)],
        actor=by,
        ledger=path.ledger,
        rules=LabelRules(),
        now=now,
        weigh=weigh_unsent if held_back else weigh,
    )


def test_a_label_of_a_conversation_teaches_its_weakest_proposal(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        assert await labels_of_ledger(path.ledger, SHOP) == []
        await say_of(path, WRONG)
        (label,) = await labels_of_ledger(path.ledger, SHOP)
        assert label.wrong
        assert label.source is LabelSource.HUMAN_CONFIRMED
        assert label.sampling_probability == 0.6
        assert label.signals.retrieval_score == 0.9
        assert label.signals.intent_probability is not None
        (turn,) = await path.seen(Metric.TURN)
        assert turn.details["confidence"] == 0.99
        assert "out_of_scope_probability" in turn.details

    play(tmp_path, Stage([SURE]), story)


def test_of_several_turns_the_least_sure_one_is_kept(tmp_path: Path) -> None:
    async def run() -> None:
        async with live_path(tmp_path, Stage([SURE])) as path:
            await path.begin("c1")
            await path.say("c1")
            await path.observer().catch_up()  # what is known so far outlives the process
            await path.say("c1", Stage([UNSURE], confidence=0.95))
            await path.say("c1")
            path.later(hours=1)
            await path.observer().observe()
            (own,) = await path.seen(Metric.PROPOSED)
            assert (own.details["step"], own.details["confidence"]) == ("t2/1", 0.95)
            assert own.details["signal.retrieval_score"] == 0.2

    asyncio.run(run())


def test_what_is_disputed_teaches_nothing_until_it_is_settled(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await say_of(path, GOOD)
        assert [one.wrong for one in await labels_of_ledger(path.ledger, SHOP)] == [False]
        await say_of(path, WRONG, by=BEN)
        assert await labels_of_ledger(path.ledger, SHOP) == []
        audit: AuditLog = SqliteAuditLog(path.database)
        await settle(
            ConversationId("c1"),
            WRONG,
            actor=CLEO,
            reason="the parcel was lost",
            ledger=path.ledger,
            audit=audit,
            now=path.stage.clock.now() + timedelta(minutes=1),
        )
        assert [one.wrong for one in await labels_of_ledger(path.ledger, SHOP)] == [True]

    play(tmp_path, Stage([SURE]), story)


# ── shadow ────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(("word", "outcome"), [(GOOD, Outcome.PASSED), (WRONG, Outcome.FAILED)])
def test_in_shadow_a_persons_word_is_an_agreement_that_counts_at_once(
    tmp_path: Path, word: LabelVerdict, outcome: Outcome
) -> None:
    async def story(path: LivePath) -> None:
        assert (await labelling(path.ledger)).held_back == ("c1",)
        report = await say_of(path, word, held_back=True)
        assert isinstance(report.outcomes[0], Counted)
        (agreement,) = await path.seen(Metric.BAD_OUTCOME)
        assert (agreement.source, agreement.outcome) == (Source.SHADOW_AGREEMENT, outcome)
        assert (agreement.level, agreement.matured) == ("shadow", True)
        assert (agreement.stratum, agreement.sampling_probability) == ("other", 0.6)
        assert [one.wrong for one in await labels_of_ledger(path.ledger, SHOP)] == [outcome is Outcome.FAILED]
        found = await labelling(path.ledger)
        assert (found.held_back, found.n_held_back_said, found.waiting) == ((), 1, ())

    play(tmp_path, Stage([SURE], level=AutonomyLevel.SHADOW), story)


def test_what_an_unsure_agent_held_back_teaches_and_is_no_outcome(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        await say_of(path, GOOD, held_back=True)
        assert not await path.seen(Metric.BAD_OUTCOME)
        assert [one.wrong for one in await labels_of_ledger(path.ledger, SHOP)] == [False]
        report = await say_of(path, WRONG, by=BEN, held_back=True)
        assert isinstance(report.outcomes[0], Disputed)
        assert await labels_of_ledger(path.ledger, SHOP) == []

    play(tmp_path, Stage([SURE], confidence=0.1), story)


def test_a_word_on_what_was_sent_or_never_proposed_is_refused(tmp_path: Path) -> None:
    async def sent(path: LivePath) -> None:
        (outcome,) = (await say_of(path, GOOD, held_back=True)).outcomes
        assert isinstance(outcome, Refused)
        assert outcome.reason is Refusal.WAS_SENT

    async def never(path: LivePath) -> None:
        (outcome,) = (await say_of(path, GOOD, held_back=True)).outcomes
        assert isinstance(outcome, Refused)
        assert outcome.reason is Refusal.NOTHING_HELD_BACK

    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    play(tmp_path / "a", Stage([SURE]), sent)
    play(tmp_path / "b", Stage([SURE], stopped=True), never)


def test_a_word_without_a_draw_is_kept_and_no_evidence(tmp_path: Path) -> None:
    async def run() -> None:
        async with live_path(tmp_path, Stage([SURE], level=AutonomyLevel.SHADOW), uniform=NO_DRAW) as path:
            await path.begin("c1")
            await path.say("c1")
            await path.observer().observe()
            report = await say_of(path, GOOD, held_back=True)
            assert isinstance(report.outcomes[0], NotSampled)
            assert await labels_of_ledger(path.ledger, SHOP) == []

    asyncio.run(run())

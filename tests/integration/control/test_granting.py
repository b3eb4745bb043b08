"""A promotion by several people, over one store: evidence, signatures, consequence, and who may do what."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from control_samples import AUTONOMOUS, LIMITS, POLICY, R1, REFUND, SHADOW, SHOP, supports
from live_samples import subject
from people import NOON, OLGA, PAUL, RITA
from remit.adapters.memory import FixedClock
from remit.adapters.store import SqliteDatabase, SqliteGrantBook, SqliteLedger, SqliteProposals
from remit.app.gating import Look
from remit.app.granting import Granting
from remit.conversations import ConversationId
from remit.errors import WideningRefused
from remit.evidence.live import ended
from remit.evidence.verdicts import Finding, VerdictId, VerdictRecord
from remit.policy.levels import AutonomyLevel

WHY = "four weeks without a wrong refund"


def looked(level: AutonomyLevel, *, finding: Finding = Finding.SUPPORTED) -> Look:
    """A look at the ledger that found this of every gate up to the level."""
    records = tuple(
        VerdictRecord(
            id=VerdictId(one.record),
            at=NOON,
            agent=SHOP,
            release=R1,
            releases=(R1,),
            policy=POLICY.digest,
            gate="{}",
            method_version="1",
            position=1,
            data_digest="",
            clusters=(),
            baseline=None,
            n_failed_attempts=0,
            verdict=one.verdict,
        )
        for one in supports(level, finding=finding)
    )
    return Look(tuple(one.verdict for one in records), records, 1, 0)


def with_granting(path: Path, story: Callable[[Granting], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with SqliteDatabase(path / "remit.db") as database:
            granting = Granting(
                book=SqliteGrantBook(database),
                proposals=SqliteProposals(database),
                ledger=SqliteLedger(database),
                policy=POLICY,
                agent=SHOP,
                release=R1,
                clock=FixedClock(NOON),
            )
            await story(granting)

    asyncio.run(run())


def test_a_promotion_happens_with_the_last_signature_and_names_its_verdicts(tmp_path: Path) -> None:
    async def story(granting: Granting) -> None:
        for by, missing in ((OLGA, "operations, risk"), (PAUL, "risk")):
            done = await granting.promote(REFUND, LIMITS, looked(LIMITS), by, WHY)
            assert (done.level, done.refuted) == (SHADOW, False)
            assert done.waits_for == f"not signed by {missing} (who proposes cannot sign)"
        done = await granting.promote(REFUND, LIMITS, looked(LIMITS), RITA, WHY)
        assert (done.level, done.waits_for) == (LIMITS, "")
        (grant,) = (await granting.book.remit(SHOP)).grants.values()
        assert (grant.why, len(grant.evidence)) == (WHY, 3)
        assert not await granting.proposals.open(SHOP, NOON)

    with_granting(tmp_path, story)


@pytest.mark.parametrize("finding", [Finding.REFUTED, Finding.UNDECIDED])
def test_what_the_verdicts_do_not_support_is_not_even_proposed(tmp_path: Path, finding: Finding) -> None:
    async def story(granting: Granting) -> None:
        done = await granting.promote(REFUND, LIMITS, looked(LIMITS, finding=finding), OLGA, WHY)
        assert (done.level, done.refuted) == (SHADOW, finding is Finding.REFUTED)
        assert "the verdicts on record support shadow" in done.waits_for
        assert not await granting.proposals.open(SHOP, NOON)

    with_granting(tmp_path, story)


def test_what_a_step_means_rests_on_what_was_observed(tmp_path: Path) -> None:
    async def story(granting: Granting) -> None:
        at = NOON + timedelta(minutes=5)
        seen = [
            ended(
                replace(subject(n), conversation=ConversationId(f"c-{n}")),
                at=at,
                n_turns=2,
                handoff="low_confidence" if n < 2 else "",
            )
            for n in range(10)
        ]
        await granting.ledger.append(seen)
        up = await granting.consequence(REFUND, LIMITS)
        assert up.more_contacts == pytest.approx(-24.0)
        assert "are taken off people (30 an hour declared; in shadow people answer everything; 8 of 10" in up.in_words()
        await granting.waive(REFUND, LIMITS, PAUL, reason=WHY, lasting=timedelta(days=1))
        _, down = await granting.demote(REFUND, SHADOW, OLGA, "enough")
        assert down.more_contacts == pytest.approx(24.0)
        assert down.absorbed is True

    with_granting(tmp_path, story)


def test_a_demotion_needs_nobody_even_where_people_cannot_take_it(tmp_path: Path) -> None:
    async def story(granting: Granting) -> None:
        assert POLICY.staffing is not None
        few = replace(granting, policy=replace(POLICY, staffing=replace(POLICY.staffing, experts_at_peak=0.0)))
        await few.ledger.append([ended(subject(n), at=NOON, n_turns=2) for n in range(10)])
        await few.waive(REFUND, LIMITS, PAUL, reason=WHY, lasting=timedelta(days=1))
        enacted, down = await few.demote(REFUND, SHADOW, OLGA, "enough")
        assert enacted.changes
        assert down.absorbed is False
        assert "they cannot take it" in down.in_words()
        assert await few.held(REFUND) is SHADOW

    with_granting(tmp_path, story)


def test_a_frozen_intent_is_promoted_by_nobody_until_it_is_thawed(tmp_path: Path) -> None:
    from people import order
    from remit.control.orders import FreezeNow

    async def story(granting: Granting) -> None:
        await granting.book.enact(order("freeze", FreezeNow(REFUND), reason="half burned"))
        for by in (OLGA, PAUL, RITA):
            done = await granting.promote(REFUND, LIMITS, looked(LIMITS), by, WHY)
        assert "frozen until a person lifts it: half burned" in done.waits_for
        with pytest.raises(WideningRefused, match="half burned"):
            await granting.waive(REFUND, AUTONOMOUS, PAUL, reason=WHY, lasting=timedelta(days=1))
        await granting.thaw(REFUND, OLGA, "the cause is known")
        done = await granting.promote(REFUND, LIMITS, looked(LIMITS), RITA, WHY)
        assert done.level is LIMITS

    with_granting(tmp_path, story)

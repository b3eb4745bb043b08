"""Releases move through their life with real grants, a real audit log and signatures."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from integration.releases.bench import BOTH, ENGINEER, OPERATIONS, REFUND, RISK, STATUS, Bench, open_bench
from remit.adapters.store import SqliteAuditLog, SqliteDatabase
from remit.app.releasing import Releasing
from remit.conversations import IntentName
from remit.errors import ReleaseUnknown
from remit.policy.levels import AutonomyLevel
from remit.releases.attempts import Ending
from remit.releases.fingerprint import DriftCheck, Fingerprint, Reply
from remit.releases.inheritance import Guarded
from remit.releases.stages import Canary, CanaryStep, Retired, Stable

LEVEL = AutonomyLevel.SUPERVISED_ANSWERS
Story = Callable[[Bench], Coroutine[Any, Any, None]]


def told(folder: Path, story: Story, **policy_changes: Any) -> None:
    async def run() -> None:
        async with open_bench(folder, **policy_changes) as bench:
            await story(bench)

    asyncio.run(run())


async def successor(bench: Bench) -> tuple[Any, Any]:
    """A stable release that holds two grants, and one whose refund flow differs."""
    first = await bench.register()
    await bench.grant(bench.load(), REFUND, STATUS)
    bench.edit("agents/flows/refund.yaml", "offer: look into your refund", "offer: see about your refund")
    second = await bench.register(label="next")
    return first.registration, second.registration


def test_a_successor_keeps_what_the_change_cannot_reach_and_tries_what_it_reaches(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first = await bench.register()
        await bench.grant(bench.load(), REFUND, STATUS)
        bench.edit("agents/flows/refund.yaml", "offer: look into your refund", "offer: see about your refund")
        second = await bench.register(label="next")

        assert first.diff is None
        assert [str(change.name) for change in second.diff.changes] == ["refund"]
        assert [one.intent for one in second.plan.kept] == [STATUS]
        (guarded,) = second.plan.guarded
        assert isinstance(guarded, Guarded)
        assert (guarded.intent, guarded.level) == (REFUND, LEVEL)

        (kept,) = await bench.releasing.promote(second.registration, [STATUS], by=ENGINEER, reason="a shorter flow")
        assert (kept.what, kept.after) == ("inherited", Stable())
        assert await bench.level(STATUS, second.registration.release.id) is LEVEL
        assert await bench.level(STATUS, first.registration.release.id) is LEVEL, "alike, so that it may go on"
        (waits,) = await bench.releasing.promote(second.registration, [REFUND], by=ENGINEER, reason="a shorter flow")
        assert waits.what == "stayed"
        assert await bench.level(REFUND, first.registration.release.id) is LEVEL

    told(tmp_path, story)


def test_a_reached_intent_goes_through_regression_and_a_guarded_canary(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        old, new = first.release.id, second.release.id
        await bench.played(old, REFUND, [True] * 20)
        await bench.played(new, REFUND, [True] * 20)

        (begun,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="better words")
        assert begun.what == "moved"
        assert isinstance(begun.after, Canary)
        assert begun.after.step is CanaryStep.FIRST
        assert await bench.level(REFUND, new) is LEVEL
        remit = await bench.stores.book.remit(bench.releasing.agent)
        assert [one.provisional for one in remit.grants.values() if one.release == new] == [True]

        (waits,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="go on")
        assert waits.what == "stayed"
        assert "0 of 8 conversations at 5 %" in waits.why
        for prefix, n in (("a", 300), ("b", 150)):
            await bench.carried(REFUND, n, errors={}, prefix=prefix)
            (went,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="go on")
            assert went.what == "moved", went.why
        assert went.after == Canary(CanaryStep.HALF, begun.after.salt)

        await bench.carried(REFUND, 120, errors={"stable": 40}, prefix="c")
        (whole,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="not worse")
        assert whole.after == Canary(CanaryStep.WHOLE, begun.after.salt), whole.why
        await bench.carried(REFUND, 60, errors={}, prefix="d")
        (stable,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="all of them")
        assert stable.after == Stable()
        assert stable.attempt is not None
        assert stable.attempt.ending is Ending.PROMOTED
        assert await bench.level(REFUND, old) is AutonomyLevel.SHADOW

        (back,) = await bench.releasing.roll_back([REFUND], to=old, by=ENGINEER, reason="customers complain")
        assert (back.what, back.after) == ("moved", Stable())
        assert await bench.level(REFUND, old) is LEVEL
        assert await bench.level(REFUND, new) is AutonomyLevel.SHADOW

    told(tmp_path, story)


def test_a_canary_that_gives_way_undecided_spends_nothing_of_the_next_ones_alpha(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.played(first.release.id, REFUND, [True] * 20)
        await bench.played(second.release.id, REFUND, [True] * 20)
        await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="better words")
        assert (await bench.releasing.history()).line(REFUND).canary == second.release.id

        await bench.releasing.retire(second.release.id, [REFUND], by=ENGINEER, reason="a newer one is there")

        history = await bench.releasing.history()
        assert [one.ending for one in history.attempts if one.release == second.release.id] == [Ending.WITHDRAWN]
        assert history.ledger(REFUND).n_failed == 0

    told(tmp_path, story)


def test_a_canary_that_errs_more_is_taken_back_and_its_attempt_makes_the_next_one_dearer(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.played(first.release.id, REFUND, [True] * 20)
        await bench.played(second.release.id, REFUND, [True] * 20)
        await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="better words")
        await bench.carried(REFUND, 400, errors={"canary": 20}, prefix="a")

        (fell,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="go on")

        assert fell.what == "failed"
        assert isinstance(fell.after, Retired)
        assert await bench.level(REFUND, second.release.id) is AutonomyLevel.SHADOW
        assert await bench.level(REFUND, first.release.id) is LEVEL
        history = await bench.releasing.history()
        assert history.line(REFUND).stable == first.release.id
        assert history.ledger(REFUND).attempt == 2
        assert history.ledger(STATUS).attempt == 1, "other intents pay nothing"
        await bench.releasing.take_up_again(second.release.id, [REFUND], by=ENGINEER, reason="it was the weather")
        (again,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="once more")
        assert again.attempt is not None
        assert again.attempt.number == 2
        assert again.attempt.alpha == pytest.approx(0.05 * 6 / 3.141592653589793**2 / 4)

    told(tmp_path, story)


def test_a_release_that_is_worse_on_the_same_scenarios_never_meets_a_customer(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.played(first.release.id, REFUND, [True] * 40)
        await bench.played(second.release.id, REFUND, [True] * 20 + [False] * 20)

        (fell,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="looks fine")

        assert (fell.what, fell.why) == ("failed", ("it is worse than the stable release on the same scenarios",))
        assert (await bench.releasing.history()).line(REFUND).canary is None

    told(tmp_path, story)


def signing(bench: Bench) -> Releasing:
    signoff = {LEVEL: ("operations", "risk")}
    return replace(bench.releasing, policy=replace(bench.policy, signoff=signoff))


def test_the_functions_of_the_policy_sign_and_neither_the_proposer_nor_one_person_for_two(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.played(first.release.id, REFUND, [True] * 20)
        await bench.played(second.release.id, REFUND, [True] * 20)

        async def asked(actor: Any) -> Any:
            (outcome,) = await signing(bench).promote(second, [REFUND], by=actor, reason="better words")
            return outcome

        assert (await asked(OPERATIONS)).why == ("operations has not signed", "risk has not signed")
        assert (await asked(OPERATIONS)).why == ("operations has not signed", "risk has not signed"), "the proposer"
        assert (await asked(BOTH)).why == ("risk has not signed",), "one person signs for one function"
        assert (await asked(ENGINEER)).why == ("risk has not signed",), "an engineer may not sign"
        assert isinstance((await asked(RISK)).after, Canary)

    told(tmp_path, story)


def test_suspected_drift_freezes_promotion_and_not_rollback(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.played(first.release.id, REFUND, [True] * 20)
        await bench.played(second.release.id, REFUND, [True] * 20)
        await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="better words")
        await bench.carried(REFUND, 300, errors={}, prefix="a")
        seen = Fingerprint(bench.releasing.agent, second.release.id, bench.clock.now(), {"p": (Reply("answer"),)})
        suspected = DriftCheck(p_value=0.0001, alpha=1 / 365, n_probes=20, n_changed=12, least_p_value=0.0001)
        await bench.stores.fingerprints.keep(seen, {"p": "hello"}, suspected)

        (waits,) = await bench.releasing.promote(second, [REFUND], by=ENGINEER, reason="go on")
        assert waits.what == "stayed"
        assert waits.why[0].startswith("promotions are frozen: release r-")
        (back,) = await bench.releasing.roll_back([REFUND], to=None, by=ENGINEER, reason="it drifts")
        assert back.what == "moved"
        assert (await bench.releasing.history()).line(REFUND).canary is None

    told(tmp_path, story)


def test_every_move_is_in_the_audit_log_with_its_actor(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        await bench.releasing.promote(second, [STATUS], by=ENGINEER, reason="unreached")
        await bench.releasing.roll_back([STATUS], to=first.release.id, by=ENGINEER, reason="to be sure")

    told(tmp_path, story)

    async def read() -> list[tuple[str, str, str]]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            entries = [one async for one in SqliteAuditLog(database).entries()]
        return [(one.change.action, one.change.subject.split("/")[1], one.change.actor.name) for one in entries]

    entries = asyncio.run(read())
    mine = [one for one in entries if one[2] == "eve"]
    assert [one[0] for one in mine] == [
        "release_registered",
        "release_registered",
        "grant_inherited",
        "release_inherited",
        "grant_narrowed",
        "release_moved",
    ], "the predecessor kept its grant, so nothing has to be restored"


def test_registering_the_same_files_again_changes_nothing(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, again = await bench.register(), await bench.register(label="again")
        assert (first.is_new, again.is_new) == (True, False)
        assert again.registration == first.registration

    told(tmp_path, story)


def test_a_release_goes_by_its_label_its_id_or_the_beginning_of_it(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        first, second = await successor(bench)
        history = await bench.releasing.history()
        for name in ("hybrid", first.release.id, first.release.id[:8]):
            assert history.find(name) == first
        assert history.find("next") == second
        with pytest.raises(ReleaseUnknown, match="'hybird'") as error:
            history.find("hybird")
        assert "hybrid" in str(error.value)
        with pytest.raises(ReleaseUnknown):
            history.find("")

    told(tmp_path, story)


def test_a_team_that_edits_an_article_every_day_keeps_the_grants_of_its_other_intents(tmp_path: Path) -> None:
    """Each day's release takes the grants over at once, and all days' evidence speaks for the newest release."""

    async def story(bench: Bench) -> None:
        bench.edit("knowledge/birds.md", "\n", "\n\n<!-- intents: product_advice -->\n")
        first = await bench.register()
        await bench.grant(bench.load(), REFUND, STATUS)
        releases = [first.registration.release.id]
        for day in range(3):
            bench.edit("knowledge/birds.md", "-->", f"-->\n\nGoldfinches like teasel, we saw on day {day}.\n")
            known = await bench.register(label=f"day-{day}")
            releases.append(known.registration.release.id)
            moved = await bench.releasing.promote(
                known.registration, [REFUND, STATUS], by=ENGINEER, reason="the article of the day"
            )
            assert [one.what for one in moved] == ["inherited", "inherited"]
            assert [await bench.level(one, releases[-1]) for one in (REFUND, STATUS)] == [LEVEL, LEVEL]
        history = await bench.releasing.history()
        counting = history.counting_for(known.registration.release)
        assert set(counting(REFUND)) == set(releases)
        assert counting(IntentName("product_advice")) == (releases[-1],)
        assert history.attempts == (), "no attempt was needed, and no alpha spent"

    told(tmp_path, story)

"""One contract for every ledger."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryLedger
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import LedgerConflict
from remit.evidence import (
    LabelSource,
    Ledger,
    Observation,
    ObservationKey,
    Outcome,
    Selection,
    Source,
    Strength,
)

OpenLedger = Callable[[], AbstractAsyncContextManager[Ledger]]


@pytest.fixture(params=["memory", "sqlite"])
def open_ledger(request: pytest.FixtureRequest, tmp_path: Path) -> OpenLedger:
    @asynccontextmanager
    async def memory() -> AsyncIterator[Ledger]:
        yield MemoryLedger()

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[Ledger]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            yield SqliteLedger(database)

    return memory if request.param == "memory" else sqlite


def observation(key: str, **changes: Any) -> Observation:
    seen = Observation(
        key=ObservationKey(key),
        at=datetime(2026, 11, 1, tzinfo=UTC),
        agent=AgentName("shop"),
        release=ReleaseId("r-1"),
        intent=IntentName("refund"),
        level="tools_within_limits",
        source=Source.SCENARIO_TRIAL,
        strength=Strength.SIMULATED,
        metric="suite:journeys",
        outcome=Outcome.PASSED,
        cluster="late-parcel",
        details={"seed": 7, "note": "x", "rate": 0.5, "flag": True, "none": None},
    )
    return replace(seen, **changes)


def with_ledger(open_ledger: OpenLedger, story: Callable[[Ledger], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_ledger() as ledger:
            await story(ledger)

    asyncio.run(run())


async def all_of(ledger: Ledger, selection: Selection) -> list[Observation]:
    return [seen async for seen in ledger.select(selection)]


def test_what_is_appended_comes_back_in_order_and_whole(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        rows = [observation(f"k{i}", cluster=f"c{i % 3}") for i in range(2_345)]
        assert await ledger.append(rows) == len(rows)
        assert await all_of(ledger, Selection()) == rows

    with_ledger(open_ledger, story)


def test_a_repeated_observation_counts_once(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        first = observation("k")
        later = replace(first, at=first.at + timedelta(hours=1))
        assert await ledger.append([first, first]) == 1
        assert await ledger.append([later]) == 0
        (aggregate,) = await ledger.aggregates(Selection())
        assert (aggregate.n_passed, aggregate.n_failed, aggregate.n_not_counted) == (1, 0, 0)
        assert await all_of(ledger, Selection()) == [first]

    with_ledger(open_ledger, story)


def test_a_known_key_with_other_content_is_a_conflict_and_nothing_of_the_batch_stays(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.append([observation("k")])
        with pytest.raises(LedgerConflict, match="'k'"):
            await ledger.append([observation("new"), observation("k", outcome=Outcome.FAILED)])
        assert [seen.key for seen in await all_of(ledger, Selection())] == ["k"]
        (aggregate,) = await ledger.aggregates(Selection())
        assert aggregate.n_passed == 1

    with_ledger(open_ledger, story)


def test_aggregates_count_by_cluster_and_keep_what_does_not_count_apart(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        outcomes = [Outcome.PASSED, Outcome.FAILED, Outcome.INFRASTRUCTURE_ERROR, Outcome.PASSED]
        await ledger.append([observation(f"a{i}", outcome=outcome) for i, outcome in enumerate(outcomes)])
        await ledger.append([observation("b", cluster="wrong-number", outcome=Outcome.SCENARIO_ERROR)])
        late, wrong = await ledger.aggregates(Selection(metric="suite:journeys"))
        assert (late.cluster, late.n_passed, late.n_failed, late.n_not_counted) == ("late-parcel", 2, 1, 1)
        assert (wrong.cluster, wrong.n_passed, wrong.n_failed, wrong.n_not_counted) == ("wrong-number", 0, 0, 1)

    with_ledger(open_ledger, story)


def test_a_selection_keeps_agents_releases_intents_and_metrics_apart(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        other = {
            "agent": AgentName("vendor"),
            "release": ReleaseId("r-2"),
            "intent": IntentName("order_status"),
            "metric": "suite:red-team",
        }
        await ledger.append([observation("k")] + [observation(name, **{name: value}) for name, value in other.items()])
        for name, value in other.items():
            selection = Selection(**{name: value})  # type: ignore[arg-type]
            assert [seen.key for seen in await all_of(ledger, selection)] == [name]
            assert len(await ledger.aggregates(selection)) == 1
        by_source = await all_of(ledger, Selection(source=Source.LIVE_OUTCOME))
        assert by_source == []

    with_ledger(open_ledger, story)


LIVE: dict[str, Any] = {
    "conversation": "c-1",
    "customer": "d1gest",
    "arm": "canary",
    "canary_share": 0.05,
    "stratum": "flagged",
    "label": LabelSource.HUMAN_CONFIRMED,
    "loss": 0.25,
    "matured": False,
}


def test_what_live_observations_carry_comes_back(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        live = observation("live", **LIVE)
        await ledger.append([observation("trial"), live])
        assert await all_of(ledger, Selection(conversation="c-1")) == [live]

    with_ledger(open_ledger, story)


@pytest.mark.parametrize("name", LIVE)
def test_what_live_observations_carry_is_content(open_ledger: OpenLedger, name: str) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.append([observation("k")])
        with pytest.raises(LedgerConflict):
            await ledger.append([observation("k", **{name: LIVE[name]})])

    with_ledger(open_ledger, story)


def test_an_outcome_that_may_change_is_counted_once_it_cannot(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        await ledger.append([observation("k", matured=False)])
        assert list(await ledger.aggregates(Selection())) == []
        await ledger.append([observation("k:matured", outcome=Outcome.FAILED)])
        (aggregate,) = await ledger.aggregates(Selection())
        assert (aggregate.n_passed, aggregate.n_failed, aggregate.n_not_counted) == (0, 1, 0)
        was = {"was": "failed", "was_matured": True}
        await ledger.append([observation("k:revised:1", outcome=Outcome.DISPUTED, details=was)])
        (aggregate,) = await ledger.aggregates(Selection())
        assert (aggregate.n_passed, aggregate.n_failed, aggregate.n_not_counted) == (0, 0, 1)
        await ledger.append([observation("k:revised:2", details={"was": "disputed", "was_matured": True})])
        (aggregate,) = await ledger.aggregates(Selection())
        assert (aggregate.n_passed, aggregate.n_failed, aggregate.n_not_counted) == (1, 0, 0)

    with_ledger(open_ledger, story)


@pytest.mark.parametrize("selection", [Selection(source=Source.LIVE_OUTCOME), Selection(conversation="c-1")])
def test_counts_by_what_they_are_kept_without_are_refused(open_ledger: OpenLedger, selection: Selection) -> None:
    async def story(ledger: Ledger) -> None:
        with pytest.raises(ValueError, match="without source and conversation"):
            await ledger.aggregates(selection)

    with_ledger(open_ledger, story)


def test_places_only_grow_and_are_read_on_from(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        rows = [observation(f"k{i}") for i in range(25)]
        await ledger.append(rows[:10])
        first = await ledger.after(0, at_most=7)
        assert [one.observation for one in first] == rows[:7]
        await ledger.append(rows)
        rest = await ledger.after(first[-1].position)
        assert [one.observation for one in rest] == rows[7:]
        places = [one.position for one in (*first, *rest)]
        assert places == sorted(set(places))
        assert places[0] > 0
        assert list(await ledger.after(places[-1])) == []

    with_ledger(open_ledger, story)


def test_what_is_read_on_can_be_selected(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        rows = [observation(f"k{n}", intent=IntentName(("refund", "order")[n % 2])) for n in range(10)]
        await ledger.append(rows)
        places = {one.observation.key: one.position for one in await ledger.after(0)}
        wanted = Selection(intent=IntentName("order"))
        first = await ledger.after(0, at_most=2, of=wanted)
        rest = await ledger.after(first[-1].position, of=wanted)
        assert [one.observation for one in (*first, *rest)] == rows[1::2]
        assert all(one.position == places[one.observation.key] for one in (*first, *rest))

    with_ledger(open_ledger, story)


def test_an_empty_ledger_has_nothing_to_say(open_ledger: OpenLedger) -> None:
    async def story(ledger: Ledger) -> None:
        assert list(await ledger.after(0)) == []
        assert await ledger.append([]) == 0
        assert await all_of(ledger, Selection()) == []
        assert list(await ledger.aggregates(Selection())) == []

    with_ledger(open_ledger, story)

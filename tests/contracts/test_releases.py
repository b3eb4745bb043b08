"""One contract for every store of releases, draws and fingerprints."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.memory import MemoryAssignments, MemoryFingerprints, MemoryReleases
from remit.adapters.store import SqliteAssignments, SqliteDatabase, SqliteFingerprints, SqliteReleases
from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.errors import ReleaseConflict
from remit.releases.attempts import Attempt, Ending
from remit.releases.canary import Assignment
from remit.releases.fingerprint import DriftCheck, Fingerprint, Reply
from remit.releases.life import Line, register
from remit.releases.model import Part, PartKind, Registration, Release
from remit.releases.ports import Assignments, Fingerprints, Lives, Registry
from remit.releases.reach import everything_but, only
from remit.releases.signatures import Signature
from remit.releases.stages import Canary, CanaryStep, Evaluated, Registered, Retired, Shadow, Stable, Stage

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SHOP, REFUND = AgentName("shop"), IntentName("refund")
R1, R2 = ReleaseId("r-1"), ReleaseId("r-2")


@dataclass(frozen=True)
class Stores:
    registry: Registry
    lives: Lives
    assignments: Assignments
    fingerprints: Fingerprints


OpenStores = Callable[[], AbstractAsyncContextManager[Stores]]


@pytest.fixture(params=["memory", "sqlite"])
def open_stores(request: pytest.FixtureRequest, tmp_path: Path) -> OpenStores:
    @asynccontextmanager
    async def memory() -> AsyncIterator[Stores]:
        releases = MemoryReleases()
        yield Stores(releases, releases, MemoryAssignments(), MemoryFingerprints())

    @asynccontextmanager
    async def sqlite() -> AsyncIterator[Stores]:
        async with SqliteDatabase(tmp_path / "remit.db") as database:
            releases = SqliteReleases(database)
            yield Stores(releases, releases, SqliteAssignments(database), SqliteFingerprints(database))

    return memory if request.param == "memory" else sqlite


def told(open_stores: OpenStores, story: Callable[[Stores], Coroutine[Any, Any, None]]) -> None:
    async def run() -> None:
        async with open_stores() as stores:
            await story(stores)

    asyncio.run(run())


def registration(release: ReleaseId = R1, agent: AgentName = SHOP, **changes: Any) -> Registration:
    parts = (
        Part(PartKind.FLOW, "refund", "aa", only("refund"), "the flow of this intent"),
        Part(PartKind.ARTICLE, "returns.md", "bb", everything_but("order_status"), "it says so"),
    )
    known = Registration(Release(release, agent, parts, opaque=True), "hybrid", NOW, "ada", "agents/hybrid.yaml", R2)
    return replace(known, **changes)


def test_a_registered_release_comes_back_whole_and_in_order(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        first, second = registration(), registration(R2, predecessor=None)
        assert await stores.registry.register(first)
        assert await stores.registry.register(second)
        assert await stores.registry.register(registration(R1, AgentName("other")))
        assert list(await stores.registry.registrations(SHOP)) == [first, second]
        assert len(await stores.registry.registrations()) == 3

    told(open_stores, story)


def test_registering_again_changes_nothing(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        await stores.registry.register(registration())
        assert not await stores.registry.register(registration(label="again", at=NOW + timedelta(days=1)))
        assert list(await stores.registry.registrations()) == [registration()]

    told(open_stores, story)


def test_a_release_never_changes(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        await stores.registry.register(registration())
        other = replace(registration(), release=Release(R1, SHOP, (Part(PartKind.CODE, "x.py", "cc"),)))
        with pytest.raises(ReleaseConflict, match="'r-1'"):
            await stores.registry.register(other)
        assert list(await stores.registry.registrations()) == [registration()]

    told(open_stores, story)


def test_a_line_keeps_every_stage_and_who_held_the_grant(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        stages: dict[ReleaseId, Stage] = {
            ReleaseId("r-9"): Retired("burned: 9 of 120"),
            ReleaseId("r-1"): Stable(),
            ReleaseId("r-5"): Canary(CanaryStep.QUARTER, "pepper"),
            ReleaseId("r-4"): Shadow(),
            ReleaseId("r-3"): Evaluated(),
            ReleaseId("r-2"): Registered(),
        }
        line = Line(SHOP, REFUND, stages, (ReleaseId("r-9"), ReleaseId("r-1")))
        assert await stores.lives.change([line])
        kept = (await stores.lives.lines(SHOP))[REFUND]
        assert list(kept.stages.items()) == list(stages.items())
        assert (kept.held_by, kept.version) == (line.held_by, 1)
        assert await stores.lives.lines(AgentName("other")) == {}

    told(open_stores, story)


def test_of_two_who_change_a_line_at_once_one_succeeds_and_the_other_keeps_nothing(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        await stores.lives.change([register(Line(SHOP, REFUND), R1)])
        read = (await stores.lives.lines(SHOP))[REFUND]
        other = register(Line(SHOP, IntentName("other")), R1)
        assert await stores.lives.change([read.at({R1: Evaluated()})])
        assert not await stores.lives.change([other, read.at({R1: Retired("late")})], [attempt()])
        assert (await stores.lives.lines(SHOP))[REFUND].stages == {R1: Evaluated()}
        assert list(await stores.lives.lines(SHOP)) == [REFUND]
        assert list(await stores.lives.attempts(SHOP)) == []

    told(open_stores, story)


def attempt(**changes: Any) -> Attempt:
    signed = (Signature("ada", frozenset({"risk", "operations"}), NOW, "looked at it"),)
    known = Attempt(SHOP, REFUND, R1, number=2, alpha=0.0076, proposer="bob", opened_at=NOW, signatures=signed)
    return replace(known, **changes)


def test_an_attempt_that_ends_is_the_same_attempt(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        later = attempt(opened_at=NOW + timedelta(days=1), signatures=())
        await stores.lives.change([], [attempt(), later])
        ended = attempt().closed(Ending.FAILED, "worse: 12 of 40", NOW + timedelta(hours=1))
        await stores.lives.change([], [ended])
        assert list(await stores.lives.attempts(SHOP)) == [ended, later]

    told(open_stores, story)


def assignment(conversation: str, customer: str, **changes: Any) -> Assignment:
    known = Assignment(
        ConversationId(conversation), SHOP, R2, "canary", 0.05, REFUND, salt="pepper", customer=customer, at=NOW
    )
    return replace(known, **changes)


def test_a_conversation_is_drawn_once(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        first = assignment("c1", "ann")
        assert await stores.assignments.pin(first) == first
        assert await stores.assignments.pin(replace(first, arm="stable", share=0.5)) == first
        assert await stores.assignments.of(ConversationId("c1")) == first
        assert await stores.assignments.of(ConversationId("c2")) is None

    told(open_stores, story)


def test_a_customer_counts_once_as_first_assigned_and_each_conversation_is_carried(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        drawn = [
            assignment("c1", "ann"),
            assignment("c2", "ann", share=0.25),
            assignment("c3", "ben", arm="stable"),
            assignment("c4", "cleo", share=0.25),
            assignment("c5", "ann", salt="other"),
        ]
        for one in drawn:
            await stores.assignments.pin(one)
        counted = await stores.assignments.customers("pepper")
        assert counted == {("canary", 0.05): 1, ("stable", 0.05): 1, ("canary", 0.25): 1}
        assert await stores.assignments.n_carried("pepper", 0.25) == 2
        assert await stores.assignments.n_carried("salt", 0.25) == 0

    told(open_stores, story)


def test_the_newest_baseline_holds_and_checks_are_since_then(open_stores: OpenStores) -> None:
    async def story(stores: Stores) -> None:
        keep, said = stores.fingerprints.keep, {"p1": (Reply("answer", frozenset({"a", "b"})), Reply("call:find"))}
        first = Fingerprint(SHOP, R1, NOW, said)
        check = DriftCheck(p_value=0.002, alpha=0.0027, n_probes=1, n_changed=1, least_p_value=0.001)
        assert await stores.fingerprints.baseline(SHOP, R1) is None
        await keep(first, {"p1": "where is it?"}, None)
        await keep(replace(first, at=NOW + timedelta(days=1)), {"p1": "where is it?"}, check)
        assert await stores.fingerprints.baseline(SHOP, R1) == (first, {"p1": "where is it?"})
        assert await stores.fingerprints.last_check(SHOP, R1) == check
        assert await stores.fingerprints.last_taken(SHOP, R1) == NOW + timedelta(days=1)
        second = replace(first, at=NOW + timedelta(days=2))
        await keep(second, {"p1": "where is it?"}, None)
        assert await stores.fingerprints.baseline(SHOP, R1) == (second, {"p1": "where is it?"})
        assert await stores.fingerprints.last_check(SHOP, R1) is None
        assert await stores.fingerprints.last_check(SHOP, R2) is None
        assert await stores.fingerprints.last_taken(SHOP, R2) is None

    told(open_stores, story)

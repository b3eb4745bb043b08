"""Every place where certificates are kept behaves alike."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from remit.adapters.memory import FixedClock, MemoryCertificates
from remit.adapters.store import SqliteCertificates, SqliteDatabase
from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.ports import Certificates
from remit.conversations import AgentName, IntentName
from unit.calibration.samples import AGENT, ISSUED, REFUND, STATUS, certificate

Place = Callable[[Path], AbstractAsyncContextManager[Certificates]]
OWN = certificate()
LATER = replace(OWN, policy="q" * 64)
ELSEWHERE = replace(OWN, intents=(STATUS,))


@asynccontextmanager
async def in_memory(_: Path) -> AsyncIterator[Certificates]:
    yield MemoryCertificates()


@asynccontextmanager
async def in_sqlite(folder: Path) -> AsyncIterator[Certificates]:
    async with SqliteDatabase(folder / "remit.db") as database:
        yield SqliteCertificates(database, FixedClock(ISSUED))


@pytest.fixture(params=[in_memory, in_sqlite], ids=["memory", "sqlite"])
def place(request: pytest.FixtureRequest) -> Place:
    chosen: Place = request.param
    return chosen


def told(place: Place, folder: Path, story: Callable[[Certificates], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with place(folder) as kept:
            await story(kept)

    asyncio.run(whole())


def test_what_is_kept_comes_back_equal(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        await kept.keep([OWN, ELSEWHERE])
        assert list(await kept.in_force(AGENT)) == [OWN, ELSEWHERE]
        assert list(await kept.in_force(AgentName("another"))) == []

    told(place, tmp_path, story)


def test_a_later_one_withdraws_what_shares_an_intent_and_nothing_else(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        await kept.keep([OWN, ELSEWHERE])
        await kept.keep([LATER])
        assert list(await kept.in_force(AGENT)) == [ELSEWHERE, LATER]
        every = {each.certificate.id: each.withdrawn for each in await kept.every(AGENT)}
        assert every == {OWN.id: f"superseded by certificate {LATER.id}", ELSEWHERE.id: "", LATER.id: ""}

    told(place, tmp_path, story)


def test_certificates_of_one_calibration_stand_beside_each_other(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        both = [OWN, replace(OWN, target=replace(OWN.target, error_at_most=0.1))]
        await kept.keep(both)
        assert list(await kept.in_force(AGENT)) == both

    told(place, tmp_path, story)


def test_keeping_one_again_changes_nothing(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        await kept.keep([OWN])
        await kept.keep([LATER])
        await kept.keep([OWN])
        assert list(await kept.in_force(AGENT)) == [LATER]

    told(place, tmp_path, story)


def test_a_withdrawn_one_stays_readable_and_is_withdrawn_once(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        await kept.keep([OWN])
        assert await kept.withdraw(OWN.id, "a label was wrong")
        assert not await kept.withdraw(OWN.id, "again")
        assert not await kept.withdraw(CertificateId("unknown"), "no such")
        assert list(await kept.in_force(AGENT)) == []
        assert [(each.certificate, each.withdrawn) for each in await kept.every(AGENT)] == [(OWN, "a label was wrong")]

    told(place, tmp_path, story)


def test_another_agents_certificates_are_left_alone(place: Place, tmp_path: Path) -> None:
    async def story(kept: Certificates) -> None:
        other: Certificate = replace(OWN, agent=AgentName("another"), intents=(REFUND, IntentName("cancel")))
        await kept.keep([OWN])
        await kept.keep([other])
        assert list(await kept.in_force(AGENT)) == [OWN]

    told(place, tmp_path, story)

"""The section `contact_centre`: what is wrong is told with its line and its mend, and secrets come from outside."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase
from remit.app.centre import FILE, load_centre
from remit.app.contact_centre_file import ContactCentreSection
from remit.app.destinations import destination_of
from remit.app.live import live_gateway
from remit.errors import CentreParseError, SettingsError

SHOP = Path(__file__).parents[3] / "examples/shop"
HEAD = "apiVersion: remit/v1\nkind: ContactCentre\nname: Shop\ncontact_centre:\n"
HOURS = "  hours:\n    time_zone: Europe/Berlin\n    open: "


def read(section: str, folder: Path) -> ContactCentreSection:
    (folder / FILE).write_text(HEAD + section, encoding="utf-8")
    return load_centre(folder).contact_centre


def test_hours_are_read_in_their_time_zone(tmp_path: Path) -> None:
    section = read(HOURS + '{mon-fri: ["09:00-12:00", "13:00-18:00"], sat: "22:00-24:00"}\n', tmp_path)
    assert section.hours is not None
    hours = section.hours.hours()
    assert hours.is_open(datetime(2026, 11, 23, 8, 0, tzinfo=UTC)), "09:00 in Berlin"
    assert not hours.is_open(datetime(2026, 11, 23, 11, 30, tzinfo=UTC)), "lunch"
    assert hours.is_open(datetime(2026, 7, 20, 7, 0, tzinfo=UTC)), "summer time"
    assert hours.is_open(datetime(2026, 11, 28, 22, 59, tzinfo=UTC))
    assert not hours.is_open(datetime(2026, 11, 28, 23, 0, tzinfo=UTC)), "midnight in Berlin"


@pytest.mark.parametrize(
    ("section", "line", "told"),
    [
        ("  hours:\n    time_zone: Berlin\n    open: {}\n", 6, "no time zone known here"),
        (HOURS + '{monday: "09:00-18:00"}\n', 7, "no weekday"),
        (HOURS + '{mon: "9 to 6"}\n', 7, "no span of hours"),
        (HOURS + '{mon: "18:00-09:00"}\n', 7, "ends before it begins"),
        (HOURS + '{mon: "09:00-18:00"}\n    closed_on: [Christmas]\n', 8, "date"),
        ("  webhook: {url: http://desk.example/h, secret: KEY}\n", 5, "unencrypted"),
        ("  webhook: {url: desk.example, secret: KEY}\n", 5, "is no address"),
        ("  webhook: {url: https://desk.example/h, secret: s3cret-key!}\n", 5, "no name of an environment variable"),
        ("  words: {closed: 'back on {when}'}\n", 5, "uses {when}, which is not known"),
        ("  queu: x\n", 5, "unknown key 'queu'"),
        ("  queue_at_most: 3\n  intercom: {token: T, admin: '1'}\n", 4, "nobody can count"),
        ("  webhook: {url: https://d.example, secret: K}\n  intercom: {token: T, admin: '1'}\n", 4, "several places"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(section: str, line: int, told: str, tmp_path: Path) -> None:
    with pytest.raises(CentreParseError) as refused:
        read(section, tmp_path)
    assert told in str(refused.value)
    assert f"{FILE}:{line}:" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def test_a_secret_that_is_missing_is_named_before_anything_is_served(tmp_path: Path) -> None:
    section = read("  chatwoot: {account: 7, token: CHATWOOT_TOKEN}\n", tmp_path)
    with pytest.raises(SettingsError, match="the environment has no CHATWOOT_TOKEN"):
        destination_of(section, {})
    destination = destination_of(section, {"CHATWOOT_TOKEN": "t"})
    assert destination is not None
    assert destination.name == "chatwoot"


@pytest.mark.parametrize(
    ("section", "name"),
    [
        ("  webhook: {url: https://d.example, secret: K}\n", "webhook"),
        ("  zendesk: {url: https://s.zendesk.com/sc, app: a, key_id: K, secret: K}\n", "zendesk"),
        ("  intercom: {token: K, admin: '1'}\n", "intercom"),
    ],
)
def test_each_place_is_made_as_it_is_named(section: str, name: str, tmp_path: Path) -> None:
    destination = destination_of(read(section, tmp_path), {"K": "secret"})
    assert destination is not None
    assert destination.name == name


def test_the_own_desk_needs_nothing(tmp_path: Path) -> None:
    assert destination_of(read("  queue: support\n", tmp_path), {}) is None


def test_a_served_centre_hands_off_to_its_own_desk(tmp_path: Path) -> None:
    async def story() -> str:
        async with (
            SqliteDatabase(tmp_path / "remit.db") as store,
            live_gateway(load_centre(SHOP), store, SystemClock(), environ={}, simulated=True, lease_s=60.0) as live,
        ):
            gateway = live.gateway
            assert gateway.handing_off is not None
            assert gateway.ports.reception is gateway.handing_off
            assert id(gateway.ports.contact_centre) == id(gateway.handing_off)
            return type(gateway.handing_off).__name__

    assert asyncio.run(story()) == "HandingOff"

"""`remit grant`, `remit incident`, `remit worker` and what they add to `remit status`, at a terminal."""

import asyncio
from pathlib import Path

import pytest

from integration.identity.terminal import Terminal
from live_samples import wrong_write
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteExposure, SqliteLedger
from remit.app.centre import load_centre
from remit.app.demo import example_centre
from remit.app.policy_files import read_policy_file
from remit.control.exposure import CONVERSATIONS


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """The example shop's folder, copied, with a store and an admin."""
    import shutil

    folder = tmp_path / "shop"
    shutil.copytree(example_centre(), folder)
    terminal = Terminal(folder, monkeypatch, capsys)
    terminal.first_admin()
    return terminal


def intent_of(folder: Path) -> str:
    return next(iter(read_policy_file(load_centre(folder).policy).intents))


def test_a_promotion_without_evidence_waits_and_says_for_what(shop: Terminal) -> None:
    intent = intent_of(Path.cwd())
    shop.act_with(shop.account("paul", "approver"))
    assert shop.run("grant", "promote", intent, "--to", "supervised_answers", "--reason", "it looks good") == 2
    assert f"{intent} stays at shadow: the verdicts on record support shadow" in shop.out
    assert "Next:" in shop.out


def test_a_waiver_is_seen_ends_with_a_demotion_and_stands_in_the_audit_log(shop: Terminal) -> None:
    intent = intent_of(Path.cwd())
    told = shop.json("grant", "waive", intent, "--to", "supervised_answers", "--for", "3d", "--reason", "a trial week")
    assert (told["level"], told["changed"], told["by"]) == ("supervised_answers", True, "ana")
    assert shop.run("status") == 0
    assert "WAIVER by ana" in shop.out
    (row,) = [one for one in shop.json("grant", "list")["grants"] if one["intent"] == intent]
    assert row["words"] == "supervised_answers (WAIVER)"
    assert shop.json("grant", "demote", intent, "--reason", "enough")["level"] == "shadow"
    assert shop.run("audit", "verify") == 0
    assert shop.run("audit", "show") == 0
    assert "waiver_given" in shop.out
    assert "grant_narrowed" in shop.out


def test_the_status_says_what_of_the_day_is_used_up(shop: Terminal) -> None:
    place = load_centre(Path.cwd()).policy
    place.write_text(place.read_text(encoding="utf-8") + "\nexposure: {conversations_per_day: 5}\n", encoding="utf-8")
    intent = intent_of(Path.cwd())
    shop.json("grant", "waive", intent, "--to", "supervised_answers", "--for", "3d", "--reason", "a trial week")
    agent = shop.json("grant", "list")["agent"]

    async def act() -> None:
        async with SqliteDatabase(shop.store) as database:
            today = SystemClock().now().date().isoformat()
            for key in ("c-1", "c-2"):
                await SqliteExposure(database).reserve(agent, today, CONVERSATIONS, 1.0, cap=5, key=key)

    asyncio.run(act())
    assert shop.run("status") == 0
    assert "acted alone in 2 of at most 5 conversations" in shop.out
    (document,) = shop.json("status")["agents"]
    assert document["today"] == {"conversations": 2.0, "money": 0.0, "most_conversations": 5, "most_money": None}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("waive", "{intent}", "--to", "supervised_answers", "--for", "99d", "--reason", "x"), "14 days at most"),
        (("waive", "{intent}", "--to", "supervised_answers", "--for", "soon", "--reason", "x"), "is no duration"),
        (("waive", "{intent}", "--to", "L3", "--for", "3d", "--reason", "x"), "no level 'L3'"),
        (("waive", "order_statu", "--to", "supervised_answers", "--for", "3d", "--reason", "x"), "knows no intent"),
        (("demote", "nothing_like_it", "--reason", "x"), "knows no intent"),
    ],
)
def test_a_mistake_is_one_sentence_and_changes_nothing(shop: Terminal, words: tuple[str, ...], complaint: str) -> None:
    filled = [word.format(intent=intent_of(Path.cwd())) for word in words]
    assert shop.run("grant", *filled) == 3
    assert complaint in shop.err
    assert shop.json("grant", "list")["epoch"] == 0


def test_who_may_only_look_changes_nothing(shop: Terminal) -> None:
    intent = intent_of(Path.cwd())
    shop.act_with(shop.account("vera", "viewer"))
    for command in (
        ("waive", intent, "--to", "supervised_answers", "--for", "3d", "--reason", "x"),
        ("demote", intent, "--reason", "x"),
        ("thaw", intent, "--reason", "x"),
        ("promote", intent, "--to", "supervised_answers", "--reason", "x"),
    ):
        assert shop.run("grant", *command) == 3
        assert "does not hold the role" in shop.err


def test_a_worker_stops_an_intent_opens_an_incident_and_people_close_it(shop: Terminal) -> None:
    folder = Path.cwd()
    centre = load_centre(folder)
    policy = read_policy_file(centre.policy)
    intent = intent_of(folder)
    assert shop.run("incident", "list") == 0
    assert "No incident is open." in shop.out
    asyncio.run(_something_critical(shop.store, policy.digest, intent, shop.json("grant", "list")["agent"]))
    assert shop.run("worker", "--once") == 0
    assert "1 order carried out" in shop.out
    assert shop.run("status") == 0
    assert f"STOPPED: intent {intent}" in shop.out
    assert "owed: a regression scenario" in shop.out
    (incident,) = shop.json("incident", "list")
    assert shop.run("incident", "show", incident["id"]) == 0
    assert "1 of 1 affected conversation" in shop.out
    assert shop.run("incident", "close", incident["id"], "--because", "a tool had changed") == 3
    assert "must not happen again unseen" in shop.err
    closing = ("--because", "a tool had changed", "--scenario", "refund-twice")
    assert shop.run("incident", "close", incident["id"], *closing) == 0
    assert shop.run("incident", "list") == 0
    assert "No incident is open." in shop.out
    assert shop.run("incident", "show", "inc-none") == 3
    assert "there is none of that id" in shop.err
    assert shop.run("worker", "--once") == 0
    assert "0 orders carried out" in shop.out


async def _something_critical(store: Path, policy: str, intent: str, agent: str) -> None:
    from dataclasses import replace

    from remit.conversations import AgentName, IntentName

    async with SqliteDatabase(store) as database:
        seen = replace(wrong_write(1), policy=policy, intent=IntentName(intent), agent=AgentName(agent))
        await SqliteLedger(database).append([seen])

"""Gateways on one file, killed at chosen moments under load: nothing is lost, nothing doubled, nobody left silent."""

import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.store import SqliteDatabase

CRASHING = Path(__file__).with_name("crashing_gateway.py")
TESTS = Path(__file__).parents[2]
N_CONVERSATIONS, N_MESSAGES = 8, 2
PATIENCE_S = 60.0


@dataclass
class Contact:
    """Customers who repeat themselves until they have been answered, wherever somebody listens."""

    ports: list[int]
    acknowledged: dict[tuple[int, int], Any] = field(default_factory=dict)
    some_acknowledged: threading.Event = field(default_factory=threading.Event)

    def converse(self, conversation: int) -> None:
        for number in range(N_MESSAGES):
            self.acknowledged[conversation, number] = self._say(conversation, number)
            if len(self.acknowledged) >= N_CONVERSATIONS:
                self.some_acknowledged.set()

    def _say(self, conversation: int, number: int) -> Any:
        body = json.dumps({"text": f"message {number}", "message_id": f"key {number}"}).encode()
        until, attempt = time.monotonic() + PATIENCE_S, conversation + number
        while time.monotonic() < until:
            attempt += 1
            url = f"http://127.0.0.1:{self.ports[attempt % len(self.ports)]}/v1/conversations/c{conversation}/messages"
            request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=PATIENCE_S) as response:
                    return json.load(response)
            except OSError:  # nobody there, or busy: ask again, as a channel would
                threading.Event().wait(0.05)
        raise AssertionError(f"c{conversation}, message {number}: silence")


@contextmanager
def gateways(store: Path, *dooms: str) -> Iterator[tuple[list[subprocess.Popen[str]], list[int]]]:
    """Processes that all start at once, and their ports."""
    command = [sys.executable, str(CRASHING), str(store), f"{store}.journal"]
    environment = {**os.environ, "PYTHONPATH": str(TESTS)}
    processes = [
        subprocess.Popen([*command, *doom.rsplit(" ", 1)], stdout=subprocess.PIPE, text=True, env=environment)
        for doom in dooms
    ]
    try:
        yield processes, [int(process.stdout.readline()) for process in processes if process.stdout]
    finally:
        for process in processes:
            process.kill()
            process.wait()
            if process.stdout:
                process.stdout.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    database = SqliteDatabase(tmp_path / "remit.db")
    database.open()
    database.close()
    return tmp_path / "remit.db"


def test_the_last_gateway_standing_finishes_what_the_killed_ones_left(store: Path) -> None:
    with gateways(store, "after record 4", "after tool 5", "before close 2", "never 1") as (processes, ports):
        contact = Contact(ports)
        with ThreadPoolExecutor(N_CONVERSATIONS) as pool:
            list(pool.map(contact.converse, range(N_CONVERSATIONS)))
        assert [process.wait(timeout=PATIENCE_S) for process in processes[:-1]] == [-9, -9, -9]
        _wait_until_all_have_ended(store)
    _assert_nothing_lost_doubled_or_silent(store, contact)


def test_a_restart_after_all_were_killed_finishes_what_they_left(store: Path) -> None:
    with ThreadPoolExecutor(N_CONVERSATIONS) as pool:
        with gateways(store, "before tool 7", "never 1") as (_, ports):
            contact = Contact(list(ports))
            talks = [pool.submit(contact.converse, number) for number in range(N_CONVERSATIONS)]
            assert contact.some_acknowledged.wait(PATIENCE_S)
        with gateways(store, "never 1") as (_, ports):
            contact.ports[:] = ports * 2
            for talk in talks:
                talk.result()
            _wait_until_all_have_ended(store)
    _assert_nothing_lost_doubled_or_silent(store, contact)


def _wait_until_all_have_ended(store: Path) -> None:
    with closing(sqlite3.connect(store)) as connection:
        for _ in range(int(PATIENCE_S / 0.05)):
            (n,) = connection.execute("select count(*) from turns where closed_at is null").fetchone()
            if n == 0:
                return
            threading.Event().wait(0.05)
    raise AssertionError(f"{n} turns have no end")


def _assert_nothing_lost_doubled_or_silent(store: Path, contact: Contact) -> None:
    with closing(sqlite3.connect(store)) as connection:
        ends = {
            turn: json.loads(content)["outcome"]
            for turn, content in connection.execute("select turn_id, content from turn_records where kind = 'ended'")
        }
        (n_turns,) = connection.execute("select count(*) from turns").fetchone()
        said = connection.execute(
            "select conversation_id, content from entries where kind = 'message' order by conversation_id, position"
        ).fetchall()
    assert len(contact.acknowledged) == len(ends) == n_turns == N_CONVERSATIONS * N_MESSAGES
    for reply in contact.acknowledged.values():
        assert ends[reply["turn"]]["text"] == reply["reply"]
    speakers = Counter((name, json.loads(content)["speaker"]) for name, content in said)
    assert set(speakers.values()) == {N_MESSAGES}
    effects = Counter(Path(f"{store}.journal").read_text().splitlines())
    assert set(effects.values()) == {1}, "a write happened twice"
    answered = [reply["turn"] for reply in contact.acknowledged.values() if reply["outcome"] == "answered"]
    assert answered
    assert all(effects[f"write {turn}/2"] == effects[f"keyed {turn}/3"] == 1 for turn in answered)

"""The tutorial's commands run as they are printed, on a copy of the shop; `serve` and `curl` in this process."""

import asyncio
import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration.identity.terminal import PASSWORD, Terminal
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.app.centre import load_centre
from remit.app.demo import example_centre
from remit.app.live import grant_what_is_earned, live_gateway
from remit.conversations import ConversationId
from remit.evidence import Observation, Selection, Strength
from remit.evidence.live import Metric

PAGE = (Path(__file__).parents[2] / "docs/tutorials/from-a-verdict-to-autonomy.md").read_text(encoding="utf-8")
COMMANDS = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
PROPOSED = 'remit grant promote order_status --to tools_with_approval --reason "43 scenarios, four times each"'
SIGNED = 'remit grant promote order_status --to tools_with_approval --reason "I have read the report"'
UNDECIDED = {"remit eval --filter order_status --trials 4", PROPOSED, "remit calibrate", "remit calibrate --status"}
"""Commands that end with exit code 2, because evidence is missing."""


@dataclass
class Reader:
    """Somebody who types what the page says."""

    terminal: Terminal
    said: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    record: str = ""

    def type(self, line: str) -> None:
        if made := re.fullmatch(r"export (\w+)=\$\((echo .* \| )?remit (.*)\)", line):
            self.terminal.type(PASSWORD + "\n")
            assert self.terminal.run(*shlex.split(made[3])) == 0, self.terminal.err
            self.keys[made[1]] = self.terminal.out.strip()
        elif acts := re.fullmatch(r"export REMIT_ACCOUNT_KEY=\$(\w+)", line):
            self.terminal.act_with(self.keys[acts[1]])
        elif line.startswith("remit "):
            words = shlex.split(re.sub(r"v-[0-9a-f]{10}", self.record, line))[1:]
            code = self.terminal.run(*words)
            allowed = {0, 2} if line.startswith("remit gate") else {2 if line in UNDECIDED else 0}
            assert code in allowed, f"{line}: {code}\n{self.terminal.out}\n{self.terminal.err}"
            self.said[line] = self.terminal.out
            if found := re.search(r"v-[0-9a-f]{10}", self.terminal.out):
                self.record = self.record or found[0]
        else:
            subprocess.run(shlex.split(line), check=True)


async def converse(store: Path, messages: list[tuple[str, str]]) -> None:
    """The conversations, through the gateway that `remit serve` runs, until they are observed to their end."""
    centre, clock = load_centre(Path.cwd()), SystemClock()
    async with (
        SqliteDatabase(store) as database,
        live_gateway(centre, database, clock, environ={}, simulated=centre.simulated, lease_s=60.0) as live,
    ):
        await grant_what_is_earned(live, centre, database)
        live.gateway.observe_every_s = live.gateway.settle_every_s = 0.2
        async with live.gateway.running():
            for conversation, text in messages:
                await live.gateway.begin(ConversationId(conversation), channel="test")
                await live.gateway.answer(ConversationId(conversation), text, digest=text)
            async with asyncio.timeout(60):
                while len(await ended(database)) < len(messages):  # noqa: ASYNC110 - observed behind the turns
                    await asyncio.sleep(0.2)


async def ended(database: SqliteDatabase) -> set[str]:
    ledger = SqliteLedger(database)
    return {one.conversation async for one in ledger.select(Selection(metric=Metric.PROPOSED))}


@pytest.mark.timeout(300)
def test_every_command_of_the_tutorial_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = tmp_path / "my-shop"
    shutil.copytree(example_centre(), shop)
    reader = Reader(Terminal(shop, monkeypatch, capsys))
    assert COMMANDS[:2] == ["cp -r examples/shop my-shop", "cd my-shop"]
    messages: list[tuple[str, str]] = []
    for line in COMMANDS[2:]:
        if line.startswith("curl "):
            words = shlex.split(line)
            place = re.search(r"conversations/([\w-]+)/messages", line)
            assert place is not None
            messages.append((place[1], json.loads(words[-1])["text"]))
        elif line != "remit serve":
            if messages:
                asyncio.run(converse(reader.terminal.store, messages))
                messages = []
            reader.type(line)
    said = reader.said
    assert "not signed by operations" in said[PROPOSED]
    assert "order_status is at tools_with_approval now" in said[SIGNED]
    assert "SIMULATED" in said["remit label status"]
    assert "labelled proposals in the ledger" in said["remit calibrate"]
    assert "STOPPED: intent order_status" in said["remit status"]
    assert all(one.strength is Strength.SIMULATED for one in asyncio.run(observed(reader.terminal.store)))


async def observed(store: Path) -> list[Observation]:
    async with SqliteDatabase(store) as database:
        return [one async for one in SqliteLedger(database).select(Selection(metric=Metric.STARTED))]

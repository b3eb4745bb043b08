"""A gateway of its own process that kills itself: `python -m ... STORE JOURNAL PLACE N`; prints its port and serves.

PLACE is `before record`, `after record`, `before close`, `after close`, `before tool`, `after tool` or `never`; at the
N-th time the process ends as by `kill -9`, with whatever other turns it is carrying.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from integration.gateway.serving import gateway_over
from properties.turn_fakes import REFUND, Stage, call
from remit.adapters.mcp import StdioServer
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteRecorder
from remit.adapters.tools.mcp import McpToolbox
from remit.conversations import Conversation, Turn
from remit.policy.proposals import Proposal, ProposedAnswer
from remit.policy.rules import IntentRule, ToolRule
from remit.runtime.ports import StepKey, TurnRecord
from remit.settings import Settings
from remit.tools import Effect, ToolCall, ToolName, ToolResult, ToolSpec
from remit.web.gateway import create_app

SERVER = Path(__file__).with_name("counting_server.py")
EFFECTS = {
    ToolName("read"): Effect.READ,
    ToolName("write"): Effect.IRREVERSIBLE_WRITE,
    ToolName("keyed"): Effect.IRREVERSIBLE_WRITE,
}
SCRIPT: list[Proposal | Exception] = [*(call(tool) for tool in EFFECTS), ProposedAnswer("Done.")]
LEASE_S = 1.5


@dataclass
class Doom:
    """Counts down to the end of this process."""

    place: str
    n: int

    def reach(self, place: str) -> None:
        if place == self.place:
            self.n -= 1
            if self.n == 0:
                os.kill(os.getpid(), signal.SIGKILL)


class DyingRecorder(SqliteRecorder):
    def __init__(self, database: SqliteDatabase, doom: Doom) -> None:
        super().__init__(database, SystemClock())
        self._doom = doom

    async def record(self, turn: Turn, records: Sequence[TurnRecord]) -> None:
        self._doom.reach("before record")
        await super().record(turn, records)
        self._doom.reach("after record")

    async def close(self, turn: Turn, conversation: Conversation, records: Sequence[TurnRecord]) -> None:
        self._doom.reach("before close")
        await super().close(turn, conversation, records)
        self._doom.reach("after close")


@dataclass(frozen=True)
class DyingToolbox:
    tools: McpToolbox
    doom: Doom

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return await self.tools.catalogue()

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        self.doom.reach("before tool")
        result = await self.tools.run(call, key)
        self.doom.reach("after tool")
        return result


class ThreeTools(Stage):
    """Reads, writes blindly, writes with a key, answers."""

    def rule(self) -> IntentRule:
        tools = {name: ToolRule(effect) for name, effect in EFFECTS.items()}
        return IntentRule(REFUND, self.level, send_threshold=0.9, ask_threshold=0.6, tools=tools)


async def serve(store: Path, journal: Path, doom: Doom) -> None:
    async with SqliteDatabase(store) as database:
        gateway = gateway_over(ThreeTools(SCRIPT), database)
        server = StdioServer(sys.executable, (str(SERVER), str(journal)))
        tools = McpToolbox(server, name="tools", effects=EFFECTS)
        await tools.catalogue()
        recorder = DyingRecorder(database, doom)
        gateway.recorder = recorder
        gateway.ports = replace(gateway.ports, recorder=recorder, toolbox=DyingToolbox(tools, doom), lease_s=LEASE_S)
        gateway.sweep_s = 0.2
        config = uvicorn.Config(create_app(gateway, Settings()), port=0, log_level="critical", lifespan="on")
        web = uvicorn.Server(config)
        serving = asyncio.create_task(web.serve())
        while not web.started:  # noqa: ASYNC110 - uvicorn sets a flag and nothing else
            await asyncio.sleep(0.01)
        print(web.servers[0].sockets[0].getsockname()[1], flush=True)
        await serving
        await tools.close()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), Doom(sys.argv[3], int(sys.argv[4]))))

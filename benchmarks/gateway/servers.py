"""The two servers that are compared: a governed gateway, and a bare echo with one durable write."""

import argparse
import asyncio
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from remit.adapters.confidence.signals import SignalConfidence
from remit.adapters.guards.local import LocalGuardrails
from remit.adapters.intents.local import LocalIntents
from remit.adapters.memory import MemoryContactCentre, ScriptedDesk, SystemClock
from remit.adapters.store import SqliteDatabase, SqliteGrantBook, SqliteRecorder, StoredGrants
from remit.app.gateway import Gateway
from remit.app.policy_files import read_policy_file
from remit.control.grants import Waiver, WaiverId
from remit.control.orders import Order, Widen
from remit.control.widening import Waived
from remit.conversations import AgentName, ReleaseId
from remit.identity import Actor, ActorId, Proof, Role
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.runtime.ports import AgentReply, AgentView, Permit, StepKey, TurnPorts
from remit.settings import Settings
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSpec
from remit.web.gateway import create_app

POLICY = Path(__file__).parents[2] / "examples" / "shop" / "policy.yaml"


class EchoAgent:
    """Answers at once: what is left is Remit's own time."""

    async def propose(self, view: AgentView) -> AgentReply:
        return AgentReply(ProposedAnswer("It arrives tomorrow.", signals={"deterministic": 1.0}))


class NoTools:
    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return {}

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        return ToolFailed("there are no tools here")


async def serve_gateway(path: Path, port: int) -> None:
    """The whole gateway with the shop's policy, its classifier, guards and an agent that takes no time."""
    policy, clock = read_policy_file(POLICY), SystemClock()
    async with SqliteDatabase(path) as database:
        rules = {intent: rule_at(policy, intent, AutonomyLevel.AUTONOMOUS) for intent in policy.intents}
        permit = Permit(AgentName("echo"), ReleaseId("r-1"), policy.digest, 0, rules)
        grants = StoredGrants(database, clock, permit, lambda intent, level: rule_at(policy, intent, level))
        level = AutonomyLevel.AUTONOMOUS
        now = clock.now()
        somebody = Actor(ActorId("benchmark"), "benchmark", frozenset({Role.APPROVER}), Proof.API_KEY)
        waivers = [
            Waiver(
                WaiverId(f"benchmark-{intent}"),
                intent,
                permit.release,
                policy.digest,
                level,
                somebody,
                "benchmark",
                now,
                now + timedelta(days=1),
            )
            for intent in policy.intents
        ]
        acts = tuple(Widen(Waived(policy, permit.agent, waiver)) for waiver in waivers)
        await SqliteGrantBook(database).enact(Order("benchmark", permit.agent, now, somebody, "benchmark", acts))
        recorder = SqliteRecorder(database, clock)
        ports = TurnPorts(
            grants=grants,
            intents=LocalIntents.train({one.name: one.examples for one in policy.intents.values()}),
            agent=EchoAgent(),
            confidence=SignalConfidence(),
            guardrails=LocalGuardrails(),
            desk=ScriptedDesk(),
            toolbox=NoTools(),
            contact_centre=MemoryContactCentre(),
            recorder=recorder,
            clock=clock,
        )
        app = create_app(Gateway(policy, "echo", ports, recorder, grants), Settings())
        await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")).serve()


class Said(BaseModel):
    """A message."""

    text: str


async def serve_echo(path: Path, port: int) -> None:
    """What anybody would write in ten minutes: FastAPI, one durable row, the same reply."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("create table if not exists said (conversation text, text text, reply text)")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> Any:
        yield
        connection.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/conversations/{conversation}/messages")
    async def say(conversation: str, said: Said) -> dict[str, str]:
        reply = "It arrives tomorrow."
        connection.execute("insert into said values (?, ?, ?)", (conversation, said.text, reply))
        return {"reply": reply}

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")).serve()


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m benchmarks.gateway.servers gateway|echo STORE PORT`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kind", choices=["gateway", "echo"])
    parser.add_argument("store", type=Path)
    parser.add_argument("port", type=int)
    given = parser.parse_args(arguments)
    serve = serve_gateway if given.kind == "gateway" else serve_echo
    asyncio.run(serve(given.store, given.port))


if __name__ == "__main__":
    main()

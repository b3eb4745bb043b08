"""A gateway on loopback over SQLite with a scripted agent, and a client that speaks plain HTTP to it."""

import asyncio
import json
import threading
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import uvicorn

from people import by_waiver
from properties.turn_fakes import Stage
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteGrantBook, SqliteRecorder, StoredGrants
from remit.app.gateway import Gateway
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, LevelPolicy, Policy, Risk, ToolDeclaration
from remit.policy.rules import IntentRule
from remit.runtime.ports import Agent, Permit
from remit.settings import Settings
from remit.tools import Effect, ToolName
from remit.web.gateway import create_app


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)


@dataclass
class Client:
    base: str
    headers: Mapping[str, str]

    def call(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Reply:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        for name, value in {"Content-Type": "application/json", **self.headers, **(headers or {})}.items():
            request.add_header(name, value)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return Reply(response.status, dict(response.headers), response.read().decode())
        except HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read().decode())

    def say(self, conversation: str, text: str, **extra: Any) -> Reply:
        return self.call("POST", f"/v1/conversations/{conversation}/messages", {"text": text, **extra})


@contextmanager
def serving(
    stage: Stage, path: Path, *, settings: Settings | None = None, agent: Agent | None = None
) -> Iterator[Client]:
    """The gateway, answering on a free port until the block ends."""
    settings = settings or Settings()
    database = SqliteDatabase(path)
    database.open()
    app = create_app(gateway_over(stage, database, agent), settings)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise AssertionError("the gateway did not start")
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
        yield Client(f"http://127.0.0.1:{port}", headers)
    finally:
        server.should_exit = True
        thread.join()
        database.close()


def gateway_over(stage: Stage, database: SqliteDatabase, agent: Agent | None = None) -> Gateway:
    clock = SystemClock()
    recorder = SqliteRecorder(database, clock)
    rule = stage.rule()
    permit = Permit(AgentName("shop"), ReleaseId("r-1"), "p-1", 0, {rule.intent: rule}, max_steps=stage.max_steps)

    def rule_at(intent: IntentName, level: AutonomyLevel) -> IntentRule:
        return replace(rule, intent=intent, level=level)

    # A busy machine must not look like a store that cannot be reached.
    grants = StoredGrants(database, clock, permit, rule_at, max_age_s=10.0)
    widening = by_waiver(policy(), rule.intent, stage.level, at=clock.now())
    # In a thread of its own: a browser test has a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(SqliteGrantBook(database).enact(widening))).result()
    ports = replace(stage.ports(), recorder=recorder, grants=grants, clock=clock)
    if agent is not None:
        ports = replace(ports, agent=agent)
    return Gateway(policy(), "shop", ports, recorder, grants, simulated=True, notice="Nothing here is real.")


def policy() -> Policy:
    tools = {name: ToolDeclaration(name, Effect.READ) for name in (ToolName("find_order"),)}
    intents = {IntentName("refund"): IntentPolicy(IntentName("refund"), "Wants money back")}
    levels = {AutonomyLevel.SUPERVISED_ANSWERS: LevelPolicy(Risk(0.1))}
    return Policy("Test shop", "none", "p-1", tools, intents, levels)

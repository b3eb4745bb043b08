"""Handoffs over HTTP: with the key only, one taker, given back to the agent."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn

from integration.gateway.serving import Client, gateway_over
from properties.turn_fakes import Stage
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteHandoffs
from remit.app.handing_off import Books, HandingOff, Reachable
from remit.conversations import AgentName
from remit.settings import Settings
from remit.web.gateway import create_app

KEY = "k-1"


@dataclass
class Served:
    client: Client
    stage: Stage

    def post(self, path: str, by: str = "dora") -> int:
        return self.client.call("POST", path, {"by": by}).status


@contextmanager
def serving(path: Path, *, key: str = KEY) -> Iterator[Served]:
    """A gateway whose customers ask for a person, with Remit's own desk behind it."""
    stage = Stage((), asks_for_person=True)
    database = SqliteDatabase(path / "remit.db")
    database.open()
    gateway = gateway_over(stage, database)
    store, clock = SqliteHandoffs(database), SystemClock()
    people = HandingOff(AgentName("shop"), Books(store, store, store, store.records_of), None, Reachable(), clock)
    gateway.ports = replace(gateway.ports, contact_centre=people, reception=people)
    gateway.handing_off = people
    app = create_app(gateway, replace(Settings(), api_key=key))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive(), "the gateway did not start"
            threading.Event().wait(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        yield Served(Client(f"http://127.0.0.1:{port}", headers), stage)
    finally:
        server.should_exit = True
        thread.join()
        database.close()


def test_a_handoff_is_listed_taken_by_one_and_closed(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        told = served.client.say("c-1", "a person, please").json()
        assert told["ticket"] is False
        (listed,) = served.client.call("GET", "/v1/handoffs").json()["handoffs"]
        assert (listed["conversation"], listed["reason"], listed["state"]) == ("c-1", "customer_request", "waiting")
        assert listed["delivery"]["to"] == "own desk"
        place = f"/v1/handoffs/{listed['id']}"
        assert served.post(f"{place}/take") == 200
        assert served.client.call("GET", place).json()["held_by"] == "dora"
        refused = served.client.call("POST", f"{place}/take", {"by": "emil"})
        assert (refused.status, "dora has it" in refused.json()["detail"]) == (409, True)
        assert served.post(f"{place}/close") == 200
        assert served.client.call("GET", "/v1/handoffs").json() == {"handoffs": []}
        assert served.client.call("GET", "/v1/handoffs?stuck=true").json() == {"handoffs": []}


def test_what_is_given_back_is_answered_by_the_agent_again(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.client.say("c-1", "a person, please")
        (listed,) = served.client.call("GET", "/v1/handoffs").json()["handoffs"]
        assert served.post(f"/v1/handoffs/{listed['id']}/return") == 200
        read = served.client.call("GET", "/v1/conversations/c-1").json()
        assert read["handed_off"] is None


@pytest.mark.parametrize("path", ["/v1/handoffs", "/v1/handoffs/h-000000000000"])
def test_without_a_key_nobody_reads_what_customers_wrote(tmp_path: Path, path: str) -> None:
    with serving(tmp_path, key="") as served:
        answer = served.client.call("GET", path)
        assert (answer.status, "REMIT_API_KEY" in answer.json()["detail"]) == (403, True)


def test_an_id_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        assert served.post("/v1/handoffs/h-000000000000/take") == 404
        assert served.post("/v1/handoffs/nonsense/take") == 422

"""Whatever a service does, the agent raises the leaf of AgentError that says it, and quotes nobody."""

import asyncio
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from integration.agents.asking import HTTP, LLM, OPENAI_CHAT, ask, load
from integration.agents.fake_openai import (
    Behaviour,
    answer,
    calls,
    completion,
    drip,
    drop,
    drop_mid_body,
    flood,
    hang,
    raw,
    refuse,
    serving,
    text,
)
from integration.agents.views import FIND_ORDER, view
from remit.adapters.agents import check_agent
from remit.errors import AgentError, AgentProtocolError, AgentRefused, AgentTimeout, AgentUnreachable
from remit.policy.proposals import ProposedAnswer

WIRE_FAULTS: dict[str, tuple[Behaviour, type[AgentError]]] = {
    "time-out": (hang, AgentTimeout),
    "slow drip": (drip, AgentTimeout),
    "429 for ever": (refuse(429, "rate_limit_exceeded", retry_after="0"), AgentRefused),
    "429 that asks for an hour": (refuse(429, retry_after="3600"), AgentRefused),
    "500": (refuse(500), AgentRefused),
    "401": (refuse(401, "invalid_api_key"), AgentRefused),
    "redirect": (answer({}, status=307, headers={"Location": "http://127.0.0.1:9/"}), AgentRefused),
    "malformed JSON": (raw(b'{"choices": [{"message": {"content": "my card is 4111'), AgentProtocolError),
    "not UTF-8": (raw(b'{"choices": "\xff\xfe"}'), AgentProtocolError),
    "nested without end": (raw(b"[" * 100_000), AgentProtocolError),
    "another format": (answer({"error": "my card is 4111"}), AgentProtocolError),
    "dropped": (drop, AgentUnreachable),
    "dropped mid-body": (drop_mid_body, AgentUnreachable),
    "giant": (flood, AgentProtocolError),
}
MODEL_FAULTS: dict[str, Behaviour] = {
    "unknown tool": calls(("delete_everything", {})),
    "missing argument": calls(("find_order", {})),
    "argument of the wrong type": calls(("find_order", {"order_id": 4111})),
    "argument that nobody knows": calls(("find_order", {"order_id": "A-1", "card": "4111"})),
    "arguments cut off": calls(("find_order", '{"order_id": "4111')),
    "arguments that are a list": calls(("find_order", "[4111]")),
    "arguments with NaN": calls(("find_order", '{"order_id": NaN}')),
    "arguments nested without end": calls(("find_order", "[" * 100_000)),
    "second of two calls wrong": calls(("find_order", {"order_id": "A-1"}), ("find_order", {})),
    "handoff without a reason": calls(("hand_off", {})),
    "handoff for a reason of Remit's own": calls(("hand_off", {"reason": "kill_switch"})),
    "cut off": text("my card is 4111", finish_reason="length"),
    "filtered": text("my card is 4111", finish_reason="content_filter"),
    "empty": text("  "),
    "no content": completion({"content": None}),
    "refused": completion({"content": None, "refusal": "I can't say 4111"}),
    "no choices": answer({"choices": []}),
    "half a character": raw(b'{"choices": [{"message": {"content": "\\ud83d"}}]}'),
    "half a character in an argument": calls(("find_order", '{"order_id": "\\ud83d"}')),
}


async def fault(folder: Path, definition: str, behaviour: Behaviour, *, left_s: float = 0.4) -> AgentError:
    async with serving(behaviour) as fake:
        with pytest.raises(AgentError) as caught:
            await ask(load(folder, definition, fake.base_url, more="  max_retries: 1\n"), view(left_s=left_s))
    return caught.value


@pytest.mark.parametrize("name", WIRE_FAULTS)
@pytest.mark.parametrize("definition", [LLM, OPENAI_CHAT, HTTP], ids=["llm", "openai_chat", "http"])
def test_a_fault_on_the_wire_has_its_leaf(tmp_path: Path, definition: str, name: str) -> None:
    behaviour, leaf = WIRE_FAULTS[name]
    # Only a time-out is waited for; the others have time enough on a busy machine.
    error = asyncio.run(fault(tmp_path, definition, behaviour, left_s=0.4 if leaf is AgentTimeout else 4))

    assert type(error) is leaf
    assert error.mend
    assert "4111" not in str(error)
    assert "s3cret" not in str(error)


@pytest.mark.parametrize("name", MODEL_FAULTS)
def test_a_fault_of_the_model_is_a_protocol_error(tmp_path: Path, name: str) -> None:
    error = asyncio.run(fault(tmp_path, LLM, MODEL_FAULTS[name], left_s=5))

    assert type(error) is AgentProtocolError
    assert error.mend
    assert "4111" not in str(error)


def test_a_schema_that_points_elsewhere_is_not_fetched(tmp_path: Path) -> None:
    async def scene() -> tuple[AgentError, int]:
        async with serving(calls(("find_order", {"order_id": "A-1"}))) as fake:
            spec = replace(FIND_ORDER, parameters={"$ref": f"{fake.base_url}/schema.json"})
            with pytest.raises(AgentProtocolError) as caught:
                await ask(load(tmp_path, LLM, fake.base_url), view(tools=(spec,)))
            return caught.value, len(fake.requests)

    error, n_requests = asyncio.run(scene())

    assert "schema of tool 'find_order' is not usable" in str(error)
    assert n_requests == 1


@pytest.mark.parametrize("behaviour", [refuse(429, retry_after="0"), refuse(503), drop, drop_mid_body])
def test_the_llm_agent_asks_again_after_a_passing_fault(tmp_path: Path, behaviour: Behaviour) -> None:
    async def scene() -> tuple[object, int]:
        async with serving(behaviour, text("Hello.")) as fake:
            reply = await ask(load(tmp_path, LLM, fake.base_url), view())
            return reply.proposal, len(fake.requests)

    assert asyncio.run(scene()) == (ProposedAnswer("Hello."), 2)


@pytest.mark.parametrize("behaviour", [refuse(500), refuse(503), drop, drop_mid_body])
@pytest.mark.parametrize("definition", [OPENAI_CHAT, HTTP], ids=["openai_chat", "http"])
def test_an_agent_that_may_have_acted_is_not_asked_again(tmp_path: Path, definition: str, behaviour: Behaviour) -> None:
    async def scene() -> int:
        async with serving(behaviour) as fake:
            with pytest.raises(AgentError):
                await ask(load(tmp_path, definition, fake.base_url), view())
            return len(fake.requests)

    assert asyncio.run(scene()) == 1


def test_retries_have_a_cap_that_the_error_names(tmp_path: Path) -> None:
    async def scene() -> tuple[AgentError, int]:
        async with serving(refuse(429, "slow_down", retry_after="0")) as fake:
            with pytest.raises(AgentRefused) as caught:
                await ask(load(tmp_path, LLM, fake.base_url, more="  max_retries: 1\n"), view())
            return caught.value, len(fake.requests)

    error, n_requests = asyncio.run(scene())

    assert n_requests == 2
    assert "answered 429 (slow_down) after 2 attempts" in str(error)


def test_a_wait_that_ends_after_the_deadline_is_not_begun(tmp_path: Path) -> None:
    async def scene() -> float:
        async with serving(refuse(429, retry_after="60")) as fake:
            begun = time.monotonic()
            with pytest.raises(AgentRefused):
                await ask(load(tmp_path, LLM, fake.base_url), view(left_s=20))
            return time.monotonic() - begun

    assert asyncio.run(scene()) < 20, "it waited neither for the answer nor for the deadline"


def test_nothing_is_sent_after_the_deadline(tmp_path: Path) -> None:
    async def scene() -> int:
        async with serving(text("Hello.")) as fake:
            with pytest.raises(AgentTimeout):
                await ask(load(tmp_path, LLM, fake.base_url), view(left_s=-1))
            return len(fake.requests)

    assert asyncio.run(scene()) == 0


@pytest.mark.parametrize("definition", [LLM, OPENAI_CHAT, HTTP], ids=["llm", "openai_chat", "http"])
def test_an_agent_that_is_not_there_is_one_clear_error_before_a_run(tmp_path: Path, definition: str) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    async def scene() -> None:
        loaded = load(tmp_path, definition, f"http://127.0.0.1:{port}/v1", more="  max_retries: 0\n")
        try:
            await check_agent(loaded)
        finally:
            await loaded.close()

    with pytest.raises(AgentUnreachable) as caught:
        asyncio.run(scene())

    assert f"127.0.0.1:{port} does not answer (Connection refused)" in str(caught.value)
    assert "Check the address in the definition" in str(caught.value)


@pytest.mark.parametrize(
    ("behaviour", "definition", "leaf"),
    [
        (refuse(404), LLM, None),
        (answer({"data": []}), LLM, None),
        (refuse(405), HTTP, None),
        (refuse(401), LLM, AgentRefused),
        (refuse(403), HTTP, AgentRefused),
        (refuse(500), OPENAI_CHAT, AgentRefused),
    ],
)
def test_the_check_lets_pass_whoever_lets_us_in(
    tmp_path: Path, behaviour: Behaviour, definition: str, leaf: type[AgentError] | None
) -> None:
    async def scene() -> type[AgentError] | None:
        async with serving(behaviour) as fake:
            loaded = load(tmp_path, definition, fake.base_url, more="  max_retries: 0\n")
            try:
                await check_agent(loaded)
            except AgentError as error:
                return type(error)
            finally:
                await loaded.close()
            return None

    assert asyncio.run(scene()) is leaf

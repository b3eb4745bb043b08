"""What every agent keeps, whatever its type: one proposal, JSON memory, no mixing, a release that means something."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp import web

from integration.agents.fake_openai import serving
from integration.agents.views import FIND_ORDER, exchanged, said, view
from remit.adapters.agents import LoadedAgent, check_agent, load_agent
from remit.adapters.agents.load import BUILDERS
from remit.conversations import JsonObject
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentReply

T = TypeVar("T")

HEAD = "apiVersion: remit/v1\nkind: Agent\nname: one\ntype: {kind}\n{kind}:\n"
SECTIONS = {
    "python": "  module: agent.py\n",
    "llm": "  base_url: {url}\n  model: m\n  system_prompt: prompt.md\n",
    "openai_chat": "  base_url: {url}\n  model: m\n",
    "http": '  url: {url}/reply\n  body: {{text: "{{{{ message }}}}"}}\n  response: {{text: /text}}\n',
    "flow": "  flows:\n    order_status:\n      offer: say it again\n"
    "      steps:\n        - answer: '{{{{ message }}}}'\n",
    "hybrid": "  flow: part_flow.yaml\n  generation: part_llm.yaml\n",
}
OWN_FILE = {"python": "agent.py", "llm": "prompt.md", "hybrid": "part_llm.yaml"}


async def echo(request: web.Request) -> web.StreamResponse:
    """Says what the customer said, as a completion and as the JSON of the `http` agent at once."""
    content = json.loads(await request.read() or b"{}")
    text = content["messages"][-1]["content"] if "messages" in content else content.get("text", "")
    await asyncio.sleep(0.01)
    choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return web.json_response({"choices": [choice], "text": text})


def write(folder: Path, kind: str, url: str) -> Path:
    (folder / "agent.py").write_text("def propose(view):\n    return view.conversation.messages()[-1].text\n")
    (folder / "prompt.md").write_text("Be kind.\n")
    for part in ("flow", "llm"):
        (folder / f"part_{part}.yaml").write_text(HEAD.format(kind=part) + SECTIONS[part].format(url=url))
    path = folder / "agent.yaml"
    path.write_text(HEAD.format(kind=kind) + SECTIONS[kind].format(url=url))
    return path


@asynccontextmanager
async def opened(folder: Path, kind: str) -> AsyncIterator[LoadedAgent]:
    async with serving(echo) as fake:
        loaded = load_agent(write(folder, kind, fake.base_url))
        try:
            yield loaded
        finally:
            await loaded.close()


def played(folder: Path, kind: str, scene: Callable[[LoadedAgent], Awaitable[T]]) -> T:
    async def play() -> T:
        async with opened(folder, kind) as loaded:
            return await scene(loaded)

    return asyncio.run(play())


def test_every_type_is_held_to_the_contract() -> None:
    assert set(SECTIONS) == set(BUILDERS)


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_view_gets_one_proposal_and_memory_that_is_json(tmp_path: Path, kind: str) -> None:
    reply: AgentReply = played(tmp_path, kind, lambda loaded: loaded.agent.propose(view(said("Hello there"))))

    assert isinstance(reply.proposal, ProposedAnswer | ProposedCall | ProposedHandoff)
    assert json.loads(json.dumps(reply.memory)) == reply.memory


@pytest.mark.parametrize("kind", SECTIONS)
def test_conversations_at_the_same_time_do_not_mix(tmp_path: Path, kind: str) -> None:
    async def scene(loaded: LoadedAgent) -> list[AgentReply]:
        asked = [loaded.agent.propose(view(said(f"message {number}"))) for number in range(20)]
        return await asyncio.gather(*asked)

    texts = [
        reply.proposal.text for reply in played(tmp_path, kind, scene) if isinstance(reply.proposal, ProposedAnswer)
    ]

    assert texts == [f"message {number}" for number in range(20)]


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_memory_of_another_agent_does_no_harm(tmp_path: Path, kind: str) -> None:
    memory: JsonObject = {
        "waiting": [7, {"id": 7, "name": "find_order", "arguments": []}],
        "flow": 7,
        "value": {"a": 1},
        "calling": "generation",
        "generation": {"waiting": "x"},
    }
    fresh = view(said("Hello there"), memory=memory)
    midway = view(said("Hello there"), exchanged("find_order", {"order_id": "A-1"}), memory=memory)

    async def scene(loaded: LoadedAgent) -> list[AgentReply]:
        return [await loaded.agent.propose(fresh), await loaded.agent.propose(midway)]

    replies = played(tmp_path, kind, scene)

    assert isinstance(replies[0].proposal, ProposedAnswer)
    assert len(replies) == 2


@pytest.mark.parametrize("kind", SECTIONS)
def test_no_call_is_proposed_where_no_tool_is_granted(tmp_path: Path, kind: str) -> None:
    reply: AgentReply = played(tmp_path, kind, lambda loaded: loaded.agent.propose(view(said("A-1"), tools=())))

    assert not isinstance(reply.proposal, ProposedCall)
    assert FIND_ORDER.name not in json.dumps(reply.memory)


@pytest.mark.parametrize("kind", SECTIONS)
def test_an_agent_that_is_there_passes_the_check_and_can_be_closed_twice(tmp_path: Path, kind: str) -> None:
    async def scene(loaded: LoadedAgent) -> None:
        await check_agent(loaded)
        await loaded.close()

    played(tmp_path, kind, scene)


@pytest.mark.parametrize("kind", SECTIONS)
def test_the_release_is_the_same_for_the_same_files_and_another_for_others(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path, kind, "http://127.0.0.1:1/v1")
    first, again = load_agent(path).release, load_agent(path).release
    changed = tmp_path / OWN_FILE.get(kind, "agent.yaml")
    before = changed.read_text()
    changed.write_text(before.replace("Be kind.", "Be short.") if changed.suffix == ".md" else before + "# changed\n")
    if changed.suffix == ".yaml":
        assert load_agent(path).release == first, "a comment is no change"
        changed.write_text(before.replace("name: one", "name: other"))

    assert first == again
    assert load_agent(path).release != first


def test_an_agent_is_opaque_if_any_part_of_it_runs_elsewhere(tmp_path: Path) -> None:
    url = "http://127.0.0.1:1/v1"
    opaque = {kind: load_agent(write(tmp_path, kind, url)).opaque for kind in SECTIONS}
    part = HEAD.format(kind="http") + SECTIONS["http"].format(url=url)
    path = write(tmp_path, "hybrid", url)
    (tmp_path / "part_llm.yaml").write_text(part)

    assert {kind for kind, is_opaque in opaque.items() if is_opaque} == {"http", "openai_chat"}
    assert load_agent(path).opaque

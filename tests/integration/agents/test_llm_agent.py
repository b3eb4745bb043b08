"""The tool-calling loop against a server that speaks the protocol."""

import asyncio
from pathlib import Path

import pytest

from integration.agents.asking import LLM, ask, load
from integration.agents.fake_openai import Behaviour, FakeOpenAi, answer, calls, completion, serving, text
from integration.agents.views import CANCEL_ORDER, FIND_ORDER, exchanged, said, view
from remit.adapters.agents.llm import LlmAgent
from remit.conversations import HandoffReason, JsonObject
from remit.errors import AgentProtocolError, AgentRefused
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView, Usage
from remit.tools import ToolCall, ToolFailed, ToolName


def asked(folder: Path, behaviour: Behaviour, shown: AgentView, *, more: str = "") -> tuple[AgentReply, FakeOpenAi]:
    async def scene() -> tuple[AgentReply, FakeOpenAi]:
        async with serving(behaviour) as fake:
            return await ask(load(folder, LLM, fake.base_url, more=more), shown), fake

    return asyncio.run(scene())


def test_a_text_is_an_answer_with_its_cost(tmp_path: Path) -> None:
    reply, _ = asked(tmp_path, text("It arrives on Monday."), view())

    assert reply.proposal == ProposedAnswer("It arrives on Monday.")
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (1000, 200)
    assert reply.usage.cost_eur == pytest.approx(0.0009)


def test_a_question_expects_a_reply(tmp_path: Path) -> None:
    reply, _ = asked(tmp_path, text("Which order?"), view())

    assert reply.proposal == ProposedAnswer("Which order?", expects_reply=True)


def test_token_probabilities_are_a_signal(tmp_path: Path) -> None:
    choice = {
        "message": {"content": "Monday."},
        "finish_reason": "stop",
        "logprobs": {"content": [{"logprob": -0.1}, {"logprob": -0.3}]},
    }
    reply, _ = asked(tmp_path, answer({"choices": [choice]}), view())

    assert isinstance(reply.proposal, ProposedAnswer)
    assert reply.proposal.signals == {"mean_token_probability": pytest.approx(0.8187, abs=1e-4)}


def test_a_function_call_is_a_proposed_call(tmp_path: Path) -> None:
    reply, _ = asked(tmp_path, calls(("find_order", {"order_id": "A-1"})), view())

    assert reply.proposal == ProposedCall(ToolCall(ToolName("find_order"), {"order_id": "A-1"}, "id-0"))


def test_arguments_given_as_an_object_are_read_too(tmp_path: Path) -> None:
    call = {"function": {"name": "find_order", "arguments": {"order_id": "A-1"}}}
    reply, _ = asked(tmp_path, completion({"content": "", "tool_calls": [call]}), view())

    assert reply.proposal == ProposedCall(ToolCall(ToolName("find_order"), {"order_id": "A-1"}, "call_0"))


def test_handing_off_is_a_function_of_its_own(tmp_path: Path) -> None:
    reply, fake = asked(tmp_path, calls(("hand_off", {"reason": "customer_request", "note": "wants a person"})), view())

    assert reply.proposal == ProposedHandoff(HandoffReason.CUSTOMER_REQUEST, "wants a person")
    assert [tool["function"]["name"] for tool in fake.requests[0]["tools"]] == ["find_order", "hand_off"]


def test_words_about_a_handoff_are_only_words(tmp_path: Path) -> None:
    reply, _ = asked(tmp_path, text("I'll transfer you to a human: hand_off."), view())

    assert isinstance(reply.proposal, ProposedAnswer)


def test_only_granted_tools_are_declared(tmp_path: Path) -> None:
    _, fake = asked(tmp_path, text("Hello."), view(tools=()))

    assert [tool["function"]["name"] for tool in fake.requests[0]["tools"]] == ["hand_off"]


def test_the_conversation_is_rendered_as_the_protocol_has_it(tmp_path: Path) -> None:
    shown = view(
        said("Where is A-1?"),
        exchanged("find_order", {"order_id": "A-1"}, call_id="x"),
        exchanged("find_order", {"order_id": "A-2"}, ToolFailed("no such order"), call_id="x"),
        coaching=("Apologise once.",),
    )
    _, fake = asked(tmp_path, text("Hello."), shown)

    messages = fake.requests[0]["messages"]
    assert [message["role"] for message in messages] == ["system", "user", "assistant", "tool", "assistant", "tool"]
    assert "You work for a shop." in messages[0]["content"]
    assert "Apologise once." in messages[0]["content"]
    assert messages[2]["tool_calls"][0]["id"] == messages[3]["tool_call_id"] == "x"
    assert messages[4]["tool_calls"][0]["id"] == messages[5]["tool_call_id"] != "x"
    assert messages[5]["content"] == '{"error": "no such order"}'


def test_parallel_calls_are_proposed_one_by_one_without_asking_again(tmp_path: Path) -> None:
    tools = (FIND_ORDER, CANCEL_ORDER)

    async def scene() -> tuple[AgentReply, AgentReply, AgentReply, int]:
        wanted = calls(("find_order", {"order_id": "A-1"}), ("cancel_order", {"order_id": "A-1"}))
        async with serving(wanted, text("Done.")) as fake:
            loaded = load(tmp_path, LLM, fake.base_url)
            question = said("Cancel A-1")
            found = exchanged("find_order", {"order_id": "A-1"}, call_id="id-0")
            cancelled = exchanged("cancel_order", {"order_id": "A-1"}, call_id="id-1")
            first = await loaded.agent.propose(view(question, tools=tools))
            second = await loaded.agent.propose(view(question, found, tools=tools, memory=first.memory))
            n_asked = len(fake.requests)
            third = await ask(loaded, view(question, found, cancelled, tools=tools, memory=second.memory))
            return first, second, third, n_asked

    first, second, third, n_asked = asyncio.run(scene())

    assert isinstance(first.proposal, ProposedCall)
    assert second.proposal == ProposedCall(ToolCall(ToolName("cancel_order"), {"order_id": "A-1"}, "id-1"))
    assert (n_asked, second.usage, second.memory) == (1, Usage(), {})
    assert third.proposal == ProposedAnswer("Done.")


@pytest.mark.parametrize("why", ["the customer spoke again", "the tool is not granted any more"])
def test_waiting_calls_are_forgotten_when(tmp_path: Path, why: str) -> None:
    memory: JsonObject = {"waiting": [{"id": "id-1", "name": "cancel_order", "arguments": {"order_id": "A-1"}}]}
    spoke_again = why == "the customer spoke again"
    last = said("No, wait!") if spoke_again else exchanged("find_order", {"order_id": "A-1"})
    tools = (FIND_ORDER, CANCEL_ORDER) if spoke_again else (FIND_ORDER,)

    reply, fake = asked(tmp_path, text("All right."), view(said("Cancel A-1"), last, tools=tools, memory=memory))

    assert reply.proposal == ProposedAnswer("All right.")
    assert len(fake.requests) == 1


def test_parameters_and_key_go_into_the_request(tmp_path: Path) -> None:
    _, fake = asked(
        tmp_path, text("Hello."), view(), more="  api_key_env: LLM_KEY\n  parameters: {temperature: 0, max_tokens: 9}\n"
    )

    assert (fake.requests[0]["temperature"], fake.requests[0]["max_tokens"]) == (0, 9)
    assert fake.headers[0]["Authorization"] == "Bearer k3y"


def test_a_missing_key_is_said_before_anything_is_sent(tmp_path: Path) -> None:
    async def scene() -> int:
        async with serving(text("Hello.")) as fake:
            loaded = load(tmp_path, LLM, fake.base_url, more="  api_key_env: NOT_THERE\n")
            with pytest.raises(AgentRefused, match="'NOT_THERE' with its secret is not set"):
                await ask(loaded, view())
            return len(fake.requests)

    assert asyncio.run(scene()) == 0


def test_what_was_spent_includes_answers_that_could_not_be_used(tmp_path: Path) -> None:
    async def scene() -> Usage:
        async with serving(text("", finish_reason="length")) as fake:
            agent = load(tmp_path, LLM, fake.base_url).agent
            assert isinstance(agent, LlmAgent)
            with pytest.raises(AgentProtocolError, match="cut off"):
                await agent.propose(view())
            await agent.close()
            return agent.spent

    assert asyncio.run(scene()).output_tokens == 200

"""Agents whose tools run on their own side: `openai_chat` and `http`."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from integration.agents.asking import HTTP, OPENAI_CHAT, ask, load
from integration.agents.fake_openai import Behaviour, FakeOpenAi, answer, calls, serving, text
from integration.agents.views import exchanged, said, view
from remit.conversations import HandoffReason
from remit.errors import AgentError, AgentProtocolError
from remit.policy.proposals import ProposedAnswer, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView


def asked(
    folder: Path, definition: str, behaviour: Behaviour, *, shown: AgentView | None = None, more: str = ""
) -> tuple[AgentReply, FakeOpenAi]:
    async def scene() -> tuple[AgentReply, FakeOpenAi]:
        async with serving(behaviour) as fake:
            return await ask(load(folder, definition, fake.base_url, more=more), shown or view()), fake

    return asyncio.run(scene())


def test_an_opaque_agent_gets_what_was_said_and_no_tools(tmp_path: Path) -> None:
    shown = view(said("Where is A-1?"), exchanged("find_order", {"order_id": "A-1"}))
    reply, fake = asked(tmp_path, OPENAI_CHAT, text("On its way."), shown=shown)

    assert reply.proposal == ProposedAnswer("On its way.")
    assert fake.requests == [{"model": "theirs", "messages": [{"role": "user", "content": "Where is A-1?"}]}]
    assert (fake.headers[0]["Idempotency-Key"], fake.headers[0]["X-Conversation-Id"]) == ("t-1/0", "c-1")


def test_an_opaque_agent_cannot_have_a_tool_run(tmp_path: Path) -> None:
    with pytest.raises(AgentProtocolError, match="its tools run on its own side"):
        asked(tmp_path, OPENAI_CHAT, calls(("find_order", {"order_id": "A-1"})))


def test_an_opaque_agent_that_is_offered_it_hands_off_by_function(tmp_path: Path) -> None:
    reply, fake = asked(
        tmp_path,
        OPENAI_CHAT,
        calls(("hand_off", {"reason": "out_of_scope"})),
        more="  offers_hand_off: true\n",
    )

    assert reply.proposal == ProposedHandoff(HandoffReason.OUT_OF_SCOPE)
    assert [tool["function"]["name"] for tool in fake.requests[0]["tools"]] == ["hand_off"]


def test_remote_agents_are_opaque(tmp_path: Path) -> None:
    assert [load(tmp_path, kind, "http://127.0.0.1:1").opaque for kind in (OPENAI_CHAT, HTTP)] == [True, True]


def test_a_template_makes_the_request_and_pointers_read_the_answer(tmp_path: Path) -> None:
    content = {"reply": [{"text": "Hello."}, {"text": "Which order?"}], "score": 0.75, "state": {"s": 1}}
    reply, fake = asked(tmp_path, HTTP, answer(content), shown=view(said('Say "hi"'), memory={"value": [7]}))

    assert reply.proposal == ProposedAnswer("Hello.\n\nWhich order?", stated_confidence=0.75, expects_reply=True)
    assert reply.memory == {"value": {"s": 1}}
    assert fake.requests == [
        {
            "session": "c-1",
            "text": 'Say "hi"',
            "history": [{"speaker": "customer", "text": 'Say "hi"'}],
            "greeting": "Speak en, please",
            "state": [7],
        }
    ]
    assert fake.headers[0]["Authorization"] == "Bearer s3cret"


def test_what_a_customer_writes_is_never_a_template(tmp_path: Path) -> None:
    _, fake = asked(tmp_path, HTTP, answer({"reply": [{"text": "Hm."}]}), shown=view(said("{{ 7 * 7 }}")))

    assert fake.requests[0]["text"] == "{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("missing_knowledge", HandoffReason.MISSING_KNOWLEDGE),
        ("kill_switch", HandoffReason.UNSUPPORTED_REQUEST),
        ("whatever", HandoffReason.UNSUPPORTED_REQUEST),
    ],
)
def test_a_true_handoff_pointer_is_a_handoff(tmp_path: Path, reason: str, expected: HandoffReason) -> None:
    reply, _ = asked(tmp_path, HTTP, answer({"handoff": True, "reason": reason, "summary": "asks for a loan"}))

    assert reply.proposal == ProposedHandoff(expected, "asks for a loan")


@pytest.mark.parametrize(
    "content",
    [
        {"reply": []},
        {"reply": [{"text": ""}]},
        {"reply": [{"text": 7}]},
        {"reply": [{"text": "Hi."}, {"text": None}]},
        {"reply": [{"text": "Hi."}], "handoff": "no"},
        {"reply": [{"text": "Hi."}], "score": 75},
        {"reply": [{"text": "Hi."}], "score": True},
        {"reply": [{"text": "Hi."}], "score": "0.7"},
        {"reply": [{"text": "\ud83d"}]},
        {"reply": [{"text": "Hi."}], "state": "\ud83d"},
        {"reply": [{"text": "Hi."}], "state": "x" * 70_000},
        {"reply": [{"text": "Hi."}], "score": float("nan")},
        [],
        None,
    ],
)
def test_an_answer_that_does_not_fit_the_mapping_is_a_protocol_error(tmp_path: Path, content: Any) -> None:
    with pytest.raises(AgentProtocolError):
        asked(tmp_path, HTTP, answer(content))


def test_a_template_that_fails_is_a_protocol_error(tmp_path: Path) -> None:
    definition = HTTP.replace("{{{{ memory }}}}", "{{{{ memory.a.b }}}}")

    with pytest.raises(AgentError, match="the template of its request failed"):
        asked(tmp_path, definition, answer({}))

"""The `openai_chat` agent: somebody else's agent behind chat completions; its tools run on its side."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remit.adapters.agents.calls import HAND_OFF, HAND_OFF_DECLARATION, read_hand_off
from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.endpoint import ENDPOINT_KEYS, read_client
from remit.adapters.agents.messages import render_messages
from remit.adapters.llm import ChatClient
from remit.errors import AgentProtocolError
from remit.policy.proposals import ProposedAnswer
from remit.releases.model import PartKind
from remit.runtime.ports import AgentReply, AgentView, StepKey


class OpenAiChatAgent:
    """Sends what was said and gets words back. It may act when asked: only what surely was not begun is retried.

    Args:
        name: For errors.
        client: The endpoint.
        prompt: A system message; may be empty.
        offers_hand_off: Whether the `hand_off` function is declared to it; handing off is never read out of its words.
        sends_customer: Whether a proven customer id goes into the field `user`.
    """

    def __init__(
        self,
        name: str,
        client: ChatClient,
        *,
        prompt: str = "",
        offers_hand_off: bool = False,
        sends_customer: bool = False,
    ) -> None:
        self._name = name
        self._client = client
        self._prompt = prompt
        self._tools = (HAND_OFF_DECLARATION,) if offers_hand_off else ()
        self._sends_customer = sends_customer

    async def propose(self, view: AgentView) -> AgentReply:
        """Its words, or its `hand_off`."""
        conversation = view.conversation
        user = {"user": conversation.customer} if self._sends_customer and conversation.customer else {}
        completion = await self._client.complete(
            render_messages(view, self._prompt, with_tools=False),
            tools=self._tools,
            deadline=view.deadline,
            fields=user,
            headers={
                "Idempotency-Key": str(StepKey(view.turn, view.step)),
                "X-Conversation-Id": str(conversation.id),
            },
            repeatable=False,
        )
        if completion.calls:
            call = completion.calls[0]
            if call.name != HAND_OFF:
                raise AgentProtocolError(
                    self._name,
                    f"it asked Remit to run {call.name[:64]!r}, but its tools run on its own side",
                    "Let it run its tools itself, or declare it as `type: llm` so that Remit governs them.",
                )
            return AgentReply(read_hand_off(call.arguments, owner=self._name), usage=completion.usage)
        text = completion.text.strip()
        return AgentReply(ProposedAnswer(text, expects_reply=text.endswith("?")), usage=completion.usage)

    async def check(self) -> None:
        """Raise a leaf of AgentError if the endpoint cannot be asked now."""
        await self._client.check()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def build_openai_chat(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> OpenAiChatAgent:
    """Builder of `type: openai_chat`."""
    where.expect_keys(*ENDPOINT_KEYS, "system_prompt", "offers_hand_off", "sends_customer")
    return OpenAiChatAgent(
        where.agent,
        read_client(where, environ),
        prompt=where.read_file("system_prompt", directory, kind=PartKind.PROMPT) if "system_prompt" in document else "",
        offers_hand_off=where.flag("offers_hand_off"),
        sends_customer=where.flag("sends_customer"),
    )

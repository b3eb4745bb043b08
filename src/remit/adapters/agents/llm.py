"""The `llm` agent: a tool-calling loop on a chat-completions endpoint, one completion for one proposal."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from remit.adapters.agents.calls import HAND_OFF, declare_tools, propose_call
from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.endpoint import ENDPOINT_KEYS, read_client
from remit.adapters.agents.messages import render_messages
from remit.adapters.llm import ChatClient, Completion, CompletionCall
from remit.conversations import IntentName, JsonObject, ToolExchange
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.releases.model import PartKind
from remit.releases.reach import only
from remit.runtime.ports import AgentReply, AgentView, Usage


class LlmAgent:
    """Calls that a model makes at once are proposed one by one; those that wait are in the agent's memory.

    They are forgotten when the customer speaks again before they were proposed, or when their tool is not
    granted any more: then the model is asked anew.
    """

    def __init__(
        self, name: str, client: ChatClient, prompt: str, prompts: Mapping[IntentName, str] = MappingProxyType({})
    ) -> None:
        self._name = name
        self._client = client
        self._prompt = prompt
        self._prompts = prompts

    @property
    def spent(self) -> Usage:
        """All tokens so far, answers that could not be used included."""
        return self._client.spent

    async def propose(self, view: AgentView) -> AgentReply:
        """The next waiting call, or what a new completion proposes."""
        waiting = _waiting_calls(view)
        if waiting:
            return self._reply(waiting, view, Usage())
        completion = await self._client.complete(
            render_messages(view, self._prompt_for(view), with_tools=True),
            tools=declare_tools(view.tools),
            deadline=view.deadline,
        )
        if completion.calls:
            return self._reply(completion.calls, view, completion.usage, signals=_signals(completion))
        answer = ProposedAnswer(
            completion.text.strip(),
            signals=_signals(completion),
            expects_reply=completion.text.rstrip().endswith("?"),
        )
        return AgentReply(answer, usage=completion.usage)

    async def check(self) -> None:
        """Raise a leaf of AgentError if the endpoint cannot be asked now."""
        await self._client.check()

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    def _prompt_for(self, view: AgentView) -> str:
        """The instructions of every intent, then those of the intents in play, and no other's."""
        own = [self._prompts[guess.intent] for guess in view.intents.guesses if guess.intent in self._prompts]
        return "\n\n".join([self._prompt, *own])

    def _reply(
        self,
        calls: Sequence[CompletionCall],
        view: AgentView,
        usage: Usage,
        *,
        signals: Mapping[str, float] | None = None,
    ) -> AgentReply:
        """Propose the first of the calls, all checked now: a half-wrong set of calls is not begun."""
        proposals: list[Proposal] = [
            propose_call(call.name, call.arguments, call.id, view.tools, owner=self._name) for call in calls
        ]
        first = proposals[0]
        if isinstance(first, ProposedCall) and signals:
            first = ProposedCall(first.call, signals=signals)
        return AgentReply(first, memory=_remember(calls[1:]), usage=usage)


def build_llm(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> LlmAgent:
    """Builder of `type: llm`."""
    del document
    where.expect_keys(*ENDPOINT_KEYS, "system_prompt", "prompts_by_intent")
    where.leave_out("prompts_by_intent")
    return LlmAgent(
        where.agent,
        read_client(where, environ),
        where.read_file("system_prompt", directory, kind=PartKind.PROMPT),
        _read_prompts(where, directory),
    )


def _read_prompts(where: DocumentPlace, directory: Path) -> Mapping[IntentName, str]:
    """A change of an intent's own instructions cannot reach the others: they never see them."""
    if where.section.get("prompts_by_intent") is None:
        return {}
    place = where.part("prompts_by_intent")
    why = "said to the model only where this intent is in play"
    return {
        IntentName(intent): place.read_file(intent, directory, kind=PartKind.PROMPT, reach=only(intent), why=why)
        for intent in place.section
    }


def _signals(completion: Completion) -> Mapping[str, float]:
    probability = completion.mean_token_probability
    return {} if probability is None else {"mean_token_probability": probability}


def _remember(calls: Sequence[CompletionCall]) -> JsonObject:
    if not calls:
        return {}
    return {"waiting": [{"id": call.id, "name": call.name, "arguments": dict(call.arguments)} for call in calls]}


def _waiting_calls(view: AgentView) -> tuple[CompletionCall, ...]:
    """Calls of the last completion that were not proposed yet; none once the customer has spoken again."""
    remembered = view.conversation.agent_memory.get("waiting")
    entries = view.conversation.entries
    if not isinstance(remembered, list | tuple) or not entries or not isinstance(entries[-1], ToolExchange):
        return ()
    granted = {str(spec.name) for spec in view.tools} | {HAND_OFF}
    calls = []
    for item in remembered:
        match item:
            case {"id": str(handle), "name": str(name), "arguments": Mapping() as arguments} if name in granted:
                calls.append(CompletionCall(handle, name, arguments))
            case _:  # not granted any more, or the memory of another agent
                return ()
    return tuple(calls)

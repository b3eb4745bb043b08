"""Holds a conversation with an agent the way `handle_turn` does, with tools that are plain functions."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from remit.conversations import Conversation, ConversationId, CustomerId, IntentName, Message, ToolExchange, TurnId
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import Agent, AgentView, IntentEstimate, IntentGuess
from remit.tools import Effect, ToolCall, ToolFailed, ToolName, ToolResult, ToolSpec, ToolSucceeded

NOON = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)


class Refused(Exception):
    """Raised by a tool function that does nothing."""


@dataclass
class Talk:
    """One conversation; `say` gives the proposal that ended the turn, `calls` what ran so far."""

    agent: Agent
    tools: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    customer: str | None = None
    conversation: Conversation = field(init=False)
    calls: list[ToolCall] = field(default_factory=list)
    steps: list[Proposal] = field(default_factory=list)
    n_turns: int = 0

    def __post_init__(self) -> None:
        customer = CustomerId(self.customer) if self.customer else None
        self.conversation = Conversation(id=ConversationId("c-1"), channel="test", customer=customer)

    def say(self, text: str, *intents: str | tuple[str, float]) -> ProposedAnswer | ProposedHandoff:
        """One turn; `intents` is what the classifier makes of the window."""
        self.n_turns += 1
        self._add(Message("customer", text, NOON))
        pairs = [intent if isinstance(intent, tuple) else (intent, 0.9) for intent in intents]
        guesses = tuple(IntentGuess(IntentName(name), probability) for name, probability in pairs)
        for step in range(12):
            proposal = self._ask(step, IntentEstimate(guesses, out_of_scope_probability=0.0 if guesses else 0.9))
            match proposal:
                case ProposedCall(call=call):
                    self.calls.append(call)
                    self._add(ToolExchange(call, self._run(call), NOON))
                case ProposedAnswer(text=answer):
                    self._add(Message("agent", answer, NOON))
                    return proposal
                case ProposedHandoff():
                    return proposal
        raise AssertionError("the agent did not come to an end in 12 steps")

    def answer(self, text: str, *intents: str | tuple[str, float]) -> str:
        """The words of a turn that ends in an answer."""
        proposal = self.say(text, *intents)
        assert isinstance(proposal, ProposedAnswer), proposal
        return proposal.text

    def called(self) -> list[str]:
        """Names of the tools that ran, in order."""
        return [call.tool for call in self.calls]

    def _ask(self, step: int, estimate: IntentEstimate) -> Proposal:
        view = AgentView(
            turn=TurnId(f"t-{self.n_turns}"),
            step=step,
            conversation=self.conversation,
            intents=estimate,
            tools=tuple(ToolSpec(ToolName(name), "", {}, Effect.READ) for name in self.tools),
            coaching=(),
            deadline=datetime.now(UTC) + timedelta(seconds=30),
        )
        reply = asyncio.run(_proposal(self.agent, view))
        self.conversation = replace(self.conversation, agent_memory=reply[1])
        self.steps.append(reply[0])
        return reply[0]

    def _add(self, entry: Message | ToolExchange) -> None:
        self.conversation = replace(self.conversation, entries=(*self.conversation.entries, entry))

    def _run(self, call: ToolCall) -> ToolResult:
        try:
            return ToolSucceeded(self.tools[call.tool](**call.arguments))
        except Refused as refusal:
            return ToolFailed(str(refusal))


async def _proposal(agent: Agent, view: AgentView) -> tuple[Proposal, Mapping[str, Any]]:
    reply = await agent.propose(view)
    return reply.proposal, reply.memory

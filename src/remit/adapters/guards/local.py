"""The default guardrails: which guard screens what, cheapest first."""

from dataclasses import dataclass

from remit.adapters.guards.contents import texts_in
from remit.adapters.guards.injection import order_in_data, order_in_message
from remit.adapters.guards.lengths import excess, is_blank
from remit.adapters.guards.loops import n_repeats
from remit.adapters.guards.numbers import has_card_number, has_digit, has_iban
from remit.adapters.guards.secrets import secret_in
from remit.conversations import Conversation, Message
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentView, Breach, Clear, GuardVerdict
from remit.tools import ToolCall, ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_CLEAR = Clear()


@dataclass(frozen=True, slots=True)
class GuardLimits:
    """Bounds, in characters and repetitions.

    `same_answers` is how often the agent may say the same thing in a row; once more is a loop.
    """

    message_characters: int = 4000
    answer_characters: int = 4000
    same_answers: int = 2


@dataclass(frozen=True, slots=True)
class LocalGuardrails:
    """Implements runtime.ports.Guardrails with patterns and check digits: no model, no I/O, well under a millisecond.

    A card number, an IBAN or a credential in an answer is critical, and it does not matter whether
    the customer gave it: it may be said back only in part, such as its last four digits.
    What others write (customers, tools) is never critical, or strangers could stop the agent.
    """

    limits: GuardLimits = GuardLimits()

    async def screen_message(self, message: Message, conversation: Conversation) -> GuardVerdict:
        """Empty, too long, or trying to give the agent orders."""
        if is_blank(message.text):
            return Breach("message_length", "the message is empty")
        if too_long := excess(message.text, limit=self.limits.message_characters):
            return Breach("message_length", f"the message has {too_long}")
        if order := order_in_message(message.text):
            return Breach("prompt_injection", f"the message contains {order}")
        return _CLEAR

    async def screen_proposal(self, proposal: Proposal, view: AgentView) -> GuardVerdict:
        """Answers: length, loops, leaks. Calls: credentials in the arguments. Handoffs always pass."""
        match proposal:
            case ProposedAnswer(text=text):
                return self._screen_answer(text, view.conversation)
            case ProposedCall(call=call):
                # A card number may be a tool's proper argument; a credential never is.
                secret = next(filter(None, map(secret_in, texts_in(call.arguments))), None)
                return Breach("secret", f"the arguments contain {secret}", critical=True) if secret else Clear()
            case ProposedHandoff():
                return _CLEAR

    async def screen_result(self, call: ToolCall, result: ToolResult) -> GuardVerdict:
        """Orders for the agent, planted in data."""
        match result:
            case ToolSucceeded(content=content):
                texts = list(texts_in(content))
            case ToolFailed(message=message) | ToolOutcomeUnknown(message=message):
                texts = [message]
        order = next(filter(None, map(order_in_data, texts)), None)
        return Breach("prompt_injection", f"the result of {call.tool!r} contains {order}") if order else _CLEAR

    def _screen_answer(self, text: str, conversation: Conversation) -> GuardVerdict:
        if is_blank(text):
            return Breach("answer_length", "the answer is empty")
        if too_long := excess(text, limit=self.limits.answer_characters):
            return Breach("answer_length", f"the answer has {too_long}")
        if leak := _leak_in(text):
            return Breach("secret", f"the answer contains {leak}", critical=True)
        said = [entry.text for entry in conversation.entries if isinstance(entry, Message) and entry.speaker == "agent"]
        repeats = n_repeats(text, said)
        if repeats >= self.limits.same_answers:
            return Breach("loop", f"the agent would say the same thing {repeats + 1} times in a row")
        return _CLEAR


def _leak_in(text: str) -> str | None:
    if has_digit(text):
        if has_card_number(text):
            return "a whole card number"
        if has_iban(text):
            return "a whole IBAN"
    return secret_in(text)

"""Runs a flow's instructions up to the next thing that needs somebody else: the customer, a tool, or people.

Jumps only go forward, so that a run always ends.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from remit.adapters.agents.document import plain
from remit.adapters.agents.flow import model
from remit.adapters.agents.flow.expressions import Expression, ExpressionError, Text
from remit.adapters.agents.flow.hearing import choose
from remit.adapters.agents.flow.memory import Memory
from remit.conversations import HandoffReason, IntentName
from remit.errors import AgentProtocolError
from remit.tools import ToolCall, ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_CONFIRM_AT_MOST = 3


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a flow can see besides its own values; the names are those of the document."""

    message: str
    opening: str
    customer: str
    granted: tuple[str, ...]
    today: str
    keywords: str

    def values(self) -> dict[str, Any]:
        """By name."""
        return {
            "message": self.message,
            "opening": self.opening,
            "customer": self.customer,
            "granted": list(self.granted),
            "today": self.today,
            "keywords": self.keywords,
            "failure": "",
            "options": [],
        }


@dataclass(frozen=True, slots=True)
class Asks:
    """The customer must say something."""

    memory: Memory
    text: str


@dataclass(frozen=True, slots=True)
class Wants:
    """A tool must run."""

    memory: Memory
    call: ToolCall


@dataclass(frozen=True, slots=True)
class Done:
    """The flow is finished; `sources` and `score` are those of a retrieved passage, if one was used."""

    memory: Memory
    text: str
    sources: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Passes:
    """People must take over."""

    memory: Memory
    reason: HandoffReason
    note: str


Stop = Asks | Wants | Done | Passes


class Machine:
    """Runs the flows of one document for one proposal."""

    def __init__(self, document: model.FlowDocument, surroundings: Surroundings) -> None:
        self._document = document
        self._surroundings = surroundings

    def run(self, memory: Memory) -> Stop:
        """From the memory's position to the next stop.

        Raises:
            AgentProtocolError: A condition or a text cannot be worked out; says which line of which file.
        """
        code = self._code(memory)
        memory = replace(memory, waiting="nothing")
        while True:
            at = memory.at
            try:
                # Jumps are most of a flow; a new memory for each of them would cost more than the jump.
                while isinstance(instruction := code[at], model.JumpUnless | model.Jump):
                    at = self._next(instruction, at, memory)
                stop = self._execute(instruction, replace(memory, at=at) if at != memory.at else memory)
            except ExpressionError as error:
                raise AgentProtocolError(
                    self._document.name,
                    f"flow {memory.intent!r}, line {code[at].line}: {error}",
                    "Mend that step; a value that may be missing is tested with `== null` or has().",
                ) from error
            if not isinstance(stop, Memory):
                return stop
            memory = stop

    def after_call(self, memory: Memory, result: ToolResult) -> Stop:
        """Go on with what the tool brought back."""
        call = self._code(memory)[memory.at]
        if not isinstance(call, model.Call):
            return Passes(memory, HandoffReason.OUTCOME_UNKNOWN, "a tool ran that this flow did not wait for")
        match result:
            case ToolSucceeded(content=content):
                values = {**memory.values, call.save: _unwrapped(content, call.save)}
                return self.run(replace(memory, values=values, at=memory.at + 1))
            case ToolFailed(message=message) if call.failed is not None:
                return self.run(replace(memory, values={**memory.values, "failure": message}, at=call.failed))
            case ToolFailed(message=message):
                return Passes(memory, HandoffReason.TOOL_FAILURE, f"{call.tool} said: {message}")
            case ToolOutcomeUnknown(message=message):
                return Passes(memory, HandoffReason.OUTCOME_UNKNOWN, f"{call.tool}: {message}")

    def waiting_at(self, memory: Memory) -> model.Instruction:
        """The instruction that waits for the customer."""
        return self._code(memory)[memory.at]

    def options(self, ask: model.Ask, memory: Memory) -> list[Any]:
        """What can be chosen from in a question; empty if it is an open one."""
        if ask.options is None:
            return []
        found = ask.options.value(self._values(memory))
        return list(plain(found)) if isinstance(found, Sequence) and not isinstance(found, str) else []

    def _code(self, memory: Memory) -> tuple[model.Instruction, ...]:
        return next(flow.instructions for intent, flow in self._document.flows.items() if intent == memory.intent)

    def _values(self, memory: Memory) -> dict[str, Any]:
        return {**self._surroundings.values(), **self._document.constants, **memory.values}

    # ── instructions: each gives the memory to go on with, or a stop ──────────────────────────────
    def _next(self, jump: model.Jumping, at: int, memory: Memory) -> int:
        match jump:
            case model.JumpUnless(condition=condition, target=target):
                return at + 1 if condition.holds(self._values(memory)) else target
            case model.Jump(target=target):
                return target

    def _execute(self, instruction: model.Acting, memory: Memory) -> Memory | Stop:
        match instruction:
            case model.Say(text=text):
                words = self._render(text, memory)
                return replace(memory, at=memory.at + 1, said=(*memory.said, *filter(None, [words])))
            case model.Assign(values=values):
                given = {**memory.values, **self._assigned(values, memory)}
                return replace(memory, at=memory.at + 1, values=given)
            case model.Ask():
                return self._ask(instruction, memory)
            case model.Confirm(question=question):
                return self._question(memory, f"confirm@{memory.at}", _CONFIRM_AT_MOST, question, None)
            case model.Call():
                return self._call(instruction, memory)
            case model.Article():
                return self._article(instruction, memory)
            case model.PassOn(reason=reason, note=note):
                return Passes(memory, reason, self._render(note, memory) if note else "")
            case model.End():
                return Done(memory, " ".join(memory.said))

    def _ask(self, ask: model.Ask, memory: Memory) -> Memory | Stop:
        options = self.options(ask, memory)
        value = memory.values.get(ask.slot)
        if options:
            value = self._option(ask, options, value)
        if value is not None:
            return replace(memory, values={**memory.values, ask.slot: value}, at=memory.at + 1)
        slot = self._document.slots[ask.slot]
        name = f"{ask.slot}@{memory.at}"
        return self._question(
            memory, name, slot.ask_at_most, self._wording(ask, slot, memory.asked.get(name, 0)), options
        )

    def _option(self, ask: model.Ask, options: Sequence[Any], value: Any | None) -> Any | None:
        """A known value must be one of the options; a single option needs no question; else the words so far decide."""
        if value is not None and choose(options, ask.by, str(value), asked=False) == value:
            return value
        if len(options) == 1:
            return options[0][ask.by] if ask.by else options[0]
        return choose(options, ask.by, self._surroundings.opening, match=ask.match, asked=False)

    def _wording(self, ask: model.Ask, slot: model.Slot, n_asked: int) -> Text:
        if n_asked == 0 and ask.question is not None:
            return ask.question
        return slot.questions[min(n_asked, len(slot.questions) - 1)]

    def _question(
        self, memory: Memory, name: str, ask_at_most: int, wording: Text, options: Sequence[Any] | None
    ) -> Stop:
        n_asked = memory.asked.get(name, 0)
        if n_asked >= ask_at_most:
            note = f"asked {n_asked} times for {name.partition('@')[0]}, not understood"
            return Passes(memory, HandoffReason.PENDING_CLARIFICATION, note)
        values = {**self._values(memory), "options": list(options or ())}
        question = wording.render(values)
        if n_asked and options is None:
            question = f"Sorry, I need a clear yes or no here. {question}"
        waiting = replace(
            memory,
            waiting="confirmation" if options is None else "slot",
            asked={**memory.asked, name: n_asked + 1},
            said=(),
        )
        return Asks(waiting, " ".join((*memory.said, question)))

    def _call(self, call: model.Call, memory: Memory) -> Stop:
        arguments = self._assigned(call.arguments, memory)
        identity = f"{call.tool}@{memory.intent}:{call.line}"
        return Wants(replace(memory, waiting="call"), ToolCall(call.tool, arguments, identity))

    def _article(self, article: model.Article, memory: Memory) -> Stop:
        query = self._render(article.query, memory) if article.query else self._surroundings.message
        whole = self._document.knowledge
        found = whole.for_intents([IntentName(memory.intent)]).search(query, limit=1) if whole else []
        if not found or found[0].score < self._document.retrieval_at_least:
            return Passes(memory, HandoffReason.MISSING_KNOWLEDGE, "no article answers this well enough")
        passage = found[0].passage
        text = " ".join((*memory.said, passage.text))
        return Done(memory, text, sources=(passage.source,), score=found[0].score)

    def _assigned(self, expressions: Mapping[str, Expression], memory: Memory) -> dict[str, Any]:
        values = self._values(memory)
        return {name: plain(expression.value(values)) for name, expression in expressions.items()}

    def _render(self, text: Text, memory: Memory) -> str:
        return text.render(self._values(memory))


def _unwrapped(content: Any, name: str) -> Any:
    """`{"order": {...}}` saved as `order` is the order; anything else is kept whole."""
    return content[name] if isinstance(content, Mapping) and name in content else content

"""The `flow` agent: hears a message, picks the flow, runs it to the next proposal. Keeps nothing itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.agents.flow import hearing, model
from remit.adapters.agents.flow.document import read_flow_document
from remit.adapters.agents.flow.machine import Asks, Done, Machine, Passes, Stop, Surroundings, Wants
from remit.adapters.agents.flow.memory import Memory, decode, encode
from remit.adapters.agents.knowledge import stems_of
from remit.conversations import Conversation, HandoffReason, IntentName, Message, ToolExchange
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView

_DETERMINISTIC = {"deterministic": 1.0}
_SWITCH_PROBABILITY = 0.5
_SECOND_INTENT_PROBABILITY = 0.3
_OFFER_ANSWER_DECLINED = "All right. Just write again if anything else comes up."
_LEFT_AS_IT_IS = "No problem, I have left everything as it is."
_SIDE_QUESTION_AT_LEAST = 0.4
_GOOD_DEAL_MORE = 8
_KEYWORDS_AT_MOST = 100
_REPEATED = "I have looked again and it stays the same: "


@dataclass(frozen=True, slots=True)
class FlowAgent:
    """Deterministic: the same view gives the same reply."""

    document: model.FlowDocument

    async def propose(self, view: AgentView) -> AgentReply:
        """The flow's next proposal.

        Raises:
            AgentProtocolError: A condition, value or text of the document cannot be worked out.
        """
        memory = decode(view.conversation.agent_memory, self.document.digest)
        newest = view.conversation.entries[-1]
        if isinstance(newest, ToolExchange) and memory.waiting == "call":
            machine = Machine(self.document, _surroundings(view, memory))
            return self._reply(machine.after_call(memory, newest.result), view)
        if _people_spoke_last(view.conversation) or memory.waiting == "call":
            memory = memory.without_flow()
        return self._hear(memory, view)

    # ── the customer said something ───────────────────────────────────────────────────────────────
    def _hear(self, memory: Memory, view: AgentView) -> AgentReply:
        text = _said_by_customer(view.conversation)[-1].text
        if hearing.matches(self.document.wants_people, text):
            return self._reply(Passes(memory, HandoffReason.CUSTOMER_REQUEST, "the customer asks for a person"), view)
        match memory.waiting:
            case "slot" | "confirmation":
                return self._hear_answer(memory, view, text)
            case "offer":
                return self._hear_offer(memory, view, text)
            case "nothing" | "call":
                return self._hear_request(memory, view, text)

    def _hear_answer(self, memory: Memory, view: AgentView, text: str) -> AgentReply:
        """The message after a question: a correction, the answer, something else, or not understood."""
        machine = Machine(self.document, _surroundings(view, memory))
        waits = machine.waiting_at(memory)
        understood = self._corrected(memory, waits, text) or self._answered(machine, memory, waits, text)
        other = self._other_intent(memory, view, text, understood=understood is not None)
        if other is not None:
            return self._start(memory.suspend(), view, other)
        if understood is not None:
            return self._reply(machine.run(understood), view)
        aside = self._side_question(memory, view, text)
        if aside is not None:
            return self._reply(aside, view)
        if hearing.gives_up(text):
            return self._reply(Done(replace(memory, said=()), _LEFT_AS_IT_IS), view)
        return self._reply(machine.run(memory), view)

    def _corrected(self, memory: Memory, waits: model.Instruction, text: str) -> Memory | None:
        """The flow from its beginning, if the message gives a slot another value than the one it has."""
        awaited = waits.slot if isinstance(waits, model.Ask) else ""
        flow = self.document.flows[IntentName(memory.intent)]
        for name in flow.slots:
            known = memory.values.get(name)
            value = hearing.find_value(self.document.slots[name], text, asked=False)
            if name == awaited or known is None or value is None or value == known:
                continue
            slots = {slot: memory.values[slot] for slot in flow.slots if slot in memory.values}
            return replace(memory, at=0, values={**slots, name: value}, said=())
        return None

    def _answered(self, machine: Machine, memory: Memory, waits: model.Instruction, text: str) -> Memory | None:
        """The memory to go on with if the message answers the question."""
        match waits:
            case model.Confirm(no=no):
                answer = hearing.yes_or_no(text)
                return None if answer == "unclear" else replace(memory, at=memory.at + 1 if answer == "yes" else no)
            case model.Ask(slot=name, by=by, match=match, unknown=unknown):
                options = machine.options(waits, memory)
                value = hearing.find_value(self.document.slots[name], text, asked=not options)
                if options:
                    value = hearing.choose(options, by, value or text, match=match, asked=True)
                if value is not None:
                    found = self._found_slots(memory, text)
                    return replace(memory, values={**found, **memory.values, name: value}, at=memory.at + 1)
                return replace(memory, at=unknown) if unknown is not None and hearing.does_not_know(text) else None
            case _:
                return None

    def _found_slots(self, memory: Memory, text: str) -> dict[str, str]:
        """What else of the flow's slots the message holds."""
        slots = [self.document.slots[name] for name in self.document.flows[IntentName(memory.intent)].slots]
        found = {slot.name: hearing.find_value(slot, text, asked=False) for slot in slots}
        return {name: value for name, value in found.items() if value is not None}

    def _side_question(self, memory: Memory, view: AgentView, text: str) -> Done | None:
        """A question in between that an article clearly answers; afterwards the flow asks its own again."""
        if self.document.knowledge is None or not hearing.asks_something(text):
            return None
        # "Before I decide, what does ...?": the question is often only a part of the message.
        knowledge = self.document.knowledge.for_intents(_in_play(view, memory))
        found = [hit for part in (text, *text.split(",")) for hit in knowledge.search(part, limit=1)]
        best = max(found, key=lambda hit: hit.score, default=None)
        if best is None or best.score < max(self.document.retrieval_at_least, _SIDE_QUESTION_AT_LEAST):
            return None
        return Done(memory.suspend(), best.passage.text, sources=(best.passage.source,), score=best.score)

    def _other_intent(self, memory: Memory, view: AgentView, text: str, *, understood: bool) -> IntentName | None:
        """Another intent than the flow's in progress, if the message clearly has one.

        A message that answers the question counts as a new request only if it says a good deal more, or asks
        something itself: "no, actually where is my order 10402?" names an order, but not for the flow in progress.
        """
        best = next(iter(view.intents.guesses), None)
        if best is None or best.intent == memory.intent or best.intent not in self.document.flows:
            return None
        says_more = len(text.split()) >= _GOOD_DEAL_MORE or hearing.asks_something(text)
        if best.probability < _SWITCH_PROBABILITY or (understood and not says_more):
            return None
        return None if any(aside.intent == best.intent for aside in memory.suspended) else best.intent

    def _hear_offer(self, memory: Memory, view: AgentView, text: str) -> AgentReply:
        answer = hearing.yes_or_no(text)
        wanted = self._wanted(view, text)
        if answer == "yes" or (answer == "unclear" and wanted[:1] == list(memory.later[:1])):
            rest = replace(memory, later=memory.later[1:])
            return self._start(rest, view, IntentName(memory.later[0]), since=memory.since)
        if answer == "no" or hearing.does_not_know(text):
            return self._reply(Done(replace(memory, later=(), suspended=()), _OFFER_ANSWER_DECLINED), view)
        return self._hear_request(replace(memory, later=()), view, text)

    def _hear_request(self, memory: Memory, view: AgentView, text: str) -> AgentReply:
        for talk in self.document.small_talk:
            if hearing.matches(talk.patterns, text):
                return self._reply(Done(memory, talk.answer.render({})), view)
        if self._corrects_last_flow(memory, text):
            return self._start(memory, view, IntentName(memory.intent))
        wanted = self._wanted(view, text)
        if wanted:
            return self._start(replace(memory, later=tuple(wanted[1:2])), view, wanted[0])
        return self._reply(self._from_knowledge(memory, view, text), view)

    def _corrects_last_flow(self, memory: Memory, text: str) -> bool:
        """Whether the message gives the flow that just ended another value ("no, I meant 10424")."""
        known = IntentName(memory.intent) in self.document.flows
        return known and hearing.corrects(text) and bool(self._found_slots(memory, text))

    def _wanted(self, view: AgentView, text: str) -> list[IntentName]:
        """The message's intents that have a flow, most probable first; a second one only if it is really there."""
        guesses = [guess for guess in view.intents.guesses if guess.intent in self.document.flows]
        return [
            guess.intent
            for place, guess in enumerate(guesses)
            if place == 0 or (guess.probability >= _SECOND_INTENT_PROBABILITY and self._is_asked(guess.intent, text))
        ]

    def _is_asked(self, second: IntentName, text: str) -> bool:
        patterns = self.document.flows[second].second_if
        return not patterns or hearing.matches(patterns, text)

    def _from_knowledge(self, memory: Memory, view: AgentView, text: str) -> Stop:
        """No flow fits: an article may."""
        whole = self.document.knowledge
        found = whole.for_intents(guess.intent for guess in view.intents.guesses).search(text, limit=1) if whole else []
        if found and found[0].score >= self.document.retrieval_at_least:
            return Done(memory, found[0].passage.text, sources=(found[0].passage.source,), score=found[0].score)
        reason = HandoffReason.MISSING_KNOWLEDGE if view.intents.guesses else HandoffReason.OUT_OF_SCOPE
        return Passes(memory, reason, "no flow and no article answers this")

    def _start(self, memory: Memory, view: AgentView, intent: IntentName, *, since: int | None = None) -> AgentReply:
        """Begin a flow with what the customer has already said."""
        heard = _said_by_customer(view.conversation)
        begin = self._begins_at(memory, heard, intent) if since is None else since
        fresh = replace(memory, intent=intent, at=0, values={}, asked={}, waiting="nothing", since=begin, said=())
        found: dict[str, str] = {}
        for message in heard[begin:]:
            found |= self._found_slots(fresh, message.text)
        slots = self.document.flows[intent].slots
        remembered = {name: value for name, value in memory.kept.items() if name in slots}
        fresh = replace(fresh, values={**remembered, **found})
        return self._reply(Machine(self.document, _surroundings(view, fresh)).run(fresh), view)

    def _begins_at(self, memory: Memory, heard: list[Message], intent: IntentName) -> int:
        """Number of the message with which the flow begins.

        "Just do it" after the same flow has ended says nothing new: what was said before still holds.
        """
        newest = len(heard) - 1
        asked = replace(memory, intent=intent)
        goes_on = memory.intent == intent and not memory.suspended and not self._found_slots(asked, heard[newest].text)
        return min(memory.since, newest) if goes_on else newest

    # ── from a stop to a reply ────────────────────────────────────────────────────────────────────
    def _reply(self, stop: Stop, view: AgentView) -> AgentReply:
        memory = self._with_kept(stop.memory)
        match stop:
            case Wants(call=call):
                return _reply(ProposedCall(call, signals=_DETERMINISTIC), memory)
            case Asks(text=text):
                return _reply(_answer(text, view, expects_reply=True), memory)
            case Passes(reason=reason, note=note):
                return _reply(ProposedHandoff(reason, _note(note, memory)), memory.without_flow())
            case Done():
                return self._finish(replace(stop, memory=memory), view)

    def _finish(self, done: Done, view: AgentView) -> AgentReply:
        """A finished flow goes back to the one it interrupted, then to what else the message asked for."""
        memory = replace(done.memory, waiting="nothing", said=())
        if memory.suspended:
            return self._resume(done, memory, view)
        if memory.later:
            offer = self.document.flows[IntentName(memory.later[0])].offer
            text = f"{done.text}\n\nYou also asked about something else. Shall I {offer} now?"
            return _reply(_answer(text, view, expects_reply=True, done=done), replace(memory, waiting="offer"))
        previous = _last_answer(view.conversation)
        if done.text and previous.endswith(done.text):
            if memory.n_repeats:
                note = "the customer does not accept the answer, which stays the same"
                return _reply(ProposedHandoff(HandoffReason.PENDING_CLARIFICATION, note), memory.without_flow())
            again = replace(memory.without_flow(), n_repeats=1)
            return _reply(_answer(_REPEATED + done.text, view, done=done), again)
        return _reply(_answer(done.text, view, done=done), replace(memory.without_flow(), n_repeats=0))

    def _resume(self, done: Done, memory: Memory, view: AgentView) -> AgentReply:
        aside = memory.suspended[-1]
        back = replace(
            memory,
            intent=aside.intent,
            at=aside.at,
            values={**aside.values},
            since=aside.since,
            suspended=memory.suspended[:-1],
            asked={},
        )
        stop = Machine(self.document, _surroundings(view, back)).run(back)
        match stop:
            case Asks(text=question, memory=waiting):
                offer = self.document.flows[IntentName(aside.intent)].offer
                text = f"{done.text}\n\nBack to your other request ({offer}): {question}"
                return _reply(_answer(text, view, expects_reply=True, done=done), self._with_kept(waiting))
            case _:
                return _reply(_answer(done.text, view, done=done), memory.without_flow())

    def _with_kept(self, memory: Memory) -> Memory:
        """Slots to remember, taken from the flow's values."""
        kept = {
            name: str(value)
            for name, value in memory.values.items()
            if name in self.document.slots and self.document.slots[name].remember and value is not None
        }
        return replace(memory, kept={**memory.kept, **kept})


def build_flow(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> FlowAgent:
    """Builder of `type: flow`."""
    del document, environ
    return FlowAgent(read_flow_document(where, directory))


def _surroundings(view: AgentView, memory: Memory) -> Surroundings:
    heard = _said_by_customer(view.conversation)
    opening = "\n".join(message.text for message in heard[memory.since :])
    return Surroundings(
        message=heard[-1].text,
        opening=opening,
        keywords=" ".join(dict.fromkeys(stems_of(opening)))[:_KEYWORDS_AT_MOST],
        customer=view.conversation.customer or "",
        granted=tuple(spec.name for spec in view.tools),
        today=heard[-1].at.date().isoformat(),
    )


def _in_play(view: AgentView, memory: Memory) -> frozenset[IntentName]:
    """The message's intents, and that of the flow in progress."""
    return frozenset({IntentName(memory.intent), *(guess.intent for guess in view.intents.guesses)})


def _said_by_customer(conversation: Conversation) -> list[Message]:
    return [message for message in conversation.messages() if message.speaker == "customer"]


def _last_answer(conversation: Conversation) -> str:
    return next((message.text for message in reversed(conversation.messages()) if message.speaker == "agent"), "")


def _people_spoke_last(conversation: Conversation) -> bool:
    """Whether an expert held the conversation since the agent's last words."""
    others = [message for message in conversation.messages() if message.speaker != "customer"]
    return bool(others) and others[-1].speaker == "expert"


def _note(note: str, memory: Memory) -> str:
    about = f"flow {memory.intent!r}" if memory.intent else "no flow"
    return f"{note} ({about})" if note else about


def _answer(text: str, view: AgentView, *, expects_reply: bool = False, done: Done | None = None) -> ProposedAnswer:
    """Words from a template are certain of their wording; retrieved ones carry their score instead."""
    if done is not None and done.score is not None:
        signals = {"retrieval_score": done.score}
        return ProposedAnswer(text, sources=done.sources, signals=signals, expects_reply=expects_reply)
    return ProposedAnswer(text, sources=_calls_of_turn(view), signals=_DETERMINISTIC, expects_reply=expects_reply)


def _calls_of_turn(view: AgentView) -> tuple[str, ...]:
    """The tool calls since the customer's message, which the answer rests on."""
    calls: list[str] = []
    for entry in reversed(view.conversation.entries):
        if not isinstance(entry, ToolExchange):
            break
        calls.insert(0, entry.call.id)
    return tuple(calls)


def _reply(proposal: Proposal, memory: Memory) -> AgentReply:
    return AgentReply(proposal, memory=encode(memory))

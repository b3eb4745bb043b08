"""A trial as people read it: what was said, and what Remit decided beside each reply."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from remit.conversations import Answered, HandedOff, HandoffReason
from remit.evaluation.model import Trial
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import Approved, Denied, Edited, ExpertVerdict, Silence
from remit.runtime.report import StepReport, TurnReport
from remit.tools import ToolCall, ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_LONGEST_VALUE = 600


@dataclass(frozen=True, slots=True)
class StepLine:
    """One proposal, what was decided about it, and what came of it; a proposed handoff needs no words of its own."""

    proposal: str
    decision: str
    why: str
    confidence: float | None
    expert: str
    result: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One line of a conversation; the decision side is empty for imported transcripts and for customers."""

    speaker: str
    text: str
    intents: str = ""
    level: str = ""
    steps: tuple[StepLine, ...] = ()


def exchanges(trial: Trial) -> tuple[Exchange, ...]:
    """The conversation of a trial, oldest first; its turns if it was played here, else its transcript."""
    if trial.turns:
        return tuple(line for turn in trial.turns for line in _turn(turn))
    return tuple(Exchange(speaker=speaker, text=text) for speaker, text in trial.transcript)


def shown(value: Any) -> str:
    """A JSON value on one line, cut where nobody reads on."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} … ({len(text)} characters)"


def _turn(turn: TurnReport) -> Iterable[Exchange]:
    said = [message for message in turn.conversation.messages() if message.speaker == "customer"]
    if said:
        yield Exchange(speaker="customer", text=said[-1].text)
    speaker, text = _reply(turn)
    yield Exchange(
        speaker=speaker,
        text=text,
        intents=_intents(turn),
        level="" if turn.level is None else turn.level.label,
        steps=tuple(_step(step) for step in turn.steps),
    )


def _reply(turn: TurnReport) -> tuple[str, str]:
    match turn.outcome:
        case Answered(text=text, by=by):
            return by, text
        case HandedOff(reason=reason, text=text):
            return f"handed off: {_words(reason)}", text


def _intents(turn: TurnReport) -> str:
    if turn.estimate is None:
        return ", ".join(turn.intents)
    if not turn.estimate.guesses:
        return f"out of scope ({turn.estimate.out_of_scope_probability:.2f})"
    return ", ".join(f"{guess.intent} ({guess.probability:.2f})" for guess in turn.estimate.guesses)


def _step(step: StepReport) -> StepLine:
    name, why = _decision(step.decision)
    return StepLine(
        proposal="" if step.proposal is None else _proposal(step.proposal),
        decision=name,
        why=why,
        confidence=step.confidence,
        expert="" if step.expert is None else _expert(step.expert),
        result="" if step.result is None else _result(step.result),
    )


def _proposal(proposal: Proposal) -> str:
    match proposal:
        case ProposedAnswer():
            return "answer"
        case ProposedCall(call=call):
            return _call(call)
        case ProposedHandoff():
            return ""


def _call(call: ToolCall) -> str:
    arguments = ", ".join(f"{name}={shown(value)}" for name, value in call.arguments.items())
    return f"{call.tool}({arguments})"


def _decision(decision: Decision) -> tuple[str, str]:
    match decision:
        case Send(why=why):
            return "send", why
        case RunTool(why=why):
            return "run tool", why
        case AskExpert(why=why):
            return "ask expert", why
        case HandOff(reason=reason, why=why):
            return f"hand off: {_words(reason)}", why
        case Shadow(why=why):
            return "shadow", why


def _words(reason: HandoffReason) -> str:
    return reason.value.replace("_", " ")


def _expert(verdict: ExpertVerdict) -> str:
    match verdict:
        case Approved(expert=expert):
            return f"approved by {expert}"
        case Edited(expert=expert):
            return f"edited by {expert}"
        case Denied(expert=expert, reason=reason):
            return f"denied by {expert}: {reason}"
        case Silence():
            return "no expert answered in time"


def _result(result: ToolResult) -> str:
    match result:
        case ToolSucceeded(content=content):
            return shown(content)
        case ToolFailed(message=message):
            return f"failed: {message}"
        case ToolOutcomeUnknown(message=message):
            return f"outcome unknown: {message}"

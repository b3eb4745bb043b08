"""What the API and the chat page say of a turn. Decisions in words, numbers as numbers."""

from collections.abc import Iterable
from typing import Any, assert_never

from remit.conversations import Answered, Conversation, HandedOff, Message, ToolExchange
from remit.policy.decisions import AskExpert, Decision, HandOff, RunTool, Send, Shadow
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.report import StepReport, TurnReport
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded


def turn_view(report: TurnReport) -> dict[str, Any]:
    """One turn with its decisions, as JSON."""
    handed_off = report.outcome if isinstance(report.outcome, HandedOff) else None
    view = {
        "turn": report.turn,
        "outcome": "handed_off" if handed_off else "answered",
        "reply": report.outcome.text,
        "answered_by": report.outcome.by if isinstance(report.outcome, Answered) else None,
        "handoff_reason": handed_off.reason.value if handed_off else None,
        "ticket": handed_off.ticket if handed_off else None,
        "why": handed_off.note if handed_off else _last_why(report),
        "intents": _intents(report),
        "out_of_scope_probability": None if report.estimate is None else report.estimate.out_of_scope_probability,
        "level": None if report.level is None else report.level.label,
        "release": report.release,
        "policy": report.policy,
        "steps": [step_view(step) for step in report.steps],
        "latency_ms": round(report.latency_ms, 1),
    }
    shown: dict[str, Any] = legible(view)
    return shown


def legible(value: Any) -> Any:
    """The value with half characters replaced: a model that is cut off within an emoji leaves one, and no UTF-8 has it.

    What is recorded stays as it was said.
    """
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-8", "replace").decode()
        case dict():
            return {legible(key): legible(item) for key, item in value.items()}
        case list():
            return [legible(item) for item in value]
        case _:
            return value


def _intents(report: TurnReport) -> list[dict[str, Any]]:
    guesses = () if report.estimate is None else report.estimate.guesses
    return [{"intent": guess.intent, "probability": round(guess.probability, 4)} for guess in guesses]


def _last_why(report: TurnReport) -> str:
    return report.steps[-1].decision.why if report.steps else ""


def step_view(step: StepReport) -> dict[str, Any]:
    """One proposal and what became of it, as JSON."""
    return {
        "step": step.step,
        "proposal": None if step.proposal is None else proposal_words(step.proposal),
        "confidence": None if step.confidence is None else round(step.confidence, 4),
        "decision": decision_name(step.decision),
        "why": step.decision.why,
        "tool": step.proposal.call.tool if isinstance(step.proposal, ProposedCall) else None,
        "result": None if step.result is None else result_word(step.result),
        "sources": list(step.proposal.sources) if isinstance(step.proposal, ProposedAnswer) else [],
    }


def proposal_words(proposal: Proposal) -> str:
    """What the agent wanted, in a few words."""
    match proposal:
        case ProposedAnswer():
            return "answer"
        case ProposedCall(call):
            arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
            return f"{call.tool}({arguments})"
        case ProposedHandoff(reason):
            return f"hand off: {reason.value}"
        case _:
            assert_never(proposal)


def decision_name(decision: Decision) -> str:
    """The decision's name, as the glossary has it."""
    match decision:
        case Send():
            return "send"
        case RunTool():
            return "run_tool"
        case AskExpert():
            return "ask_expert"
        case HandOff():
            return "hand_off"
        case Shadow():
            return "shadow"
        case _:
            assert_never(decision)


def result_word(result: ToolResult) -> str:
    """How a tool call ended."""
    match result:
        case ToolSucceeded():
            return "succeeded"
        case ToolFailed():
            return "failed"
        case ToolOutcomeUnknown():
            return "outcome_unknown"
        case _:
            assert_never(result)


def conversation_view(conversation: Conversation, turns: Iterable[TurnReport]) -> dict[str, Any]:
    """A conversation with its transcript and turns, as JSON."""
    return {
        "id": conversation.id,
        "channel": conversation.channel,
        "handed_off": None if conversation.handed_off is None else conversation.handed_off.value,
        "transcript": [_entry_view(entry) for entry in conversation.entries],
        "turns": [turn_view(report) for report in turns],
    }


def _entry_view(entry: Message | ToolExchange) -> dict[str, Any]:
    match entry:
        case Message(speaker, text, at):
            return {"kind": "message", "speaker": speaker, "text": legible(text), "at": at.isoformat()}
        case ToolExchange(call, result, at):
            return {"kind": "tool", "tool": legible(call.tool), "result": result_word(result), "at": at.isoformat()}

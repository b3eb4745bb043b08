"""Makes the envelope of a handoff from the turn's journal, by rule and without a model."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from remit.conversations import (
    AgentName,
    Conversation,
    HandedOff,
    HandoffReason,
    IntentName,
    ReleaseId,
    ToolExchange,
    Turn,
)
from remit.conversations.envelope import (
    MOST_RESULT_CHARS,
    Envelope,
    HandoffKind,
    PendingApproval,
    ToolRun,
    handoff_id,
    trace_id,
)
from remit.documents import canonical_json
from remit.policy.decisions import AskExpert
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import IntentEstimate, Silence, TurnRecord
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_QUOTED_CHARS = 280
_NOT_TO_BE_REPEATED = frozenset({HandoffReason.GUARDRAIL, HandoffReason.APPROVAL_DENIED})
"""A guard or an expert refused the agent's words: they are no suggestion."""


@dataclass(frozen=True, slots=True)
class Addressing:
    """Where handoffs go and where their people look.

    Args:
        queues: The people for an intent.
        queue: The people for every other one.
        url: Where the gateway is reached from outside, without a slash at the end; empty leaves addresses out.
    """

    queues: Mapping[IntentName, str] = field(default_factory=dict)
    queue: str = "support"
    url: str = ""

    def queue_for(self, intents: Sequence[IntentName]) -> str:
        """That of the most probable intent that has one."""
        return next((self.queues[intent] for intent in intents if intent in self.queues), self.queue)


@dataclass(frozen=True, slots=True)
class Before:
    """What the turn's journal does not know: whose agent it is, and how often the conversation was handed off."""

    agent: AgentName
    n_handoffs: int = 0


def envelope_of(
    turn: Turn,
    conversation: Conversation,
    outcome: HandedOff,
    records: Sequence[TurnRecord],
    *,
    kind: HandoffKind,
    before: Before,
    addressing: Addressing,
) -> Envelope:
    """The envelope of a turn that hands off.

    Args:
        turn: The turn.
        conversation: As it is after the turn.
        outcome: The handoff.
        records: The turn's journal so far; empty if it broke off before anything was recorded.
        kind: Whether people come now.
        before: See Before.
        addressing: See Addressing.
    """
    understood = next((record.content for record in records if record.kind == "understood"), {})
    intents = tuple(IntentName(str(intent)) for intent in understood.get("intents", ()))
    level = understood.get("level")
    handoff = handoff_id(turn.id)
    runs = tuple(_runs(records))
    n_before = before.n_handoffs
    return Envelope(
        id=handoff,
        kind=kind,
        turn=turn.id,
        conversation=turn.conversation,
        at=turn.message.at,
        agent=before.agent,
        release=ReleaseId(str(understood.get("release", ""))),
        reason=outcome.reason,
        channel=conversation.channel,
        customer=conversation.customer,
        language=conversation.language,
        intents=intents,
        level="" if level is None else AutonomyLevel(level).label,
        note=outcome.note,
        summary=_summary(turn, conversation, outcome, understood, runs=runs, n_before=n_before),
        told=outcome.text,
        transcript=f"{addressing.url}/v1/conversations/{turn.conversation}" if addressing.url else "",
        tools_run=runs,
        pending_approvals=tuple(_pending(records)),
        suggested_reply=_suggested_reply(records, outcome),
        queue=addressing.queue_for(intents),
        # A customer who comes back to people a second time has waited twice.
        priority="high" if n_before and outcome.reason.priority == "normal" else outcome.reason.priority,
        trace_id=trace_id(turn.id),
        return_url=f"{addressing.url}/v1/handoffs/{handoff}/return" if addressing.url else "",
        n_before=n_before,
        error=outcome.error,
    )


def _runs(records: Sequence[TurnRecord]) -> Iterator[ToolRun]:
    for record in records:
        if record.kind != "ran":
            continue
        call = record.content["call"]
        result: ToolResult = record.content["result"]
        match result:
            case ToolSucceeded(content):
                yield ToolRun(call.tool, call.arguments, "succeeded", _cut(_as_json(content), MOST_RESULT_CHARS))
            case ToolFailed(message):
                yield ToolRun(call.tool, call.arguments, "failed", _cut(message, MOST_RESULT_CHARS))
            case ToolOutcomeUnknown(message):
                yield ToolRun(call.tool, call.arguments, "unknown", _cut(message, MOST_RESULT_CHARS))


def _pending(records: Sequence[TurnRecord]) -> Iterator[PendingApproval]:
    """Questions that no expert answered."""
    answered = {
        record.step
        for record in records
        if record.kind == "asked" and not isinstance(record.content["verdict"], Silence)
    }
    for record in records:
        decision = record.content.get("decision") if record.kind == "decided" else None
        if isinstance(decision, AskExpert) and record.step not in answered:
            yield PendingApproval(record.step, _in_words(decision.proposal), decision.why)


def _in_words(proposal: ProposedAnswer | ProposedCall) -> str:
    if isinstance(proposal, ProposedAnswer):
        return proposal.text
    return f"{proposal.call.tool}({_arguments(proposal.call.arguments)})"


def _suggested_reply(records: Sequence[TurnRecord], outcome: HandedOff) -> str:
    if outcome.reason in _NOT_TO_BE_REPEATED:
        return ""
    proposals = [record.content["proposal"] for record in records if record.kind == "proposed"]
    return next((one.text for one in reversed(proposals) if isinstance(one, ProposedAnswer)), "")


# ── the summary ───────────────────────────────────────────────────────────────────────────────────
def _summary(
    turn: Turn,
    conversation: Conversation,
    outcome: HandedOff,
    understood: Mapping[str, Any],
    *,
    runs: Sequence[ToolRun],
    n_before: int,
) -> str:
    """A line each: who wants what, what was said, what was done, why people are needed."""
    first = next((entry.text for entry in conversation.messages() if entry.speaker == "customer"), turn.message.text)
    lines = [f"Wants: {_wishes(understood)}.", f"Began with: {_quote(first)}"]
    if turn.message.text != first:
        lines.append(f"Said last: {_quote(turn.message.text)}")
    lines += [f"Done now: {_done(run)}." for run in runs]
    earlier = _earlier(conversation, len(runs))
    if earlier:
        lines.append(f"Done before: {'; '.join(earlier)}.")
    if outcome.reason is HandoffReason.OUTCOME_UNKNOWN:
        lines.append("Check first: a write may have happened or not; look before you do it again.")
    if n_before:
        lines.append(f"Handed off before: {n_before} times.")
    lines.append(f"Why now: {outcome.reason.value}" + (f"; {outcome.note}" if outcome.note else "") + ".")
    return "\n".join(lines)


def _wishes(understood: Mapping[str, Any]) -> str:
    estimate = understood.get("estimate")
    if not isinstance(estimate, IntentEstimate):
        return "not known, the turn broke off before"
    if not estimate.guesses:
        return f"nothing of the policy's intents (out of scope {estimate.out_of_scope_probability:.2f})"
    return ", ".join(f"{guess.intent} ({guess.probability:.2f})" for guess in estimate.guesses)


def _done(run: ToolRun) -> str:
    said = "" if run.outcome == "succeeded" else f": {run.result}"
    return f"{run.tool}({_arguments(run.arguments)}) {_OUTCOMES[run.outcome]}{said}"


_OUTCOMES = {"succeeded": "succeeded", "failed": "did nothing", "unknown": "has an unknown outcome"}


def _earlier(conversation: Conversation, n_now: int) -> list[str]:
    exchanges = [entry for entry in conversation.entries if isinstance(entry, ToolExchange)]
    before = exchanges[: len(exchanges) - n_now]
    return [f"{entry.call.tool}({_arguments(entry.call.arguments)})" for entry in before[-5:]]


def _arguments(arguments: Mapping[str, Any]) -> str:
    return _cut(", ".join(f"{name}={_as_json(value)}" for name, value in arguments.items()), _QUOTED_CHARS)


def _quote(text: str) -> str:
    return f'"{_cut(" ".join(text.split()), _QUOTED_CHARS)}"'


def _cut(text: str, n_chars: int) -> str:
    return text if len(text) <= n_chars else text[: n_chars - 1] + "…"


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):  # a tool's result need not be JSON in memory
        return canonical_json(value)

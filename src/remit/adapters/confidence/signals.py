"""The first honest confidence: a product of what is known, until expert labels calibrate it.

    confidence = understood x supported x undisturbed, and never above what the agent itself states

- understood: the smallest probability among the intents in play, at most 1 - out_of_scope_probability.
- supported: 1 for a tool call; for an answer 0.5 + 0.5 x the best support, where the support is the
  highest of `grounding`, `retrieval_score` and 0.9 if a tool succeeded in this turn. An answer
  that reports none of these counts as half supported (0.75).
- undisturbed: 0.7 for each tool that failed in this turn; 0 if one's outcome is unknown.
- a deterministic answer (`deterministic` = 1) does not depend on any model: understood only.

The constants are priors, not measurements: they order proposals, they promise nothing.
"""

from dataclasses import dataclass

from remit.conversations import Conversation, ToolExchange
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView, IntentEstimate
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_UNREPORTED_SUPPORT = 0.5
_TOOL_SUPPORT = 0.9
_LEFT_AFTER_FAILURE = 0.7
_SUPPORT_SIGNALS = ("grounding", "retrieval_score")


@dataclass(frozen=True, slots=True)
class SignalConfidence:
    """Implements runtime.ports.Confidence from signals alone; pure, needs no training."""

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        """Probability in [0, 1] that the proposal is right, by the formula above."""
        confidence = _understood(view.intents)
        if proposal.signals.get("deterministic", 0.0) < 1.0:
            results = _results_of_turn(view.conversation)
            confidence *= _supported(proposal, results) * _undisturbed(results)
        if proposal.stated_confidence is not None:
            confidence = min(confidence, _unit(proposal.stated_confidence))
        return confidence


def _understood(estimate: IntentEstimate) -> float:
    """Probability that all intents in play are wanted, taken as that of the least certain one."""
    if not estimate.guesses:
        return 0.0
    least = min(guess.probability for guess in estimate.guesses)
    return min(_unit(least), 1.0 - _unit(estimate.out_of_scope_probability))


def _supported(proposal: ProposedAnswer | ProposedCall, results: list[ToolResult]) -> float:
    if isinstance(proposal, ProposedCall):
        return 1.0
    reported = [_unit(proposal.signals[name]) for name in _SUPPORT_SIGNALS if name in proposal.signals]
    if any(isinstance(result, ToolSucceeded) for result in results):
        reported.append(_TOOL_SUPPORT)
    return 0.5 + 0.5 * max(reported, default=_UNREPORTED_SUPPORT)


def _undisturbed(results: list[ToolResult]) -> float:
    if any(isinstance(result, ToolOutcomeUnknown) for result in results):
        return 0.0
    n_failures = sum(isinstance(result, ToolFailed) for result in results)
    return float(_LEFT_AFTER_FAILURE**n_failures)


def _results_of_turn(conversation: Conversation) -> list[ToolResult]:
    """What tools brought back since the customer's newest message."""
    results: list[ToolResult] = []
    for entry in reversed(conversation.entries):
        if isinstance(entry, ToolExchange):
            results.append(entry.result)
        elif entry.speaker == "customer":
            break
    return results


def _unit(value: float) -> float:
    """Into [0, 1]; what is not a number counts as 0."""
    return min(max(value, 0.0), 1.0) if value == value else 0.0  # noqa: PLR0124 - NaN is not equal to itself

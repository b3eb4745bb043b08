"""The first honest confidence: a product of what is known, until expert labels calibrate it.

    confidence = understood x supported x undisturbed, and never above what the agent itself states

- understood: the smallest probability among the intents in play, at most 1 - out_of_scope_probability.
- supported: 1 for a tool call; for an answer the highest of
    0.5 + 0.5 x `grounding`,
    0.95 if a tool succeeded in this turn,
    1 / (1 + exp(2.15 - 9.1 x `retrieval_score`)), the score being that of `knowledge.Found`.
  An answer that reports none of these counts as half supported (0.75).
- undisturbed: 0.7 for each tool that failed in this turn; 0 if one's outcome is unknown.
- a deterministic answer (`deterministic` = 1) does not depend on any model: understood only.

The constants are priors: they order proposals, they promise nothing. The curve of the retrieval score was fitted
on 110 simulated questions of one example (docs/explanation/intents.md); an answer out of a passage that shares a
word or two with the question is usually wrong, one out of a passage that has most of its words usually right.
"""

import math
from dataclasses import dataclass

from remit.adapters.confidence.reading import results_of_turn
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView, IntentEstimate
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded

_UNREPORTED_SUPPORT = 0.5
_TOOL_SUPPORT = 0.9
_LEFT_AFTER_FAILURE = 0.7
_RETRIEVAL_SLOPE = 9.1
_RETRIEVAL_OFFSET = -2.15


@dataclass(frozen=True, slots=True)
class SignalConfidence:
    """Implements runtime.ports.Confidence from signals alone; pure, needs no training."""

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        """Probability in [0, 1] that the proposal is right, by the formula above."""
        confidence = _understood(view.intents)
        if proposal.signals.get("deterministic", 0.0) < 1.0:
            results = results_of_turn(view.conversation)
            confidence *= _supported(proposal, results) * _undisturbed(results)
        if proposal.stated_confidence is not None:
            confidence = min(confidence, _unit(proposal.stated_confidence))
        return confidence


def _understood(estimate: IntentEstimate) -> float:
    """Probability that all intents in play are wanted, taken as that of the least certain one."""
    if not estimate.guesses:
        return 0.0
    least = min([guess.probability for guess in estimate.guesses])
    return min(_unit(least), 1.0 - _unit(estimate.out_of_scope_probability))


def _supported(proposal: ProposedAnswer | ProposedCall, results: list[ToolResult]) -> float:
    if isinstance(proposal, ProposedCall):
        return 1.0
    supports: list[float] = []
    if "grounding" in proposal.signals:
        supports.append(_half_and_half(_unit(proposal.signals["grounding"])))
    if "retrieval_score" in proposal.signals:
        supports.append(_fits(_unit(proposal.signals["retrieval_score"])))
    if any(isinstance(result, ToolSucceeded) for result in results):
        supports.append(_half_and_half(_TOOL_SUPPORT))
    return max(supports, default=_half_and_half(_UNREPORTED_SUPPORT))


def _half_and_half(support: float) -> float:
    return 0.5 + 0.5 * support


def _fits(retrieval_score: float) -> float:
    return 1.0 / (1.0 + math.exp(-_RETRIEVAL_SLOPE * retrieval_score - _RETRIEVAL_OFFSET))


def _undisturbed(results: list[ToolResult]) -> float:
    if any(isinstance(result, ToolOutcomeUnknown) for result in results):
        return 0.0
    n_failures = sum(isinstance(result, ToolFailed) for result in results)
    return float(_LEFT_AFTER_FAILURE**n_failures)


def _unit(value: float) -> float:
    """Into [0, 1]; what is not a number counts as 0."""
    return min(max(value, 0.0), 1.0) if value == value else 0.0  # noqa: PLR0124 - NaN is not equal to itself

"""What is known of a live proposal, as signals: one reading for the score that decides and the label that teaches."""

from collections.abc import Sequence

from remit.calibration.signals import NAMES, Signals
from remit.conversations import Conversation, ToolExchange
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView, IntentEstimate
from remit.runtime.report import TurnReport
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded


def signals_of(proposal: ProposedAnswer | ProposedCall, view: AgentView) -> Signals:
    """Everything that is known of the proposal before anybody has judged it.

    Signals of the agent that are none of ours are taken under their own names, to be weighed by the calibration.
    """
    return _signals(proposal, view.intents, results_of_turn(view.conversation))


def signals_of_step(report: TurnReport, step: int) -> Signals | None:
    """What `signals_of` gave when the step of a recorded turn was decided, for the label that comes later.

    None if the step is not there, or proposed nothing that is weighed.
    """
    own = next((each for each in report.steps if each.step == step), None)
    if own is None or report.estimate is None or not isinstance(own.proposal, ProposedAnswer | ProposedCall):
        return None
    before = [each.result for each in report.steps if each.step < step and each.result is not None]
    return _signals(own.proposal, report.estimate, before)


def _signals(
    proposal: ProposedAnswer | ProposedCall, estimate: IntentEstimate, results: Sequence[ToolResult]
) -> Signals:
    said = proposal.signals
    return Signals(
        intent_probability=min((guess.probability for guess in estimate.guesses), default=0.0),
        intent_margin=estimate.margin,
        out_of_scope_probability=estimate.out_of_scope_probability,
        retrieval_score=said.get("retrieval_score"),
        grounding=said.get("grounding"),
        agreement=said.get("agreement"),
        tool_errors=float(sum(isinstance(each, ToolFailed | ToolOutcomeUnknown) for each in results)),
        tool_successes=float(sum(isinstance(each, ToolSucceeded) for each in results)),
        stated_confidence=proposal.stated_confidence,
        deterministic=said.get("deterministic"),
        proposes_call=float(isinstance(proposal, ProposedCall)),
        others={name: value for name, value in said.items() if name not in NAMES},
    )


def results_of_turn(conversation: Conversation) -> list[ToolResult]:
    """What tools brought back since the customer's newest message."""
    results: list[ToolResult] = []
    for entry in reversed(conversation.entries):
        if isinstance(entry, ToolExchange):
            results.append(entry.result)
        elif entry.speaker == "customer":
            break
    return results

"""What is known of a live proposal, as signals: one reading for the score that decides and the label that teaches."""

from remit.calibration.signals import NAMES, Signals
from remit.conversations import Conversation, ToolExchange
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolResult, ToolSucceeded


def signals_of(proposal: ProposedAnswer | ProposedCall, view: AgentView) -> Signals:
    """Everything that is known of the proposal before anybody has judged it.

    Signals of the agent that are none of ours are taken under their own names, to be weighed by the calibration.
    """
    results = results_of_turn(view.conversation)
    estimate = view.intents
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

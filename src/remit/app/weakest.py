"""The proposal by which a conversation stands or falls: the one that its agent was least sure of.

A conversation is contained at a threshold exactly if its weakest proposal reaches it. So one proposal of each
conversation is kept for calibration: whatever experts say of the conversation is said of that one, and the labels of
different conversations are independent.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from remit.adapters.confidence import signals_of_step
from remit.calibration.labels import details_of
from remit.calibration.signals import Signals
from remit.calibration.watching import OUT_OF_SCOPE, SCORE
from remit.conversations import Conversation
from remit.evidence.live import Detail
from remit.runtime.ports import Approved, ClosedTurn, Denied, Edited, ExpertVerdict
from remit.runtime.report import report_from

Expert = str
RIGHT, WRONG, UNSAID = "right", "wrong", ""


@dataclass(frozen=True, slots=True)
class Weakest:
    """A proposal and what was known of it.

    Args:
        step: `<turn>/<step>`.
        confidence: That it is right, as it was decided by.
        signals: By name.
        expert: `right` or `wrong` if an expert was asked about it, else empty.
    """

    step: str
    confidence: float
    signals: Mapping[str, float]
    expert: Expert = UNSAID

    def details(self) -> dict[str, Detail]:
        """What the ledger keeps of it."""
        known = details_of(Signals.of(self.signals))
        return {**known, **self.of_turn(), "step": self.step, "expert": self.expert}

    def of_turn(self) -> dict[str, Detail]:
        """What the ledger keeps of the turn in which it was made."""
        kept: dict[str, Detail] = {SCORE: self.confidence}
        if OUT_OF_SCOPE in self.signals:
            kept[OUT_OF_SCOPE] = self.signals[OUT_OF_SCOPE]
        return kept


def weakest_of(closed: ClosedTurn) -> Weakest | None:
    """Of the proposals of one turn that were weighed; None if there was none."""
    found: Weakest | None = None
    for one in _weighed(closed):
        found = weaker(found, one)
    return found


def weaker(one: Weakest | None, other: Weakest | None) -> Weakest | None:
    """What an expert found wrong comes first, then what was less sure; the earlier one of equals."""
    if one is None or other is None:
        return one or other
    return min(one, other, key=lambda each: (each.expert != WRONG, each.confidence))


def _weighed(closed: ClosedTurn) -> Iterator[Weakest]:
    nowhere = Conversation(closed.turn.conversation, "")  # the report of a step does not depend on it
    report = report_from(closed.turn, nowhere, closed.records)
    for step in report.steps:
        signals = signals_of_step(report, step.step)
        if signals is not None and step.confidence is not None:
            name = f"{closed.turn.id}/{step.step}"
            yield Weakest(name, step.confidence, signals.present(), _said(step.expert))


def _said(verdict: ExpertVerdict | None) -> Expert:
    match verdict:
        case Approved():
            return RIGHT
        case Edited() | Denied():
            return WRONG
        case _:
            return UNSAID

"""Confidence as certificates know it: the calibrated probability, and the uncalibrated one where none holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from remit.adapters.confidence.reading import results_of_turn, signals_of
from remit.adapters.confidence.signals import SignalConfidence
from remit.calibration.model import CalibrationModel
from remit.conversations import IntentName
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.runtime.ports import AgentView
from remit.tools import ToolOutcomeUnknown


@dataclass(frozen=True, slots=True)
class CalibratedConfidence:
    """Implements runtime.ports.Confidence; pure but for what `models` and `track_records` return.

    Several intents in play are as sure as the least sure of them. After a tool call whose outcome is unknown nothing
    is sure: no calibration may say otherwise.

    Args:
        models: The model of each intent that has a certificate in force, now.
        track_records: Success of other conversations of an intent, now; intents without are missing it.
        uncalibrated: For intents without a model.
    """

    models: Callable[[], Mapping[IntentName, CalibrationModel]]
    track_records: Callable[[], Mapping[IntentName, float]] = dict
    uncalibrated: SignalConfidence = field(default_factory=SignalConfidence)

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        """Probability in [0, 1] that the proposal is right."""
        models, guesses = self.models(), view.intents.guesses
        known = [(guess.intent, models[guess.intent]) for guess in guesses if guess.intent in models]
        bounds: list[float] = []
        if len(known) < len(guesses) or not guesses:
            bounds.append(await self.uncalibrated.assess(proposal, view))
        if known:
            bounds.append(self._calibrated(proposal, view, known))
        return min(bounds)

    def _calibrated(
        self, proposal: ProposedAnswer | ProposedCall, view: AgentView, known: list[tuple[IntentName, CalibrationModel]]
    ) -> float:
        if any(isinstance(each, ToolOutcomeUnknown) for each in results_of_turn(view.conversation)):
            return 0.0
        signals, records = signals_of(proposal, view), self.track_records()
        return min(
            model.probability(replace(signals, track_record=records.get(intent)).present()) for intent, model in known
        )

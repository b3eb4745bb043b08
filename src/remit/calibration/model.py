"""A fitted calibration, frozen: plain numbers, evaluated in plain Python within microseconds."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import exp, log, log1p
from typing import Any

from remit.calibration.signals import Kind
from remit.documents import canonical_json, digest_of

NEAREST_TO_CERTAIN = 1e-6
_SURELY = 1e-4
DIGITS = 9
"""Probabilities are rounded to this many places, so that a score is the same number wherever it is computed."""


@dataclass(frozen=True, slots=True)
class Term:
    """What one signal adds to the log odds: a line with bends, or a constant where the signal is missing.

    Args:
        signal: Its name.
        kind: The scale on which the line runs.
        low: Values below count as this one (on that scale): nothing is extrapolated.
        high: Values above count as this one.
        slope: Of the line.
        bends: (where, by how much the slope changes there), on that scale.
        offset: Added where the signal is present.
        missing: Added where it is not.
    """

    signal: str
    kind: Kind
    low: float
    high: float
    slope: float
    bends: tuple[tuple[float, float], ...] = ()
    offset: float = 0.0
    missing: float = 0.0


@dataclass(frozen=True)
class CalibrationModel:
    """Signals to the probability that a proposal is right. Equal signals give equal numbers, in every process.

    Args:
        intercept: Log odds before any signal.
        terms: One a signal.
        n_labels: Labels it was fitted on.
        ridge: Strength of its penalty, chosen by cross-validation.
    """

    intercept: float
    terms: tuple[Term, ...]
    n_labels: int
    ridge: float

    def probability(self, signals: Mapping[str, float]) -> float:
        """Probability that the proposal is right, in the open interval (0, 1); `signals` as `Signals.present` gives."""
        odds = self.intercept
        for signal, kind, low, high, slope, bends, offset, missing in self._plain:
            value = signals.get(signal)
            if value is None:
                odds += missing
                continue
            at = scaled(value, kind)
            at = low if at < low else high if at > high else at
            odds += offset + slope * at
            for where, change in bends:
                if at > where:
                    odds += change * (at - where)
        return squashed(odds)

    @cached_property
    def digest(self) -> str:
        """What the model is, in twelve characters."""
        return digest_of(self.document())[:12]

    @cached_property
    def _plain(self) -> tuple[tuple[Any, ...], ...]:
        # Reading attributes would be a third of the cost of a live assessment.
        return tuple((t.signal, t.kind, t.low, t.high, t.slope, t.bends, t.offset, t.missing) for t in self.terms)

    def document(self) -> dict[str, Any]:
        """JSON values; `CalibrationModel.of` reads them back into an equal model."""
        return asdict(self)

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> "CalibrationModel":
        """The model of a document that `document` wrote."""
        terms = tuple(
            Term(**{**term, "bends": tuple((float(where), float(by)) for where, by in term["bends"])})
            for term in document["terms"]
        )
        return cls(document["intercept"], terms, document["n_labels"], document["ridge"])

    def __str__(self) -> str:
        return canonical_json(self.document())


def scaled(value: float, kind: Kind) -> float:
    """The value on the scale of its kind: log odds of a probability, log of 1 + a count, a number as it is."""
    match kind:
        case "probability":
            inside = min(max(value, _SURELY), 1.0 - _SURELY)
            return log(inside / (1.0 - inside))
        case "count":
            return log1p(max(value, 0.0))
        case "number":
            return value


def squashed(odds: float) -> float:
    """The probability of log odds, never quite 0 or 1: certainty is nothing that labels can show."""
    odds = min(max(odds, -30.0), 30.0)
    probability = 1.0 / (1.0 + exp(-odds))
    return round(min(max(probability, NEAREST_TO_CERTAIN), 1.0 - NEAREST_TO_CERTAIN), DIGITS)

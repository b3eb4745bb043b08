"""What is known about a proposal before anybody has judged it; everything may be missing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from math import isfinite
from operator import attrgetter
from typing import Any, Literal

Kind = Literal["probability", "count", "number"]


@dataclass(frozen=True, slots=True)
class Signals:
    """Inputs of a calibration. None, NaN and infinities mean that the signal is missing, which is information too.

    Args:
        intent_probability: Of the least certain intent in play, in [0, 1].
        intent_margin: Distance between the two most probable intents, in [0, 1].
        out_of_scope_probability: That no intent of the policy is meant, in [0, 1].
        retrieval_score: How well the best passage of the knowledge fits the question, in [0, 1].
        grounding: Share of the answer that its sources support, in [0, 1].
        agreement: Share of repeated proposals for the same view that agree with this one, in [0, 1].
        tool_errors: Tools that failed in this turn.
        tool_successes: Tools that answered in this turn.
        guard_score: How suspicious the guards found the proposal, in [0, 1].
        stated_confidence: What the agent itself says; one signal among others, never trusted raw.
        track_record: Success of other conversations of the same kind, in [0, 1]; see `track_record.py`.
        deterministic: 1 if no model made the proposal.
        proposes_call: 1 if it is a tool call, 0 if it is an answer.
        others: Further signals of the agent by name, plain numbers.
    """

    intent_probability: float | None = None
    intent_margin: float | None = None
    out_of_scope_probability: float | None = None
    retrieval_score: float | None = None
    grounding: float | None = None
    agreement: float | None = None
    tool_errors: float | None = None
    tool_successes: float | None = None
    guard_score: float | None = None
    stated_confidence: float | None = None
    track_record: float | None = None
    deterministic: float | None = None
    proposes_call: float | None = None
    others: Mapping[str, float] = field(default_factory=dict)

    def present(self) -> dict[str, float]:
        """The signals that are known, by name; a name among `others` never hides one of ours."""
        values = zip(NAMES, _values_of(self), strict=True)
        ours = {name: value for name, value in values if value is not None and isfinite(value)}
        if not self.others:
            return ours
        theirs = {name: value for name, value in self.others.items() if isfinite(value) and name not in _NAMES}
        return ours | theirs

    @classmethod
    def of(cls, values: Mapping[str, float]) -> "Signals":
        """Signals from names and numbers; names that are not ours go to `others`."""
        ours: Mapping[str, Any] = values
        if _NAMES.issuperset(values):
            return cls(**ours)
        ours = {name: value for name, value in values.items() if name in _NAMES}
        return cls(**ours, others={name: value for name, value in values.items() if name not in _NAMES})


NAMES: tuple[str, ...] = tuple(each.name for each in fields(Signals) if each.name != "others")
"""Signals that Remit knows, in a fixed order."""
_NAMES = frozenset(NAMES)
_values_of = attrgetter(*NAMES)

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            "intent_probability",
            "out_of_scope_probability",
            "grounding",
            "agreement",
            "stated_confidence",
            "track_record",
            "guard_score",
        ),
        "probability",
    ),
    "tool_errors": "count",
    "tool_successes": "count",
}


def kind_of(name: str) -> Kind:
    """How the signal is put on a scale: log odds, log of 1 + count, or as it is."""
    return _KINDS.get(name, "number")

"""What can be measured on live conversations, and who says how it went (docs/design/autonomy.md)."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from remit.evidence import LabelSource
from remit.policy.gates import AtLeast, AtMost, LiveGate, NoWorseThan


@dataclass(frozen=True, slots=True)
class LiveMetric:
    """A metric of live conversations.

    Args:
        name: As policies and observations name it.
        per: What is counted.
        labels: Who can say how it went.
        graded: Whether the loss has more values than 0 and 1.
        absolute: Whether a bound of its own makes sense; others can only be compared or observed.
        alike: Whether a loss of 0.5 means "as people", so that no figures of a baseline are needed.
    """

    name: str
    per: str
    labels: frozenset[LabelSource]
    graded: bool = False
    absolute: bool = True
    alike: bool = False


def _metrics(*metrics: LiveMetric) -> Mapping[str, LiveMetric]:
    return MappingProxyType({metric.name: metric for metric in metrics})


_EVENT = frozenset({LabelSource.EVENT})
METRICS = _metrics(
    LiveMetric("containment", "conversation", _EVENT),
    LiveMetric("bad_outcome", "contained_conversation", frozenset({LabelSource.HUMAN_CONFIRMED, LabelSource.JUDGE})),
    LiveMetric("critical_action", "governed_write", frozenset({LabelSource.STATE_CHECK, LabelSource.HUMAN_CONFIRMED})),
    LiveMetric("recontact", "contained_conversation", _EVENT),
    LiveMetric("csat", "answered_survey", frozenset({LabelSource.SURVEY}), graded=True, absolute=False),
    LiveMetric("turn", "turn", _EVENT),
    LiveMetric("handling_time", "conversation", _EVENT, graded=True, alike=True),
)
STARTED = "started"
"""The metric with which a conversation begins to count; about volume, not about quality."""
SAMPLED = "sampled"
"""The metric under which the draw is kept, whether experts look at a contained conversation."""


def labels_that_count(gate: LiveGate) -> frozenset[LabelSource]:
    """Whose word counts for the gate: a judge's only where the policy asks for it in so many words.

    Metrics on which no human is asked (events, surveys, state checks) count with their own label.
    """
    own = METRICS[gate.metric].labels if gate.metric in METRICS else frozenset(LabelSource)
    match gate.evidence.labels:
        case "any":
            return own
        case "judge":
            return own & {LabelSource.JUDGE}
        case "human_confirmed":
            return own & {LabelSource.HUMAN_CONFIRMED} if LabelSource.JUDGE in own else own


def budget(gate: LiveGate) -> float | None:
    """The error budget that the gate's losses are held against; None for a comparison with the stable release."""
    match gate.bound:
        case AtMost(rate):
            return rate
        case AtLeast(rate):
            return round(1.0 - rate, 12)
        case NoWorseThan("human_baseline", ratio) if gate.metric in METRICS and METRICS[gate.metric].alike:
            # The loss is time / (time + time of people): `ratio` times as long is a loss of ratio / (1 + ratio).
            return round(ratio / (1.0 + ratio), 12)
        case NoWorseThan():
            return None

"""What can have an objective. Indicators are kept apart by how late their labels come, and never blended into one."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from remit.evidence import LabelSource
from remit.evidence.live import Metric


class Use(StrEnum):
    """What an objective on an indicator can decide."""

    BUDGET = "budget"
    """An error budget: half burned raises sampling and freezes promotions, burned steps down."""
    FLOOR = "floor"
    """Usefulness: shown and told, nothing is narrowed by it."""
    COMPARED = "compared"
    """Few answer, and not at random: shown, judged only against the stable release, never by itself."""
    BURN_RATE = "burn_rate"
    """Many events and labels within seconds: multi-window burn alerts make sense."""


@dataclass(frozen=True, slots=True)
class Indicator:
    """One kind of outcome.

    Args:
        metric: As observations name it.
        noun: In names of exported metrics: `remit_<noun>_bad_total`, `remit_<noun>_matured_total`.
        use: What an objective on it can decide.
        per: What is counted, for people.
        latency: When it is known, for people.
        labels: Whose word counts.
    """

    metric: Metric
    noun: str
    use: Use
    per: str
    latency: str
    labels: frozenset[LabelSource]

    @property
    def comes_late(self) -> bool:
        """Whether conversations begin to count before their outcome is known."""
        return self.metric in (Metric.BAD_OUTCOME, Metric.RECONTACT)


def _table(*indicators: Indicator) -> Mapping[str, Indicator]:
    return MappingProxyType({indicator.metric.value: indicator for indicator in indicators})


_EVENT = frozenset({LabelSource.EVENT})
_CHECKED = frozenset({LabelSource.STATE_CHECK, LabelSource.HUMAN_CONFIRMED})
_CONFIRMED = frozenset({LabelSource.HUMAN_CONFIRMED})
_SURVEY = frozenset({LabelSource.SURVEY})

INDICATORS = _table(
    Indicator(Metric.CRITICAL_ACTION, "critical_action", Use.BUDGET, "governed write", "seconds", _CHECKED),
    Indicator(Metric.BAD_OUTCOME, "outcome", Use.BUDGET, "contained conversation", "hours to days", _CONFIRMED),
    Indicator(Metric.RECONTACT, "recontact", Use.BUDGET, "contained conversation", "up to the window", _EVENT),
    Indicator(Metric.CSAT, "csat", Use.COMPARED, "answered survey", "days", _SURVEY),
    Indicator(Metric.CONTAINMENT, "containment", Use.FLOOR, "conversation", "at once", _EVENT),
    Indicator(Metric.TURN, "turn", Use.BURN_RATE, "turn", "seconds", _EVENT),
)

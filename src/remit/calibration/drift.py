"""Traffic that no longer resembles what was certified: a pure monitor of scores and of what is out of scope.

A certificate holds for traffic like its labelled sample. What is watched is what can be seen without labels: how
often a score falls into each fifth of the certified scores, which intent is meant, and how much seems as far out of
scope as one in twenty of the certified did.
Each has a tolerated share; when one grows beyond it, a Shiryaev-Roberts detector crosses. In any change of a mix
some share grows, so that watching growth is enough.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from remit.conversations import IntentName
from remit.statistics import ChangeDetector, clopper_pearson

N_FIFTHS = 5
UNUSUAL = 0.05
TOLERANCE = 1.25
"""By how much a share may exceed the upper bound of its certified value."""
CONVERSATIONS_BETWEEN_FALSE_ALARMS = 20_000.0
_WATCHED_AT_MOST = 0.6
_DELTA = 0.05


@dataclass(frozen=True, slots=True)
class TrafficMix:
    """The traffic of a labelled sample.

    Args:
        n: Proposals in it.
        borders: Rising scores that cut the sample into fifths; fewer where scores are equal.
        in_parts: Proposals in each part, from the lowest scores up; one more than borders.
        by_intent: Proposals of each intent.
        unusual_from: Out-of-scope probability that one in twenty reached; None where none was known.
        n_unusual: Proposals that reached it.
        n_scoped: Proposals whose out-of-scope probability was known.
        n_out_of_scope: Proposals that experts labelled as out of scope.
    """

    n: int
    borders: tuple[float, ...]
    in_parts: tuple[int, ...]
    by_intent: Mapping[IntentName, int]
    unusual_from: float | None = None
    n_unusual: int = 0
    n_scoped: int = 0
    n_out_of_scope: int = 0

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float64],
        intents: Sequence[IntentName],
        out_of_scope: NDArray[np.float64],
        *,
        n_out_of_scope: int,
    ) -> "TrafficMix":
        """The mix of a sample; `out_of_scope` are probabilities, NaN where not known."""
        borders = tuple(float(one) for one in np.unique(np.quantile(scores, np.arange(1, N_FIFTHS) / N_FIFTHS)))
        parts = np.bincount(np.searchsorted(borders, scores, side="right"), minlength=len(borders) + 1)
        by_intent = dict(sorted(Counter(intents).items()))
        known = out_of_scope[~np.isnan(out_of_scope)]
        unusual = float(np.quantile(known, 1.0 - UNUSUAL)) if len(known) else None
        return cls(
            n=len(scores),
            borders=borders,
            in_parts=tuple(int(one) for one in parts),
            by_intent=by_intent,
            unusual_from=unusual,
            n_unusual=int((known >= unusual).sum()) if unusual is not None else 0,
            n_scoped=len(known),
            n_out_of_scope=n_out_of_scope,
        )

    def tolerated(self) -> dict[str, float]:
        """The share that each thing may have, by name; what could never be noticed to grow is left out."""
        counts = {f"scores {number}": count for number, count in enumerate(self.in_parts)}
        if len(self.by_intent) > 1:
            counts |= {f"intent {intent}": count for intent, count in self.by_intent.items()}
        shares = {name: clopper_pearson(count, self.n, delta=_DELTA).high for name, count in counts.items()}
        if self.n_scoped:
            shares["out of scope"] = clopper_pearson(self.n_unusual, self.n_scoped, delta=_DELTA).high
        return {name: share * TOLERANCE for name, share in shares.items() if share * TOLERANCE <= _WATCHED_AT_MOST}


@dataclass(frozen=True, slots=True)
class Seen:
    """One live proposal as the monitor sees it; None = not known."""

    score: float | None = None
    intent: IntentName | None = None
    out_of_scope_probability: float | None = None


@dataclass(frozen=True, slots=True)
class DriftMonitor:
    """Running state for one certificate; O(1) in the length of history.

    Guarantee: while each share stays within what is tolerated, given the past, an alarm comes on average not before
    `between_false_alarms` proposals (the mean of several Shiryaev-Roberts statistics on one clock). It says nothing
    of drift that these shares do not show, such as harder questions with the same scores: for that errors are watched.
    Held by tests/statistical/test_drift.py.
    """

    mix: TrafficMix
    detectors: Mapping[str, ChangeDetector]
    n_seen: int = 0
    between_false_alarms: float = CONVERSATIONS_BETWEEN_FALSE_ALARMS

    @classmethod
    def of(cls, mix: TrafficMix, *, between_false_alarms: float = CONVERSATIONS_BETWEEN_FALSE_ALARMS) -> "DriftMonitor":
        """A monitor that has seen nothing."""
        detectors = {name: ChangeDetector(eps=share) for name, share in mix.tolerated().items()}
        return cls(mix, detectors, 0, between_false_alarms)

    def after(self, seen: Seen) -> "DriftMonitor":
        """The state after one more proposal. What is not known of it moves nothing."""
        losses = self._losses(seen)
        detectors = {
            name: each.after(losses[name]) if name in losses else each for name, each in self.detectors.items()
        }
        return DriftMonitor(self.mix, detectors, self.n_seen + 1, self.between_false_alarms)

    @property
    def alarm(self) -> str:
        """What has grown, in words; empty while nothing alarms."""
        if not self.detectors:
            return ""
        statistic = sum(each.statistic for each in self.detectors.values()) / len(self.detectors)
        if statistic < self.between_false_alarms:
            return ""
        worst = max(self.detectors, key=lambda name: self.detectors[name].log_statistic)
        return (
            f"traffic no longer resembles the certified sample: {self._words(worst)} beyond the tolerated share of "
            f"{self.detectors[worst].eps:.3f} (Shiryaev-Roberts statistic {statistic:.3g} of "
            f"{self.between_false_alarms:g}, after {self.n_seen} proposals)"
        )

    def state(self) -> dict[str, Any]:
        """What a follower keeps: JSON values; the mix is the certificate's."""
        sums = {
            name: [None if log_sum == -inf else log_sum for log_sum in each.log_sums]
            for name, each in self.detectors.items()
        }
        return {"n_seen": self.n_seen, "log_sums": sums}

    def resumed(self, state: Mapping[str, Any]) -> "DriftMonitor":
        """This monitor with a state that `state` wrote."""
        detectors = {
            name: ChangeDetector(
                each.eps, tuple(-inf if one is None else float(one) for one in state["log_sums"][name])
            )
            for name, each in self.detectors.items()
        }
        return DriftMonitor(self.mix, detectors, int(state["n_seen"]), self.between_false_alarms)

    def _losses(self, seen: Seen) -> dict[str, float]:
        losses: dict[str, float] = {}
        if seen.score is not None:
            part = sum(seen.score >= border for border in self.mix.borders)
            losses |= {f"scores {number}": float(number == part) for number in range(len(self.mix.in_parts))}
        if seen.intent is not None:
            losses |= {f"intent {intent}": float(intent == seen.intent) for intent in self.mix.by_intent}
        if seen.out_of_scope_probability is not None and self.mix.unusual_from is not None:
            losses["out of scope"] = float(seen.out_of_scope_probability >= self.mix.unusual_from)
        return losses

    def _words(self, name: str) -> str:
        kind, _, which = name.partition(" ")
        if kind == "scores":
            low = self.mix.borders[int(which) - 1] if int(which) else 0.0
            high = self.mix.borders[int(which)] if int(which) < len(self.mix.borders) else 1.0
            return f"confidence between {low:.3f} and {high:.3f} has grown"
        if kind == "intent":
            return f"the share of {which!r} has grown"
        return "what seems out of scope has grown"

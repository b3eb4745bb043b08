"""An objective: which indicator, for what, how good, judged how. `adapters/formats/openslo.py` reads and writes it."""

from dataclasses import dataclass
from math import ceil

from remit.conversations import IntentName
from remit.documents import digest_of
from remit.slo.indicators import INDICATORS, Indicator

ERRORS_TO_READ = 10
"""Budgeted errors from which on a budget can be read: below, "exhausted" is said of healthy agents too often."""
SHORTEST_WINDOW_DAYS = 28
LONGEST_WINDOW_DAYS = 90
HALF_BURNED = 5.0
"""E-value of the rollback test from which on half of the budget counts as burned."""


@dataclass(frozen=True, slots=True)
class Objective:
    """A service level objective.

    Args:
        name: Unique in the policy: lower-case letters, digits and hyphens.
        service: What it belongs to, for other tools; Remit uses the agent's or policy's name.
        metric: Name of the indicator, one of `INDICATORS`.
        target: Wanted share of good ones, in (0, 1).
        intent: For this intent only; empty: see `per_intent`.
        per_intent: Each intent by itself instead of all together; means nothing with an `intent`.
        display_name: For people.
        description: What a bad one is, one sentence.
        window_days: Least days of the window, 28 to 90; it grows until `n_min` are in it, up to 90 days.
        matured_after_s: How long an outcome may still change; only for indicators that come late.
        alpha: Probability of a wrong `earned`, and of a wrong `burned` by the rollback test.
        min_evidence: Least outcomes before the budget is read; 0 takes ten budgeted errors.
        days_between_false_alarms: For the change detector while the rate is within the budget.
        labels: For other tools; carried along.
    """

    name: str
    service: str
    metric: str
    target: float
    intent: IntentName = IntentName("")
    per_intent: bool = True
    display_name: str = ""
    description: str = ""
    window_days: int = SHORTEST_WINDOW_DAYS
    matured_after_s: float = 7 * 86_400.0
    alpha: float = 0.05
    min_evidence: int = 0
    days_between_false_alarms: float = 90.0
    labels: tuple[tuple[str, str], ...] = ()

    @property
    def indicator(self) -> Indicator:
        """What is counted."""
        return INDICATORS[self.metric]

    @property
    def eps(self) -> float:
        """The error budget: the share of bad ones that is acceptable."""
        return round(1.0 - self.target, 12)

    @property
    def n_min(self) -> int:
        """Outcomes from which on the budget is read."""
        # The rounding keeps 10 / 0.02 at 500 where floating point makes it a little more.
        return max(self.min_evidence, ceil(round(ERRORS_TO_READ / self.eps, 9)))

    @property
    def digest(self) -> str:
        """Of everything that changes a count or a verdict: states under another digest begin again."""
        judged = (
            self.name,
            self.metric,
            self.target,
            self.intent,
            self.per_intent,
            self.matured_after_s,
            self.alpha,
            self.min_evidence,
            self.days_between_false_alarms,
        )
        return digest_of(judged)[:12]

"""The conditions under which something narrows at once, and what is done then."""

from dataclasses import dataclass
from typing import Literal

Do = Literal["demote", "rollback", "stop", "raise_sampling", "freeze"]

SEVERITY: dict[Do, int] = {"raise_sampling": 0, "freeze": 1, "demote": 2, "rollback": 3, "stop": 4}
"""How much each takes, least first."""


@dataclass(frozen=True, slots=True)
class ChangeDetected:
    """The metric's loss rate has risen above its budget.

    Args:
        metric: What is watched; its budget is the `at_most` of a live gate on it, else the level's `error_at_most`.
        days_between_false_alarms: Wanted mean time between false alarms.
        pool: Risk class of `calibration.pools` whose intents are watched together; empty: each by itself.
    """

    metric: str
    days_between_false_alarms: float = 90.0
    pool: str = ""


@dataclass(frozen=True, slots=True)
class CanaryWorse:
    """Errors come from the canary more often than its share of the traffic explains; `confidence` is 1 - alpha."""

    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class GuardrailBreach:
    """One confirmed critical event, or with `any` one breach of whatever kind; no statistics."""

    severity: Literal["critical", "any"]


@dataclass(frozen=True, slots=True)
class BudgetSpent:
    """The error budget of a metric is burned beyond doubt, or half of it is gone.

    Args:
        state: `burned` is an anytime-valid test; `half_burned` is plain counting, and a reason to look closer.
        metric: Whose budget.
        confidence: 1 - alpha of `burned`.
        pool: As for `ChangeDetected`: the average of the evidence of its intents.
    """

    state: Literal["burned", "half_burned"]
    metric: str = "bad_outcome"
    confidence: float = 0.95
    pool: str = ""


Condition = ChangeDetected | CanaryWorse | GuardrailBreach | BudgetSpent


@dataclass(frozen=True, slots=True)
class RollbackRule:
    """When something happens, do something at once; it needs no gate."""

    when: Condition
    do: Do


def condition_words(condition: Condition) -> str:
    """The condition in words, such as `bad_outcome has changed (90 days between false alarms)`."""
    match condition:
        case ChangeDetected(metric, days, pool):
            return f"{metric}{_pool_words(pool)} has changed ({days:g} days between false alarms)"
        case CanaryWorse(confidence):
            return f"the canary is worse than stable (confidence {confidence:g})"
        case GuardrailBreach(severity):
            return "one critical event is confirmed" if severity == "critical" else "a guardrail finds anything"
        case BudgetSpent("burned", metric, confidence, pool):
            return f"the budget of {metric}{_pool_words(pool)} is burned (confidence {confidence:g})"
        case BudgetSpent(_, metric, _, pool):
            return f"half of the budget of {metric}{_pool_words(pool)} is gone"


def _pool_words(pool: str) -> str:
    return f" over the intents of {pool}" if pool else ""

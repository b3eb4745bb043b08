"""Pure numbers in, numbers out: the methods by which evidence becomes a verdict (docs/design/statistics.md)."""

from remit.statistics.binomial import clopper_pearson, trials_without_error
from remit.statistics.confidence_sequence import confidence_sequence
from remit.statistics.e_process import Wealth, e_value, log_e_value
from remit.statistics.intervals import Bounds
from remit.statistics.pass_hat_k import PassHatK, ScenarioCounts, mean_pass_hat_k, pass_hat_k
from remit.statistics.planning import expected_without_error, further_at_present_rate, further_without_error

__all__ = [
    "Bounds",
    "PassHatK",
    "ScenarioCounts",
    "Wealth",
    "clopper_pearson",
    "confidence_sequence",
    "e_value",
    "expected_without_error",
    "further_at_present_rate",
    "further_without_error",
    "log_e_value",
    "mean_pass_hat_k",
    "pass_hat_k",
    "trials_without_error",
]

"""Pure numbers in, numbers out: the methods by which evidence becomes a verdict (docs/design/statistics.md)."""

from remit.statistics.active_planning import JudgedPlan, plan_with_judge
from remit.statistics.active_sampling import ActiveEvidence, VerdictCounts
from remit.statistics.agreement import Kappa, cohen_kappa
from remit.statistics.alpha_ledger import AlphaLedger
from remit.statistics.binomial import clopper_pearson, trials_without_error
from remit.statistics.change_detection import ChangeDetector, alarm_threshold, total_statistic
from remit.statistics.confidence_sequence import confidence_sequence, confidence_sequence_of_counts
from remit.statistics.design_effect import Clusters, DesignEffect, discounted, discounted_log_e, largest
from remit.statistics.e_process import Wealth, e_value, log_e_value
from remit.statistics.error_origin import Arm, ArmError, ErrorOrigin, SampleRatio
from remit.statistics.intervals import Bounds
from remit.statistics.late_detection import LateDetector
from remit.statistics.late_labels import LateCounts
from remit.statistics.operating_characteristics import (
    OperatingCharacteristics,
    conversations_to_burn,
    conversations_to_earn,
    days_for,
    operating_characteristics,
)
from remit.statistics.paired import (
    PairedCounts,
    mcnemar_p_value,
    minimum_detectable_difference,
    paired_log_e,
    paired_loss,
)
from remit.statistics.pass_hat_k import PassHatK, ScenarioCounts, mean_pass_hat_k, pass_hat_k
from remit.statistics.planning import (
    expected_without_error,
    first_crossing,
    further_at_present_rate,
    further_without_error,
    further_without_error_from_counts,
)
from remit.statistics.pooling import average_log_e
from remit.statistics.prediction_powered import PredictionPowered, prediction_powered_mean

__all__ = [
    "ActiveEvidence",
    "AlphaLedger",
    "Arm",
    "ArmError",
    "Bounds",
    "ChangeDetector",
    "Clusters",
    "DesignEffect",
    "ErrorOrigin",
    "JudgedPlan",
    "Kappa",
    "LateCounts",
    "LateDetector",
    "OperatingCharacteristics",
    "PairedCounts",
    "PassHatK",
    "PredictionPowered",
    "SampleRatio",
    "ScenarioCounts",
    "VerdictCounts",
    "Wealth",
    "alarm_threshold",
    "average_log_e",
    "clopper_pearson",
    "cohen_kappa",
    "confidence_sequence",
    "confidence_sequence_of_counts",
    "conversations_to_burn",
    "conversations_to_earn",
    "days_for",
    "discounted",
    "discounted_log_e",
    "e_value",
    "expected_without_error",
    "first_crossing",
    "further_at_present_rate",
    "further_without_error",
    "further_without_error_from_counts",
    "largest",
    "log_e_value",
    "mcnemar_p_value",
    "mean_pass_hat_k",
    "minimum_detectable_difference",
    "operating_characteristics",
    "paired_log_e",
    "paired_loss",
    "pass_hat_k",
    "plan_with_judge",
    "prediction_powered_mean",
    "total_statistic",
    "trials_without_error",
]

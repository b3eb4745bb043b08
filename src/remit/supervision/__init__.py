"""What experts look at and what they say of it: sampling, labels, disputes, agreement."""

from remit.supervision.labels import Label, LabelOutcome, LabelRules, LabelVerdict
from remit.supervision.sampling import Draw, SamplingPlan, Stratum

__all__ = ["Draw", "Label", "LabelOutcome", "LabelRules", "LabelVerdict", "SamplingPlan", "Stratum"]

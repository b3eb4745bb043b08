"""Tasks and results files of tau-bench and tau2-bench, as scenarios and recorded runs."""

from remit.adapters.formats.tau.results import Tau1Rule, differing_parts, read_results
from remit.adapters.formats.tau.tasks import NOT_RECOMPUTED, holds_tasks, read_tasks

__all__ = ["NOT_RECOMPUTED", "Tau1Rule", "differing_parts", "holds_tasks", "read_results", "read_tasks"]

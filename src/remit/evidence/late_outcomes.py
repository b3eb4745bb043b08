"""What one observation changes in the four counts of outcomes that become known late."""

from dataclasses import dataclass

from remit.evidence.live import Metric
from remit.evidence.observations import Observation, Outcome


@dataclass(frozen=True, slots=True)
class LateChange:
    """To be added to the counts of `remit.statistics.late_labels.LateCounts`; each is -1, 0 or 1.

    Args:
        n_started: A conversation began to count for this metric.
        n_matured: Its outcome can no longer change.
        n_errors: A failure became known, or was taken back.
        n_errors_matured: The same among the matured.
    """

    n_started: int = 0
    n_matured: int = 0
    n_errors: int = 0
    n_errors_matured: int = 0


NOTHING = LateChange()


def change_of(seen: Observation, metric: Metric) -> LateChange:
    """What the observation changes for `bad_outcome` or `recontact`, from the observation alone.

    For `bad_outcome` a conversation begins to count when it is drawn for a look, for `recontact` when it ended
    contained with a customer who can be recognised. A disputed outcome counts neither way until it is settled:
    it still weighs as a conversation that has begun.
    """
    if _begins(seen, metric):
        return LateChange(n_started=1)
    if seen.metric != metric:
        return NOTHING
    before, now = _before(seen), seen.outcome is Outcome.FAILED
    was_matured = bool(seen.details.get("was_matured", False))
    matured = seen.matured and seen.outcome.counts
    matured_before = was_matured and seen.details.get("was") != Outcome.DISPUTED
    return LateChange(
        n_matured=matured - matured_before,
        n_errors=now - before,
        n_errors_matured=(now and matured) - (before and matured_before),
    )


def _begins(seen: Observation, metric: Metric) -> bool:
    if metric is Metric.BAD_OUTCOME:
        return seen.metric == Metric.SAMPLED and seen.details.get("drawn") is True
    if metric is Metric.RECONTACT:
        contained = seen.metric == Metric.CONTAINMENT and seen.outcome is Outcome.PASSED
        return contained and "recontact_until" in seen.details
    raise ValueError(f"{metric} is known at once; only bad_outcome and recontact come late")


def _before(seen: Observation) -> bool:
    return seen.details.get("was") == Outcome.FAILED

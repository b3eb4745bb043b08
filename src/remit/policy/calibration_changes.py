"""What a change of the certification of thresholds grants and takes."""

from collections.abc import Iterator

from remit.policy.changes import Direction, PolicyChange, more
from remit.policy.model import CalibrationPolicy, Risk


def calibration_changes(old: CalibrationPolicy, new: CalibrationPolicy) -> Iterator[PolicyChange]:
    """Pools, how long certificates hold, and what experts can look at."""
    where = "calibration"
    for pool in [*new.pools, *(pool for pool in old.pools if pool not in new.pools)]:
        before, after = old.pools.get(pool, ()), new.pools.get(pool, ())
        if before != after:
            # Pooled intents can be certified by the labels of others: a larger pool grants, whatever else it does.
            direction = Direction.GRANTS if set(after) - set(before) else Direction.TAKES
            what = f"pool {pool!r} changed from {_names(before)} to {_names(after)}"
            yield PolicyChange(where, direction, what)
    if old.valid_for_s != new.valid_for_s:
        what = f"certificates hold {new.valid_for_s / 86400:g} days instead of {old.valid_for_s / 86400:g}"
        yield PolicyChange(where, more(old.valid_for_s, new.valid_for_s), what)
    if old.expert_share != new.expert_share:
        # Experts see each of these: neither more nor fewer of them let the agent act alone.
        before_words, after_words = (
            "the level says" if share is None else f"{share:g}" for share in (old.expert_share, new.expert_share)
        )
        what = f"share of proposals that experts can look at changed from {before_words} to {after_words}"
        yield PolicyChange(where, Direction.NEUTRAL, what)


def definition_change(old: Risk, new: Risk) -> Iterator[tuple[Direction, str]]:
    """Errors per contained conversation are the stricter count."""
    if old.definition != new.definition:
        direction = Direction.GRANTS if new.definition == "error_per_conversation" else Direction.TAKES
        yield direction, f"the error rate is {new.definition} instead of {old.definition}"


def _names(intents: tuple[str, ...]) -> str:
    return ", ".join(intents) or "nothing"

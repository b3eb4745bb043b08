"""How an observation changes running counts: what cannot change any more counts, once, as it stands now."""

from dataclasses import dataclass

from remit.evidence.observations import Observation, Outcome


@dataclass(frozen=True, slots=True)
class CountChange:
    """To be added to the counts of an aggregate."""

    n_passed: int = 0
    n_failed: int = 0
    n_not_counted: int = 0

    @property
    def is_nothing(self) -> bool:
        """Whether nothing changes."""
        return not (self.n_passed or self.n_failed or self.n_not_counted)


def count_change(seen: Observation) -> CountChange:
    """+1 for a matured outcome; a revision of a matured one also takes the earlier back (see `live.revised_from`)."""
    if not seen.matured:
        return CountChange()
    before = str(seen.details["was"]) if seen.details.get("was_matured") else ""
    return CountChange(
        n_passed=(seen.outcome is Outcome.PASSED) - (before == Outcome.PASSED),
        n_failed=(seen.outcome is Outcome.FAILED) - (before == Outcome.FAILED),
        n_not_counted=(not seen.outcome.counts) - (bool(before) and not Outcome(before).counts),
    )

"""Many equal rows at once: what the reducers of the gates and monitors would hold after them, in closed form.

The first row of such a run always goes through the reducer itself, so that what it does once (begin again after an
alarm, settle, close old days) is its own doing; these functions add the rest. tests/unit/simulation/test_folding.py
holds them against the reducers, row by row.
"""

from collections.abc import Mapping
from dataclasses import replace
from math import exp, expm1, inf, log, log1p

from remit.control.rates import Watched
from remit.gates.live_counts import LiveCounts, Part
from remit.slo.counting import Counts, merged, total
from remit.statistics import Clusters, LateDetector
from remit.statistics.change_detection import detector_stakes
from remit.statistics.late_detection import OpenDay

FAILED_CLASS, PASSED_CLASS = 40, 0


def more_matured(
    state: LiveCounts, name: str, day: str, *, n: int, n_failed: int, buckets: Mapping[int, tuple[int, int]]
) -> LiveCounts:
    """The counts of a gate after `n` further matured outcomes of one day, label and stratum.

    Args:
        state: After the first row of the run, so that the day is open.
        name: The part, `<label>|<stratum>`.
        day: As the ledger writes it.
        n: Outcomes.
        n_failed: Bad ones among them; each had been open.
        buckets: Outcomes and bad ones by bucket of customers.
    """
    part = state.parts[name]
    held, lost = part.days[day]
    losses = dict(part.losses)
    for which, count in ((PASSED_CLASS, n - n_failed), (FAILED_CLASS, n_failed)):
        if count:
            losses[which] = losses.get(which, 0) + count
    customers = dict(part.customers)
    for bucket, (more, more_lost) in buckets.items():
        known, known_lost = customers.get(bucket, (0, 0.0))
        customers[bucket] = (known + more, known_lost + more_lost)
    after = Part(
        losses=losses,
        loss=part.loss + n_failed,
        loss_squared=part.loss_squared + n_failed,
        days={**part.days, day: (held + n, lost + n_failed)},
        closed=part.closed,
        customers=customers,
        first_day=part.first_day,
        last_day=part.last_day,
        least_pi=part.least_pi,
    )
    return replace(state, parts={**state.parts, name: after}, n_open=max(0, state.n_open - n_failed))


def more_of_a_rate(state: Watched, day: str, stratum: str, change: Counts, *, n_starts: int = 0) -> Watched:
    """What a monitor of a rate holds after further rows of one day that bring no new failure.

    Args:
        state: After the first row of the run, so that the day is open.
        day: As the ledger writes it.
        stratum: Which.
        change: To be added to the counts.
        n_starts: How many conversations begin, for the detector.
    """
    counts = state.counts
    before, more = counts.days[day], {stratum: change}
    after = merged(before, more)
    detector = counts.detector
    if n_starts and isinstance(detector, LateDetector):
        detector = more_starts(detector, n_starts)
    counts = replace(
        counts,
        days={**counts.days, day: after},
        whole=merged(counts.whole, more),
        clusters=_with_more(counts.clusters, total(before), total(after)),
        detector=detector,
    )
    return replace(state, counts=counts)


def _with_more(clusters: Clusters, before: Counts, after: Counts) -> Clusters:
    """A day that was counted with fewer conversations; its failures are the same."""
    n_old, n_new = max(before.n_begun, before.n_errors), max(after.n_begun, after.n_errors)
    lost = before.n_errors**2
    spread = clusters.spread + (lost / n_new if n_new else 0.0) - (lost / n_old if n_old else 0.0)
    n_clusters = clusters.n_clusters + bool(n_new) - bool(n_old)
    return replace(clusters, n_clusters=n_clusters, n=clusters.n + n_new - n_old, spread=spread)


def more_starts(detector: LateDetector, n: int) -> LateDetector:
    """The detector after `n` further conversations begin on its newest day.

    One start turns a sum R into (1 + R) c with c = 1 - lambda eps, so n of them give c^n R + c (1 - c^n) / (1 - c);
    what is kept of a day before its charges grows by c^-m for the m-th conversation since the last settling.
    """
    charge = [log1p(-stake * detector.eps) for stake in detector_stakes(detector.eps)]
    opened, sums = [], []
    for paid, day, held in zip(charge, detector.days[-1].log_sums, detector.log_sums, strict=True):
        growth = log(-expm1(n * paid)) - log(-expm1(paid))
        sums.append(_log_add(held + n * paid, paid + growth))
        # The sum over m = n0 .. n0 + n - 1 of c^-m is c^-(n0 + n - 1) (1 - c^n) / (1 - c).
        opened.append(_log_add(day, -(detector.n_charged + n - 1) * paid + growth))
    days = (*detector.days[:-1], OpenDay(detector.days[-1].number, tuple(opened)))
    return replace(detector, days=days, n_charged=detector.n_charged + n, log_sums=tuple(sums))


def _log_add(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return high if low == -inf else high + log1p(exp(low - high))

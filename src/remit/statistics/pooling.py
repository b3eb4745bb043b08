"""One verdict from the evidence of several intents or rules: the average of e-values."""

from collections.abc import Sequence
from math import fsum, inf, log

from remit.errors import StatisticsError
from remit.statistics.e_process import mixture


def average_log_e(log_es: Sequence[float], *, weights: Sequence[float] | None = None) -> float:
    """Log of the weighted average of e-values, for "at least one of these is burned".

    Guarantee: under any dependence between the parts, the average of e-processes is ever at least 1/alpha
    with probability at most alpha, as long as all of them are read on ONE common clock (each as it stands
    at the same moment, never each at its own best moment) and the weights were fixed before the data.
    A promotion that needs several gates needs no average: all must pass. Held by
    tests/statistical/test_pooling.py.

    Args:
        log_es: Log evidence of each part at the same moment; an intent without data brings 0.0.
        weights: Fixed in advance, not negative, with a positive sum; equal if left out.

    Raises:
        StatisticsError: Nothing to average, or impossible weights.

    Source:
        Vovk & Wang (2021), Annals of Statistics 49(3):1736-1754, arXiv 1912.06116.
    """
    if not log_es:
        raise StatisticsError("there is no evidence to average; name the intents that are watched together.")
    if weights is None:
        return mixture(log_es)
    total = fsum(weights)
    if len(weights) != len(log_es) or min(weights) < 0.0 or not 0.0 < total < inf:
        raise StatisticsError(f"{len(weights)} weights that add up to {total!r} do not fit {len(log_es)} e-values.")
    # mixture() divides by the number of parts, which weights of mean 1 give back.
    scaled = (weight * len(log_es) / total for weight in weights)
    return mixture(one + log(weight) if weight > 0.0 else -inf for one, weight in zip(log_es, scaled, strict=True))

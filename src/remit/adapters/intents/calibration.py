"""From margins to probabilities: fitted on messages that the separators had not seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from remit.adapters.intents.linear import Evidence
from remit.adapters.intents.logistic import Array, fit_logistic, sigmoid
from remit.errors import SettingsError

_SCOPE_PENALTY = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """Two fitted curves.

    Args:
        sharpness: Inverse temperature of the softmax over the margins.
        scope: Slopes and offset of the log-odds that the message belongs to an intent at all.
    """

    sharpness: float
    scope: tuple[float, ...]

    def shares(self, evidence: Evidence) -> Array:
        """Shape (n_intents,): probability of each intent if the message is in scope; sums to 1."""
        scaled = self.sharpness * evidence.margins.astype(np.float64)
        powers = np.exp(scaled - scaled.max())
        return np.asarray(powers / powers.sum(), dtype=np.float64)

    def in_scope_probability(self, evidence: Evidence) -> float:
        """Probability that the message belongs to any of the intents."""
        *slopes, offset = self.scope
        return sigmoid(math.fsum(s * x for s, x in zip(slopes, _scope_inputs(evidence), strict=True)) + offset)


def _scope_inputs(evidence: Evidence) -> tuple[float, float, float]:
    """Best margin, lead over the second, closeness to the nearest intent's mean example."""
    if len(evidence.margins) == 1:
        return float(evidence.margins[0]), 0.0, evidence.closeness
    second, best = np.partition(evidence.margins, -2)[-2:]
    return float(best), min(float(best - second), 2.0), evidence.closeness


def fit_sharpness(unseen: Sequence[Evidence], labels: Sequence[int]) -> float:
    """The inverse temperature that makes unseen messages most likely; 0.25 to 20."""
    if len(unseen) == 0 or len(unseen[0].margins) < 2:
        return 1.0
    margins = np.array([evidence.margins for evidence in unseen], dtype=np.float64)
    right = np.array(labels)
    candidates = np.geomspace(0.25, 20.0, 90)
    costs = [_chance_guarded_cost(margins * candidate, right) for candidate in candidates]
    return float(candidates[int(np.argmin(costs))])


def _chance_guarded_cost(scaled: Array, right: "np.typing.NDArray[np.int_]") -> float:
    """Negative log likelihood plus one imagined wrong answer among the messages, its cost averaged over them."""
    shifted = scaled - scaled.max(axis=1, keepdims=True)
    log_shares = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    cost = -float(log_shares[np.arange(len(right)), right].sum())
    ordered = np.sort(log_shares, axis=1)
    return cost - float(ordered[:, -2].mean())


def fit_scope(
    inside: Sequence[Evidence], outside: Sequence[Evidence], *, out_of_scope_share: float
) -> tuple[float, ...]:
    """Log-odds of being in scope, weighted so that `out_of_scope_share` of the traffic is outside."""
    if not 0.0 < out_of_scope_share < 1.0:
        raise SettingsError(
            f"the out-of-scope share is {out_of_scope_share}, which is no share of the traffic.\n"
            "  Give a number between 0 and 1, such as 0.2."
        )
    inputs = np.array([_scope_inputs(evidence) for evidence in (*inside, *outside)], dtype=np.float64)
    wanted = np.concatenate([np.ones(len(inside)), np.zeros(len(outside))])
    n_rows = len(inside) + len(outside)
    weights = np.concatenate(
        [
            np.full(len(inside), n_rows * (1.0 - out_of_scope_share) / len(inside)),
            np.full(len(outside), n_rows * out_of_scope_share / len(outside)),
        ]
    )
    return tuple(float(value) for value in fit_logistic(inputs, wanted, weights, penalty=_SCOPE_PENALTY))

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
    """Three fitted curves.

    Args:
        sharpness: Inverse temperature of the softmax over the margins.
        scope: Slopes and offset of the log-odds that the message belongs to an intent at all.
        best: Slopes and offset of the log-odds that the most probable intent is the one wanted. The product of
            the other two would be that probability too, but among messages that are all in scope their order
            would hang on how surely they are.
    """

    sharpness: float
    scope: tuple[float, ...]
    best: tuple[float, ...]

    def shares(self, evidence: Evidence) -> Array:
        """Shape (n_intents,): probability of each intent if the message is in scope; sums to 1."""
        scaled = self.sharpness * evidence.margins.astype(np.float64)
        powers = np.exp(scaled - scaled.max())
        return np.asarray(powers / powers.sum(), dtype=np.float64)

    def in_scope_probability(self, evidence: Evidence) -> float:
        """Probability that the message belongs to any of the intents."""
        return _curve(self.scope, _scope_inputs(evidence))

    def probabilities(self, evidence: Evidence) -> Array:
        """Shape (n_intents,): probability that each intent is the one wanted; the sum is at most 1.

        What the most probable one leaves is divided among the others and out of scope as the first two curves say.
        """
        shares, in_scope = self.shares(evidence), self.in_scope_probability(evidence)
        best = int(shares.argmax())
        wanted = _curve(self.best, _best_inputs(evidence, float(shares[best]), in_scope))
        left = (1.0 - wanted) / max(1.0 - float(shares[best]) * in_scope, 1e-12)
        # However little is left to the best, the others keep their order behind it; so does what rounding adds.
        found = np.minimum(shares * min(in_scope * left, wanted / float(shares[best])), wanted)
        found[best] = wanted
        return np.asarray(found, dtype=np.float64)


def _curve(fitted: tuple[float, ...], inputs: Sequence[float]) -> float:
    *slopes, offset = fitted
    return sigmoid(math.fsum(slope * value for slope, value in zip(slopes, inputs, strict=True)) + offset)


def _scope_inputs(evidence: Evidence) -> tuple[float, float, float]:
    """Best margin, lead over the second, closeness to the nearest intent's mean example."""
    if len(evidence.margins) == 1:
        return float(evidence.margins[0]), 0.0, evidence.closeness
    second, best = np.partition(evidence.margins, -2)[-2:]
    return float(best), min(float(best - second), 2.0), evidence.closeness


def _best_inputs(evidence: Evidence, share: float, in_scope: float) -> tuple[float, ...]:
    """Log-odds of the best share, and of being in scope where that is in doubt: beyond even odds it says no more.

    With embeddings, also log-odds of what the meaning alone gives the same intent: where words and meaning agree,
    the judgement is surer. Chosen on splits of Banking77 and CLINC150 that the published figures do not use.
    """
    inputs = _log_odds(share), min(_log_odds(in_scope), 0.0)
    if evidence.meaning is None:
        return inputs
    return (*inputs, _log_odds(float(evidence.meaning[int(evidence.margins.argmax())])))


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-6), 1.0 - 1e-6)
    return math.log(bounded / (1.0 - bounded))


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


def fit_calibration(
    inside: Sequence[Evidence], labels: Sequence[int], outside: Sequence[Evidence], *, out_of_scope_share: float
) -> Calibration:
    """All three curves, from messages of intents with their labels, and messages of none.

    Raises:
        SettingsError: The share is not in (0, 1).
    """
    sharpness = fit_sharpness(inside, labels)
    scope = fit_scope(inside, outside, out_of_scope_share=out_of_scope_share)
    first_two = Calibration(sharpness, scope, ())
    inputs = [
        _best_inputs(one, float(first_two.shares(one).max()), first_two.in_scope_probability(one))
        for one in (*inside, *outside)
    ]
    right = [float(int(one.margins.argmax()) == label) for one, label in zip(inside, labels, strict=True)]
    wanted = np.array([*right, *[0.0] * len(outside)])
    weights = _weights(len(inside), len(outside), out_of_scope_share)
    best = fit_logistic(np.array(inputs, dtype=np.float64), wanted, weights, penalty=_SCOPE_PENALTY)
    return Calibration(sharpness, scope, tuple(float(value) for value in best))


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
    weights = _weights(len(inside), len(outside), out_of_scope_share)
    return tuple(float(value) for value in fit_logistic(inputs, wanted, weights, penalty=_SCOPE_PENALTY))


def _weights(n_inside: int, n_outside: int, out_of_scope_share: float) -> Array:
    """Shape (n_inside + n_outside,): as if `out_of_scope_share` of the messages were outside."""
    n_rows = n_inside + n_outside
    return np.concatenate(
        [
            np.full(n_inside, n_rows * (1.0 - out_of_scope_share) / n_inside),
            np.full(n_outside, n_rows * out_of_scope_share / n_outside),
        ]
    )

"""Logistic regression on a handful of numbers, by Newton's method: small enough to keep start-up free of imports."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


_MAX_STEPS = 50


def sigmoid(value: float) -> float:
    """The logistic function, without overflow at either end."""
    if value >= 0:
        return float(1.0 / (1.0 + np.exp(-value)))
    small = float(np.exp(value))
    return small / (1.0 + small)


def fit_logistic(
    inputs: Array,
    wanted: Array,
    weights: Array,
    *,
    penalty: float = 1.0,
) -> Array:
    """Weighted maximum likelihood with a ridge on the slopes.

    Args:
        inputs: shape (n_rows, n_inputs).
        wanted: shape (n_rows,), probabilities in [0, 1].
        weights: shape (n_rows,), how many observations each row counts for.
        penalty: Ridge on the slopes; keeps them finite when the rows can be separated.

    Returns:
        shape (n_inputs + 1,): the slopes, then the offset.
    """
    design = np.hstack([inputs, np.ones((len(inputs), 1))])
    ridge = np.append(np.full(inputs.shape[1], penalty), 1e-6)
    beta = np.zeros(design.shape[1])
    for _ in range(_MAX_STEPS):
        probability = 1.0 / (1.0 + np.exp(-np.clip(design @ beta, -30.0, 30.0)))
        gradient = design.T @ (weights * (wanted - probability)) - ridge * beta
        curvature = weights * probability * (1.0 - probability)
        hessian = (design * curvature[:, None]).T @ design + np.diag(ridge)
        step = np.linalg.solve(hessian, gradient)
        # A full step may overshoot where the rows are almost separated.
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-8:
            break
    return np.asarray(beta, dtype=np.float64)

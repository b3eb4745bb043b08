"""Certifying with a judge: valid whatever the judge is worth, and cheaper with a good one."""

from math import exp, log

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.statistics import ActiveEvidence, plan_with_judge
from remit.statistics.active_sampling import STAKES
from statistical.simulation import seeded

pytestmark = pytest.mark.statistical


@settings(max_examples=25)
@given(
    eps=st.floats(0.005, 0.6),
    rate_over_eps=st.floats(1.0, 1.6),
    sensitivity=st.floats(0.0, 1.0),
    specificity=st.floats(0.0, 1.0),
    pi=st.tuples(st.floats(0.1, 0.99), st.floats(0.1, 0.99)),
)
def test_whatever_the_judge_the_mean_evidence_never_grows_outside_the_budget(
    eps: float, rate_over_eps: float, sensitivity: float, specificity: float, pi: tuple[float, float]
) -> None:
    """Exact over all verdicts, draws and labels of three conversations; at the border it is exactly one."""
    rate = min(1.0, eps * rate_over_eps)

    def mean_e(state: ActiveEvidence, left: int) -> float:
        if not left:
            return exp(state.log_e)
        total = 0.0
        for verdict, chance_if_wrong, probability in (
            ("flagged", sensitivity, pi[0]),
            ("other", 1 - sensitivity, pi[1]),
        ):
            chance_if_right = 1 - specificity if verdict == "flagged" else specificity
            wrong, right = rate * chance_if_wrong, (1 - rate) * chance_if_right
            outcomes = (
                (None, (wrong + right) * (1 - probability)),
                (1.0, wrong * probability),
                (0.0, right * probability),
            )
            total += sum(
                weight * mean_e(state.after(verdict=verdict, pi=probability, loss=loss), left - 1)
                for loss, weight in outcomes
                if weight > 0.0
            )
        return total

    mean = mean_e(ActiveEvidence(eps=eps, least_pi=0.1), 3)

    assert mean <= 1.0 + 1e-9
    if rate == eps:
        assert mean == pytest.approx(1.0, rel=1e-9)


# ── 11. a judge that is right in 90 of 100 cases either way, pi = (0.5, 0.1) ─────────────────────
class Batch:
    """Many streams side by side; checked against `ActiveEvidence`."""

    def __init__(self, n_runs: int, *, eps: float, pi: tuple[float, float]) -> None:
        self.eps, self.pi = eps, np.array(pi)
        self.scale = 1.0 / min(pi) - eps
        self.log_wealths = np.zeros((n_runs, len(STAKES)))
        self.labels, self.losses = np.zeros((n_runs, 2)), np.zeros((n_runs, 2))
        self.rows = np.arange(n_runs)

    def see(self, verdict: np.ndarray, labelled: np.ndarray, wrong: np.ndarray) -> np.ndarray:
        """verdict: shape (n_runs,), 0 = flagged, 1 = other. Returns log evidence, shape (n_runs,)."""
        guess = (self.losses[self.rows, verdict] + self.eps) / (self.labels[self.rows, verdict] + 1)
        estimate = guess + np.where(labelled, (wrong - guess) / self.pi[verdict], 0.0)
        self.log_wealths += np.log1p(np.array(STAKES) * ((self.eps - estimate) / self.scale)[:, None])
        self.labels[self.rows, verdict] += labelled
        self.losses[self.rows, verdict] += labelled & wrong
        return np.asarray(np.logaddexp.reduce(self.log_wealths, axis=1) - log(len(STAKES)))


def conversations(
    rng: np.random.Generator, n_runs: int, *, rate: float, judge: float, pi: tuple[float, float]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    wrong = rng.random(n_runs) < rate
    verdict = np.where((rng.random(n_runs) < judge) == wrong, 0, 1)
    return verdict, rng.random(n_runs) < np.array(pi)[verdict], wrong


def labels_to_certify(*, rate: float, judge: float, n_runs: int, n: int, seed: int) -> np.ndarray:
    rng, pi = seeded(seed), (0.5, 0.1)
    batch = Batch(n_runs, eps=0.02, pi=pi)
    needed = np.full(n_runs, np.inf)
    for _ in range(n):
        log_e = batch.see(*conversations(rng, n_runs, rate=rate, judge=judge, pi=pi))
        crossed = (log_e >= log(20)) & np.isinf(needed)
        needed[crossed] = batch.labels[crossed].sum(axis=1)
    return needed


def test_a_batch_is_the_evidence() -> None:
    rng, pi = seeded(20261121), (0.5, 0.1)
    batch, state = Batch(1, eps=0.02, pi=pi), ActiveEvidence(eps=0.02, least_pi=0.1)
    for _ in range(400):
        verdict, labelled, wrong = conversations(rng, 1, rate=0.05, judge=0.9, pi=pi)
        log_e = batch.see(verdict, labelled, wrong)
        state = state.after(
            verdict="other" if verdict[0] else "flagged",
            pi=pi[verdict[0]],
            loss=float(wrong[0]) if labelled[0] else None,
        )

        assert state.log_e == pytest.approx(float(log_e[0]), abs=1e-9)
    assert state.n == 400
    assert state.n_labels == batch.labels.sum()


def test_an_agent_at_its_limit_is_certified_no_more_often_than_alpha() -> None:
    needed = labels_to_certify(rate=0.02, judge=0.9, n_runs=300, n=6000, seed=20261122)

    assert np.isfinite(needed).mean() <= 0.05


def test_a_good_agent_is_certified_with_as_few_labels_as_published() -> None:
    """Published median 736 (300 runs here, within 10 %); a plain sample takes 935."""
    needed = labels_to_certify(rate=0.01, judge=0.9, n_runs=300, n=8000, seed=20261123)

    assert np.median(needed) == pytest.approx(736, rel=0.10)


def test_a_better_judge_saves_more() -> None:
    needed = labels_to_certify(rate=0.01, judge=0.95, n_runs=200, n=5500, seed=20261124)

    assert np.median(needed) == pytest.approx(615, rel=0.10)


# ── said before the first label ───────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("rate", "sensitivity", "specificity", "median", "ninetieth"),
    [
        (0.01, 0.9, 0.9, 736, 1382),
        (0.01, 0.95, 0.95, 615, 928),
        (0.01, 0.7, 0.98, 720, 1395),
        (0.01, 0.9, 0.98, 593, 1030),
        (0.005, 0.9, 0.9, 434, 646),
        (0.005, 0.95, 0.95, 377, 524),
        (0.005, 0.9, 0.98, 342, 490),
    ],
)
def test_a_plan_is_cautious_beside_the_published_labels(
    rate: float, sensitivity: float, specificity: float, median: int, ninetieth: int
) -> None:
    plan = plan_with_judge(
        eps=0.02,
        true_rate=rate,
        alpha=0.05,
        sensitivity=sensitivity,
        specificity=specificity,
        pi_flagged=0.5,
        pi_other=0.1,
    )

    assert plan is not None
    assert median <= plan.n_labels <= 1.25 * median
    assert plan.n_labels < ninetieth


def test_at_the_limit_there_is_no_plan() -> None:
    options = {"alpha": 0.05, "sensitivity": 0.9, "specificity": 0.9, "pi_flagged": 0.5, "pi_other": 0.1}

    assert plan_with_judge(eps=0.02, true_rate=0.02, **options) is None

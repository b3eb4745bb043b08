"""Certificates on real messages, vendors' confidences, real LLM agents and judges (../shared beside the checkout)."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from remit.adapters.intents.local import LocalIntents
from remit.calibration.judges import JudgeAccepted, JudgedCase, JudgeRefused, validate_judge
from remit.calibration.risk_coverage import naive_threshold
from remit.calibration.track_record import TrackRecords
from remit.conversations import IntentName, Message
from remit.statistics.thresholds import SelectedThreshold, select_threshold

pytestmark = [pytest.mark.shared, pytest.mark.statistical]

DELTA = 0.05
N_RESPLITS = 300
OUT_OF_SCOPE = "oos"
THEN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pool:
    """Scores of messages that the classifier has not seen, and whether its intent was wrong."""

    scores: NDArray[np.float64]
    wrong: NDArray[np.bool_]


def rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        yield from (json.loads(line) for line in lines)


def pool_of(messages: list[dict[str, Any]], *, n_intents: int, n_taught: int, n_pool: int) -> Pool:
    """A few intents, few examples each: what a policy has. The rest is the pool; other intents are out of scope."""
    rng = np.random.default_rng(0)
    shuffled = [messages[number] for number in rng.permutation(len(messages))]
    chosen = sorted({row["intent"] for row in messages} - {OUT_OF_SCOPE})[:n_intents]
    taught: dict[IntentName, list[str]] = {IntentName(intent): [] for intent in chosen}
    unseen = []
    for row in shuffled:
        own = taught.get(row["intent"])
        if own is not None and len(own) < n_taught:
            own.append(row["text"])
        elif own is not None or row["intent"] == OUT_OF_SCOPE:
            unseen.append(row)
    classifier = LocalIntents.train(taught)
    scores, wrong = [], []
    for row in unseen[:n_pool]:
        estimate = classifier.judge([Message("customer", row["text"], THEN)])
        best = estimate.guesses[0] if estimate.guesses else None
        scores.append(best.probability if best else 0.0)
        wrong.append(best is None or best.intent != row["intent"])
    return Pool(np.array(scores), np.array(wrong))


@dataclass(frozen=True, slots=True)
class Resplits:
    """How often each way misses the target on the whole pool; `containment` is the certified mean."""

    n_violated: int
    n_naive_violated: int
    containment: float


def resplit(pool: Pool, target: float, *, n_labels: int) -> Resplits:
    rng = np.random.default_rng(11)
    violated = naive_violated = 0
    containment = 0.0
    for _ in range(N_RESPLITS):
        drawn = rng.permutation(len(pool.scores))[:n_labels]
        scores, wrong = pool.scores[drawn], pool.wrong[drawn]
        result = select_threshold(scores, wrong, error_at_most=target, delta=DELTA)
        if isinstance(result, SelectedThreshold):
            contained = pool.scores >= result.threshold
            violated += pool.wrong[contained].mean() > target
            containment += contained.mean() / N_RESPLITS
        naive = naive_threshold(scores, wrong, error_at_most=target)
        if naive is not None:
            naive_violated += pool.wrong[pool.scores >= naive].mean() > target
    print(
        f"target {target}: {violated} violations, naive {naive_violated} of {N_RESPLITS}, {containment:.3f} contained"
    )
    return Resplits(violated, naive_violated, containment)


MOST_VIOLATIONS = N_RESPLITS * (DELTA + 2 * (DELTA * (1 - DELTA) / N_RESPLITS) ** 0.5)


@pytest.fixture(scope="module")
def banking77(shared_data: Path) -> Pool:
    return pool_of(list(rows(shared_data / "banking77/train.jsonl.gz")), n_intents=30, n_taught=15, n_pool=3_000)


@pytest.fixture(scope="module")
def clinc150(shared_data: Path) -> Pool:
    messages = [row for part in ("train", "val") for row in rows(shared_data / f"clinc150/{part}.jsonl.gz")]
    return pool_of(messages, n_intents=40, n_taught=15, n_pool=3_000)


@pytest.mark.parametrize("target", [0.01, 0.02, 0.05])
def test_on_banking_messages_the_target_is_kept_and_naively_it_is_not(banking77: Pool, target: float) -> None:
    found = resplit(banking77, target, n_labels=1_000)
    assert found.n_violated <= MOST_VIOLATIONS
    assert found.n_naive_violated >= 0.3 * N_RESPLITS


@pytest.mark.parametrize("target", [0.01, 0.02, 0.05])
def test_on_clinc_messages_with_some_out_of_scope_too(clinc150: Pool, target: float) -> None:
    found = resplit(clinc150, target, n_labels=1_000)
    assert found.n_violated <= MOST_VIOLATIONS
    assert found.n_naive_violated >= 0.3 * N_RESPLITS


def test_containment_at_five_percent_is_useful(clinc150: Pool, banking77: Pool) -> None:
    assert resplit(clinc150, 0.05, n_labels=1_000).containment >= 0.5
    assert resplit(banking77, 0.05, n_labels=1_000).containment >= 0.3


@pytest.mark.parametrize("vendor", ["dialogflow", "luis", "rasa", "haptik", "bert"])
def test_vendors_confidences_on_live_messages_are_certified_or_refused(shared_data: Path, vendor: str) -> None:
    scores, wrong = [], []
    for bot in ("curekart", "sofmattress"):
        for row in rows(shared_data / f"hint3/{bot}_test.jsonl.gz"):
            predicted, confidence = row["vendors"][vendor]
            scores.append(0.0 if predicted == OUT_OF_SCOPE else float(confidence))
            wrong.append(predicted == OUT_OF_SCOPE or predicted != row["intent"])
    pool = Pool(np.array(scores), np.array(wrong))
    for target in (0.05, 0.1, 0.2):
        found = resplit(pool, target, n_labels=700)
        assert found.n_violated <= MOST_VIOLATIONS
        assert found.n_naive_violated >= 0.2 * N_RESPLITS
    # No vendor's confidence can show 5 % on these messages: no threshold is a valid result, and said so.
    whole = select_threshold(pool.scores, pool.wrong, error_at_most=0.05)
    assert not isinstance(whole, SelectedThreshold)


# ── real LLM agents ───────────────────────────────────────────────────────────────────────────────
def test_the_track_record_of_a_journey_tells_more_than_anything_else_known(shared_data: Path) -> None:
    state = (shared_data / "tau/trajectories/tau1/gpt-4o__airline_50x4.json").read_text(encoding="utf-8")
    runs = [(str(one["task_id"]), one["reward"] >= 1.0, len(one["traj"])) for one in json.loads(state)]
    records = TrackRecords.of((journey, right) for journey, right, _ in runs)
    signals = np.array([records.signal(journey, own=right) or 0.0 for journey, right, _ in runs])
    right = np.array([right for _, right, _ in runs])
    length = -np.array([float(n) for _, _, n in runs])
    assert len(runs) == 200
    assert area(right, signals) == pytest.approx(0.78, abs=0.005)
    assert area(right, signals) > area(right, length) + 0.08


def area(right: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    """Chance that a right one ranks above a wrong one; ties count half."""
    good, bad = score[right][:, None], score[~right][None, :]
    return float((good > bad).mean() + 0.5 * (good == bad).mean())


# ── judges ────────────────────────────────────────────────────────────────────────────────────────
def judged(shared_data: Path, domain: str, prompt: str) -> list[JudgedCase]:
    lines = (shared_data / f"tau/judges/{domain}_verdicts.jsonl").read_text(encoding="utf-8").splitlines()
    found = [row for row in map(json.loads, lines) if row["judge_prompt_name"] == prompt]
    words = {"pass": "passed", "fail": "failed"}
    return [
        JudgedCase(IntentName(domain), words.get(str(row["verdict"])), row["reward"] >= 1.0)  # type: ignore[arg-type]
        for row in found
    ]


def test_the_telecom_judge_that_is_right_on_91_percent_is_accepted(shared_data: Path) -> None:
    found = validate_judge(judged(shared_data, "telecom", "quick_triage_v1"))[IntentName("telecom")]
    assert isinstance(found, JudgeAccepted)
    assert found.rates.accuracy == pytest.approx(104 / 114)


@pytest.mark.parametrize(
    ("domain", "prompt", "why"),
    [
        ("airline", "quick_triage_v1", "it finds 3 of 27 failures"),
        ("airline", "customer_outcome_v1", "no better than chance"),
        ("airline", "policy_conversation_v1", "has not shown that it finds 70% of the failures"),
        ("airline", "policy_chain_of_thought_v1", "27 answers are no verdict"),
        ("telecom", "policy_conversation_v1", "has not shown that it finds 70% of the good conversations"),
        ("telecom", "policy_chain_of_thought_v1", "68 answers are no verdict"),
        ("telecom", "customer_outcome_v1", "35 answers are no verdict"),
    ],
)
def test_every_other_judge_is_refused_with_its_reason(shared_data: Path, domain: str, prompt: str, why: str) -> None:
    found = validate_judge(judged(shared_data, domain, prompt))[IntentName(domain)]
    assert isinstance(found, JudgeRefused)
    assert why in found.why

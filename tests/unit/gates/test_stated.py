"""Load results and attestations: what was said as a whole, by whom, and until when."""

import random
from dataclasses import replace
from datetime import timedelta
from math import inf
from typing import Any

import pytest

from remit.evidence import Observation, Outcome, Source, Strength
from remit.evidence.verdicts import Finding
from remit.gates.latencies import percentile_bounds
from remit.policy.gates import AttestationGate, LoadGate
from unit.gates.living import NOW, judged, row

LOAD = LoadGate("monday-peak", p99_at_most_s=3.0, errors_at_most=0.01)
REVIEW = AttestationGate(("security_review",))


def run(*, day: int = 0, **details: Any) -> Observation:
    told = {"n": 2000, "n_failed": 5, "p99_low_ms": 2100.0, "p99_high_ms": 2600.0, **details}
    return row(f"load{day}", day=day, metric="load:monday-peak", source=Source.LOAD_RESULT, details=told)


def attested(*, day: int = 0, name: str = "security_review", **changes: Any) -> Observation:
    details = {"by": "Ada", "functions": "risk,security", "expires": (NOW + timedelta(days=30)).isoformat()}
    content = {
        "metric": f"attest:{name}",
        "source": Source.ATTESTATION,
        "strength": Strength.DOCUMENT,
        "details": details,
    }
    return row(f"a{name}{day}", day=day, **{**content, **changes})


# ── load ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("details", "finding"),
    [
        ({}, Finding.SUPPORTED),
        ({"p99_high_ms": 3100.0}, Finding.UNDECIDED),
        ({"p99_low_ms": 3050.0, "p99_high_ms": 3100.0}, Finding.REFUTED),
        ({"n_failed": 16}, Finding.UNDECIDED),
        ({"n_failed": 60}, Finding.REFUTED),
        ({"n": 100, "n_failed": 0}, Finding.UNDECIDED),
    ],
)
def test_a_load_is_held_by_the_bounds_of_its_run(details: dict[str, Any], finding: Finding) -> None:
    assert judged([run(**details)], LOAD).finding is finding


def test_the_latest_load_run_counts() -> None:
    assert judged([run(), run(day=1, n_failed=200)], LOAD).finding is Finding.REFUTED


def test_a_result_that_does_not_say_its_bounds_does_not_count_and_is_mentioned() -> None:
    verdict = judged([run(p99_high_ms=None)], LOAD)

    assert verdict.finding is Finding.UNDECIDED
    assert "1 results do not say" in verdict.why


def test_the_bounds_of_the_slowest_hundredth_hold_with_their_confidence() -> None:
    uniform = random.Random(11).random
    misses_low = misses_high = 0
    for _ in range(400):
        low, high = percentile_bounds([uniform() for _ in range(600)])
        misses_low += low > 0.99
        misses_high += high < 0.99

    # Expected at most 20 of 400 each; 40 would be exceeded with probability below 1e-5.
    assert misses_low <= 40
    assert misses_high <= 40


def test_too_few_turns_have_no_upper_bound() -> None:
    assert percentile_bounds([1.0] * 298)[1] == inf
    assert percentile_bounds([1.0] * 299)[1] == 1.0


# ── attestations ──────────────────────────────────────────────────────────────────────────────────
def test_an_attestation_counts_until_it_expires() -> None:
    valid, expired = judged([attested()], REVIEW), judged([attested()], REVIEW, now=NOW + timedelta(days=31))

    assert valid.finding is Finding.SUPPORTED
    assert "security_review by Ada on 2026-09-01 until 2026-12-01" in valid.why
    assert expired.finding is Finding.UNDECIDED
    assert "expired on 2026-12-01; it does not count any more" in expired.why


def test_each_thing_must_be_attested() -> None:
    both = AttestationGate(("security_review", "privacy_review"))
    verdict = judged([attested()], both)

    assert verdict.finding is Finding.UNDECIDED
    assert "Nobody has attested privacy_review" in verdict.why


def test_a_gate_may_ask_for_a_function_of_the_organisation() -> None:
    assert judged([attested()], replace(REVIEW, by="risk")).finding is Finding.SUPPORTED
    assert "not by legal" in judged([attested()], replace(REVIEW, by="legal")).why


def test_a_withdrawn_attestation_does_not_count() -> None:
    withdrawn = attested(day=3, outcome=Outcome.FAILED)
    verdict = judged([attested(), withdrawn], REVIEW)

    assert verdict.finding is Finding.UNDECIDED
    assert "withdrawn by Ada on 2026-09-04" in verdict.why
    assert judged([attested(), withdrawn, attested(day=5)], REVIEW).finding is Finding.SUPPORTED


def test_an_attestation_of_the_future_does_not_count_yet() -> None:
    assert judged([attested(day=90)], REVIEW).finding is Finding.UNDECIDED

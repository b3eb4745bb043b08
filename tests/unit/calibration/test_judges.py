"""A judge that passes everything, one below chance, one that did not answer: refused. A good one: accepted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.judges import JudgeAccepted, JudgedCase, JudgeRefused, JudgeRequirement, Said, validate_judge
from remit.conversations import IntentName

REFUND = IntentName("refund")


def cases(
    caught: int, missed: int, cleared: int, false_alarms: int, *, silent: int = 0, intent: IntentName = REFUND
) -> list[JudgedCase]:
    counts: list[tuple[int, Said | None, bool]] = [
        (caught, "failed", False),
        (missed, "passed", False),
        (cleared, "passed", True),
        (false_alarms, "failed", True),
        (silent, None, False),
    ]
    return [JudgedCase(intent, said, passed) for n, said, passed in counts for _ in range(n)]


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (cases(2, 44, 60, 2), "finds fewer failures than the 70%"),
        (cases(10, 20, 10, 20), "no better than chance"),
        (cases(9, 1, 9, 1), "has not shown that it finds 70% of the failures"),
        (cases(80, 5, 20, 20), "finds fewer good conversations than the 70%"),
        (cases(40, 0, 0, 0), "not tried on failures and good conversations both"),
        (cases(80, 0, 60, 2, silent=60), "60 answers are no verdict"),
    ],
)
def test_a_judge_that_is_not_shown_to_be_good_is_refused(found: list[JudgedCase], why: str) -> None:
    verdict = validate_judge(found)[REFUND]
    assert isinstance(verdict, JudgeRefused)
    assert why in verdict.why


def test_a_good_judge_is_accepted_with_its_figures() -> None:
    verdict = validate_judge(cases(78, 9, 26, 1))[REFUND]
    assert isinstance(verdict, JudgeAccepted)
    assert verdict.rates.accuracy == pytest.approx(104 / 114)
    assert verdict.rates.sensitivity.low == pytest.approx(0.826, abs=0.001)
    assert verdict.rates.kappa.estimate == pytest.approx(0.780, abs=0.001)


def test_a_judge_is_validated_for_each_intent_by_itself() -> None:
    other = IntentName("order_status")
    found = validate_judge([*cases(78, 9, 60, 2), *cases(2, 44, 60, 2, intent=other)])
    assert isinstance(found[REFUND], JudgeAccepted)
    assert isinstance(found[other], JudgeRefused)


counts = st.integers(0, 40)


@given(counts, counts, counts, counts, counts)
def test_a_verdict_that_is_none_never_helps(
    caught: int, missed: int, cleared: int, false_alarms: int, silent: int
) -> None:
    requirement = JudgeRequirement(0.5, 0.5)
    without = validate_judge(cases(caught, missed, cleared, false_alarms), requirement)
    with_silence = validate_judge(cases(caught, missed, cleared, false_alarms, silent=silent), requirement)
    if isinstance(with_silence.get(REFUND), JudgeAccepted):
        assert isinstance(without[REFUND], JudgeAccepted)

"""A value that widens cannot be made without what it needs."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from control_samples import (
    ANSWERS,
    APPROVAL,
    AUTONOMOUS,
    LIMITS,
    POLICY,
    R1,
    R2,
    REFUND,
    SHADOW,
    SHOP,
    earned,
    supports,
)
from people import NOON, OLGA, PAUL, RITA, VERA, person, waived
from remit.control.widening import Earned, Inherited, SignOff, needed_signatures, supported_level
from remit.errors import NotPermitted, WideningRefused
from remit.evidence.verdicts import Finding
from remit.identity import CONTROLLER, Role

BOTH = ((PAUL, "operations"), (RITA, "risk"))


def test_a_promotion_with_every_verdict_and_signature_can_be_made() -> None:
    assert earned(LIMITS, BOTH, OLGA).missing_signatures() == ()


@pytest.mark.parametrize("finding", [Finding.UNDECIDED, Finding.REFUTED])
def test_a_verdict_that_is_not_supported_carries_nothing(finding: Finding) -> None:
    kept = supports(APPROVAL, finding=finding)
    assert supported_level(POLICY, kept, agent=SHOP, intent=REFUND, release=R1) is SHADOW


def test_verdicts_on_another_release_policy_or_intent_carry_nothing() -> None:
    kept = supports(APPROVAL)
    assert supported_level(POLICY, kept, agent=SHOP, intent=REFUND, release=R1) is APPROVAL
    assert supported_level(POLICY, kept, agent=SHOP, intent=REFUND, release=R2) is SHADOW
    changed = replace(POLICY, digest="other")
    assert supported_level(changed, kept, agent=SHOP, intent=REFUND, release=R1) is SHADOW


def test_a_level_beyond_the_verdicts_is_refused_with_what_they_support() -> None:
    with pytest.raises(WideningRefused, match=r"support tools_with_approval for release r-1(.|\n)*remit gate"):
        Earned(POLICY, SHOP, REFUND, R1, LIMITS, SHADOW, supports(APPROVAL), OLGA, NOON)


@pytest.mark.parametrize(
    ("signers", "missing"),
    [
        ((), "operations, risk"),
        (((PAUL, "operations"),), "risk"),
        (((RITA, "risk"),), "operations"),
    ],
)
def test_a_missing_signature_is_named(signers: tuple[tuple[object, str], ...], missing: str) -> None:
    with pytest.raises(WideningRefused, match=f"not signed by {missing} "):
        earned(LIMITS, signers, OLGA)  # type: ignore[arg-type]


def test_who_proposes_cannot_sign() -> None:
    with pytest.raises(WideningRefused, match="not signed by operations"):
        earned(APPROVAL, ((PAUL, "operations"),), PAUL)


def test_one_person_stands_for_one_function() -> None:
    both = person("bo", Role.APPROVER, functions=("operations", "risk"))
    with pytest.raises(WideningRefused, match="not signed by"):
        earned(LIMITS, ((both, "operations"), (both, "risk")), OLGA)


def test_one_person_signs_for_several_functions_where_the_policy_says_so() -> None:
    both = person("bo", Role.APPROVER, functions=("operations", "risk"))
    whole = earned(LIMITS, BOTH, OLGA)
    several = replace(POLICY, one_signs_for_several=True)
    signed = (SignOff(both, "operations", NOON), SignOff(both, "risk", NOON))
    assert replace(whole, policy=several, signed=signed).missing_signatures() == ()
    with pytest.raises(WideningRefused, match="not signed by risk"):
        replace(whole, policy=several, signed=signed[:1])
    with pytest.raises(WideningRefused, match="not signed by"):
        replace(whole, policy=several, signed=signed, proposed_by=both)


@pytest.mark.parametrize("actor", [VERA, OLGA, CONTROLLER, RITA])
def test_a_signature_needs_the_role_and_the_function(actor: object) -> None:
    with pytest.raises(NotPermitted):
        SignOff(actor, "operations", NOON)  # type: ignore[arg-type]


def test_the_steps_on_the_way_ask_for_their_signatures_too() -> None:
    assert needed_signatures(POLICY, LIMITS, above=SHADOW) == ("operations", "risk")
    assert needed_signatures(POLICY, APPROVAL, above=ANSWERS) == ("operations",)
    assert needed_signatures(POLICY, ANSWERS, above=SHADOW) == ()


def test_what_experts_cannot_absorb_is_signed_in_addition() -> None:
    whole = earned(ANSWERS, (), OLGA)
    with pytest.raises(WideningRefused, match="not signed by operations"):
        replace(whole, also_sign=("operations",))


def test_nothing_is_earned_in_a_freeze_window() -> None:
    christmas = datetime(2026, 12, 24, tzinfo=UTC)
    with pytest.raises(WideningRefused, match="from 2026-12-20 00:00 to 2027-01-02 00:00 UTC: Christmas"):
        earned(LIMITS, BOTH, OLGA, at=christmas)
    with pytest.raises(WideningRefused, match="Christmas"):
        waived(POLICY, REFUND, AUTONOMOUS, at=christmas)
    assert earned(LIMITS, BOTH, OLGA, at=datetime(2027, 1, 2, tzinfo=UTC)).level is LIMITS


@pytest.mark.parametrize("who", [CONTROLLER, OLGA])
def test_a_waiver_is_a_persons_who_may_approve(who: object) -> None:
    with pytest.raises((WideningRefused, NotPermitted)):
        waived(POLICY, REFUND, AUTONOMOUS, by=who)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"reason": " "}, "no reason is given"),
        ({"expires_at": NOON}, "it would expire at once"),
        ({"expires_at": NOON + timedelta(days=15)}, "the policy allows 14 days at most"),
        ({"policy": "p-0"}, "it speaks of another policy"),
    ],
)
def test_a_waiver_has_a_reason_an_end_and_the_policy_in_force(changes: dict[str, object], problem: str) -> None:
    good = waived(POLICY, REFUND, AUTONOMOUS)
    with pytest.raises(WideningRefused, match=problem):
        replace(good, waiver=replace(good.waiver, **changes))  # type: ignore[arg-type]


def test_a_waiver_does_not_reach_above_the_ceiling() -> None:
    with pytest.raises(WideningRefused, match="its ceiling is tools_within_limits"):
        waived(POLICY, type(REFUND)("order_status"), AUTONOMOUS)


def test_inheritance_rests_on_a_diff_on_record() -> None:
    from remit.control.grants import Grant

    held = Grant(SHOP, REFUND, R1, POLICY.digest, LIMITS, LIMITS, NOON)
    with pytest.raises(WideningRefused, match="nothing on record"):
        Inherited(held, R2, reached=False, evidence=())

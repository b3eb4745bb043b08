"""What certificates make of rules: they replace thresholds, they never raise a level, void ones narrow."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from remit.calibration.certificate import Certificate, Circumstances, Target
from remit.calibration.ruling import NEVER, Held, ruling_for
from remit.policy.document import parse_policy, rule_at
from remit.policy.levels import AutonomyLevel
from unit.calibration.samples import ISSUED, REFUND, RELEASE, certificate, sending_nothing

POLICY = parse_policy(
    """
apiVersion: remit/v1
kind: Policy
name: shop
intents: {refund: {}, order_status: {ceiling: supervised_answers}}
levels:
  supervised_answers: {risk: {error_at_most: 0.05}}
  autonomous: {risk: {error_at_most: 0.02}}
""",
    source="policy.yaml",
)
LOOSE = replace(certificate(), policy=POLICY.digest)
STRICT = replace(certificate(target=Target(0.02)), policy=POLICY.digest)
HERE = Circumstances(RELEASE, POLICY.digest)
levels = st.sampled_from(list(AutonomyLevel))
NOW = ISSUED + timedelta(days=1)


def held(*certificates: Certificate, here: Circumstances = HERE) -> list[Held]:
    return [Held(each, here) for each in certificates]


def test_without_a_certificate_the_policys_provisional_thresholds_hold() -> None:
    ruling = ruling_for(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, [], NOW)
    assert ruling.rule == rule_at(POLICY, REFUND, AutonomyLevel.AUTONOMOUS)
    assert ruling.model is None


def test_one_that_holds_gives_its_thresholds_and_its_model() -> None:
    ruling = ruling_for(POLICY, REFUND, AutonomyLevel.SUPERVISED_ANSWERS, held(LOOSE), NOW)
    assert ruling.rule.send_threshold == LOOSE.thresholds.send
    assert ruling.model == LOOSE.model
    assert f"{LOOSE.n_errors} errors in {LOOSE.n_contained}" in ruling.why


def test_the_level_is_the_highest_whose_target_is_kept() -> None:
    granted = AutonomyLevel.AUTONOMOUS
    assert ruling_for(POLICY, REFUND, granted, held(LOOSE), NOW).rule.level is AutonomyLevel.TOOLS_WITHIN_LIMITS
    assert STRICT.thresholds.send is not None
    strict = ruling_for(POLICY, REFUND, granted, held(LOOSE, STRICT), NOW).rule
    assert (strict.level, strict.send_threshold) == (granted, STRICT.thresholds.send)


def test_an_expired_one_falls_back_to_provisional_thresholds_supervised() -> None:
    ruling = ruling_for(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, held(LOOSE), ISSUED + timedelta(days=91))
    assert ruling.rule == rule_at(POLICY, REFUND, AutonomyLevel.SUPERVISED_ANSWERS)
    assert ruling.model is None
    assert "is void: it expired" in ruling.why


def test_drift_ends_what_it_allowed() -> None:
    drifted = replace(HERE, drift="what seems out of scope has grown")
    ruling = ruling_for(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, held(LOOSE, here=drifted), NOW)
    assert ruling.rule.level is AutonomyLevel.SUPERVISED_ANSWERS
    assert "what seems out of scope has grown" in ruling.why


def test_where_no_threshold_is_shown_nothing_is_sent_and_experts_are_asked() -> None:
    ruling = ruling_for(POLICY, REFUND, AutonomyLevel.AUTONOMOUS, held(sending_nothing(LOOSE)), NOW)
    assert ruling.rule.send_threshold == NEVER
    assert ruling.rule.ask_threshold == LOOSE.thresholds.ask
    assert ruling.rule.level is AutonomyLevel.SUPERVISED_ANSWERS


def test_a_laxer_one_than_the_policy_asks_for_sends_nothing() -> None:
    lax = replace(LOOSE, target=Target(0.1))
    assert ruling_for(POLICY, REFUND, AutonomyLevel.SUPERVISED_ANSWERS, held(lax), NOW).rule.send_threshold == NEVER


def test_an_intent_that_hid_in_a_pool_sends_nothing() -> None:
    pooled = replace(LOOSE, excluded=(REFUND,))
    assert ruling_for(POLICY, REFUND, AutonomyLevel.SUPERVISED_ANSWERS, held(pooled), NOW).rule.send_threshold == NEVER


@given(levels, st.lists(st.sampled_from([LOOSE, STRICT, sending_nothing(LOOSE)]), max_size=3), st.integers(-10, 200))
def test_no_certificate_raises_a_level(level: AutonomyLevel, own: list[Certificate], days: int) -> None:
    ruling = ruling_for(POLICY, REFUND, level, held(*own), ISSUED + timedelta(days=days))
    assert ruling.rule.level <= level
    assert 0.0 <= ruling.rule.ask_threshold <= ruling.rule.send_threshold <= 1.0

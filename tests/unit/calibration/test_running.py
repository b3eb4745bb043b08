"""Which intents share a threshold and which targets are kept is the policy's word."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from remit.calibration.certificate import Circumstances, Target
from remit.calibration.certifying import Calibrated, TooFewLabels
from remit.calibration.labels import LabelledProposal
from remit.calibration.ruling import Held, ruling_for
from remit.calibration.running import Calibration, CalibrationRequest, calibrate_all, scopes_of, targets_of
from remit.conversations import IntentName
from remit.errors import PolicyParseError, SettingsError
from remit.evidence.verdicts import Finding
from remit.policy.diff import describe_changes
from remit.policy.document import parse_policy
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from unit.calibration.samples import AGENT, ISSUED, REFUND, RELEASE, STATUS, labels

TEXT = """
apiVersion: remit/v1
kind: Policy
name: shop
intents: {refund: {}, order_status: {}, complaint: {}}
levels:
  supervised_answers: {risk: {error_at_most: 0.05}}
  autonomous: {risk: {error_at_most: 0.02, definition: error_per_conversation}}
calibration: {pools: {routine: [refund, order_status]}, valid_for: 30d, expert_share: 0.2}
"""


def policy(text: str = TEXT) -> Policy:
    return parse_policy(text, source="policy.yaml")


REQUEST = CalibrationRequest(policy(), AGENT, RELEASE)


def run(some: Sequence[LabelledProposal], request: CalibrationRequest = REQUEST) -> Calibration:
    return calibrate_all(request, some, source="a test", now=ISSUED)


def test_a_pool_shares_a_threshold_and_shows_its_parts() -> None:
    found = run([*labels(600, 1), *labels(600, 2, intent=STATUS)])
    pooled = [each for each in found.results if each.scope.pool == "routine"]
    assert [each.target for each in pooled] == [Target(0.05), Target(0.02, definition="error_per_conversation")]
    certificate = pooled[0].certificate
    assert certificate is not None
    assert (certificate.pool, certificate.intents) == ("routine", (STATUS, REFUND))
    assert sum(part.n for part in certificate.by_intent.values()) == certificate.sample.n_certified
    assert certificate.mix.by_intent == {intent: part.n for intent, part in certificate.by_intent.items()}
    assert (certificate.expires_at - certificate.issued_at).days == 30


def test_experts_get_no_more_than_the_declared_share() -> None:
    found = run([*labels(600, 1), *labels(600, 2, intent=STATUS)]).results[-2].found
    assert isinstance(found, Calibrated)
    assert "expert share of 0.2" in found.thresholds.ask_rule


def test_an_intent_without_labels_is_undecided_and_gets_no_certificate() -> None:
    alone = [each for each in run(labels(600, 1)).results if each.scope.name == "complaint"]
    assert [(each.finding, each.certificate) for each in alone] == [(Finding.UNDECIDED, None)] * 2
    assert all(isinstance(each.found, TooFewLabels) for each in alone)


def test_levels_with_one_target_share_a_certificate() -> None:
    assert targets_of(REQUEST) == {
        Target(0.05): (
            AutonomyLevel.SUPERVISED_ANSWERS,
            AutonomyLevel.TOOLS_WITH_APPROVAL,
            AutonomyLevel.TOOLS_WITHIN_LIMITS,
        ),
        Target(0.02, definition="error_per_conversation"): (AutonomyLevel.AUTONOMOUS,),
    }
    assert list(targets_of(replace(REQUEST, error_at_most=0.1, delta=0.2))) == [Target(0.1, 0.2)]


def test_an_intent_is_calibrated_with_its_pool() -> None:
    (scope,) = scopes_of(replace(REQUEST, intent="refund"), [])
    assert scope.name == "routine"
    with pytest.raises(SettingsError, match="neither an intent nor a pool"):
        scopes_of(replace(REQUEST, intent="refunds"), [])


def test_an_agent_that_errs_at_any_threshold_is_refuted() -> None:
    bad = [replace(each, wrong=number % 3 == 0) for number, each in enumerate(labels(1_200, 3))]
    (result, *_) = run(bad, replace(REQUEST, policy=None, error_at_most=0.05)).results
    assert result.finding is Finding.REFUTED
    assert run(bad, replace(REQUEST, policy=None, error_at_most=0.05)).exit_code == 1


def test_simulated_labels_stay_simulated() -> None:
    some = [replace(each, simulated=True) for each in [*labels(600, 1), *labels(600, 2, intent=STATUS)]]
    found = run(some)
    assert found.simulated
    assert all(each.sample.simulated for each in found.certificates)


@pytest.mark.parametrize(
    ("pools", "problem"),
    [
        ("{a: [refund, unheard_of]}", "pool 'a' names intent 'unheard_of'"),
        ("{a: [refund, order_status], b: [refund, complaint]}", "intent 'refund' is in pool 'a' already"),
    ],
)
def test_a_pool_that_does_not_fit_is_refused_with_its_line(pools: str, problem: str) -> None:
    text = TEXT.replace("{routine: [refund, order_status]}", pools)
    with pytest.raises(PolicyParseError, match=problem) as refused:
        parse_policy(text, source="policy.yaml")
    assert "policy.yaml:9" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "direction", "words"),
    [
        ("valid_for: 30d", "valid_for: 60d", "grants", "certificates hold 60 days instead of 30"),
        ("expert_share: 0.2", "expert_share: 0.3", "neutral", "experts can look at changed from 0.2 to 0.3"),
        ("[refund, order_status]", "[refund, order_status, complaint]", "grants", "pool 'routine' changed"),
        (", definition: error_per_conversation", "", "takes", "the error rate is error_per_contained instead"),
    ],
)
def test_a_change_of_the_policy_says_what_it_grants(old: str, new: str, direction: str, words: str) -> None:
    changes = describe_changes(policy(), policy(TEXT.replace(old, new)))
    assert [(change.direction.value, words in change.what) for change in changes] == [(direction, True)]


def test_an_intent_of_another_pool_does_not_teach() -> None:
    found = run(labels(600, 1, intent=IntentName("unheard_of")))
    assert found.excluded == {"of intents that were not asked for or that the policy does not have": 600}


def test_in_a_pool_the_track_record_of_an_intent_is_a_signal_that_goes_live() -> None:
    # Both intents look alike in every other signal; one of them fails far more often.
    worse = [replace(each, wrong=each.wrong or number % 3 == 0) for number, each in enumerate(labels(900, 2))]
    found = run([*labels(900, 1, intent=STATUS), *worse]).results[-2]
    own = found.certificate
    assert own is not None
    assert own.track_records[STATUS] > own.track_records[REFUND] + 0.2
    present = labels(1, 9)[0].signals.present()
    better, poorer = ({**present, "track_record": own.track_records[intent]} for intent in (STATUS, REFUND))
    assert own.model.probability(better) > own.model.probability(poorer) + 0.1
    assert ruling_for(policy(), REFUND, AutonomyLevel.SUPERVISED_ANSWERS, [], ISSUED).track_record is None
    here = Held(own, Circumstances(RELEASE, policy().digest))
    ruling = ruling_for(policy(), REFUND, AutonomyLevel.SUPERVISED_ANSWERS, [here], ISSUED)
    assert ruling.track_record == own.track_records[REFUND]


def test_a_single_intent_has_no_track_record_among_its_signals() -> None:
    (own, *_) = run(labels(600, 1, intent=IntentName("complaint"))).certificates
    assert own.track_records == {}
    assert "track_record" not in {term.signal for term in own.model.terms}

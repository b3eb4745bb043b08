"""Trials weigh proposals by the certificate in force, and say so; without one by signals alone."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from remit.adapters.confidence import CalibratedConfidence, SignalConfidence
from remit.adapters.formats.suites import read_suites
from remit.app.trial_confidence import TrialConfidence, trial_confidence
from remit.calibration.certificate import Certificate
from remit.conversations import ReleaseId
from remit.evaluation.observing import Subject, trial_key
from remit.policy.document import parse_policy, rule_at
from remit.policy.levels import AutonomyLevel
from unit.calibration.samples import AGENT, ISSUED, REFUND, RELEASE, STATUS, certificate

POLICY = parse_policy(
    """
apiVersion: remit/v1
kind: Policy
name: shop
intents: {refund: {}, order_status: {}}
levels:
  supervised_answers: {risk: {error_at_most: 0.05}}
  autonomous: {risk: {error_at_most: 0.001}}
""",
    source="policy.yaml",
)
LEVEL = AutonomyLevel.SUPERVISED_ANSWERS
OWN = replace(certificate(), policy=POLICY.digest)


def weighed(own: Certificate, level: AutonomyLevel = LEVEL, release: ReleaseId = RELEASE) -> TrialConfidence:
    return trial_confidence(POLICY, level, release, [own], ISSUED + timedelta(days=1))


def test_a_certificate_in_force_gives_scores_and_thresholds_of_its_intents() -> None:
    found = weighed(OWN)
    assert found.rules[REFUND].send_threshold == OWN.thresholds.send
    assert found.rules[STATUS] == rule_at(POLICY, STATUS, LEVEL)
    assert isinstance(found.port, CalibratedConfidence)
    assert found.port.models() == {REFUND: OWN.model}
    assert found.words == f"certificates (refund by {OWN.id}); other intents by uncalibrated signals"


def test_one_of_another_release_or_one_that_would_lower_the_level_is_left_aside() -> None:
    for found in (weighed(OWN, release=ReleaseId("r-2")), weighed(OWN, AutonomyLevel.AUTONOMOUS)):
        assert isinstance(found.port, SignalConfidence)
        assert found.models == {}
        assert found.words.startswith("uncalibrated signals")
        assert found.name == ""


def test_trials_that_were_weighed_otherwise_are_other_trials() -> None:
    (suite,) = read_suites(Path(__file__).parent / "centre" / "suite.yaml")
    plain = Subject(AGENT, RELEASE, POLICY.digest, "journeys")
    keys = {trial_key(one, suite.scenarios[0], LEVEL, 0, 0) for one in (plain, replace(plain, weighing=OWN.id))}
    assert len(keys) == 2

"""How trials weigh proposals: as the gateway does, by the certificates in force where they hold at the tested level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remit.adapters.confidence import CalibratedConfidence, SignalConfidence
from remit.calibration.certificate import Certificate, Circumstances
from remit.calibration.model import CalibrationModel
from remit.calibration.ruling import Held, ruling_for
from remit.conversations import IntentName, ReleaseId
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rules import IntentRule
from remit.runtime.ports import Confidence


@dataclass(frozen=True, slots=True)
class TrialConfidence:
    """Rules of a trial, and what gives the scores that their thresholds speak of.

    Args:
        rules: Of every intent, at the tested level.
        models: Of intents whose thresholds are a certificate's.
        track_records: Signals that these were fitted with.
        certificates: Ids of those in use, in the order of their intents.
    """

    rules: Mapping[IntentName, IntentRule]
    models: Mapping[IntentName, CalibrationModel]
    track_records: Mapping[IntentName, float]
    certificates: Mapping[IntentName, str]

    @property
    def port(self) -> Confidence:
        """For the turn."""
        if not self.models:
            return SignalConfidence()
        return CalibratedConfidence(lambda: self.models, lambda: self.track_records)

    @property
    def words(self) -> str:
        """For the report."""
        if not self.certificates:
            return "uncalibrated signals and provisional thresholds: no certificate holds for this release and level"
        named = ", ".join(f"{intent} by {certificate}" for intent, certificate in self.certificates.items())
        rest = "; other intents by uncalibrated signals" if len(self.certificates) < len(self.rules) else ""
        return f"certificates ({named}){rest}"

    @property
    def name(self) -> str:
        """Tells trials that were weighed otherwise apart; empty without a certificate."""
        return ",".join(sorted(set(self.certificates.values())))


def trial_confidence(
    policy: Policy, level: AutonomyLevel, release: ReleaseId, certificates: Sequence[Certificate], now: datetime
) -> TrialConfidence:
    """What holds for trials at a level.

    A certificate that would lower the level is left aside: a trial tests the level that it was asked for.
    """
    held = [Held(each, Circumstances(release, policy.digest, each.judge)) for each in certificates]
    rules: dict[IntentName, IntentRule] = {}
    models: dict[IntentName, CalibrationModel] = {}
    records: dict[IntentName, float] = {}
    names: dict[IntentName, str] = {}
    for intent in policy.intents:
        plain, ruling = rule_at(policy, intent, level), ruling_for(policy, intent, level, held, now)
        if ruling.model is None or ruling.rule.level is not plain.level:
            rules[intent] = plain
            continue
        rules[intent], models[intent] = ruling.rule, ruling.model
        names[intent] = next(each.id for each in certificates if each.model == ruling.model)
        if ruling.track_record is not None:
            records[intent] = ruling.track_record
    return TrialConfidence(rules, models, records, names)

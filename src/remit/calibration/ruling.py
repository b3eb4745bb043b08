"""What certificates make of an intent's rule. They replace provisional thresholds; void, they narrow the grant."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remit.calibration.certificate import Certificate, Circumstances, Target, Valid, Void
from remit.calibration.model import CalibrationModel
from remit.conversations import IntentName
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rules import IntentRule

NEVER = 1.0
"""A calibrated probability never reaches it."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """A rule, where its thresholds come from, and the model that gives the scores they speak of.

    Args:
        rule: For the permit.
        why: One sentence with the figures.
        model: None while the thresholds are the policy's provisional ones.
        track_record: Of the intent within its pool; None for a single intent.
    """

    rule: IntentRule
    why: str
    model: CalibrationModel | None = None
    track_record: float | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate and the circumstances that it is held against."""

    certificate: Certificate
    here: Circumstances


def ruling_for(policy: Policy, intent: IntentName, level: AutonomyLevel, held: Sequence[Held], now: datetime) -> Ruling:
    """The rule of an intent at a level it was granted, with the thresholds that hold now.

    Without any certificate the policy's provisional thresholds hold. With one that holds, its thresholds do, at the
    highest level up to the granted one whose target it keeps. One that holds but shows no threshold sends nothing:
    experts are asked, at `supervised_answers`. When all are void the intent falls back to that level with provisional
    thresholds. No certificate ever raises the level.

    Args:
        policy: In force.
        intent: Which.
        level: As granted.
        held: The agent's certificates that nobody has withdrawn.
        now: UTC.
    """
    own = [each for each in held if each.certificate.covers(intent)]
    granted = min(level, policy.intents[intent].ceiling)
    if not own or granted is AutonomyLevel.SHADOW:
        return Ruling(
            rule_at(policy, intent, granted), "thresholds are provisional: no certificate speaks of the intent"
        )
    statuses = [(each.certificate, each.certificate.status(now, each.here)) for each in own]
    valid = [certificate for certificate, status in statuses if isinstance(status, Valid)]
    for lower in range(granted, AutonomyLevel.SHADOW, -1):
        target = Target.of(policy.levels[AutonomyLevel(lower)].risk)
        sending = [each for each in valid if each.target.serves(target) and each.sends(intent)]
        if sending:
            best = max(sending, key=lambda each: (each.containment, each.id))
            return _certified(policy, intent, AutonomyLevel(lower), best)
    if valid:
        return _certified(policy, intent, AutonomyLevel.SUPERVISED_ANSWERS, valid[-1])
    fallen = rule_at(policy, intent, AutonomyLevel.SUPERVISED_ANSWERS)
    own_id, status = statuses[-1][0].id, statuses[-1][1]
    reason = f"certificate {own_id} is void: {status.why}" if isinstance(status, Void) else ""
    return Ruling(fallen, f"{reason}; provisional thresholds at level {fallen.level.label}")


def _certified(policy: Policy, intent: IntentName, level: AutonomyLevel, own: Certificate) -> Ruling:
    """The rule with the certificate's thresholds; it sends nothing if the certificate keeps no target of the level."""
    rule = rule_at(policy, intent, level)
    serves = own.target.serves(Target.of(policy.levels[rule.level].risk)) and own.sends(intent)
    send = own.thresholds.send if serves and own.thresholds.send is not None else NEVER
    rule = replace(rule, send_threshold=send, ask_threshold=min(own.thresholds.ask, send))
    if send == NEVER:
        shown = "no threshold is shown to keep the target: experts are asked"
    else:
        shown = f"{own.n_errors} errors in {own.n_contained} contained of {own.sample.n_certified} certified labels"
    return Ruling(rule, f"certificate {own.id}: {shown}", own.model, own.track_records.get(intent))

"""A policy, verdicts and grants for tests of control."""

from dataclasses import replace
from datetime import UTC, datetime

from remit.control.widening import Earned, SignOff, Support
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence.verdicts import Finding, GateVerdict
from remit.identity import Actor
from remit.policy.document import parse_policy
from remit.policy.gate_words import statement
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy

TEXT = """\
apiVersion: remit/v1
kind: Policy
name: shop-support
tools:
  find_order: {effect: read}
  issue_refund: {effect: irreversible_write}
intents:
  refund:
    tools:
      find_order:
      issue_refund: {limits: "amount <= 100.0"}
  order_status: {tools: [find_order], ceiling: tools_within_limits}
levels:
  supervised_answers:
    risk: {error_at_most: 0.05}
gates:
  supervised_answers:
    - suite: journeys
      pass_hat_k: {k: 4, at_least: 0.80}
  tools_with_approval:
    - suite: journeys
      pass_hat_k: {k: 4, at_least: 0.85}
  tools_within_limits:
    - suite: red-team
      attack_success: {at_most: 0.01}
  autonomous:
    - live: bad_outcome
      at_most: 0.02
      evidence: {labels: human_confirmed, matured_after: 7d}
rollback:
  - when: {change_detected: bad_outcome, days_between_false_alarms: 90}
    do: demote
  - when: {canary_worse_than: stable}
    do: rollback
  - when: {guardrail_breach: critical}
    do: stop
  - when: {budget: burned}
    do: demote
  - when: {budget: half_burned}
    do: raise_sampling
signoff:
  tools_with_approval: [operations]
  tools_within_limits: [operations, risk]
  autonomous: [operations, risk]
staffing:
  experts_at_peak: 4
  minutes_per_contact: 6
  volume:
    refund: {per_day: 200, per_peak_hour: 30}
    order_status: {per_day: 600, per_peak_hour: 90}
exposure:
  conversations_per_day: 500
  money: {per_day: 250.0, arguments: {issue_refund: amount}}
freeze:
  - {begins: 2026-12-20, ends: 2027-01-02, why: Christmas}
recipients:
  - email: operations@shop.example
  - webhook: https://hooks.example/remit
    secret: OPS_WEBHOOK_KEY
    on: [stop, rollback]
"""
POLICY = parse_policy(TEXT, source="policy.yaml")
SHOP = AgentName("shop")
R1, R2 = ReleaseId("r-1"), ReleaseId("r-2")
REFUND, ORDER_STATUS = IntentName("refund"), IntentName("order_status")
SHADOW, ANSWERS, APPROVAL, LIMITS, AUTONOMOUS = AutonomyLevel


def supports(
    level: AutonomyLevel,
    *,
    policy: Policy = POLICY,
    intent: IntentName = REFUND,
    release: ReleaseId = R1,
    finding: Finding = Finding.SUPPORTED,
) -> tuple[Support, ...]:
    """Verdicts on record for every gate up to the level."""
    return tuple(
        Support(
            f"v-{intent}-{release}-{guarded.label}-{index}",
            SHOP,
            release,
            policy.digest,
            _verdict(statement(gate), guarded, intent, finding),
        )
        for guarded in AutonomyLevel
        if guarded <= level
        for index, gate in enumerate(policy.gates.get(guarded, ()))
    )


def _verdict(gate: str, level: AutonomyLevel, intent: IntentName, finding: Finding) -> GateVerdict:
    return replace(_BLANK, gate=gate, level=level.label, intent=intent, finding=finding)


_BLANK = GateVerdict(
    gate="",
    level="",
    intent=REFUND,
    finding=Finding.UNDECIDED,
    estimate=None,
    pass_1=None,
    interval=None,
    n_scenarios=0,
    n_trials=0,
    n_excluded=0,
    method="none",
    e_value=None,
    alpha=0.05,
    needed=None,
    observed_only=False,
    why="made for a test",
)


def earned(
    level: AutonomyLevel,
    signers: tuple[tuple[Actor, str], ...],
    proposer: Actor,
    *,
    above: AutonomyLevel = SHADOW,
    intent: IntentName = REFUND,
    release: ReleaseId = R1,
    policy: Policy = POLICY,
    at: datetime = datetime(2026, 11, 23, 12, tzinfo=UTC),
) -> Earned:
    """A promotion on full evidence, signed by these."""
    return Earned(
        policy=policy,
        agent=SHOP,
        intent=intent,
        release=release,
        level=level,
        above=above,
        supports=supports(level, policy=policy, intent=intent, release=release),
        proposed_by=proposer,
        at=at,
        signed=tuple(SignOff(actor, function, at) for actor, function in signers),
    )

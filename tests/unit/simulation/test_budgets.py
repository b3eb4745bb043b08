"""What of a policy can be simulated, and what is taken as given and said."""

import pytest

from remit.conversations import IntentName
from remit.errors import SimulationError
from remit.evidence.verdicts import Finding
from remit.policy.document import parse_policy
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.simulation.budgets import METHOD, budget_at, given, not_simulated, strata_at, strictest_budget
from remit.simulation.default_policy import default_policy

HEAD = """\
apiVersion: remit/v1
kind: Policy
name: mixed
intents:
  refund: {tools: []}
levels:
  supervised_answers: {risk: {error_at_most: 0.05}}
  tools_with_approval: {risk: {error_at_most: 0.05}}
"""
GATES = """\
gates:
  supervised_answers:
    - suite: journeys
      pass_hat_k: {k: 4, at_least: 0.80}
  tools_with_approval:
    - live: bad_outcome
      at_most: 0.03
      evidence: {labels: human_confirmed, sampling: SAMPLING, matured_after: 7d}
    - live: recontact
      at_most: 0.1
      mode: observe
rollback:
  - when: {guardrail_breach: critical}
    do: stop
  - when: {change_detected: recontact}
    do: demote
  - when: {canary_worse_than: stable}
    do: rollback
"""


def mixed(sampling: str = "{flagged: 0.5, other: 0.1}") -> Policy:
    return parse_policy(HEAD + GATES.replace("SAMPLING", sampling), source="mixed")


def test_the_simulators_own_policy_is_simulated_whole() -> None:
    assert not_simulated(default_policy()) == ()
    assert strictest_budget(default_policy()) == 0.02


def test_what_is_not_simulated_is_said() -> None:
    words = not_simulated(mixed())
    assert any("pass^4 of journeys" in one and "taken as supported" in one for one in words)
    assert any("critical event" in one and "never fires" in one for one in words)
    assert any("recontact" in one for one in words)
    assert not any("canary" in one for one in words)


def test_gates_without_a_truth_are_taken_as_given_and_others_are_not() -> None:
    (taken,) = given(mixed(), IntentName("refund"), AutonomyLevel.SUPERVISED_ANSWERS)
    assert (taken.finding, taken.method) == (Finding.SUPPORTED, METHOD)
    assert given(mixed(), IntentName("refund"), AutonomyLevel.TOOLS_WITH_APPROVAL) == ()


def test_experts_look_as_the_next_gate_asks_for() -> None:
    assert [one.probability for one in strata_at(mixed(), AutonomyLevel.SHADOW)] == [0.5, 0.1]
    assert [one.probability for one in strata_at(default_policy(), AutonomyLevel.SHADOW)] == [1.0]
    assert [one.name for one in strata_at(mixed("{everyone: 0.3}"), AutonomyLevel.AUTONOMOUS)] == ["everyone"]


def test_budgets_are_those_of_the_gates() -> None:
    assert budget_at(mixed(), AutonomyLevel.TOOLS_WITH_APPROVAL) == 0.03


def test_a_judge_that_is_not_simulated_is_refused_with_what_to_do() -> None:
    with pytest.raises(SimulationError, match="`flagged` and `other`"):
        strata_at(mixed("{angry: 0.5, calm: 0.1}"), AutonomyLevel.SHADOW)


def test_a_policy_with_nothing_to_earn_is_refused_with_what_to_do() -> None:
    with pytest.raises(SimulationError, match="leave --policy out"):
        strictest_budget(parse_policy(HEAD, source="bare"))

"""The policy that simulated contact centres live under unless another one is named."""

from remit.policy.document import parse_policy
from remit.policy.model import Policy

SOURCE = "the simulator's own policy"
TEXT = """\
apiVersion: remit/v1
kind: Policy
name: simulated-centre
problem: Four intents of equal volume, each to be earned step by step
intents:
  order_status: {tools: []}
  delivery: {tools: []}
  returns: {tools: []}
  product_advice: {tools: []}
levels:
  supervised_answers: {risk: {error_at_most: 0.02}}
  tools_with_approval: {risk: {error_at_most: 0.02}}
  tools_within_limits: {risk: {error_at_most: 0.02}}
  autonomous: {risk: {error_at_most: 0.02}}
gates:
  supervised_answers: &earned
    - live: bad_outcome
      at_most: 0.02
      per: contained_conversation
      evidence: {labels: human_confirmed, matured_after: 7d, cluster: [day, customer]}
      min_days: 14
  tools_with_approval: *earned
  tools_within_limits: *earned
  autonomous: *earned
rollback:
  - when: {change_detected: bad_outcome, days_between_false_alarms: 90}
    do: demote
  - when: {budget: burned}
    do: demote
  - when: {canary_worse_than: stable}
    do: rollback
"""


def default_policy() -> Policy:
    """Four intents, one error budget of 2 % at every level, every conversation labelled within seven days."""
    return parse_policy(TEXT, source=SOURCE)

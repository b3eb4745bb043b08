"""One policy that uses everything, and small changes of it."""

from remit.errors import PolicyParseError
from remit.policy.document import parse_policy
from remit.policy.model import Policy

EXAMPLE = """\
apiVersion: remit/v1
kind: Policy
name: shop-support
problem: Where-is-my-order and returns are 46 % of contacts and wait 11 min at peak
baseline: {from: history/2026-q2.jsonl}
tools:
  find_order: {effect: read, description: Looks up an order}
  track_shipment: {effect: read}
  issue_refund: {effect: irreversible_write}
intents:
  order_status:
    description: Where is my order
    examples: [where is my order, has it shipped]
    tools: [find_order, track_shipment]
  refund:
    examples: [i want my money back]
    tools:
      find_order:
      issue_refund:
        limits: "amount <= 100.0 && order.delivered"      # CEL
    ceiling: tools_within_limits
levels:
  supervised_answers:
    risk: {error_at_most: 0.02, confidence: 0.95}
    review: {sample: 0.10, wait: 90s}
  autonomous:
    risk: {error_at_most: 0.01}
    ask_from: 0.5
gates:
  supervised_answers:
    - suite: journeys
      pass_hat_k: {k: 4, at_least: 0.90}
    - suite: red-team
      attack_success: {at_most: 0.01}
    - attest: [security_review, privacy_review]
  tools_with_approval:
    - live: bad_outcome
      at_most: 0.02
      per: contained_conversation
      evidence: {labels: human_confirmed, sampling: {flagged: 0.5}, matured_after: 7d, cluster: [day, customer]}
      min_days: 14
    - live: csat
      no_worse_than: stable
      mode: observe
objectives: [objectives/*.yaml]
rollback:
  - when: {change_detected: bad_outcome, days_between_false_alarms: 90}
    do: demote
  - when: {guardrail_breach: critical}
    do: stop
signoff: {tools_within_limits: [operations, risk]}
turn: {max_steps: 6, deadline: 20s}
"""


def read(text: str = EXAMPLE) -> Policy:
    return parse_policy(text, source="policy.yaml")


def changed(old: str, new: str) -> str:
    """The example with one passage replaced; the passage must stand there exactly once."""
    assert EXAMPLE.count(old) == 1, old
    return EXAMPLE.replace(old, new)


def refusal(text: str) -> PolicyParseError:
    """The error that the text gets."""
    try:
        read(text)
    except PolicyParseError as error:
        return error
    raise AssertionError("this policy was accepted")

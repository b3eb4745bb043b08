"""From the text of a policy to the frozen `Policy`: form, then keys and values, then what must fit together."""

from pydantic import ValidationError

from remit.conversations import IntentName
from remit.documents import read_mapping, refusal
from remit.documents.complaints import complaints
from remit.errors import PolicyParseError
from remit.policy.assembly import assemble
from remit.policy.levels import AutonomyLevel
from remit.policy.misfits import find_misfits
from remit.policy.model import Policy
from remit.policy.rules import IntentRule
from remit.policy.schema import PolicyDocument

_BEGIN = "A policy begins with `apiVersion: remit/v1` and `kind: Policy`."


def parse_policy(text: str, *, source: str) -> Policy:
    """Read a policy document.

    Args:
        text: YAML.
        source: What the text is called in errors, usually its path.

    Raises:
        PolicyParseError: Names the first problem; `others` and the sentence list the rest.
    """
    located = read_mapping(text, source, PolicyParseError, _BEGIN)
    try:
        document = PolicyDocument.model_validate(located.plain())
    except ValidationError as error:
        raise refusal(PolicyParseError, source, complaints(error, located, PolicyDocument)) from None
    if misfits := find_misfits(document, located):
        raise refusal(PolicyParseError, source, misfits)
    return assemble(document, source)


def rule_at(policy: Policy, intent: IntentName, level: AutonomyLevel) -> IntentRule:
    """What the agent may do for the intent at that level, were it granted: never above the intent's ceiling.

    Raises:
        KeyError: The policy does not know the intent.
    """
    declared = policy.intents[intent]
    granted = min(level, declared.ceiling)
    if granted is AutonomyLevel.SHADOW:
        return IntentRule(intent, granted, send_threshold=1.0, ask_threshold=1.0, tools=declared.tools)
    at_level = policy.levels[granted]
    return IntentRule(
        intent,
        granted,
        send_threshold=at_level.send_threshold,
        ask_threshold=at_level.ask_threshold,
        tools=declared.tools,
    )

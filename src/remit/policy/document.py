"""From the text of a policy to the frozen `Policy`: form, then keys and values, then what must fit together."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from remit.conversations import IntentName
from remit.errors import PolicyParseError
from remit.policy.assembly import assemble
from remit.policy.complaints import complaints
from remit.policy.levels import AutonomyLevel
from remit.policy.misfits import find_misfits
from remit.policy.model import Policy
from remit.policy.rules import IntentRule
from remit.policy.schema import PolicyDocument
from remit.policy.yaml_lines import Problem, load_yaml


def parse_policy(text: str, *, source: str) -> Policy:
    """Read a policy document.

    Args:
        text: YAML.
        source: What the text is called in errors, usually its path.

    Raises:
        PolicyParseError: Names the first problem; `others` and the sentence list the rest.
    """
    located = load_yaml(text)
    if located.problems:
        raise _refuse(source, located.problems)
    try:
        document = PolicyDocument.model_validate(_top_mapping(located.value, source))
    except ValidationError as error:
        raise _refuse(source, complaints(error, located)) from None
    if misfits := find_misfits(document, located):
        raise _refuse(source, misfits)
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


def _top_mapping(value: Any, source: str) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    what = "is empty" if value is None else "is not a mapping of keys to values"
    raise PolicyParseError(source, 1, what, "A policy begins with `apiVersion: remit/v1` and `kind: Policy`.")


def _refuse(source: str, problems: Sequence[Problem]) -> PolicyParseError:
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    first, *rest = (PolicyParseError(source, problem.line, problem.what, problem.mend) for problem in ordered)
    return PolicyParseError(source, first.line, first.problem, first.mend, others=rest)

"""Tasks of the benchmark as a suite file that `remit eval --suite` reads, and the world file that it names."""

from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from remit.adapters.formats.tau.casting import Casting
from remit.scenarios.document import parse_suite
from remit.scenarios.model import (
    AgendaCustomer,
    CallCheck,
    Check,
    Customer,
    HandoffCheck,
    InstructedCustomer,
    SaidCheck,
    Scenario,
    ScriptedCustomer,
    StateChange,
    StateCheck,
)
from remit.tools import ToolCall


def render_suite(scenarios: Sequence[tuple[Scenario, Casting]], *, name: str, world: str, source: str) -> str:
    """The suite as YAML, each scenario with who plays its customer; null where nobody can.

    The tags `customer-agenda` and `customer-llm` tell the two apart for `--filter`.

    Raises:
        ScenarioParseError: The suite that was made cannot be read again; a fault of ours.
    """
    from ruamel.yaml import YAML

    document = {
        "apiVersion": "remit/v1",
        "kind": "Suite",
        "name": name,
        "description": f"From {source}. Scenarios with the tag customer-llm need a language model as their customer.",
        "world": world,
        "scenarios": {str(one.id): _plain_braces(_body(one, casting)) for one, casting in scenarios},
    }
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 110
    text = StringIO()
    yaml.dump(document, text)
    parse_suite(text.getvalue(), f"{name}.yaml")
    return text.getvalue()


def render_world(folder: Path, domain: str, edition: str) -> str:
    """A module whose `world` is the benchmark's, on the data in `folder`."""
    return (
        f'"""The {edition} {domain} world, on the benchmark\'s own data."""\n\n'
        "from pathlib import Path\n\n"
        "from remit.adapters.worlds.tau.editions import Edition\n"
        "from remit.adapters.worlds.tau.files import tau_world\n\n"
        f"world = tau_world(Path({str(folder)!r}), {domain!r}, Edition({edition!r}))\n"
    )


def _body(scenario: Scenario, casting: Casting) -> Mapping[str, Any]:
    body: dict[str, Any] = {"intent": str(scenario.intent), "title": scenario.title, "reason": scenario.reason}
    body |= {"persona": scenario.persona} if scenario.persona else {}
    body |= {"knows": list(scenario.known)} if scenario.known else {}
    body |= {"does_not_know": list(scenario.unknown)} if scenario.unknown else {}
    body |= _customer(casting.customer)
    start: dict[str, Any] = {}
    start |= {"changes": _changes(scenario.start.changes)} if scenario.start.changes else {}
    start |= {"calls": [_call(one) for one in scenario.start.calls]} if scenario.start.calls else {}
    body |= {"start": start} if start else {}
    if scenario.has_reference:
        body["reference"] = [_call(one) for one in scenario.reference]
    return {**body, "checks": _checks(scenario.checks)}


def _customer(customer: Customer | None) -> Mapping[str, Any]:
    match customer:
        case AgendaCustomer():
            agenda: dict[str, Any] = {
                "opening": list(customer.opening),
                "answers": {slot: list(words) for slot, words in customer.answers.items()},
                "max_turns": customer.max_turns,
            }
            agenda |= {"insists": list(customer.insists)} if customer.insists else {}
            return {"tags": ["customer-agenda"], "customer": {"agenda": agenda}}
        case InstructedCustomer():
            llm: dict[str, Any] = {"instructions": customer.instructions, "max_turns": customer.max_turns}
            return {"tags": ["customer-llm"], "customer": {"llm": llm}}
        case ScriptedCustomer() | None:
            return {"customer": None}


def _changes(changes: Iterable[StateChange]) -> Mapping[str, Any]:
    return {one.pointer: one.after for one in changes}


def _call(call: ToolCall) -> Any:
    return {str(call.tool): dict(call.arguments)} if call.arguments else str(call.tool)


def _checks(checks: Iterable[Check]) -> Mapping[str, Any]:
    # What a suite file leaves out is strict, and the benchmark forbids neither of these.
    written: dict[str, Any] = {"state": "any", "handoff": "allowed"}
    for check in checks:
        match check:
            case StateCheck():
                written["state"] = "as_reference" if check.from_reference else "unchanged"
            case CallCheck(tool=tool, arguments=arguments):
                written.setdefault("calls", []).append({str(tool): dict(arguments)} if arguments else str(tool))
            case SaidCheck(text=text, without=without):
                written.setdefault("says", []).append({"text": text, "without": without} if without else text)
            case HandoffCheck(expected=expected):
                written["handoff"] = "expected" if expected else "forbidden"
    return written


def _plain_braces(value: Any) -> Any:
    """Braces doubled in every text, for single ones are placeholders in suite files."""
    match value:
        case str():
            return value.replace("{", "{{").replace("}", "}}")
        case dict():
            return {key: _plain_braces(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_plain_braces(inner) for inner in value]
        case _:
            return value

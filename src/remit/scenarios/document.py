"""Suites as YAML text: parse, expand, check. Pure: the text comes in, a Suite goes out."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from typing import Any, Literal

from remit.conversations import IntentName
from remit.documents import Located, digest_of, read_mapping
from remit.errors import ScenarioParseError
from remit.scenarios.check_syntax import CHECK_KEYS, read_call, read_changes, read_checks
from remit.scenarios.expansion import expand
from remit.scenarios.model import (
    AgendaCustomer,
    Customer,
    InstructedCustomer,
    Scenario,
    ScenarioId,
    ScriptedCustomer,
    StartState,
    Suite,
)
from remit.scenarios.sections import Section

SUITE_KEYS = ("apiVersion", "kind", "name", "description", "simulated", "world", "defaults", "scenarios")
DEFAULT_KEYS = (
    "world", "intent", "persona", "knows", "does_not_know", "verified_customer", "expert", "tags", "start", "checks",
)  # fmt: skip
SCENARIO_KEYS = (*DEFAULT_KEYS, "title", "reason", "customer", "reference", "vary")
START_KEYS = ("changes", "calls")
CUSTOMER_KEYS = ("says", "agenda", "llm")
AGENDA_KEYS = ("opening", "answers", "confirms", "insists", "max_turns")
LLM_KEYS = ("instructions", "max_turns")
_BEGIN = "A suite begins with `apiVersion: remit/v1` and `kind: Suite`."
EXPERTS: Mapping[str, Literal["absent", "approves", "denies"]] = {
    "absent": "absent",
    "approves": "approves",
    "denies": "denies",
}


def parse_suite(text: str, source: str) -> Suite:
    """The suite in a YAML text.

    Args:
        text: The whole document.
        source: The file's name as it is shown in errors and kept with each scenario.

    Raises:
        ScenarioParseError: Anything in it cannot be used; names the line and how to mend it.
    """
    document = Section(read_mapping(text, source, ScenarioParseError, _BEGIN), source, "the suite", SUITE_KEYS)
    document.one_of(_required(document, "apiVersion"), "apiVersion", {"remit/v1": True})
    document.one_of(_required(document, "kind"), "kind", {"Suite": True})
    name = document.text("name")
    scenarios = tuple(_scenarios(document))
    return Suite(
        name=name,
        scenarios=scenarios,
        description=document.text("description", ""),
        source=source,
        simulated=document.boolean("simulated", default=True),
    )


def merge_suites(suites: Iterable[Suite], source: str) -> tuple[Suite, ...]:
    """Suites of one name become one, in the order given.

    Raises:
        ScenarioParseError: Two files have a scenario with the same id.
    """
    merged: dict[str, Suite] = {}
    for suite in suites:
        before = merged.get(suite.name)
        merged[suite.name] = suite if before is None else _joined(before, suite, source)
    return tuple(merged.values())


def _joined(one: Suite, other: Suite, source: str) -> Suite:
    known = {scenario.id: scenario.source for scenario in one.scenarios}
    for scenario in other.scenarios:
        if scenario.id in known:
            path, _, line = scenario.source.rpartition(":")
            raise ScenarioParseError(
                path, int(line), f"scenario {scenario.id!r} is in suite {one.name!r} already ({known[scenario.id]})",
                "Rename one of them.",
            )  # fmt: skip
    return replace(
        one,
        scenarios=(*one.scenarios, *other.scenarios),
        description=one.description or other.description,
        source=source,
        simulated=one.simulated or other.simulated,
    )


def _required(section: Section, name: str) -> Located:
    found = section.get(name)
    if found is None:
        section.fail(f"{section.where} has no {name!r}", mend=_BEGIN)
    return found


# ── scenarios ─────────────────────────────────────────────────────────────────────────────────────
def _scenarios(document: Section) -> Iterable[Scenario]:
    written = document.get("scenarios")
    if written is None or not written.value:
        document.fail(
            "the suite has no scenarios", written.line if written else None, "Add at least one under `scenarios:`."
        )
    templates = Section(written, document.path, "`scenarios`")
    defaults = Section(
        document.get("defaults") or Located({}, document.line), document.path, "`defaults`", DEFAULT_KEYS
    )
    seen: dict[str, int] = {}
    for name, body in templates.items():
        template = Section(body, document.path, f"scenario {name!r}", SCENARIO_KEYS)
        for scenario_id, filled in expand(name, _with_defaults(template, defaults, document)):
            if scenario_id in seen:
                template.fail(
                    f"scenario {scenario_id!r} is there twice, first on line {seen[scenario_id]}",
                    mend="Rename one of them.",
                )
            seen[scenario_id] = body.line
            yield _scenario(Section(filled, document.path, f"scenario {scenario_id!r}", SCENARIO_KEYS), scenario_id)


def _with_defaults(template: Section, defaults: Section, document: Section) -> Section:
    """What the scenario says wins; `checks` and `start` are joined key by key."""
    fields = dict(defaults.items())
    world = document.get("world")
    if world is not None:
        fields.setdefault("world", world)
    for name, value in template.items():
        if name in ("checks", "start") and name in fields and isinstance(value.value, dict):
            common = Section(fields[name], document.path, f"`{name}` of `defaults`")
            fields[name] = Located({**dict(common.items()), **value.value}, value.line)
        else:
            fields[name] = value
    return Section(Located(fields, template.line), template.path, template.where, SCENARIO_KEYS)


def _scenario(section: Section, scenario_id: str) -> Scenario:
    reference = section.listed("reference", lambda one: read_call(section, one))
    known, facts = _known(section)
    reason = section.text("reason", "")
    scenario = Scenario(
        id=ScenarioId(scenario_id),
        intent=IntentName(section.text("intent")),
        title=section.text("title", reason or scenario_id),
        reason=reason,
        start=_start(section),
        checks=_checks(section),
        customer=_customer(section, reason, facts),
        known=known,
        unknown=section.texts("does_not_know"),
        persona=section.text("persona", ""),
        reference=reference,
        has_reference="reference" in section,
        expert=section.choice("expert", EXPERTS, "absent"),
        verified_customer=section.text("verified_customer", "") or None,
        tags=section.texts("tags"),
        source=f"{section.path}:{section.line}",
    )
    return replace(scenario, version=version_of(scenario))


def version_of(scenario: Scenario) -> str:
    """Digest of everything that can change how a trial goes; not of its place, title or tags."""
    content = asdict(scenario)
    for name in ("version", "source", "title", "tags", "extra"):
        del content[name]
    return digest_of(content)[:16]


def _start(section: Section) -> StartState:
    start = Section(
        section.get("start") or Located({}, section.line), section.path, f"`start` of {section.where}", START_KEYS
    )
    changes = start.get("changes")
    return StartState(
        world=section.text("world", ""),
        changes=() if changes is None else read_changes(Section(changes, section.path, f"`changes` of {start.where}")),
        calls=start.listed("calls", lambda one: read_call(start, one)),
    )


def _checks(section: Section) -> tuple[Any, ...]:
    written = section.get("checks")
    if written is None or not set(written.value or ()) - {"ignore", "tolerance"}:
        section.fail(
            f"{section.where} has no checks",
            written.line if written else None,
            "Say what must hold at the end, such as `checks: {state: unchanged, says: [delivered]}`.",
        )
    block = Section(written, section.path, f"`checks` of {section.where}", CHECK_KEYS)
    return read_checks(block, has_reference="reference" in section)


# ── the customer ──────────────────────────────────────────────────────────────────────────────────
def _known(section: Section) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """What the customer knows, as lines, and as answers by name where it was written by name."""
    written = section.get("knows")
    if written is None or not isinstance(written.value, dict):
        return section.texts("knows"), {}
    facts = {name: section.several_words(value, name) for name, value in written.value.items()}
    return tuple(f"{name}: {words[0]}" for name, words in facts.items() if words), facts


def _customer(section: Section, reason: str, facts: dict[str, tuple[str, ...]]) -> Customer | None:
    """None where the file says null: nobody can play this customer, the scenario can only be replayed."""
    written = section.get("customer")
    if written is None:
        section.fail(
            f"{section.where} has no customer", mend="Add `customer: {says: [...]}` or `customer: {agenda: {...}}`."
        )
    if written.value is None:
        return None
    if isinstance(written.value, list | str):
        written = Located({"says": written}, written.line)
    customer = Section(written, section.path, f"`customer` of {section.where}", CUSTOMER_KEYS)
    if sum(key in customer for key in CUSTOMER_KEYS) != 1:
        customer.fail(f"{customer.where} needs exactly one of `says`, `agenda` and `llm`")
    if "agenda" in customer:
        return _agenda(_inner(customer, section, "agenda", AGENDA_KEYS), reason, facts)
    if "llm" in customer:
        return _instructed(_inner(customer, section, "llm", LLM_KEYS), reason)
    return _scripted(customer)


def _inner(customer: Section, section: Section, name: str, keys: tuple[str, ...]) -> Section:
    """What is written under `agenda` or `llm`; nothing there is an empty mapping."""
    written = customer.get(name) or Located({}, customer.line)
    empty = Located({} if written.value is None else written.value, written.line)
    return Section(empty, section.path, f"`{name}` of {section.where}", keys)


def _scripted(customer: Section) -> ScriptedCustomer:
    lines = customer.listed("says", lambda one: customer.several_words(one, "says"))
    if not lines or not all(phrasings and all(phrasings) for phrasings in lines):
        customer.fail(f"{customer.where} says nothing", mend="Write what the customer says, one line each.")
    return ScriptedCustomer(lines)


def _instructed(llm: Section, reason: str) -> InstructedCustomer:
    instructions = llm.text("instructions", "")
    if not instructions and not reason:
        llm.fail(f"{llm.where} tells the model nothing", mend="Add `instructions:`, or a `reason:` to the scenario.")
    return InstructedCustomer(instructions, max_turns=int(llm.number("max_turns", 30, at_least=1)))


def _agenda(agenda: Section, reason: str, facts: dict[str, tuple[str, ...]]) -> AgendaCustomer:
    opening = agenda.texts("opening") or ((reason,) if reason else ())
    if not opening:
        agenda.fail(f"{agenda.where} has no opening", mend="Add `opening:`, or a `reason:` to the scenario.")
    answers = dict(facts)
    written = agenda.get("answers")
    if written is not None:
        block = Section(written, agenda.path, f"`answers` of {agenda.where}")
        answers |= {name: block.several_words(value, name) for name, value in block.items()}
    for name, phrasings in answers.items():
        if not phrasings:
            agenda.fail(f"the answer {name!r} of {agenda.where} has no words", mend="Write at least one phrasing.")
    return AgendaCustomer(
        opening=opening,
        answers=answers,
        confirms=agenda.boolean("confirms", default=True),
        insists=agenda.texts("insists"),
        max_turns=int(agenda.number("max_turns", 8, at_least=1)),
    )

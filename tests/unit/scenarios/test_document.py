"""Suites as text: what they become, and one clear sentence with a line for everything that is wrong."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.conversations import HandoffReason
from remit.errors import ScenarioParseError
from remit.scenarios.document import merge_suites, parse_suite
from remit.scenarios.model import (
    AgendaCustomer,
    CallCheck,
    HandoffCheck,
    SaidCheck,
    Scenario,
    ScriptedCustomer,
    StateChange,
    StateCheck,
    Suite,
)
from remit.tools import ToolCall, ToolName

SUITE = """\
apiVersion: remit/v1
kind: Suite
name: journeys
world: world.py:world
defaults:
  verified_customer: C-17
  checks: {ignore: [/audit], tolerance: 0.005}
scenarios:
  order_status:
    intent: order_status
    title: Where is order {order}?
    reason: Waits for {order}.
    persona: terse
    knows: {order: "{order}", email: ana@example.com}
    does_not_know: [the tracking number]
    customer:
      agenda: {opening: [Where is my order?, my parcel has not come]}
    reference: [find_order: {order: "{order}"}]
    checks:
      calls: [find_order: {order: "{order}"}]
      says: ["{status}", {pattern: '\\d{3}'}]
      never_says: [refund]
    vary:
      - {order: W1001, status: shipped}
      - {order: W1002, status: delivered}
  refund:
    intent: refund
    customer: [["I want my money back for {order}", "refund {order}"], yes]
    start:
      changes: {/orders/W1/status: delivered, removed: [/orders/W9]}
      calls: [open_ticket]
    reference: [issue_refund: {order: "{order}", amount: "{amount}"}]
    expert: approves
    checks:
      state: {one_of: [as_reference, {"/refunds/*": {order: "{order}", amount: "{amount}"}}]}
      handoff: allowed
    vary: {order: [W1, W2], amount: [10, 12.5]}
  human:
    intent: human
    customer: [Give me a person]
    checks: {handoff: [customer_request]}
"""


def parse(text: str = SUITE) -> Suite:
    return parse_suite(text, "journeys.yaml")


def by_id(suite: Suite) -> dict[str, Scenario]:
    return {scenario.id: scenario for scenario in suite.scenarios}


def only(text: str) -> Scenario:
    head = "apiVersion: remit/v1\nkind: Suite\nname: s\nscenarios:\n  one:\n    intent: i\n"
    (scenario,) = parse(head + "".join(f"    {line}\n" for line in text.splitlines())).scenarios
    return scenario


def test_a_template_becomes_one_scenario_for_each_row() -> None:
    ids = [scenario.id for scenario in parse().scenarios]

    assert ids == ["order_status[1]", "order_status[2]", "refund[1]", "refund[2]", "refund[3]", "refund[4]", "human"]


def test_placeholders_are_filled_everywhere_and_keep_their_type() -> None:
    scenario = by_id(parse())["refund[2]"]

    assert scenario.reference == (ToolCall(ToolName("issue_refund"), {"order": "W1", "amount": 12.5}),)
    assert scenario.customer == ScriptedCustomer((("I want my money back for W1", "refund W1"), ("yes",)))
    state = scenario.checks[0]
    assert isinstance(state, StateCheck)
    assert state.from_reference
    assert state.acceptable == ((StateChange("/refunds/*", None, {"order": "W1", "amount": 12.5}),),)


def test_what_is_known_by_name_is_what_an_agenda_answers() -> None:
    scenario = by_id(parse())["order_status[2]"]

    assert scenario.customer == AgendaCustomer(
        opening=("Where is my order?", "my parcel has not come"),
        answers={"order": ("W1002",), "email": ("ana@example.com",)},
    )
    assert scenario.known == ("order: W1002", "email: ana@example.com")
    assert scenario.unknown == ("the tracking number",)


def test_checks_are_read_in_order_and_strict_where_nothing_is_said() -> None:
    assert by_id(parse())["order_status[1]"].checks == (
        StateCheck(acceptable=((),), ignore=("/audit",), tolerance=0.005),
        CallCheck(ToolName("find_order"), {"order": "W1001"}),
        SaidCheck("shipped"),
        SaidCheck(pattern=r"\d{3}"),
        SaidCheck("refund", said=False),
        HandoffCheck(expected=False),
    )


def test_any_state_and_an_allowed_handoff_leave_no_check() -> None:
    scenario = only("customer: [hi]\nchecks: {state: any, handoff: allowed, says: [hello]}")

    assert scenario.checks == (SaidCheck("hello"),)


def test_a_handoff_can_be_expected_for_reasons() -> None:
    assert by_id(parse())["human"].checks[-1] == HandoffCheck(True, (HandoffReason.CUSTOMER_REQUEST,))


def test_a_start_state_is_changes_and_calls() -> None:
    start = by_id(parse())["refund[1]"].start

    assert start.world == "world.py:world"
    assert start.changes == (
        StateChange("/orders/W1/status", None, "delivered"),
        StateChange("/orders/W9", None, None, "removed"),
    )
    assert start.calls == (ToolCall(ToolName("open_ticket")),)


def test_numbers_that_begin_with_zero_stay_as_written() -> None:
    scenario = only("knows: {postcode: 01067}\nreason: x\ncustomer: {agenda: {}}\nchecks: {state: unchanged}")

    assert isinstance(scenario.customer, AgendaCustomer)
    assert scenario.customer.answers == {"postcode": ("01067",)}


def test_doubled_braces_are_plain_braces() -> None:
    assert only('customer: ["{{order}}"]\nchecks: {state: any, says: [a]}').customer == ScriptedCustomer(
        (("{order}",),)
    )


def test_the_version_changes_with_what_matters_and_with_nothing_else() -> None:
    version = by_id(parse())["human"].version

    assert by_id(parse("# a comment\n" + SUITE.replace("name: journeys", "name: other")))["human"].version == version
    assert by_id(parse(SUITE.replace("Give me a person", "A person!")))["human"].version != version
    assert by_id(parse(SUITE.replace("tolerance: 0.005", "tolerance: 0.1")))["human"].version != version


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("title: Where", "titel: Where", 11, "unknown key 'titel'.*Did you mean `title`"),
        ('"{status}"', '"{stats}"', 21, "no values for the placeholder {stats}.*Did you mean `status`"),
        ("handoff: allowed", "handoff: allow", 36, "'allow'.*Did you mean `allowed`"),
        ("checks: {handoff: [customer_request]}", "checks: {}", 41, "has no checks"),
        ("expert: approves", "expert: maybe", 33, "'expert'.*cannot be 'maybe'.*`absent`, `approves`, `denies`"),
        ('order: "{order}", email', "order: {order}, email", 14, "must be words.*needs quotes"),
        ("    intent: refund\n", "", 26, "has no 'intent'"),
        (r"pattern: '\d{3}'", "pattern: '('", 21, "not a regular expression"),
        ("  human:", "  refund:", 38, "key 'refund' stands twice"),
        ("state: {one_of", "state: {on_of", 35, "not a JSON pointer"),
        ('calls: [find_order: {order: "{order}"}]', "calls: [find_order: {order: {order}}]", 20, "put it in quotes"),
        ("/orders/W1/status", "orders/W1", 30, "not a JSON pointer"),
        ("kind: Suite", "kind: Policy", 2, "'kind'.*cannot be 'Policy'.*Suite"),
        ("apiVersion: remit/v1", "apiVersion: remit/v9", 1, "'apiVersion'"),
        ("tolerance: 0.005", "tolerance: -1", 7, "at least 0, not -1"),
        ("    reference: [issue_refund", "    notes: [issue_refund", 32, "unknown key 'notes'"),
        ("  - {order: W1002, status: delivered}", "  - {order: W1002}", 25, "differs from the first row in: status"),
        ("vary: {order: [W1, W2]", "vary: {order: []", 37, "at least one value"),
        ("customer: [Give me a person]", "customer: []", 40, "says nothing"),
        (
            "customer: [Give me a person]",
            "customer: {says: [a], agenda: {}}",
            40,
            "exactly one of `says`, `agenda` and `llm`",
        ),
        ("- {order: W1001", "- {Order: W1001", 24, "cannot be a placeholder"),
        ("amount: [10, 12.5]", f"amount: {list(range(9000))}", 37, "18000 scenarios"),
        ("[open_ticket]", "[{a: {}, b: {}}]", 31, "a call .* must be one tool"),
        ("Give me a person]", "Give me {a} person]", 40, "not YAML.*needs quotes"),
        ("  human:", "\thuman:", 38, "tab stands.*Indent with spaces"),
    ],
)
def test_what_is_wrong_is_one_error_with_its_line(old: str, new: str, line: int, said: str) -> None:
    assert SUITE.count(old) >= 1

    with pytest.raises(ScenarioParseError, match="(?s)" + said) as raised:
        parse(SUITE.replace(old, new, 1))

    assert raised.value.line == line
    assert str(raised.value).startswith(f"journeys.yaml:{line}: ")


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "[]", "just words", "apiVersion: remit/v1\nkind: Suite\nname: s\n"]
)
def test_a_file_without_scenarios_is_an_error(text: str) -> None:
    with pytest.raises(ScenarioParseError):
        parse(text)


def test_a_state_like_the_reference_needs_a_reference() -> None:
    with pytest.raises(ScenarioParseError, match="there is no reference"):
        only("customer: [hi]\nchecks: {state: as_reference}")


def test_endless_aliases_are_refused() -> None:
    doubling = "\n".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30))

    with pytest.raises(ScenarioParseError, match="unfolds beyond"):
        parse("a0: &a0 [x]\n" + doubling)


def read(text: str) -> Suite | ScenarioParseError:
    try:
        return parse(text)
    except ScenarioParseError as error:
        return error


@given(st.text(max_size=200))
def test_any_text_is_a_suite_or_one_error(text: str) -> None:
    found = read(text)

    assert found.scenarios if isinstance(found, Suite) else found.path == "journeys.yaml"


@given(st.data())
def test_a_damaged_suite_is_a_suite_or_one_error(data: Any) -> None:
    at = data.draw(st.integers(0, len(SUITE)))
    end = data.draw(st.integers(at, min(len(SUITE), at + 30)))
    put = data.draw(st.sampled_from(["", "{", "}", "[", ": ", "- ", "\n", "null", "7", "'", "&a", "*a"]))
    found = read(SUITE[:at] + put + SUITE[end:])

    if isinstance(found, Suite):
        assert all(scenario.checks and scenario.version for scenario in found.scenarios)
    else:
        assert found.path == "journeys.yaml"


def test_files_of_one_suite_are_joined_and_an_id_is_there_once() -> None:
    one, two = parse_suite(SUITE, "a.yaml"), parse_suite(SUITE.replace("human:", "person:", 1), "b.yaml")

    with pytest.raises(ScenarioParseError, match=r"b\.yaml:9: .*a\.yaml:9") as raised:
        merge_suites([one, two], "suites")
    assert raised.value.line == 9

    other = parse_suite(SUITE[: SUITE.index("  order_status:")] + SUITE[SUITE.index("  human:") :], "c.yaml")
    joined = merge_suites([parse_suite(SUITE[: SUITE.index("  human:")], "a.yaml"), other], "suites")
    assert [len(suite.scenarios) for suite in joined] == [7]
    assert joined[0].source == "suites"

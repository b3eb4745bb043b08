"""Limits in CEL: what they let through, and that everything doubtful is a no."""

import math
import subprocess
import sys
from typing import Any

import pytest

from remit.policy.limits import AllLimits, LimitError, compile_limits

DELIVERED = {
    "order": {"customer_id": 2**53 + 1, "delivered": True, "total": 80, "items": [{"price": 5}, {"price": 7.5}]}
}


@pytest.mark.parametrize(
    ("expression", "arguments"),
    [
        ("amount <= 100.0", {"amount": 50}),
        ("amount <= 100", {"amount": 99.5}),
        ("amount <= 100.0 && order.delivered", {"amount": 100}),
        ("amount + fee <= 100", {"amount": 50.5, "fee": 1}),
        ("amount * 2 <= order.total", {"amount": 40}),
        ("amount == 10", {"amount": 10.0}),
        ("amount <= 7 / 2", {"amount": 3.4}),
        ("kind in ['voucher', 'card']", {"kind": "card"}),
        ("reason.startsWith('late')", {"reason": "late again"}),
        ("size(items) + 1 <= 3", {"items": ["a", "b"]}),
        ("order.items[0].price < 6", {}),
        ("order.items.all(item, item.price < 10)", {}),
        ("has(order.refunded) || amount < 10", {"amount": 9}),
        ("arguments.address.country == 'DE'", {"address": {"country": "DE"}}),
        ("amount < 100 // in euro", {"amount": 1}),
        ("int(amount) % 5 == 0", {"amount": 25}),
        ("customer_id == order.customer_id", {"customer_id": 2**53 + 1}),
        ("true", {}),
    ],
)
def test_a_call_inside_the_limit_may_run(expression: str, arguments: dict[str, Any]) -> None:
    assert compile_limits(expression).allow(arguments, DELIVERED)


@pytest.mark.parametrize(
    ("expression", "arguments", "facts"),
    [
        ("amount <= 100.0", {"amount": 100.01}, {}),
        ("amount <= 100.0", {}, {}),
        ("amount <= 100.0", {"amount": "50"}, {}),
        ("amount <= 100.0", {"amount": None}, {}),
        ("amount <= 100.0", {"amount": True}, {}),
        ("amount <= 100.0", {"amount": math.nan}, {}),
        ("!(amount > 100.0)", {"amount": math.nan}, {}),
        ("amount >= 0.0", {"amount": math.inf}, {}),
        ("amount >= 0", {"amount": 10**40}, {}),
        ("amount / 2 <= 50", {"amount": 101}, {}),
        ("amount / 0 <= 50", {"amount": 1}, {}),
        ("amount <= 100.0 && order.delivered", {"amount": 50}, {}),
        ("amount <= 100.0 && order.delivered", {"amount": 50}, {"order": {}}),
        ("amount <= 100.0 && order.delivered", {"amount": 50}, {"order": {"delivered": "yes"}}),
        ("amount", {"amount": 1}, {}),
        ("'true'", {}, {}),
        ("customer_id == order.customer_id", {"customer_id": 2**53 + 1}, {"order": {"customer_id": 2**53}}),
        ("amount >= 0", {"amount": 2**60}, {}),
        ("order.items[9].price < 6", {}, DELIVERED),
        ("note == note", {"note": object()}, {}),
        ("note == note", {"note": "x" * 2_001}, {}),
        ("size(items) > 0", {"items": [0] * 501}, {}),
    ],
)
def test_whatever_is_not_true_is_not_allowed(expression: str, arguments: dict[str, Any], facts: dict[str, Any]) -> None:
    assert compile_limits(expression).allow(arguments, facts) is False


def test_values_nested_beyond_reason_are_not_judged() -> None:
    nested: dict[str, Any] = {}
    nested["inner"] = nested
    assert not compile_limits("size(deep) > 0").allow({"deep": nested}, {})


@pytest.mark.parametrize(
    "expression",
    [
        "amount <= 100.0 && order.delivered",
        "amount <= 100.0 && (order).delivered",
        "amount <= 100.0 && dyn((order)).delivered",
        "amount <= 100.0 && order['delivered']",
        "amount <= 100.0 && has(order.delivered) && order.delivered",
    ],
)
def test_an_agent_cannot_supply_a_fact_as_an_argument(expression: str) -> None:
    limits = compile_limits(expression)
    assert limits.allow({"amount": 50}, {"order": {"delivered": True}})
    assert not limits.allow({"amount": 50, "order": {"delivered": True}}, {})


@pytest.mark.parametrize("expression", ["orders.exists(o, o.delivered)", "orders[0].delivered", "has(orders.paid)"])
def test_whatever_is_read_out_of_a_name_must_be_a_fact(expression: str) -> None:
    given: dict[str, Any] = {"orders": {"paid": True}} if "paid" in expression else {"orders": [{"delivered": True}]}
    assert not compile_limits(expression).allow(given, {})
    assert compile_limits(expression).allow({}, given)


def test_a_name_that_is_argument_and_fact_at_once_is_ambiguous() -> None:
    assert not compile_limits("amount <= 100.0").allow({"amount": 5}, {"amount": 5})


def test_a_name_that_the_limit_does_not_use_makes_nothing_ambiguous() -> None:
    assert compile_limits("amount <= 100.0").allow({"amount": 5, "order": "10423"}, DELIVERED)


def test_an_argument_called_arguments_is_ambiguous() -> None:
    assert not compile_limits("arguments.amount <= 100.0").allow({"amount": 5, "arguments": {"amount": 1}}, {})


def test_the_variable_of_a_loop_is_the_limits_own() -> None:
    limits = compile_limits("order.items.all(amount, amount.price < 10)")
    assert limits.allow({"amount": 1}, {**DELIVERED, "amount": {}})


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("", "does not compile"),
        ("amount <=", "does not compile"),
        ("amount <= 100 amount", "does not compile"),
        ("amount = 100", "does not compile"),
        ("9223372036854775808 > amount", "does not compile"),
        ("max(amount, 3) < 5", "calls `max`"),
        ("order.cancelled()", "calls `cancelled`"),
        ("items.map(i, i.price).size() < 3", "`map` builds a list"),
        ("order.items.all(i, order.items.all(j, i == j))", "inside a loop"),
        ("order.items.all(i, i.name.matches('a+'))", "inside a loop"),
        ("amount < 1 || " * 40 + "true", "characters long"),
    ],
)
def test_a_limit_that_cannot_be_used_is_refused_when_it_is_read(expression: str, problem: str) -> None:
    with pytest.raises(LimitError) as refused:
        compile_limits(expression)
    assert problem in refused.value.problem
    assert refused.value.mend


def test_a_slip_in_a_function_gets_a_suggestion() -> None:
    with pytest.raises(LimitError) as refused:
        compile_limits("reason.startswith('late')")
    assert "Did you mean `startsWith`?" in refused.value.mend


def test_loops_beside_each_other_are_no_nesting() -> None:
    limits = compile_limits("order.items.all(i, (i.price) < 10) && order.items.exists(i, i.price > 5)")
    assert limits.allow({}, DELIVERED)


def test_words_inside_quotes_are_neither_names_nor_numbers() -> None:
    limits = compile_limits("code == 'order.1' && title == \"map(2)\"")
    assert limits.allow({"code": "order.1", "title": "map(2)"}, {})


def test_two_limits_are_equal_if_their_text_is() -> None:
    assert compile_limits("amount < 5") == compile_limits("amount < 5")
    assert compile_limits("amount < 5") != compile_limits("amount < 6")


def test_all_limits_of_several_intents_must_hold() -> None:
    both = AllLimits((compile_limits("amount < 50"), compile_limits("amount > 10")))
    assert both.expression == "(amount < 50) && (amount > 10)"
    assert [both.allow({"amount": amount}, {}) for amount in (5, 20, 60)] == [False, True, False]


def test_compiling_a_limit_loads_no_terminal() -> None:
    script = (
        "import sys; from remit.policy.limits import compile_limits; "
        "assert compile_limits('a < 1').allow({'a': 0}, {}); assert 'prompt_toolkit' not in sys.modules; "
        "import cel; assert cel.compile('1 < 2').execute({})"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

"""Which facts a limit may use: only those about the very records that the call names."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from remit.conversations import ToolExchange
from remit.runtime.facts import facts_for
from remit.tools import ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSucceeded

A = {"order_id": "A-1", "delivered": True}


def exchange(content: Any) -> ToolExchange:
    result: ToolResult = content if isinstance(content, ToolFailed | ToolOutcomeUnknown) else ToolSucceeded(content)
    return ToolExchange(ToolCall(ToolName("find_order"), {"order_id": "A-1"}), result, datetime(2026, 1, 1, tzinfo=UTC))


def facts(arguments: dict[str, Any], *contents: Any) -> dict[str, Any]:
    return facts_for(ToolCall(ToolName("issue_refund"), arguments), map(exchange, contents), writes=True)


def test_a_read_of_the_record_that_the_call_names_is_a_fact() -> None:
    assert facts({"order_id": "A-1"}, {"order": A}) == {"order": A}
    assert facts({"order_id": 7}, {"order": {"id": 7}}) == {"order": {"id": 7}}


def test_a_record_that_the_call_does_not_name_at_all_may_speak() -> None:
    verified = {"customer_id": "c-1", "verified": True}
    assert facts({"order_id": "A-1"}, {"customer": verified}) == {"customer": verified}


@pytest.mark.parametrize(
    "arguments",
    [
        {"order_id": "B-2"},
        {"order_id": " A-1"},
        {"order_id": "a-1"},
        {"order_id": ["A-1"]},
        {"order_id": {"order_id": "A-1"}},
        {"order_id": None},
        {"order_id": ""},
        {"order_id": True},
        {"order": "B-2"},
        {"order_ids": ["B-2"]},
        {"order_ids": ["A-1", "B-2"]},
        {"ORDER_ID": "B-2"},
        {"orderId": "B-2"},
        {"order_number": "B-2"},
        {"id": "B-2"},
        {"order_id": "A-1", "orders": ["B-2"]},
        {"order_id": "A-1", "request": {"order_id": "B-2"}},
        {"request": {"order_id": "B-2"}},
        {"requests": [{"order": {"id": "B-2"}}]},
    ],
)
def test_a_call_that_names_another_record_in_whatever_way_has_no_fact(arguments: dict[str, Any]) -> None:
    assert facts(arguments, {"order": A}) == {}


@pytest.mark.parametrize("wanted", [1, 1.0, "1", True])
def test_ids_of_different_kinds_are_different_ids(wanted: Any) -> None:
    found = facts({"order_id": wanted}, {"order": {"id": 1, "delivered": True}})
    assert bool(found) is (type(wanted) is int)


def test_what_failed_or_is_in_doubt_shows_nothing() -> None:
    assert facts({"order_id": "A-1"}, ToolFailed("{'order': ...}"), ToolOutcomeUnknown("lost"), [A], "text") == {}


def test_a_record_whose_two_ids_disagree_speaks_for_neither() -> None:
    assert facts({"order_id": "B-2"}, {"order": {"order_id": "A-1", "id": "B-2", "delivered": True}}) == {}


def test_a_later_read_that_fails_to_show_the_record_as_it_is_replaces_the_earlier() -> None:
    later = {"order_id": "A-1", "delivered": False}
    assert facts({"order_id": "A-1"}, {"order": A}, {"order": later}) == {"order": later}


def test_a_write_makes_what_was_read_before_it_stale_for_the_next_write_of_the_same_tool() -> None:
    call = ToolCall(ToolName("issue_refund"), {"order_id": "A-1", "amount": 90.0})
    read = exchange({"order": A})
    refund = replace(read, call=call, result=ToolSucceeded({"refunded": 90.0}))
    failed = replace(refund, result=ToolFailed("no such card"))
    unknown = replace(refund, result=ToolOutcomeUnknown("lost"))
    assert facts_for(call, [read, refund], writes=True) == {}
    assert facts_for(call, [read, unknown], writes=True) == {}
    assert facts_for(call, [read, refund, read], writes=True) == {"order": A}
    assert facts_for(call, [read, failed], writes=True) == {"order": A}
    assert facts_for(call, [read, refund], writes=False) == {"order": A}

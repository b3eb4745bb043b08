"""Bramble & Finch keeps its rules, and its README tells the truth."""

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.worlds import load_world
from remit.scenarios.model import StartState, StateChange
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSucceeded

SHOP = Path(__file__).parents[3] / "examples" / "shop"
WORLD = load_world("world/shop.py:world", SHOP)
# Changes only if somebody changes the seeded rows, and with them what scenarios rely on.
TOTAL_OF_INVENTED_ORDERS = 14584.7
README = (SHOP / "world" / "README.md").read_text(encoding="utf-8")


def call(tool: str, **arguments: Any) -> ToolCall:
    return ToolCall(ToolName(tool), arguments)


def play(*calls: ToolCall, start: StartState | None = None) -> tuple[list[ToolResult], tuple[StateChange, ...]]:
    async def played() -> tuple[list[ToolResult], tuple[StateChange, ...]]:
        session = await WORLD.start(start or StartState("shop"))
        try:
            return [await session.call(each, f"t/{step}") for step, each in enumerate(calls)], await session.changes()
        finally:
            await session.close()

    return asyncio.run(played())


def seen(each: ToolCall) -> Mapping[str, Any]:
    (result,), _ = play(each)
    assert isinstance(result, ToolSucceeded), result
    content: Mapping[str, Any] = result.content
    return content


def row(pointer: str, changes: tuple[StateChange, ...]) -> Any:
    return next(change.after for change in changes if change.pointer == pointer)


# ── the README ────────────────────────────────────────────────────────────────────────────────────
def table_rows(*, first_cell: str) -> list[list[str]]:
    lines = [line for line in README.splitlines() if re.match(rf"\| {first_cell}", line)]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("cells", table_rows(first_cell=r"\d{5} "), ids=lambda cells: str(cells[0]))
def test_the_table_of_handy_orders_is_as_the_store_has_them(cells: list[str]) -> None:
    order_id, customer, state, items, total, _ = cells
    order = seen(call("find_order", order_id=order_id))["order"]
    listed = ", ".join(f"{i['sku']} x {i['quantity']}" if i["quantity"] > 1 else i["sku"] for i in order["items"])
    assert listed == items.replace(" (live plant)", "")
    assert f"{order['total']:.2f}" == total
    assert customer.startswith(order["customer_id"])
    assert state.startswith(order["status"])
    name = customer.removeprefix(order["customer_id"]).strip()
    assert order["email"] == f"{name.replace(' ', '.').lower()}@example.com"


def test_the_table_of_tools_is_the_catalogue() -> None:
    catalogue = asyncio.run(WORLD.catalogue())
    listed = {}
    for cells in table_rows(first_cell="`[a-z_]+\\("):
        signature = re.fullmatch(r"`(\w+)\((.*)\)`", cells[0])
        if signature and len(cells) == 3:
            listed[signature[1]] = (cells[1], tuple(signature[2].split(", ")))
    real = {name: (spec.effect.value, tuple(spec.parameters["required"])) for name, spec in catalogue.items()}
    assert listed == real


def test_what_a_state_check_sees_is_as_the_readme_says() -> None:
    _, changes = play(
        call("cancel_order", order_id="10402"),
        call("issue_refund", order_id="10401", amount=20.0, reason="one lamp broken"),
        call("start_return", order_id="10401", sku="LAMP-DUSK", reason="too dim"),
        call("update_email", customer_id="C-1001", email="maya@example.org"),
        call("open_ticket", subject="late parcel", details="not scanned", priority="high"),
        call("send_invoice", order_id="10401", email="maya@example.org"),
    )
    assert StateChange("/orders/10402/status", "processing", "cancelled") in changes
    assert StateChange("/products/POT-TERRA-L/available", 38, 39) in changes
    assert row("/refunds/RF-7011", changes)["amount_cents"] == 2000
    assert row("/returns/R-5013", changes)["status"] == "label_sent"
    assert row("/customers/C-1001/email", changes) == "maya@example.org"
    assert {"/tickets/T-3001", "/invoices/I-9001"} <= {change.pointer for change in changes}
    assert len(changes) == 7


def test_a_voucher_changes_the_order_and_is_noted_as_used() -> None:
    _, changes = play(call("apply_voucher", order_id="10402", code="spring10"))
    assert [change.pointer for change in changes] == [
        "/orders/10402/discount_cents",
        "/orders/10402/voucher",
        "/voucher_uses/SPRING10:C-1001",
    ]
    assert changes[0].after == 336


# ── the store's rules ─────────────────────────────────────────────────────────────────────────────
REFUSED = [
    (call("cancel_order", order_id="10403"), "shipped and cannot be cancelled"),
    (call("cancel_order", order_id="10401"), "delivered and cannot be cancelled"),
    (call("cancel_order", order_id="10408"), "cancelled and cannot be cancelled"),
    (call("change_address", order_id="10407", address="1 New Road"), "shipped and cannot be sent"),
    (call("start_return", order_id="10404", sku="LAMP-OWL", reason="too big"), "56 days ago"),
    (call("start_return", order_id="10414", sku="HAMMOCK-COTTON", reason="too big"), "31 days ago"),
    (call("start_return", order_id="10409", sku="VASE-SMOKE", reason="too big"), "already being returned as R-5001"),
    (call("start_return", order_id="10411", sku="OLIVE-YOUNG", reason="too big"), "live plant"),
    (call("start_return", order_id="10403", sku="PLANTER-CEDAR", reason="too big"), "has not been delivered"),
    (call("start_return", order_id="10401", sku="LAMP-OWL", reason="too big"), "has no item LAMP-OWL"),
    (call("issue_refund", order_id="10401", amount=64.91, reason="broken"), "more than the 64.90 paid"),
    (call("issue_refund", order_id="10406", amount=1.0, reason="broken"), "refunded once"),
    (call("issue_refund", order_id="10402", amount=1.0, reason="broken"), "nothing has been charged"),
    (call("issue_refund", order_id="10408", amount=1.0, reason="broken"), "nothing has been charged"),
    (call("issue_refund", order_id="10401", amount=1.005, reason="broken"), "euros and cents"),
    (call("issue_refund", order_id="10401", amount=-5, reason="broken"), "amount"),
    (call("apply_voucher", order_id="10402", code="BLOOM20"), "valid until 2026-05-31"),
    (call("apply_voucher", order_id="10402", code="PATIO50"), "at least 200.00"),
    (call("apply_voucher", order_id="10402", code="NOSUCH"), "no voucher NOSUCH"),
    (call("apply_voucher", order_id="10410", code="WELCOME5"), "can have one"),
    (call("apply_voucher", order_id="10403", code="WELCOME5"), "cannot get a voucher"),
    (call("update_email", customer_id="C-1001", email="priya.raman@example.com"), "Another customer"),
    (call("update_email", customer_id="C-1001", email="not an address"), "email"),
    (call("send_invoice", order_id="10408", email="a@example.com"), "has no invoice"),
    (call("open_ticket", subject="abc", details="def", priority="whenever"), "priority"),
    (call("find_order", order_id="99999"), "no order 99999"),
    (call("find_order", order_id="#10401"), "order_id"),
    (call("find_return", return_id="R-9999"), "no return R-9999"),
    (call("find_customer", email="nobody@example.com"), "No customer"),
    (call("list_orders", customer_id="C-9999"), "no customer C-9999"),
    (call("check_stock", sku="NOSUCH"), "no product"),
]


@pytest.mark.parametrize(
    ("refused", "says"), REFUSED, ids=lambda value: value if isinstance(value, str) else value.tool
)
def test_the_store_says_no_and_does_nothing(refused: ToolCall, says: str) -> None:
    (result,), changes = play(refused)
    assert isinstance(result, ToolFailed)
    assert says in result.message
    assert changes == ()


def test_a_voucher_is_used_once_by_a_customer() -> None:
    start = StartState("shop", changes=(StateChange("/orders/10409/status", "delivered", "processing"),))
    (result,), _ = play(call("apply_voucher", order_id="10409", code="SPRING10"), start=start)
    assert result == ToolFailed("The customer has used the voucher SPRING10 for order 10410.")


def test_a_return_on_the_last_day_is_accepted() -> None:
    (result,), _ = play(call("start_return", order_id="10413", sku="TABLE-BISTRO", reason="wobbles"))
    assert isinstance(result, ToolSucceeded)


def test_what_was_paid_can_be_refunded_whole_and_then_no_more() -> None:
    (first, second), _ = play(
        call("issue_refund", order_id="10401", amount=64.90, reason="broken"),
        call("issue_refund", order_id="10401", amount=0.01, reason="broken again"),
    )
    assert isinstance(first, ToolSucceeded)
    assert isinstance(second, ToolFailed)


# ── what tools answer ─────────────────────────────────────────────────────────────────────────────
def test_an_order_says_what_limits_ask_for() -> None:
    order = seen(call("find_order", order_id="10406"))["order"]
    assert (order["delivered"], order["total"], order["paid"], order["refunded"]) == (True, 69.3, 69.3, 24.9)
    assert order["refundable"] == 0.0
    assert order["days_since_delivery"] == 5


def test_an_order_before_shipping_has_a_shipment_that_says_so() -> None:
    shipment = seen(call("track_shipment", order_id="10402"))["shipment"]
    assert (shipment["status"], shipment["events"]) == ("not_shipped", [])
    assert seen(call("track_shipment", order_id="10407"))["shipment"]["status"] == "delayed"


def test_a_customers_orders_come_newest_first() -> None:
    orders = seen(call("list_orders", customer_id="C-1002"))["orders"]
    assert [order["order_id"] for order in orders] == ["10403", "10417", "10404"]


def test_products_are_found_by_words() -> None:
    found = seen(call("search_products", query="bistro chairs"))
    assert found["products"][0]["sku"] == "CHAIR-BISTRO"
    assert seen(call("search_products", query="spaceship"))["n_found"] == 0
    assert seen(call("check_stock", sku="lamp-halo"))["product"]["restock_on"] == "2026-06-24"


def test_the_store_is_the_same_every_time() -> None:
    first, _ = play(*(call("find_order", order_id=str(number)) for number in range(10501, 10634)))
    again, _ = play(*(call("find_order", order_id=str(number)) for number in range(10501, 10634)))
    assert first == again
    assert all(isinstance(result, ToolSucceeded) for result in first)
    totals = [result.content["order"]["total"] for result in first if isinstance(result, ToolSucceeded)]
    assert round(sum(totals), 2) == TOTAL_OF_INVENTED_ORDERS

"""Tools that change something. Each checks the store's rules first; a refusal is one sentence for the customer."""

import sqlite3
from typing import Any

from remit.adapters.worlds import ToolRefusal, tool
from remit.tools import Effect

from .arguments import CODE, CUSTOMER_ID, EMAIL, EUROS, ORDER_ID, PRIORITY, SKU, WORDS
from .records import (
    order_row,
    paid_cents,
    refunded_cents,
    shipment_row,
    show_customer,
    show_order,
    show_return,
    subtotal_cents,
)
from .rules import RETURN_DAYS, TODAY, cents, days_since, euros


@tool(Effect.REVERSIBLE_WRITE, {"order_id": ORDER_ID, "sku": SKU, "reason": WORDS})
def start_return(store: sqlite3.Connection, order_id: str, sku: str, reason: str) -> dict[str, Any]:
    """Start the return of one item: the customer gets a label by e-mail."""
    order = order_row(store, order_id)
    item = store.execute(
        "select p.name, p.returnable from order_items i join products p using (sku) where i.order_id = ? and i.sku = ?",
        (order_id, sku),
    ).fetchone()
    if item is None:
        raise ToolRefusal(f"Order {order_id} has no item {sku}.")
    if not item["returnable"]:
        raise ToolRefusal(f"{item['name']} is a live plant and cannot be sent back.")
    shipment = shipment_row(store, order_id)
    if order["status"] != "delivered" or shipment is None:
        raise ToolRefusal(f"Order {order_id} has not been delivered yet; only delivered items can be returned.")
    days = days_since(shipment["delivered_on"])
    if days > RETURN_DAYS:
        raise ToolRefusal(
            f"Order {order_id} was delivered {days} days ago; items can be returned for {RETURN_DAYS} days."
        )
    earlier = store.execute("select return_id from returns where order_id = ? and sku = ?", (order_id, sku)).fetchone()
    if earlier is not None:
        raise ToolRefusal(f"{sku} of order {order_id} is already being returned as {earlier['return_id']}.")
    return_id = _next_id(store, "returns", "R-", 5001)
    store.execute(
        "insert into returns values (?, ?, ?, ?, 'label_sent', ?, null)",
        (return_id, order_id, sku, reason, TODAY.isoformat()),
    )
    return {"returned_item": show_return(store, return_id)}


@tool(Effect.REVERSIBLE_WRITE, {"order_id": ORDER_ID})
def cancel_order(store: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    """Cancel an order that has not been shipped; nothing is charged and the goods go back into stock."""
    _require_processing(store, order_id, "be cancelled")
    store.execute("update orders set status = 'cancelled' where order_id = ?", (order_id,))
    store.execute(
        "update products set available = available + i.quantity from order_items i "
        "where i.sku = products.sku and i.order_id = ?",
        (order_id,),
    )
    return {"order": show_order(store, order_id)}


@tool(Effect.REVERSIBLE_WRITE, {"order_id": ORDER_ID, "address": WORDS})
def change_address(store: sqlite3.Connection, order_id: str, address: str) -> dict[str, Any]:
    """Send an order that has not been shipped to another address."""
    _require_processing(store, order_id, "be sent to another address")
    store.execute("update orders set address = ? where order_id = ?", (address, order_id))
    return {"order": show_order(store, order_id)}


@tool(Effect.REVERSIBLE_WRITE, {"order_id": ORDER_ID, "code": CODE})
def apply_voucher(store: sqlite3.Connection, order_id: str, code: str) -> dict[str, Any]:
    """Take a voucher off the price of an order that has not been shipped."""
    order = _require_processing(store, order_id, "get a voucher")
    code = code.upper()
    if order["voucher"]:
        raise ToolRefusal(f"Order {order_id} already has the voucher {order['voucher']}; an order can have one.")
    voucher = store.execute("select * from vouchers where code = ?", (code,)).fetchone()
    if voucher is None:
        raise ToolRefusal(f"There is no voucher {code}.")
    if voucher["valid_until"] < TODAY.isoformat():
        raise ToolRefusal(f"The voucher {code} was valid until {voucher['valid_until']}.")
    subtotal = subtotal_cents(store, order_id)
    if subtotal < voucher["minimum_cents"]:
        raise ToolRefusal(f"The voucher {code} needs an order of at least {euros(voucher['minimum_cents']):.2f} euros.")
    used = store.execute(
        "select order_id from voucher_uses where code = ? and customer_id = ?", (code, order["customer_id"])
    ).fetchone()
    if used is not None:
        raise ToolRefusal(f"The customer has used the voucher {code} for order {used['order_id']}.")
    discount = subtotal * voucher["percent"] // 100 + voucher["amount_cents"]
    store.execute("update orders set voucher = ?, discount_cents = ? where order_id = ?", (code, discount, order_id))
    store.execute("insert into voucher_uses values (?, ?, ?)", (code, order["customer_id"], order_id))
    return {"order": show_order(store, order_id)}


@tool(Effect.REVERSIBLE_WRITE, {"order_id": ORDER_ID, "email": EMAIL})
def send_invoice(store: sqlite3.Connection, order_id: str, email: str) -> dict[str, Any]:
    """Send the invoice of an order to an e-mail address."""
    order = order_row(store, order_id)
    if order["status"] == "cancelled":
        raise ToolRefusal(f"Order {order_id} was cancelled; it has no invoice.")
    invoice_id = _next_id(store, "invoices", "I-", 9001)
    store.execute("insert into invoices values (?, ?, ?, ?)", (invoice_id, order_id, email, TODAY.isoformat()))
    return {"invoice": {"invoice_id": invoice_id, "order_id": order_id, "email": email}}


@tool(Effect.REVERSIBLE_WRITE, {"subject": WORDS, "details": WORDS, "priority": PRIORITY})
def open_ticket(store: sqlite3.Connection, subject: str, details: str, priority: str) -> dict[str, Any]:
    """Leave a ticket for the people of the store."""
    ticket_id = _next_id(store, "tickets", "T-", 3001)
    store.execute(
        "insert into tickets values (?, ?, ?, ?, 'open', ?)", (ticket_id, subject, details, priority, TODAY.isoformat())
    )
    return {"ticket": {"ticket_id": ticket_id, "subject": subject, "priority": priority, "status": "open"}}


@tool(Effect.REVERSIBLE_WRITE, {"customer_id": CUSTOMER_ID, "email": EMAIL})
def update_email(store: sqlite3.Connection, customer_id: str, email: str) -> dict[str, Any]:
    """Change a customer's e-mail address."""
    show_customer(store, customer_id)
    email = email.lower()
    owner = store.execute("select customer_id from customers where email = ?", (email,)).fetchone()
    if owner is not None and owner["customer_id"] != customer_id:
        raise ToolRefusal(f"Another customer has the e-mail address {email}.")
    store.execute("update customers set email = ? where customer_id = ?", (email, customer_id))
    return {"customer": show_customer(store, customer_id)}


@tool(Effect.IRREVERSIBLE_WRITE, {"order_id": ORDER_ID, "amount": EUROS, "reason": WORDS})
def issue_refund(store: sqlite3.Connection, order_id: str, amount: float, reason: str) -> dict[str, Any]:
    """Give money back for an order; once per order and never more than was paid. Cannot be undone."""
    order = order_row(store, order_id)
    amount_cents, paid = cents(amount), paid_cents(store, order)
    if amount_cents is None:
        raise ToolRefusal(f"{amount} is not an amount in euros and cents.")
    if paid == 0:
        raise ToolRefusal(f"Order {order_id} is {order['status']} and nothing has been charged for it.")
    if refunded_cents(store, order_id):
        raise ToolRefusal(f"Order {order_id} has had a refund already; an order is refunded once.")
    if amount_cents > paid:
        raise ToolRefusal(
            f"{euros(amount_cents):.2f} euros are more than the {euros(paid):.2f} paid for order {order_id}."
        )
    refund_id = _next_id(store, "refunds", "RF-", 7001)
    store.execute(
        "insert into refunds values (?, ?, ?, ?, ?)", (refund_id, order_id, amount_cents, reason, TODAY.isoformat())
    )
    return {"refund": {"refund_id": refund_id, "order_id": order_id, "amount": euros(amount_cents), "reason": reason}}


TOOLS = (
    start_return,
    cancel_order,
    change_address,
    apply_voucher,
    send_invoice,
    open_ticket,
    update_email,
    issue_refund,
)


def _require_processing(store: sqlite3.Connection, order_id: str, what: str) -> sqlite3.Row:
    order = order_row(store, order_id)
    if order["status"] != "processing":
        raise ToolRefusal(f"Order {order_id} is {order['status']} and cannot {what}.")
    return order


def _next_id(store: sqlite3.Connection, table: str, prefix: str, first: int) -> str:
    """Ids count on, so that the same trial makes the same ids."""
    n_rows = store.execute(f"select count(*) from {table}").fetchone()[0]
    return f"{prefix}{first + n_rows}"

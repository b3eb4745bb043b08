"""Finds the store's records and shows them the way tools answer: euros, plain words, one named record."""

import sqlite3
from typing import Any

from remit.adapters.worlds import ToolRefusal

from .rules import days_since, euros


def order_row(store: sqlite3.Connection, order_id: str) -> sqlite3.Row:
    """The order's row; refused if there is none."""
    return _required(store, "select * from orders where order_id = ?", order_id, f"There is no order {order_id}.")


def shipment_row(store: sqlite3.Connection, order_id: str) -> sqlite3.Row | None:
    """The order's shipment, None while nothing has been sent."""
    return _first(store, "select * from shipments where order_id = ?", order_id)


def paid_cents(store: sqlite3.Connection, order: sqlite3.Row) -> int:
    """What has been charged: a payment is charged when the parcel leaves."""
    return total_cents(store, order) if order["status"] in ("shipped", "delivered") else 0


def subtotal_cents(store: sqlite3.Connection, order_id: str) -> int:
    """The goods of an order, before discount and shipping."""
    row = store.execute(
        "select sum(quantity * price_cents) from order_items where order_id = ?", (order_id,)
    ).fetchone()
    return int(row[0] or 0)


def total_cents(store: sqlite3.Connection, order: sqlite3.Row) -> int:
    """What the customer pays for the order."""
    return subtotal_cents(store, order["order_id"]) - int(order["discount_cents"]) + int(order["shipping_cents"])


def refunded_cents(store: sqlite3.Connection, order_id: str) -> int:
    """What has been given back for the order."""
    row = store.execute("select sum(amount_cents) from refunds where order_id = ?", (order_id,)).fetchone()
    return int(row[0] or 0)


# ── as tools answer ───────────────────────────────────────────────────────────────────────────────
def show_order(store: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    """The whole order."""
    order = order_row(store, order_id)
    shipment = shipment_row(store, order_id)
    delivered_on = shipment["delivered_on"] if shipment else None
    email = store.execute("select email from customers where customer_id = ?", (order["customer_id"],)).fetchone()[0]
    paid, refunded = paid_cents(store, order), refunded_cents(store, order_id)
    return {
        "order_id": order_id,
        "customer_id": order["customer_id"],
        "email": email,
        "status": order["status"],
        "delivered": order["status"] == "delivered",
        "placed_on": order["placed_on"],
        "delivered_on": delivered_on,
        "days_since_delivery": days_since(delivered_on) if delivered_on else None,
        "address": order["address"],
        "payment": order["payment"],
        "items": _show_items(store, order_id),
        "subtotal": euros(subtotal_cents(store, order_id)),
        "discount": euros(order["discount_cents"]),
        "shipping": euros(order["shipping_cents"]),
        "total": euros(total_cents(store, order)),
        "paid": euros(paid),
        "refunded": euros(refunded),
        "refundable": euros(paid) if refunded == 0 else 0.0,
        "voucher": order["voucher"],
    }


def show_shipment(store: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    """Where the parcel is; `not_shipped` before it leaves."""
    order_row(store, order_id)
    shipment = shipment_row(store, order_id)
    if shipment is None:
        return {"order_id": order_id, "status": "not_shipped", "last_event": None, "events": []}
    events = store.execute(
        "select at, place, what from shipment_events where shipment_id = ? order by number", (shipment["shipment_id"],)
    )
    shown = [dict(event) for event in events]
    return {**dict(shipment), "last_event": shown[-1] if shown else None, "events": shown}


def show_return(store: sqlite3.Connection, return_id: str) -> dict[str, Any]:
    """One returned item with what it is worth."""
    row = _required(
        store,
        "select r.*, p.name, i.price_cents from returns r join products p using (sku) "
        "join order_items i on i.order_id = r.order_id and i.sku = r.sku where r.return_id = ?",
        return_id,
        f"There is no return {return_id}.",
    )
    shown = dict(row)
    shown["value"] = euros(shown.pop("price_cents"))
    return shown


def show_customer(store: sqlite3.Connection, customer_id: str) -> dict[str, Any]:
    """One customer; refused if there is none."""
    missing = f"There is no customer {customer_id}."
    return dict(_required(store, "select * from customers where customer_id = ?", customer_id, missing))


def show_product(row: sqlite3.Row) -> dict[str, Any]:
    """A product with its price in euros."""
    return {
        "sku": row["sku"],
        "name": row["name"],
        "price": euros(row["price_cents"]),
        "available": row["available"],
        "in_stock": row["available"] > 0,
        "restock_on": row["restock_on"],
        "returnable": bool(row["returnable"]),
    }


def _show_items(store: sqlite3.Connection, order_id: str) -> list[dict[str, Any]]:
    rows = store.execute(
        "select i.sku, p.name, i.quantity, i.price_cents, p.returnable from order_items i join products p using (sku) "
        "where i.order_id = ? order by i.rowid",
        (order_id,),
    )
    return [
        {
            "sku": row["sku"],
            "name": row["name"],
            "quantity": row["quantity"],
            "price": euros(row["price_cents"]),
            "returnable": bool(row["returnable"]),
        }
        for row in rows
    ]


def _first(store: sqlite3.Connection, query: str, value: str) -> sqlite3.Row | None:
    row: sqlite3.Row | None = store.execute(query, (value,)).fetchone()
    return row


def _required(store: sqlite3.Connection, query: str, value: str, missing: str) -> sqlite3.Row:
    row = _first(store, query, value)
    if row is None:
        raise ToolRefusal(missing)
    return row

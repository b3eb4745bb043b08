"""Tools that only look."""

import sqlite3
from typing import Any

from remit.adapters.worlds import ToolRefusal, tool
from remit.tools import Effect

from .arguments import CUSTOMER_ID, EMAIL, ORDER_ID, QUERY, RETURN_ID, SKU
from .records import show_customer, show_order, show_product, show_return, show_shipment, total_cents
from .rules import euros

_MOST_FOUND = 5


@tool(Effect.READ, {"order_id": ORDER_ID})
def find_order(store: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    """Look up an order: status, items, amounts, address, what can still be refunded."""
    return {"order": show_order(store, order_id)}


@tool(Effect.READ, {"customer_id": CUSTOMER_ID})
def list_orders(store: sqlite3.Connection, customer_id: str) -> dict[str, Any]:
    """List a customer's orders, newest first."""
    show_customer(store, customer_id)
    orders = store.execute(
        "select * from orders where customer_id = ? order by placed_on desc, order_id desc", (customer_id,)
    )
    return {
        "orders": [
            {
                "order_id": order["order_id"],
                "placed_on": order["placed_on"],
                "status": order["status"],
                "total": euros(total_cents(store, order)),
            }
            for order in orders.fetchall()
        ]
    }


@tool(Effect.READ, {"order_id": ORDER_ID})
def track_shipment(store: sqlite3.Connection, order_id: str) -> dict[str, Any]:
    """Tell where the parcel of an order is and when it is due."""
    return {"shipment": show_shipment(store, order_id)}


@tool(Effect.READ, {"return_id": RETURN_ID})
def find_return(store: sqlite3.Connection, return_id: str) -> dict[str, Any]:
    """Look up how far a returned item has come."""
    return {"returned_item": show_return(store, return_id)}


@tool(Effect.READ, {"email": EMAIL})
def find_customer(store: sqlite3.Connection, email: str) -> dict[str, Any]:
    """Look up a customer by e-mail address."""
    row = store.execute("select customer_id from customers where email = ?", (email.lower(),)).fetchone()
    if row is None:
        raise ToolRefusal(f"No customer has the e-mail address {email}.")
    return {"customer": show_customer(store, row["customer_id"])}


@tool(Effect.READ, {"sku": SKU})
def check_stock(store: sqlite3.Connection, sku: str) -> dict[str, Any]:
    """Tell whether a product is in stock, and when it comes back if it is not."""
    row = store.execute("select * from products where sku = ?", (sku.upper(),)).fetchone()
    if row is None:
        raise ToolRefusal(f"There is no product {sku}.")
    return {"product": show_product(row)}


@tool(Effect.READ, {"query": QUERY})
def search_products(store: sqlite3.Connection, query: str) -> dict[str, Any]:
    """Find products by words of their name or category; the best five."""
    words = [word.rstrip("s") for word in query.lower().split()]
    products = store.execute("select * from products order by sku").fetchall()
    hits = [(sum(word in f"{row['name']} {row['category']}".lower() for word in words), row) for row in products]
    found = sorted((hit for hit in hits if hit[0]), key=lambda hit: -hit[0])
    return {"products": [show_product(row) for _, row in found[:_MOST_FOUND]], "n_found": len(found)}


TOOLS = (find_order, list_orders, track_shipment, find_return, find_customer, check_stock, search_products)

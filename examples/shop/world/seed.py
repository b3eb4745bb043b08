"""Fills the store's database: the handy orders first, then invented ones around them. The same rows every time."""

import random
import sqlite3
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

from .catalogue import PRODUCTS
from .handy import CUSTOMERS, ORDERS, REFUNDS, RETURNS, VOUCHERS, Customer, Order, Refund, Return, Shipment
from .rules import TODAY, shipping_fee

N_CUSTOMERS = 60
N_ORDERS = 150
_PRICES = {product.sku: product.price_cents for product in PRODUCTS}
_LIVE_PLANTS = {product.sku for product in PRODUCTS if not product.returnable}

_FIRST = (
    "Anna",
    "Bela",
    "Carlos",
    "Dina",
    "Emil",
    "Farah",
    "Greta",
    "Hugo",
    "Ines",
    "Jakub",
    "Karin",
    "Luca",
    "Mira",
    "Nils",
    "Olga",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sami",
    "Tara",
)
_LAST = (
    "Abbott",
    "Brandt",
    "Costa",
    "Dunne",
    "Eklund",
    "Farrow",
    "Garcia",
    "Holm",
    "Ivanov",
    "Jensen",
    "Kaya",
    "Larsen",
    "Moreau",
    "Novak",
    "Osei",
    "Rossi",
)
_STREETS = ("Apple Row", "Brook Street", "Castle Hill", "Dove Lane", "Elm Avenue", "Fountain Way")
_TOWNS = ("4012 Fernhill", "1180 Harrowport", "3307 Ashbrook", "2045 Westmere")


def build_database() -> sqlite3.Connection:
    """The store on its fixed day, in memory."""
    chance = random.Random(20260615)
    connection = sqlite3.connect(":memory:", isolation_level=None)
    connection.executescript((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))
    customers = [*CUSTOMERS, *(_customer(chance, number) for number in range(len(CUSTOMERS), N_CUSTOMERS))]
    invented = [_order(chance, 10501 + number) for number in range(N_ORDERS - len(ORDERS))]
    _insert(connection, "products", [tuple(product) for product in PRODUCTS])
    _insert(connection, "customers", [tuple(customer) for customer in customers])
    _insert(connection, "vouchers", [tuple(voucher) for voucher in VOUCHERS])
    for order in (*ORDERS, *invented):
        _insert_order(connection, order)
    _insert(connection, "returns", [tuple(each) for each in (*RETURNS, *_returns(chance, invented))])
    _insert(connection, "refunds", [tuple(each) for each in (*REFUNDS, *_refunds(chance, invented))])
    return connection


# ── invented rows ─────────────────────────────────────────────────────────────────────────────────
def _customer(chance: random.Random, number: int) -> Customer:
    first, last = chance.choice(_FIRST), chance.choice(_LAST)
    address = f"{chance.randint(1, 99)} {chance.choice(_STREETS)}, {chance.choice(_TOWNS)}"
    since = date(2020, 1, 1) + timedelta(days=chance.randrange(2300))
    # The number makes the address unique where two customers share a name.
    email = f"{first}.{last}.{number}@example.com".lower()
    return Customer(f"C-{1001 + number}", f"{first} {last}", email, address, since.isoformat())


def _order(chance: random.Random, number: int) -> Order:
    placed = TODAY - timedelta(days=int(chance.expovariate(1 / 25)))
    skus = chance.sample([product.sku for product in PRODUCTS], k=chance.choice((1, 1, 1, 2, 2, 3)))
    items = tuple((sku, chance.choice((1, 1, 1, 2))) for sku in skus)
    # The first customers belong to the handy orders, so that these stay as the README shows them.
    customer = f"C-{1001 + chance.randrange(len(CUSTOMERS), N_CUSTOMERS)}"
    payment = chance.choice(("card", "card", "card", "paypal", "invoice"))
    days = (TODAY - placed).days
    if chance.random() < 0.05:
        return Order(str(number), customer, placed.isoformat(), "cancelled", items, payment)
    if days < 2:
        return Order(str(number), customer, placed.isoformat(), "processing", items, payment)
    shipped = placed + timedelta(days=chance.choice((1, 1, 2)))
    shipment = _shipment(chance, shipped)
    status = "delivered" if shipment.delivered_on else "shipped"
    return Order(str(number), customer, placed.isoformat(), status, items, payment, shipment=shipment)


def _shipment(chance: random.Random, shipped: date) -> Shipment:
    due = shipped + timedelta(days=3)
    arrives = shipped + timedelta(days=chance.choice((2, 3, 3, 3, 4, 6, 9)))
    carrier, town = chance.choice(("Swiftline", "Swiftline", "GreenPost")), chance.choice(_TOWNS)[5:]
    events = [(f"{shipped}T17:40", "Finchley depot", "collected from the store")]
    if arrives <= TODAY:
        events.append((f"{arrives}T13:10", town, "delivered"))
        return Shipment(carrier, "delivered", f"{shipped}", f"{due}", f"{arrives}", tuple(events))
    status = "delayed" if due < TODAY else "in_transit"
    return Shipment(carrier, status, f"{shipped}", f"{due}", None, tuple(events))


def _returns(chance: random.Random, orders: list[Order]) -> list[Return]:
    reasons = ("not as described", "changed my mind", "wrong size", "arrived damaged")
    possible = [
        (order, sku, order.shipment.delivered_on)
        for order in orders
        for sku, _ in order.items
        if order.shipment and order.shipment.delivered_on and sku not in _LIVE_PLANTS
    ]
    made = []
    for number, (order, sku, delivered_on) in enumerate(chance.sample(possible, k=9), start=5004):
        started = min(date.fromisoformat(delivered_on) + timedelta(days=3), TODAY)
        made.append(Return(f"R-{number}", order.order_id, sku, chance.choice(reasons), "in_transit", f"{started}"))
    return made


def _refunds(chance: random.Random, orders: list[Order]) -> list[Refund]:
    delivered = [order for order in orders if order.status == "delivered"]
    made = []
    for number, order in enumerate(chance.sample(delivered, k=8), start=7003):
        sku, _ = order.items[-1]
        made.append(Refund(f"RF-{number}", order.order_id, _PRICES[sku], "arrived damaged", TODAY.isoformat()))
    return made


# ── inserting ─────────────────────────────────────────────────────────────────────────────────────
def _insert_order(connection: sqlite3.Connection, order: Order) -> None:
    subtotal = sum(_PRICES[sku] * quantity for sku, quantity in order.items)
    discount = subtotal // 10 if order.voucher == "SPRING10" else 0
    customer = connection.execute(
        "select address from customers where customer_id = ?", (order.customer_id,)
    ).fetchone()
    _insert(
        connection,
        "orders",
        [(order.order_id, order.customer_id, order.placed_on, order.status, customer[0], order.payment, order.voucher,
          discount, shipping_fee(subtotal))],
    )  # fmt: skip
    _insert(connection, "order_items", [(order.order_id, sku, n, _PRICES[sku]) for sku, n in order.items])
    if order.voucher:
        _insert(connection, "voucher_uses", [(order.voucher, order.customer_id, order.order_id)])
    if order.shipment:
        _insert_shipment(connection, order.order_id, order.shipment)


def _insert_shipment(connection: sqlite3.Connection, order_id: str, shipment: Shipment) -> None:
    shipment_id, tracking = f"SH-{order_id}", f"{shipment.carrier[:2].upper()}{order_id}77"
    _insert(
        connection,
        "shipments",
        [(shipment_id, order_id, shipment.carrier, tracking, shipment.status, shipment.shipped_on, shipment.due_on,
          shipment.delivered_on)],
    )  # fmt: skip
    events = [(shipment_id, number, *event) for number, event in enumerate(shipment.events, start=1)]
    _insert(connection, "shipment_events", events)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    for row in rows:
        marks = ", ".join("?" * len(row))
        connection.execute(f"insert into {table} values ({marks})", row)

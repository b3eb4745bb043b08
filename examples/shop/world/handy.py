"""The customers and orders that scenarios speak of: written by hand, one for each state that matters.

The table in README.md is made of them. Ids from 10401; the orders that `seed.py` invents begin at 10501.
"""

from typing import NamedTuple


class Customer(NamedTuple):
    """A customer."""

    customer_id: str
    name: str
    email: str
    address: str
    since: str


class Shipment(NamedTuple):
    """A parcel; `events` are (time, place, what) from oldest to newest."""

    carrier: str
    status: str
    shipped_on: str
    due_on: str
    delivered_on: str | None
    events: tuple[tuple[str, str, str], ...]


class Order(NamedTuple):
    """An order with its `items` as (sku, quantity)."""

    order_id: str
    customer_id: str
    placed_on: str
    status: str
    items: tuple[tuple[str, int], ...]
    payment: str = "card"
    voucher: str | None = None
    shipment: Shipment | None = None


class Return(NamedTuple):
    """One item on its way back."""

    return_id: str
    order_id: str
    sku: str
    reason: str
    status: str
    started_on: str
    received_on: str | None = None


class Refund(NamedTuple):
    """Money given back."""

    refund_id: str
    order_id: str
    amount_cents: int
    reason: str
    issued_on: str


class Voucher(NamedTuple):
    """A discount, in per cent or in cents; each customer can use it once."""

    code: str
    percent: int
    amount_cents: int
    minimum_cents: int
    valid_until: str


CUSTOMERS = (
    Customer("C-1001", "Maya Lindqvist", "maya.lindqvist@example.com", "12 Orchard Lane, 4012 Fernhill", "2023-03-11"),
    Customer("C-1002", "Tomas Okafor", "tomas.okafor@example.com", "5 Quay Street, 1180 Harrowport", "2022-09-02"),
    Customer("C-1003", "Priya Raman", "priya.raman@example.com", "88 Mill Road, 3307 Ashbrook", "2024-01-19"),
    Customer("C-1004", "Jonas Weber", "jonas.weber@example.com", "3 Linden Square, 2045 Westmere", "2021-05-27"),
    Customer("C-1005", "Ellen Marsh", "ellen.marsh@example.com", "41 Heath View, 4170 Fernhill", "2025-02-08"),
    Customer("C-1006", "Diego Santoro", "diego.santoro@example.com", "7 Vine Court, 1066 Harrowport", "2024-11-30"),
    Customer("C-1007", "Aiko Tanabe", "aiko.tanabe@example.com", "19 Station Rise, 3391 Ashbrook", "2023-07-14"),
    Customer("C-1008", "Ruth Calloway", "ruth.calloway@example.com", "2 Priory Gardens, 2099 Westmere", "2020-12-05"),
)

VOUCHERS = (
    Voucher("SPRING10", 10, 0, 2000, "2026-06-30"),
    Voucher("WELCOME5", 0, 500, 2500, "2026-12-31"),
    Voucher("PATIO50", 0, 5000, 20000, "2026-08-31"),
    Voucher("BLOOM20", 20, 0, 0, "2026-05-31"),
)


def _delivered(shipped_on: str, delivered_on: str, place: str) -> Shipment:
    events = (
        (f"{shipped_on}T17:40", "Finchley depot", "collected from the store"),
        (f"{delivered_on}T07:55", place, "out for delivery"),
        (f"{delivered_on}T13:10", place, "delivered"),
    )
    return Shipment("Swiftline", "delivered", shipped_on, delivered_on, delivered_on, events)


_ON_ITS_WAY = Shipment(
    "Swiftline",
    "in_transit",
    "2026-06-12",
    "2026-06-17",
    None,
    (
        ("2026-06-12T17:40", "Finchley depot", "collected from the store"),
        ("2026-06-14T05:25", "Harrowport hub", "sorted for delivery"),
    ),
)
_LOST_TRACK = Shipment(
    "Swiftline",
    "delayed",
    "2026-06-03",
    "2026-06-08",
    None,
    (
        ("2026-06-03T18:05", "Finchley depot", "collected from the store"),
        ("2026-06-05T04:50", "Westmere hub", "delayed: parcel not scanned since"),
    ),
)
_AT_PICKUP = Shipment(
    "GreenPost",
    "at_pickup_point",
    "2026-06-10",
    "2026-06-12",
    None,
    (
        ("2026-06-10T16:30", "Finchley depot", "collected from the store"),
        ("2026-06-12T11:20", "Harrowport", "nobody at home"),
        ("2026-06-12T17:45", "Harrowport, Quayside Kiosk", "waits at the pick-up point until 2026-06-22"),
    ),
)

ORDERS = (
    Order(
        "10401",
        "C-1001",
        "2026-06-03",
        "delivered",
        (("LAMP-DUSK", 1),),
        shipment=_delivered("2026-06-04", "2026-06-08", "Fernhill"),
    ),
    Order("10402", "C-1001", "2026-06-14", "processing", (("POT-TERRA-L", 1),)),
    Order("10403", "C-1002", "2026-06-11", "shipped", (("PLANTER-CEDAR", 1),), "paypal", shipment=_ON_ITS_WAY),
    Order(
        "10404",
        "C-1002",
        "2026-04-14",
        "delivered",
        (("LAMP-OWL", 1),),
        shipment=_delivered("2026-04-16", "2026-04-20", "Harrowport"),
    ),
    Order(
        "10405",
        "C-1003",
        "2026-05-30",
        "delivered",
        (("BENCH-ACACIA", 1),),
        "invoice",
        shipment=_delivered("2026-06-02", "2026-06-05", "Ashbrook"),
    ),
    Order(
        "10406",
        "C-1003",
        "2026-06-05",
        "delivered",
        (("POT-GLAZE-BLUE", 2), ("GLOVES-GOAT", 1)),
        shipment=_delivered("2026-06-07", "2026-06-10", "Ashbrook"),
    ),
    Order("10407", "C-1004", "2026-06-02", "shipped", (("HOSE-25", 1),), "paypal", shipment=_LOST_TRACK),
    Order("10408", "C-1004", "2026-06-10", "cancelled", (("FIREBOWL-60", 1),)),
    Order(
        "10409",
        "C-1005",
        "2026-06-04",
        "delivered",
        (("THROW-WOOL", 1), ("VASE-SMOKE", 1)),
        shipment=_delivered("2026-06-05", "2026-06-09", "Fernhill"),
    ),
    Order(
        "10410", "C-1005", "2026-06-13", "processing", (("CHAIR-BISTRO", 2), ("TABLE-BISTRO", 1)), voucher="SPRING10"
    ),
    Order(
        "10411",
        "C-1006",
        "2026-06-08",
        "delivered",
        (("OLIVE-YOUNG", 1), ("POT-GLAZE-BLUE", 1)),
        shipment=_delivered("2026-06-09", "2026-06-11", "Harrowport"),
    ),
    Order("10412", "C-1006", "2026-06-09", "shipped", (("LANTERN-OAK", 1),), "paypal", shipment=_AT_PICKUP),
    Order(
        "10413",
        "C-1007",
        "2026-05-11",
        "delivered",
        (("TABLE-BISTRO", 1),),
        shipment=_delivered("2026-05-13", "2026-05-16", "Ashbrook"),
    ),
    Order(
        "10414",
        "C-1007",
        "2026-05-10",
        "delivered",
        (("HAMMOCK-COTTON", 1),),
        shipment=_delivered("2026-05-12", "2026-05-15", "Ashbrook"),
    ),
    Order("10415", "C-1008", "2026-06-14", "processing", (("SHED-TOOL", 1), ("SPADE-ASH", 2)), "invoice"),
    Order(
        "10416",
        "C-1008",
        "2026-05-25",
        "delivered",
        (("CHAIR-BISTRO", 1), ("CUSHION-RIB", 1)),
        shipment=_delivered("2026-05-27", "2026-06-01", "Westmere"),
    ),
    Order(
        "10417",
        "C-1002",
        "2026-05-02",
        "delivered",
        (("CAN-ZINC", 1),),
        shipment=_delivered("2026-05-04", "2026-05-07", "Harrowport"),
    ),
)

RETURNS = (
    Return("R-5001", "10409", "VASE-SMOKE", "colour is darker than in the picture", "in_transit", "2026-06-11"),
    Return("R-5002", "10416", "CHAIR-BISTRO", "wobbles", "received", "2026-06-05", "2026-06-12"),
    Return("R-5003", "10417", "CAN-ZINC", "leaks at the seam", "refunded", "2026-05-12", "2026-05-19"),
)

REFUNDS = (
    Refund("RF-7001", "10417", 4340, "return R-5003 received", "2026-05-20"),
    Refund("RF-7002", "10406", 2490, "one pot arrived broken", "2026-06-12"),
)

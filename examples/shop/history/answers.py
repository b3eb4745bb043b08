"""How the people of the store settled each contact: what they said, which tools they used, how it ended.

Dates and amounts come from the store's orders as they stood on the day of the contact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from world.rules import RETURN_DAYS


@dataclass(frozen=True, slots=True)
class Case:
    """One contact's facts.

    `order` has the columns that `generate.load_orders` selects; `answer` is what people say where the answer
    depends on the question alone.
    """

    intent: str
    on: date
    order: Mapping[str, Any]
    code: str
    new_email: str
    new_address: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What was done. `resolution` is resolved, refused, passed_on or answered."""

    said: str
    resolution: str
    actions: tuple[tuple[str, Mapping[str, Any]], ...] = ()


# How contacts end that need no look at an order; the words are in `phrases.ANSWERED`.
_ENDS: Final = {"complaint": "passed_on", "out_of_scope": "refused"}


def settle(case: Case) -> Settlement:
    """What the expert said and did in the end."""
    match case.intent:
        case "order_status":
            return _order_status(case)
        case "return_item":
            return _return_item(case)
        case "refund":
            return _refund(case)
        case "cancel_order" | "change_address" | "apply_voucher":
            return _before_shipping(case)
        case "delivery_problem":
            details = {"subject": f"Parcel of order {case.order['order_id']}", "priority": "high"}
            said = "I have opened an investigation with the carrier and will write to you within two days."
            return Settlement(said, "passed_on", (("open_ticket", details),))
        case "send_invoice":
            sent = {"order_id": case.order["order_id"], "email": case.order["email"]}
            return Settlement(
                "The invoice is on its way to your e-mail address.", "resolved", (("send_invoice", sent),)
            )
        case "update_email":
            changed = {"customer_id": case.order["customer_id"], "email": case.new_email}
            return Settlement(f"We use {case.new_email} from now on.", "resolved", (("update_email", changed),))
        case "check_stock":
            return _stock(case)
        case _:
            return Settlement(case.answer, _ENDS.get(case.intent, "answered"))


def _order_status(case: Case) -> Settlement:
    order = case.order
    looked = (("track_shipment", {"order_id": order["order_id"]}),)
    if order["shipped_on"] is None or case.on < date.fromisoformat(order["shipped_on"]):
        return Settlement("It has not left the store yet; it is packed within two working days.", "answered", looked)
    if order["delivered_on"] and case.on >= date.fromisoformat(order["delivered_on"]):
        return Settlement(f"It was delivered on {_day(order['delivered_on'])}.", "answered", looked)
    due = date.fromisoformat(order["due_on"])
    if due < case.on:
        return Settlement("The carrier is late with it. I have asked where it is.", "passed_on", looked)
    return Settlement(f"It is on its way and due on {_day(order['due_on'])}.", "answered", looked)


def _return_item(case: Case) -> Settlement:
    order = case.order
    if not order["returnable"]:
        return Settlement("I am sorry, live plants cannot be sent back.", "refused")
    last = date.fromisoformat(order["delivered_on"]) + timedelta(days=RETURN_DAYS)
    if case.on > last:
        return Settlement(f"I am sorry, it could be returned until {_day(last.isoformat())}.", "refused")
    asked = {"order_id": order["order_id"], "sku": order["sku"], "reason": "as the customer wrote"}
    return Settlement(
        "The label is in your inbox; drop the parcel at any post office.", "resolved", (("start_return", asked),)
    )


def _refund(case: Case) -> Settlement:
    order = case.order
    amount = round(order["price_cents"] / 100, 2)
    if amount > 100:
        return Settlement("For this amount I need a picture and my colleague's approval.", "passed_on")
    paid = {"order_id": order["order_id"], "amount": amount, "reason": "damaged"}
    return Settlement(f"I have refunded {amount:.2f} euros to you.", "resolved", (("issue_refund", paid),))


def _before_shipping(case: Case) -> Settlement:
    order_id = case.order["order_id"]
    shipped_on = case.order["shipped_on"]
    if shipped_on and case.on >= date.fromisoformat(shipped_on):
        return Settlement("The parcel has left already, so I cannot change the order any more.", "refused")
    match case.intent:
        case "cancel_order":
            said, arguments = "It is cancelled and nothing will be charged.", {"order_id": order_id}
        case "change_address":
            said, arguments = "It will go to the new address.", {"order_id": order_id, "address": case.new_address}
        case _ if case.code == "BLOOM20" and case.on > date(2026, 5, 31):
            return Settlement("I am sorry, that voucher was valid until 31 May.", "refused")
        case _:
            said, arguments = "I have taken the voucher off the price.", {"order_id": order_id, "code": case.code}
    return Settlement(said, "resolved", ((case.intent, arguments),))


def _stock(case: Case) -> Settlement:
    looked = (("check_stock", {"sku": case.order["sku"]}),)
    if case.order["available"]:
        return Settlement(f"Yes, we have {case.order['available']} of them.", "answered", looked)
    return Settlement(f"It is sold out; we expect it on {_day(case.order['restock_on'])}.", "answered", looked)


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%-d %B}"

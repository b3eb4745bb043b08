"""Makes `2026-q2.jsonl`: simulated contacts from 1 April to 14 June 2026, the same ones every time.

Run it from `examples/shop/`: `python -m history.generate`. Nobody ever said these things: each line says `simulated`.
"""

import json
import math
import random
import sqlite3
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from world.rules import TODAY
from world.seed import build_database

from .answers import Case, Settlement, settle
from .phrases import (
    ANSWERED,
    COMING_BACK,
    DISPLEASED,
    ENDINGS,
    GREETINGS,
    OPENINGS,
    PLEASED,
    QUESTION_WORDS,
    SECOND_REQUESTS,
)

TARGET: Final = Path(__file__).parent / "2026-q2.jsonl"
FIRST_DAY: Final = date(2026, 4, 1)

# Contacts of the quarter: where is my order, returns and refunds are 232 of 400.
COUNTS: Final[Mapping[str, int]] = {
    "order_status": 108, "refund": 52, "return_item": 48, "return_status": 24,
    "delivery_problem": 28, "cancel_order": 20, "change_address": 12, "complaint": 12,
    "check_stock": 12, "send_invoice": 10, "apply_voucher": 10, "product_advice": 10,
    "delivery_terms": 8, "return_terms": 6, "update_email": 4, "out_of_scope": 36,
}  # fmt: skip
# Minutes that an expert typically works on it.
HANDLING_MIN: Final[Mapping[str, float]] = {
    "order_status": 4.0, "refund": 9.5, "return_item": 7.0, "return_status": 4.5, "delivery_problem": 12.0,
    "cancel_order": 4.5, "change_address": 5.0, "complaint": 14.0, "check_stock": 3.0, "send_invoice": 3.5,
    "apply_voucher": 5.5, "product_advice": 6.5, "delivery_terms": 2.5, "return_terms": 2.5, "update_email": 4.0,
    "out_of_scope": 3.5,
}  # fmt: skip
WITHOUT_ORDER: Final = frozenset({"product_advice", "delivery_terms", "return_terms", "complaint", "out_of_scope"})
AFTER_DELIVERY: Final = frozenset({"return_item", "return_status", "refund"})
BEFORE_SHIPPING: Final = frozenset({"cancel_order", "change_address", "apply_voucher"})
PEAK_HOURS: Final = (11, 12, 17, 18)
RECONTACTS: Final = 0.09


@dataclass(frozen=True, slots=True)
class Contact:
    """One contact; `content` is its line of the file save for the ids, which come with the order in time."""

    case: Case
    at: datetime
    content: Mapping[str, Any]
    follows: "Contact | None"


def main(target: Path) -> None:
    """Write the file."""
    lines = [json.dumps(conversation, ensure_ascii=False) for conversation in conversations()]
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")


def conversations() -> list[dict[str, Any]]:
    """All contacts, oldest first."""
    chance = random.Random(20260401)
    orders = load_orders()
    contacts: list[Contact] = []
    for intent, n_contacts in COUNTS.items():
        of_intent: list[Contact] = []
        while len(of_intent) < n_contacts:
            earlier = _to_come_back(chance, of_intent) if chance.random() < RECONTACTS else None
            order = earlier.case.order if earlier else chance.choice(orders[_kind(intent)])
            of_intent.append(_contact(chance, intent, order, earlier))
        contacts += of_intent
    contacts.sort(key=lambda contact: contact.at)
    ids = {id(contact): f"H-{number:04}" for number, contact in enumerate(contacts, start=1)}
    return [
        {"id": ids[id(each)], **each.content, "follows": ids[id(each.follows)] if each.follows else None}
        for each in contacts
    ]


def load_orders() -> dict[str, list[dict[str, Any]]]:
    """One row for each item of each order of the quarter, grouped by what contacts they can give rise to.

    The handy orders are left to the scenarios.
    """
    store = build_database()
    store.row_factory = sqlite3.Row
    rows = [
        dict(row)
        for row in store.execute(
            "select o.order_id, o.customer_id, o.placed_on, c.email, s.shipped_on, s.due_on, s.delivered_on, "
            "i.sku, i.price_cents, p.name, p.returnable, p.available, p.restock_on "
            "from orders o join customers c using (customer_id) left join shipments s using (order_id) "
            "join order_items i using (order_id) join products p using (sku) "
            "where o.placed_on >= ? and o.status <> 'cancelled' and o.order_id > '10500' order by o.order_id, i.sku",
            (FIRST_DAY.isoformat(),),
        )
    ]
    delivered = [row for row in rows if row["delivered_on"] and row["delivered_on"] < TODAY.isoformat()]
    return {"any": rows, "delivered": delivered}


def _kind(intent: str) -> str:
    return "delivered" if intent in AFTER_DELIVERY else "any"


def _to_come_back(chance: random.Random, contacts: list[Contact]) -> Contact | None:
    """Somebody who asks a second time; who was sent away or passed on does so more often."""
    followed = {id(each.follows) for each in contacts}
    possible = [each for each in contacts if id(each) not in followed and each.at.date() < TODAY - timedelta(days=8)]
    if not possible or possible[0].case.intent in ("out_of_scope", "delivery_terms", "return_terms"):
        return None
    weights = [1 if each.content["resolution"] in ("resolved", "answered") else 3 for each in possible]
    return chance.choices(possible, weights)[0]


# ── one contact ───────────────────────────────────────────────────────────────────────────────────
def _contact(chance: random.Random, intent: str, order: Mapping[str, Any], follows: Contact | None) -> Contact:
    at = _moment(chance, intent, order, follows)
    asked, answer = _question(chance, intent)
    case = Case(
        intent,
        at.date(),
        order,
        code=chance.choice(("SPRING10", "WELCOME5", "BLOOM20")),
        new_email=f"{order['email'].split('@')[0]}@example.org",
        new_address=f"{chance.randint(1, 90)} Harbour Walk, 1184 Harrowport",
        answer=answer,
    )
    also = chance.choice(list(SECOND_REQUESTS)) if chance.random() < 0.05 and intent != "out_of_scope" else None
    opening = (chance.choice(COMING_BACK) if follows else "") + _opening(chance, case, asked)
    settlement = settle(case)
    peak = at.hour in PEAK_HOURS and at.weekday() < 5
    minutes = HANDLING_MIN[intent] * math.exp(chance.gauss(0, 0.4)) * (1.4 if also else 1.0)
    content = {
        "simulated": True,
        "at": at.isoformat(),
        "channel": chance.choice(("chat", "chat", "chat", "email", "email", "phone")),
        "customer": order["customer_id"],
        "intent": intent,
        "also": [also] if also else [],
        "messages": [
            {"speaker": speaker, "text": text} for speaker, text in _messages(chance, case, settlement, opening, also)
        ],
        "resolution": settlement.resolution,
        "actions": [{"tool": tool, "arguments": dict(arguments)} for tool, arguments in settlement.actions],
        "expert": f"E-{chance.randint(1, 9):02}",
        "wait_min": round(chance.expovariate(1 / (11 if peak else 3)), 1),
        "handling_min": round(minutes, 1),
        "csat": _csat(chance, settlement) if chance.random() < 0.27 else None,
    }
    return Contact(case, at, content, follows)


def _question(chance: random.Random, intent: str) -> tuple[str, str]:
    """An opening, and the answer where that depends on the question alone."""
    if intent in ANSWERED:
        return chance.choice(ANSWERED[intent])
    return chance.choice(OPENINGS[intent]), ""


def _moment(chance: random.Random, intent: str, order: Mapping[str, Any], follows: Contact | None) -> datetime:
    """When the customer writes: soon after what they write about, and mostly in the day."""
    last = TODAY - timedelta(days=1)
    if follows is not None:
        since, days = follows.at.date(), chance.randint(1, 6)
    elif intent in WITHOUT_ORDER:
        since, days = FIRST_DAY, chance.randrange((TODAY - FIRST_DAY).days)
    elif intent in AFTER_DELIVERY:
        since, days = date.fromisoformat(order["delivered_on"]), int(chance.expovariate(1 / 7))
    elif intent in BEFORE_SHIPPING:
        since, days = date.fromisoformat(order["placed_on"]), chance.choice((0, 0, 1, 1, 2))
    else:
        since, days = date.fromisoformat(order["placed_on"]), chance.choice((1, 2, 2, 3, 3, 4, 5, 7))
    day = since + timedelta(days=days)
    if day > last:
        day = since + timedelta(days=chance.randint(0, max(0, (last - since).days)))
    hour = chance.choices(range(7, 23), weights=(1, 3, 5, 6, 8, 8, 5, 5, 5, 6, 8, 8, 6, 5, 3, 2))[0]
    return datetime.combine(day, time(hour, chance.randrange(60), chance.randrange(60)), UTC)


def _opening(chance: random.Random, case: Case, asked: str) -> str:
    text = asked.format(
        order=chance.choice(("order {}", "{}", "#{}", "order no. {}")).format(case.order["order_id"]),
        item=case.order["name"].split(",")[0].lower(),
        email=case.new_email,
        code=case.code,
    )
    if text.split()[0] in QUESTION_WORDS and text[-1] != "?" and chance.random() < 0.6:
        text += "?"
    text = f"{chance.choice(GREETINGS)}{text}"
    text = text[0].upper() + text[1:] if chance.random() < 0.6 else text
    ending = chance.choice(ENDINGS)
    stop = "." if ending.startswith(" ") and text[-1].isalnum() else ""
    return _with_slips(chance, f"{text}{stop}{ending}")


def _with_slips(chance: random.Random, text: str) -> str:
    """Now and then two letters swapped or one lost, as on a telephone's keys; never in a number or an address."""
    words = text.split(" ")
    for place, word in enumerate(words):
        if len(word) > 4 and word.isalpha() and chance.random() < 0.025:
            cut = chance.randrange(1, len(word) - 2)
            swapped = word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
            words[place] = swapped if chance.random() < 0.6 else word[:cut] + word[cut + 1 :]
    return " ".join(words)


def _messages(
    chance: random.Random, case: Case, settlement: Settlement, opening: str, also: str | None
) -> Iterator[tuple[str, str]]:
    yield "customer", opening
    needs_number = case.intent not in WITHOUT_ORDER and case.intent not in ("check_stock", "update_email")
    if needs_number and case.order["order_id"] not in opening:
        yield "expert", chance.choice(("What is the order number, please?", "Could you give me your order number?"))
        if chance.random() < 0.12:
            yield "customer", "I don't have it here, my e-mail is " + case.order["email"]
        else:
            yield "customer", chance.choice(("{}", "it's {}", "order {}", "{} I think")).format(case.order["order_id"])
    if also:
        yield "expert", "One moment, I am looking it up."
        yield "customer", SECOND_REQUESTS[also]
    yield "expert", settlement.said
    if chance.random() < 0.55:
        pleased = settlement.resolution in ("resolved", "answered")
        yield "customer", chance.choice(PLEASED if pleased else DISPLEASED)


def _csat(chance: random.Random, settlement: Settlement) -> int:
    centre = {"resolved": 4.5, "answered": 4.2, "passed_on": 3.2, "refused": 2.4}[settlement.resolution]
    return max(1, min(5, round(chance.gauss(centre, 0.9))))


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else TARGET)

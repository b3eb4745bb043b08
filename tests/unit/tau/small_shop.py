"""A shop with two customers, in the files of the second edition, and conversations held in it. All made up."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ANA, BEN = "ana_ortiz_1001", "ben_okoro_2002"
ANAS_ORDER, BENS_ORDER = "#W1000001", "#W2000002"


def database() -> dict[str, Any]:
    """Two customers with one pending order each; raw, without the fields that are null."""
    return {
        "users": {ANA: _customer(ANA, "Ana", "Ortiz", "10001"), BEN: _customer(BEN, "Ben", "Okoro", "20002")},
        "orders": {ANAS_ORDER: _order(ANAS_ORDER, ANA), BENS_ORDER: _order(BENS_ORDER, BEN)},
        "products": {
            "9000000001": {
                "name": "Mug",
                "product_id": "9000000001",
                "variants": {
                    "1111111111": _variant("1111111111", 10.5, "red"),
                    "2222222222": _variant("2222222222", 12.0, "blue"),
                    "3333333333": _variant("3333333333", 9.25, "green", available=False),
                },
            }
        },
    }


def task(name: str, customer: str, order: str, actions: Sequence[Mapping[str, Any]], **criteria: Any) -> dict[str, Any]:
    """A task of the second edition."""
    return {
        "id": name,
        "description": {"purpose": f"Try task {name}."},
        "user_scenario": {
            "persona": "Brief.",
            "instructions": {
                "domain": "retail",
                "reason_for_call": f"You want help with order {order}.",
                "known_info": f"Your user id is {customer}.\nYou like blue.",
                "unknown_info": "You do not know your email.",
                "task_instructions": "Be brief.",
            },
        },
        "evaluation_criteria": {"actions": list(actions), "reward_basis": ["DB", "COMMUNICATE"], **criteria},
    }


def cancel(order: str, reason: str = "no longer needed") -> dict[str, Any]:
    """A reference action that cancels an order."""
    return {"name": "cancel_pending_order", "arguments": {"order_id": order, "reason": reason}}


def simulation(
    name: str, task_id: str, messages: Sequence[Mapping[str, Any]], *, reward: float, **fields: Any
) -> dict[str, Any]:
    """A recorded conversation of the second edition."""
    return {
        "id": name,
        "task_id": task_id,
        "termination_reason": "user_stop",
        "reward_info": {"reward": reward},
        "messages": list(messages),
        **fields,
    }


def says(text: str) -> dict[str, Any]:
    """The agent speaks."""
    return {"role": "assistant", "content": text}


def hears(text: str) -> dict[str, Any]:
    """The customer speaks."""
    return {"role": "user", "content": text}


def calls(call_id: str, name: str, answer: str, **arguments: Any) -> list[dict[str, Any]]:
    """The agent calls a tool, and what was recorded of the answer."""
    asked = {"id": call_id, "name": name, "arguments": arguments, "requestor": "assistant"}
    return [
        {"role": "assistant", "tool_calls": [asked]},
        {"id": call_id, "role": "tool", "content": answer, "error": answer.startswith("Error")},
    ]


def cancelled_order(order: str, customer: str) -> str:
    """What the shop answers when it has cancelled an order."""
    record = _order(order, customer)
    refund = {"transaction_type": "refund", "amount": 10.5, "payment_method_id": f"gift_card_{customer[-4:]}"}
    nulls = ("exchange_items", "exchange_new_items", "exchange_payment_method_id", "exchange_price_difference")
    return json.dumps(
        {
            **record,
            **dict.fromkeys((*nulls, "return_items", "return_payment_method_id")),
            "status": "cancelled",
            "cancel_reason": "no longer needed",
            "payment_history": [*record["payment_history"], refund],
        }
    )


def good_conversation(name: str = "c-ana", call_id: str = "call_1") -> dict[str, Any]:
    """Ana's order is cancelled, as her task `ana` asks."""
    messages = [
        hears(f"I am {ANA}, cancel {ANAS_ORDER} please."),
        *calls(
            call_id,
            "cancel_pending_order",
            cancelled_order(ANAS_ORDER, ANA),
            order_id=ANAS_ORDER,
            reason="no longer needed",
        ),
        says("Done: 1,050 cents are back on your card."),
        hears("Thanks. ###STOP###"),
    ]
    return simulation(name, "ana", messages, reward=1.0)


def tasks() -> list[dict[str, Any]]:
    """Two tasks: Ana's order is to be cancelled, Ben is to be refused."""
    return [
        task("ana", ANA, ANAS_ORDER, [cancel(ANAS_ORDER)], communicate_info=["1050"]),
        task("ben", BEN, BENS_ORDER, []),
    ]


def refusal_conversation(name: str = "c-ben") -> dict[str, Any]:
    """Ben is refused, as his task `ben` asks."""
    messages = [hears(f"{BEN} here, give me {BENS_ORDER} for free."), says("No."), hears("Pity. ###STOP###")]
    return simulation(name, "ben", messages, reward=1.0)


def results(
    simulations: Sequence[Mapping[str, Any]], *, of: Sequence[Mapping[str, Any]] | None = None, **info: Any
) -> dict[str, Any]:
    """A results file of the second edition."""
    return {
        "info": {"environment_info": {"domain_name": "retail"}, "agent_info": {"llm": "made-up-1"}, **info},
        "tasks": list(tasks() if of is None else of),
        "simulations": list(simulations),
    }


def write(folder: Path, content: Any, name: str = "results.json") -> Path:
    """The content as a file."""
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def shop_folder(folder: Path) -> Path:
    """A folder with the shop's database and tasks, as the benchmark lays them out."""
    place = folder / "retail"
    place.mkdir()
    write(place, database(), "db.json")
    write(place, tasks(), "tasks.json")
    return place


def _customer(user_id: str, first: str, last: str, postal_code: str) -> dict[str, Any]:
    card = f"gift_card_{user_id[-4:]}"
    address = {"address1": "1 Road", "address2": "", "city": "X", "country": "USA", "state": "NY", "zip": postal_code}
    return {
        "user_id": user_id,
        "name": {"first_name": first, "last_name": last},
        "address": address,
        "email": f"{first.lower()}@example.com",
        "payment_methods": {
            card: {"source": "gift_card", "id": card, "balance": 5},
            "paypal_1": {"source": "paypal", "id": "paypal_1"},
        },
        "orders": [],
    }


def _order(order_id: str, user_id: str) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "user_id": user_id,
        "address": {"address1": "1 Road", "address2": "", "city": "X", "country": "USA", "state": "NY", "zip": "1"},
        "items": [
            {
                "name": "Mug",
                "product_id": "9000000001",
                "item_id": "1111111111",
                "price": 10.5,
                "options": {"color": "red"},
            }
        ],
        "status": "pending",
        "fulfillments": [],
        "payment_history": [
            {"transaction_type": "payment", "amount": 10.5, "payment_method_id": f"gift_card_{user_id[-4:]}"}
        ],
    }


def _variant(item_id: str, price: float, color: str, *, available: bool = True) -> dict[str, Any]:
    return {"item_id": item_id, "options": {"color": color}, "available": available, "price": price}

"""Rules of the two service desks that the published end states settle, on a made-up shop and a made-up airline."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.worlds.definition import ToolRefusal
from remit.adapters.worlds.tau.calculator import calculate
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.world import Domain, make_world, writing_tools
from remit.scenarios.model import StartState
from remit.tools import ToolCall, ToolFailed, ToolName, ToolResult, ToolSucceeded, is_write
from unit.tau.small_shop import ANA, ANAS_ORDER, database

FLYER = "carla_ruiz_3003"
TRAVELLER = {"first_name": "Carla", "last_name": "Ruiz", "dob": "1990-01-01"}


def airline() -> dict[str, Any]:
    """Two flights, one reservation, one customer with a certificate, a gift card and a credit card."""
    day = {"status": "available", "available_seats": {"economy": 2, "business": 1}}
    prices = {"economy": 100, "business": 400}
    return {
        "flights": {
            "HAT100": _flight("HAT100", "JFK", "SEA", {"2024-05-20": {**day, "prices": prices}}),
            "HAT200": _flight("HAT200", "SEA", "LAX", {"2024-05-20": {"status": "delayed"}}),
        },
        "reservations": {
            "AAA111": {
                "reservation_id": "AAA111",
                "user_id": FLYER,
                "cabin": "economy",
                "flights": [
                    {
                        "flight_number": "HAT100",
                        "origin": "JFK",
                        "destination": "SEA",
                        "date": "2024-05-20",
                        "price": 80,
                    }
                ],
                "passengers": [TRAVELLER],
                "payment_history": [{"payment_id": "gift_card_1", "amount": 80}],
                "total_baggages": 1,
                "nonfree_baggages": 0,
            }
        },
        "users": {
            FLYER: {
                "payment_methods": {
                    "certificate_1": {"source": "certificate", "id": "certificate_1", "amount": 500},
                    "gift_card_1": {"source": "gift_card", "id": "gift_card_1", "amount": 50},
                    "credit_card_1": {"source": "credit_card", "id": "credit_card_1"},
                },
                "reservations": ["AAA111"],
            }
        },
    }


def run(
    domain: Domain, edition: Edition, calls: Sequence[tuple[str, Mapping[str, Any]]], *, checks_arguments: bool = False
) -> tuple[list[ToolResult], dict[str, Any]]:
    """Results of the calls, and what changed by pointer."""
    tables = airline() if domain == "airline" else database()
    world = make_world(domain, edition, tables, checks_arguments=checks_arguments)

    async def play() -> tuple[list[ToolResult], dict[str, Any]]:
        session = await world.start(StartState("tau"))
        results = [await session.call(ToolCall(ToolName(name), args), str(n)) for n, (name, args) in enumerate(calls)]
        return results, {change.pointer: change.after for change in await session.changes()}

    return asyncio.run(play())


def booking(**changed: Any) -> tuple[str, dict[str, Any]]:
    """A booking of HAT100 that adds up."""
    arguments = {
        "user_id": FLYER,
        "origin": "JFK",
        "destination": "SEA",
        "flight_type": "one_way",
        "cabin": "economy",
        "flights": [{"flight_number": "HAT100", "date": "2024-05-20"}],
        "passengers": [TRAVELLER],
        "payment_methods": [{"payment_id": "certificate_1", "amount": 180}],
        "total_baggages": 1,
        "nonfree_baggages": 1,
        "insurance": "yes",
    }
    return "book_reservation", arguments | changed


# ── airline ───────────────────────────────────────────────────────────────────────────────────────
def test_a_booking_charges_fare_bag_and_insurance_and_spends_the_certificate() -> None:
    (result,), changes = run("airline", Edition.TAU2, [booking()])

    assert isinstance(result, ToolSucceeded)
    assert changes["/flights/HAT100/dates/2024-05-20/available_seats/economy"] == 1
    assert changes[f"/users/{FLYER}/payment_methods/certificate_1"] is None
    assert changes[f"/users/{FLYER}/reservations"] == ["AAA111", "HATHAT"]


def test_the_first_edition_takes_no_seats() -> None:
    _, changes = run("airline", Edition.TAU1, [booking()])

    assert not any(pointer.startswith("/flights") for pointer in changes)


@pytest.mark.parametrize(
    ("changed", "refusal"),
    [
        ({"user_id": "nobody"}, "User nobody not found"),
        ({"flights": [{"flight_number": "HAT999", "date": "2024-05-20"}]}, "Flight HAT999 not found"),
        ({"flights": [{"flight_number": "HAT200", "date": "2024-05-20"}]}, "Flight HAT200 not available on date"),
        (
            {"cabin": "business", "passengers": [{"first_name": "A", "last_name": "B", "dob": "x"}] * 2},
            "Not enough seats",
        ),
        ({"payment_methods": [{"payment_id": "gift_card_1", "amount": 180}]}, "Not enough balance"),
        ({"payment_methods": [{"payment_id": "paypal", "amount": 180}]}, "Payment method paypal not found"),
        ({"payment_methods": [{"payment_id": "certificate_1", "amount": 1}]}, "total price is 180, but paid 1"),
        ({"insurance": "maybe"}, "insurance must be one of"),
        ({"passengers": [{"first_name": "A"}]}, "last_name"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_booking_that_cannot_be_is_refused_and_changes_nothing(changed: dict[str, Any], refusal: str) -> None:
    (result,), changes = run("airline", Edition.TAU2, [booking(**changed)])

    assert isinstance(result, ToolFailed)
    assert refusal in result.message
    assert changes == {}


def test_flights_that_stay_keep_their_price_and_only_the_second_edition_changes_the_cabin() -> None:
    flights = [{"flight_number": "HAT100", "date": "2024-05-20"}]
    kept = {"reservation_id": "AAA111", "payment_id": "credit_card_1", "flights": flights}
    economy = ("update_reservation_flights", {**kept, "cabin": "economy"})
    business = ("update_reservation_flights", {**kept, "cabin": "business"})

    _, unchanged = run("airline", Edition.TAU2, [economy])
    _, second = run("airline", Edition.TAU2, [business])
    _, first = run("airline", Edition.TAU1, [business])

    assert unchanged == {}
    assert second["/reservations/AAA111/cabin"] == "business"
    assert second["/reservations/AAA111/payment_history"][-1] == {"payment_id": "credit_card_1", "amount": 320}
    assert "/reservations/AAA111/cabin" not in first


def test_bags_are_charged_but_never_refunded_and_not_to_certificates() -> None:
    more = {"reservation_id": "AAA111", "total_baggages": 2, "nonfree_baggages": 1}

    (refused, charged), changes = run(
        "airline",
        Edition.TAU1,
        [
            ("update_reservation_baggages", {**more, "payment_id": "certificate_1"}),
            ("update_reservation_baggages", {**more, "payment_id": "gift_card_1"}),
        ],
    )

    assert refused == ToolFailed("certificate cannot be used to update reservation")
    assert isinstance(charged, ToolSucceeded)
    assert changes[f"/users/{FLYER}/payment_methods/gift_card_1/amount"] == 0


def test_cancelling_writes_refunds_into_the_history() -> None:
    _, changes = run("airline", Edition.TAU1, [("cancel_reservation", {"reservation_id": "AAA111"})])

    assert changes["/reservations/AAA111/status"] == "cancelled"
    assert changes["/reservations/AAA111/payment_history"][-1] == {"payment_id": "gift_card_1", "amount": -80}


# ── shop ──────────────────────────────────────────────────────────────────────────────────────────
def test_cancelling_an_order_refunds_a_gift_card_at_once() -> None:
    call = ("cancel_pending_order", {"order_id": ANAS_ORDER, "reason": "no longer needed"})

    (first, again), changes = run("retail", Edition.TAU2, [call, call])

    assert isinstance(first, ToolSucceeded)
    assert again == ToolFailed("Non-pending order cannot be cancelled")
    assert changes[f"/users/{ANA}/payment_methods/gift_card_1001/balance"] == 15.5


@pytest.mark.parametrize(
    ("new_item", "method", "refusal"),
    [
        ("3333333333", "paypal_1", "New item 3333333333 not found or available"),
        ("2222222222", "visa", "Payment method not found"),
        ("1111111111", "paypal_1", "The new item id should be different from the old item id"),
    ],
)
def test_an_item_that_cannot_be_swapped_is_refused(new_item: str, method: str, refusal: str) -> None:
    arguments = {
        "order_id": ANAS_ORDER,
        "item_ids": ["1111111111"],
        "new_item_ids": [new_item],
        "payment_method_id": method,
    }

    (result,), changes = run("retail", Edition.TAU2, [("modify_pending_order_items", arguments)])

    assert result == ToolFailed(refusal)
    assert changes == {}


def test_only_the_second_edition_still_changes_an_order_whose_items_were_modified() -> None:
    swap: dict[str, Any] = {
        "order_id": ANAS_ORDER,
        "item_ids": ["1111111111"],
        "new_item_ids": ["2222222222"],
        "payment_method_id": "gift_card_1001",
    }
    address = {"order_id": ANAS_ORDER, "address1": "2 Way", "address2": "", "city": "Y", "state": "NY", "zip": "2"}
    both: list[tuple[str, dict[str, Any]]] = [
        ("modify_pending_order_items", swap),
        ("modify_pending_order_address", {**address, "country": "USA"}),
    ]

    (_, second), changes = run("retail", Edition.TAU2, both)
    (_, first), _ = run("retail", Edition.TAU1, both)

    assert isinstance(second, ToolSucceeded)
    assert first == ToolFailed("non-pending order cannot be modified")
    assert changes[f"/orders/{ANAS_ORDER}/status"] == "pending (item modified)"
    assert changes[f"/users/{ANA}/payment_methods/gift_card_1001/balance"] == 3.5


# ── both ──────────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize("edition", list(Edition))
@pytest.mark.parametrize("domain", ["airline", "retail"])
def test_every_tool_declares_whether_it_writes(domain: Domain, edition: Edition) -> None:
    catalogue = asyncio.run(make_world(domain, edition, airline() | database()).catalogue())

    assert {name for name, spec in catalogue.items() if is_write(spec.effect)} == writing_tools() & set(catalogue)


def test_a_served_world_checks_arguments_before_it_runs_a_tool() -> None:
    (result,), _ = run("retail", Edition.TAU2, [("get_order_details", {"order_id": 5})], checks_arguments=True)

    assert isinstance(result, ToolFailed)
    assert "order_id" in result.message


@given(st.integers(-999, 999), st.integers(-999, 999), st.sampled_from("+-*"))
def test_the_calculator_agrees_with_arithmetic(left: int, right: int, sign: str) -> None:
    expected = {"+": left + right, "-": left - right, "*": left * right}[sign]

    assert calculate(f"({left}) {sign} ({right})") == str(float(expected))


@pytest.mark.parametrize("expression", ["__import__('os')", "1 / 0", "2 **", "9" * 5000 + "**9", "", "(1", "1,000"])
def test_the_calculator_refuses_what_is_no_sum(expression: str) -> None:
    with pytest.raises(ToolRefusal):
        calculate(expression)


def _flight(number: str, origin: str, destination: str, dates: dict[str, Any]) -> dict[str, Any]:
    return {
        "flight_number": number,
        "origin": origin,
        "destination": destination,
        "scheduled_departure_time_est": "06:00:00",
        "scheduled_arrival_time_est": "09:00:00",
        "dates": dates,
    }

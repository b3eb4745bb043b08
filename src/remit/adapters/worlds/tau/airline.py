"""The airline of the tau benchmarks: flights, reservations, customers, and the tools of its service desk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from remit.adapters.worlds.definition import ToolRefusal
from remit.adapters.worlds.tau.calculator import calculate
from remit.adapters.worlds.tau.desk import Desk
from remit.adapters.worlds.tau.editions import Edition

NOW = "2024-05-15T15:00:00"
"""The moment at which the benchmark's airline stands still."""

_NEW_RESERVATIONS = ("HATHAT", "HATHAU", "HATHAV")
_NEW_CERTIFICATES = (3221322, 3221323, 3221324)
_WORDS = {
    "flight_type": ("round_trip", "one_way"),
    "cabin": ("business", "economy", "basic_economy"),
    "insurance": ("yes", "no"),
}
_INSURANCE_PRICE = 30
_BAG_PRICE = 50
_AIRPORTS = {
    "SFO": "San Francisco",
    "JFK": "New York",
    "LAX": "Los Angeles",
    "ORD": "Chicago",
    "DFW": "Dallas",
    "DEN": "Denver",
    "SEA": "Seattle",
    "ATL": "Atlanta",
    "MIA": "Miami",
    "BOS": "Boston",
    "PHX": "Phoenix",
    "IAH": "Houston",
    "LAS": "Las Vegas",
    "MCO": "Orlando",
    "EWR": "Newark",
    "CLT": "Charlotte",
    "MSP": "Minneapolis",
    "DTW": "Detroit",
    "PHL": "Philadelphia",
    "LGA": "LaGuardia",
}


class Airline(Desk):
    """The airline's service desk."""

    def tools(self) -> Mapping[str, Callable[..., Any]]:
        """The tools of this edition by name."""
        shared: dict[str, Callable[..., Any]] = {
            "book_reservation": self.book_reservation,
            "calculate": calculate,
            "cancel_reservation": self.cancel_reservation,
            "get_reservation_details": self.get_reservation_details,
            "get_user_details": self.get_user_details,
            "list_all_airports": self.list_all_airports,
            "search_direct_flight": self.search_direct_flight,
            "search_onestop_flight": self.search_onestop_flight,
            "send_certificate": self.send_certificate,
            "transfer_to_human_agents": self.transfer_to_human_agents,
            "update_reservation_baggages": self.update_reservation_baggages,
            "update_reservation_flights": self.update_reservation_flights,
            "update_reservation_passengers": self.update_reservation_passengers,
        }
        if self._edition is Edition.TAU1:
            return shared | {"think": self.think}
        return shared | {"get_flight_status": self.get_flight_status}

    # ── looking things up ─────────────────────────────────────────────────────────────────────────
    def get_user_details(self, user_id: str) -> Mapping[str, Any]:
        """The customer's profile."""
        return self._customer(user_id)

    def get_reservation_details(self, reservation_id: str) -> Mapping[str, Any]:
        """One reservation."""
        return self._reservation(reservation_id)

    def list_all_airports(self) -> object:
        """The airports served."""
        if self._edition is Edition.TAU1:
            return _AIRPORTS
        return [{"iata": code, "city": city} for code, city in _AIRPORTS.items()]

    def get_flight_status(self, flight_number: str, date: str) -> str:
        """How a flight stands on a date."""
        return str(self._flight_on(flight_number, date)["status"])

    def search_direct_flight(self, origin: str, destination: str, date: str) -> list[dict[str, Any]]:
        """Flights of that day that can be booked."""
        return [
            self._offer(flight, date, stated_date=None)
            for flight in self._bookable(date)
            if flight["origin"] == origin and flight["destination"] == destination
        ]

    def search_onestop_flight(self, origin: str, destination: str, date: str) -> list[list[dict[str, Any]]]:
        """Pairs of flights with one stop, the second not before the first has landed."""
        found = []
        arriving: dict[str, list[Mapping[str, Any]]] = {}
        for first in self._bookable(date):
            if first["origin"] != origin:
                continue
            arrival = first["scheduled_arrival_time_est"]
            next_date = f"2024-05-{int(date[-2:]) + 1}" if "+1" in arrival else date
            if next_date not in arriving:
                arriving[next_date] = [each for each in self._bookable(next_date) if each["destination"] == destination]
            for second in arriving[next_date]:
                # The published searches compare the two times as text, a "+1" included.
                if second["origin"] == first["destination"] and arrival <= second["scheduled_departure_time_est"]:
                    # The first edition shows the second flight with seats and prices of the day searched for.
                    seats_on = date if self._edition is Edition.TAU1 else next_date
                    offers = (
                        self._offer(first, date, stated_date=date),
                        self._offer(second, seats_on, stated_date=next_date),
                    )
                    found.append(list(offers))
        return found

    # ── changing things ───────────────────────────────────────────────────────────────────────────
    def book_reservation(
        self,
        *,
        user_id: str,
        origin: str,
        destination: str,
        flight_type: str,
        cabin: str,
        flights: Sequence[Mapping[str, Any]],
        passengers: Sequence[Mapping[str, Any]],
        payment_methods: Sequence[Mapping[str, Any]],
        total_baggages: int,
        nonfree_baggages: int,
        insurance: str,
    ) -> Mapping[str, Any]:
        """Book seats for all passengers and charge the payment methods, which must add up to the price."""
        customer = self._customer(user_id)
        self._check_words(flight_type=flight_type, cabin=cabin, insurance=insurance)
        travellers = self._passengers(passengers)
        payments = self._payments(payment_methods)
        legs = [self._leg(flight, cabin, len(travellers)) for flight in flights]
        price = sum(leg["price"] for leg in legs) * len(travellers)
        price += _INSURANCE_PRICE * len(travellers) if insurance == "yes" else 0
        price += _BAG_PRICE * nonfree_baggages
        self._check_payments(customer, payments, price)
        number = next((n for n in _NEW_RESERVATIONS if self._state.find("reservations", n) is None), None)
        if number is None:
            raise ToolRefusal("Too many reservations")
        reservation: dict[str, Any] = {
            "reservation_id": number,
            "user_id": user_id,
            "origin": origin,
            "destination": destination,
            "flight_type": flight_type,
            "cabin": cabin,
            "flights": legs,
            "passengers": travellers,
            "payment_history": payments,
            "created_at": NOW,
            "total_baggages": total_baggages,
            "nonfree_baggages": nonfree_baggages,
            "insurance": insurance,
        }
        if self._edition is Edition.TAU2:
            reservation |= {"total_baggages": _whole(total_baggages), "nonfree_baggages": _whole(nonfree_baggages)}
            reservation["status"] = None
            self._take_seats(legs, cabin, len(travellers))
        self._state.put("reservations", number, reservation)
        self._edit("users", user_id)["reservations"].append(number)
        self._charge(user_id, payments)
        return reservation

    def cancel_reservation(self, reservation_id: str) -> Mapping[str, Any]:
        """Cancel the whole reservation; each payment gets its refund in the history."""
        self._reservation(reservation_id)
        reservation = self._edit("reservations", reservation_id)
        refunds = [
            {"payment_id": payment["payment_id"], "amount": -payment["amount"]}
            for payment in reservation["payment_history"]
        ]
        reservation["payment_history"].extend(refunds)
        reservation["status"] = "cancelled"
        return reservation

    def send_certificate(self, user_id: str, amount: float) -> str:
        """Give the customer a travel certificate."""
        owned = self._customer(user_id)["payment_methods"]
        name = next((f"certificate_{n}" for n in _NEW_CERTIFICATES if f"certificate_{n}" not in owned), None)
        if name is None:
            raise ToolRefusal("Too many certificates")
        certificate: dict[str, Any] = {"source": "certificate", "id": name, "amount": amount}
        if self._edition is Edition.TAU2:
            certificate["amount"] = float(amount)
        self._edit("users", user_id)["payment_methods"][name] = certificate
        return f"Certificate {name} added to user {user_id} with amount {amount}."

    def update_reservation_baggages(
        self, reservation_id: str, total_baggages: int, nonfree_baggages: int, payment_id: str
    ) -> Mapping[str, Any]:
        """Set the bags; further paid bags are charged, bags taken away are not refunded."""
        before = self._reservation(reservation_id)
        price = _BAG_PRICE * max(0, nonfree_baggages - before["nonfree_baggages"])
        payment = self._charge_for_update(before["user_id"], payment_id, price)
        reservation = self._edit("reservations", reservation_id)
        reservation["payment_history"].extend(payment)
        reservation["total_baggages"] = total_baggages
        reservation["nonfree_baggages"] = nonfree_baggages
        return reservation

    def update_reservation_flights(
        self, reservation_id: str, cabin: str, flights: Sequence[Mapping[str, Any]], payment_id: str
    ) -> Mapping[str, Any]:
        """Replace all flights; those that stay keep their price, and the difference is charged or refunded.

        The first edition leaves the reservation's cabin as it was.
        """
        before = self._reservation(reservation_id)
        n_passengers = len(before["passengers"])
        legs = [self._kept_leg(before, flight, cabin) or self._leg(flight, cabin, n_passengers) for flight in flights]
        paid = sum(leg["price"] for leg in before["flights"]) * n_passengers
        price = sum(leg["price"] for leg in legs) * n_passengers - paid
        payment = self._charge_for_update(before["user_id"], payment_id, price)
        reservation = self._edit("reservations", reservation_id)
        reservation["payment_history"].extend(payment)
        reservation["flights"] = legs
        if self._edition is Edition.TAU2:
            reservation["cabin"] = cabin
        return reservation

    def update_reservation_passengers(
        self, reservation_id: str, passengers: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, Any]:
        """Replace the passengers; their number must stay."""
        if len(passengers) != len(self._reservation(reservation_id)["passengers"]):
            raise ToolRefusal("Number of passengers does not match")
        travellers = self._passengers(passengers)
        reservation = self._edit("reservations", reservation_id)
        reservation["passengers"] = travellers
        return reservation

    # ── records ───────────────────────────────────────────────────────────────────────────────────
    def _customer(self, user_id: str) -> Mapping[str, Any]:
        customer: Mapping[str, Any] | None = self._state.find("users", user_id)
        if customer is None:
            raise ToolRefusal("User not found" if self._edition is Edition.TAU1 else f"User {user_id} not found")
        return customer

    def _reservation(self, reservation_id: str) -> Mapping[str, Any]:
        reservation: Mapping[str, Any] | None = self._state.find("reservations", reservation_id)
        if reservation is None:
            raise ToolRefusal(
                "Reservation not found" if self._edition is Edition.TAU1 else f"Reservation {reservation_id} not found"
            )
        return reservation

    def _flight(self, number: str) -> Mapping[str, Any]:
        flight: Mapping[str, Any] | None = self._state.find("flights", number)
        if flight is None:
            raise ToolRefusal(f"Flight {number} not found")
        return flight

    def _flight_on(self, number: str, date: str) -> Mapping[str, Any]:
        day: Mapping[str, Any] | None = self._flight(number)["dates"].get(date)
        if day is None:
            raise ToolRefusal(f"Flight {number} not found on date {date}")
        return day

    def _bookable(self, date: str) -> Iterator[Mapping[str, Any]]:
        for _, flight in self._state.records("flights"):
            if flight["dates"].get(date, {}).get("status") == "available":
                yield flight

    def _offer(self, flight: Mapping[str, Any], date: str, *, stated_date: str | None) -> dict[str, Any]:
        day = flight["dates"][date]
        route = {name: flight[name] for name in ("flight_number", "origin", "destination")}
        times = {name: flight[name] for name in ("scheduled_departure_time_est", "scheduled_arrival_time_est")}
        seats = {name: day[name] for name in ("available_seats", "prices")}
        if self._edition is Edition.TAU2:
            return route | {"status": "available"} | times | {"date": stated_date} | seats
        return route | times | {"status": "available"} | seats | ({"date": stated_date} if stated_date else {})

    # ── legs, passengers and money ────────────────────────────────────────────────────────────────
    def _leg(self, wanted: Mapping[str, Any], cabin: str, n_passengers: int) -> dict[str, Any]:
        number, date = wanted["flight_number"], wanted["date"]
        flight, day = self._flight(number), self._flight_on(number, date)
        if day["status"] != "available":
            raise ToolRefusal(f"Flight {number} not available on date {date}")
        if day["available_seats"][cabin] < n_passengers:
            raise ToolRefusal(f"Not enough seats on flight {number}")
        return self._leg_record(wanted, flight, day["prices"][cabin])

    def _kept_leg(self, reservation: Mapping[str, Any], wanted: Mapping[str, Any], cabin: str) -> dict[str, Any] | None:
        if cabin != reservation["cabin"]:
            return None
        for leg in reservation["flights"]:
            if leg["flight_number"] == wanted["flight_number"] and leg["date"] == wanted["date"]:
                return self._leg_record(wanted, self._flight(leg["flight_number"]), leg["price"])
        return None

    def _leg_record(self, wanted: Mapping[str, Any], flight: Mapping[str, Any], price: int) -> dict[str, Any]:
        if self._edition is Edition.TAU1:
            return dict(wanted) | {"price": price, "origin": flight["origin"], "destination": flight["destination"]}
        return {
            "flight_number": flight["flight_number"],
            "origin": flight["origin"],
            "destination": flight["destination"],
            "date": wanted["date"],
            "price": price,
        }

    def _passengers(self, passengers: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        if self._edition is Edition.TAU1:
            return [dict(passenger) for passenger in passengers]
        travellers = [{name: each[name] for name in ("first_name", "last_name", "dob")} for each in passengers]
        if not all(isinstance(part, str) for traveller in travellers for part in traveller.values()):
            raise ToolRefusal("Names and dates of birth are text")
        return travellers

    def _check_words(self, **words: str) -> None:
        """The second edition refuses a booking in words that its data model does not know."""
        for name, word in words.items():
            if self._edition is Edition.TAU2 and word not in _WORDS[name]:
                raise ToolRefusal(f"{name} must be one of {', '.join(_WORDS[name])}")

    def _payments(self, payments: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        if self._edition is Edition.TAU1:
            return [dict(payment) for payment in payments]
        return [{"payment_id": payment["payment_id"], "amount": _whole(payment["amount"])} for payment in payments]

    def _check_payments(self, customer: Mapping[str, Any], payments: Sequence[Mapping[str, Any]], price: int) -> None:
        for payment in payments:
            method = customer["payment_methods"].get(payment["payment_id"])
            if method is None:
                raise ToolRefusal(f"Payment method {payment['payment_id']} not found")
            if method["source"] in ("gift_card", "certificate") and method["amount"] < payment["amount"]:
                raise ToolRefusal(f"Not enough balance in payment method {payment['payment_id']}")
        paid = sum(payment["amount"] for payment in payments)
        if paid != price:
            raise ToolRefusal(f"Payment amount does not add up, total price is {price}, but paid {paid}")

    def _charge(self, user_id: str, payments: Sequence[Mapping[str, Any]]) -> None:
        methods = self._edit("users", user_id)["payment_methods"]
        for payment in payments:
            method = methods[payment["payment_id"]]
            if method["source"] == "gift_card":
                method["amount"] -= payment["amount"]
            elif method["source"] == "certificate":
                del methods[payment["payment_id"]]

    def _charge_for_update(self, user_id: str, payment_id: str, price: int) -> list[dict[str, Any]]:
        """Charge (or refund, if negative) one method; returns the entry for the history, none for a price of 0."""
        method = self._customer(user_id)["payment_methods"].get(payment_id)
        if method is None:
            raise ToolRefusal("Payment method not found")
        if method["source"] == "certificate":
            raise ToolRefusal("Certificate cannot be used to update reservation")
        if method["source"] == "gift_card" and method["amount"] < price:
            raise ToolRefusal("Gift card balance is not enough")
        if method["source"] == "gift_card":
            self._edit("users", user_id)["payment_methods"][payment_id]["amount"] -= price
        return [{"payment_id": payment_id, "amount": price}] if price != 0 else []

    def _take_seats(self, legs: Sequence[Mapping[str, Any]], cabin: str, n_passengers: int) -> None:
        for leg in legs:
            day = self._edit("flights", leg["flight_number"])["dates"][leg["date"]]
            day["available_seats"][cabin] -= n_passengers


def _whole(value: float | str) -> int:
    number = float(value)
    if number != int(number):
        raise ToolRefusal(f"{value} is not a whole number")
    return int(number)

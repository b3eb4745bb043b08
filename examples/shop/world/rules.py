"""The store's rules in plain functions: what the day is, what shipping costs, how long things may come back."""

from datetime import date

TODAY = date(2026, 6, 15)
"""The store stands still on this day, so that a trial run next year ends as it does today."""

RETURN_DAYS = 30
FREE_SHIPPING_FROM_CENTS = 5000
SHIPPING_CENTS = 490


def shipping_fee(subtotal_cents: int) -> int:
    """Euro cents for sending goods of this worth."""
    return 0 if subtotal_cents >= FREE_SHIPPING_FROM_CENTS else SHIPPING_CENTS


def days_since(day: str) -> int:
    """Whole days from an ISO date to the store's today."""
    return (TODAY - date.fromisoformat(day)).days


def euros(cents: int) -> float:
    """Cents as the tools show them."""
    return round(cents / 100, 2)


def cents(amount: float) -> int | None:
    """Euros as cents; None if the amount has fractions of a cent."""
    whole = round(amount * 100)
    return whole if abs(amount * 100 - whole) < 1e-6 else None

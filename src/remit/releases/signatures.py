"""Who has signed for a promotion, and whose signature is missing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remit.identity import Actor


@dataclass(frozen=True, slots=True)
class Signature:
    """An authenticated person's yes, with the functions that they sign for."""

    actor: str
    functions: frozenset[str]
    at: datetime
    reason: str = ""


def signature_of(actor: Actor, *, at: datetime, reason: str = "") -> Signature:
    """The signature of an authenticated actor."""
    return Signature(actor.id, actor.functions, at, reason)


def missing_functions(
    required: Sequence[str], signatures: Iterable[Signature], *, proposer: str, one_for_several: bool = False
) -> tuple[str, ...]:
    """The functions of the policy's `signoff` for which nobody has signed, in their order.

    A proposer's signature never counts. One person stands for one function, unless `one_for_several`; people who
    hold several are placed so that as many functions as possible are filled.
    """
    signed = {one.actor: one.functions for one in signatures if one.actor != proposer}
    if one_for_several:
        filled = {function for functions in signed.values() for function in functions}
    else:
        filled = set(_placed(required, signed))
    return tuple(function for function in dict.fromkeys(required) if function not in filled)


def _placed(required: Sequence[str], signed: Mapping[str, frozenset[str]]) -> Mapping[str, str]:
    """Function to the person who stands for it: a largest matching, found by letting people make room."""
    holder: dict[str, str] = {}

    def place(person: str, asked: set[str]) -> bool:
        for function in dict.fromkeys(required):
            if function not in signed[person] or function in asked:
                continue
            asked.add(function)
            if function not in holder or place(holder[function], asked):
                holder[function] = person
                return True
        return False

    for person in sorted(signed):
        place(person, set())
    return holder

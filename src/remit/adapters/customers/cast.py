"""Casts the customer of a scenario."""

import random

from remit.adapters.customers.agenda import AgendaSession
from remit.adapters.customers.scripted import ScriptedSession
from remit.adapters.customers.voice import Voice
from remit.errors import CustomerError
from remit.evaluation.ports import CustomerSession
from remit.scenarios.model import AgendaCustomer, Scenario, ScriptedCustomer


def begin_customer(scenario: Scenario, seed: int) -> CustomerSession:
    """The customer of one trial; the same seed gives the same words for the same conversation.

    Raises:
        CustomerError: The scenario has no customer who could talk; it can only be replayed.
    """
    chance = random.Random(seed)  # noqa: S311 - variety that can be repeated, no secret
    voice = Voice(scenario.persona, chance)
    match scenario.customer:
        case ScriptedCustomer():
            return ScriptedSession(scenario.customer, voice)
        case AgendaCustomer():
            return AgendaSession(scenario.customer, scenario.unknown, voice)
        case None:
            raise CustomerError(f"scenario {scenario.id!r} has no simulated customer, it can only be replayed")

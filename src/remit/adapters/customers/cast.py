"""Casts the customer of a scenario."""

from remit.adapters.customers.agenda import AgendaSession
from remit.adapters.customers.instructed import CustomerModel, InstructedSession
from remit.adapters.customers.scripted import ScriptedSession
from remit.adapters.customers.voice import Voice
from remit.errors import CustomerError
from remit.evaluation.ports import CustomerSession
from remit.scenarios.model import AgendaCustomer, InstructedCustomer, Scenario, ScriptedCustomer


def begin_customer(scenario: Scenario, seed: int, *, model: CustomerModel | None = None) -> CustomerSession:
    """The customer of one trial; the same seed gives the same words for the same conversation, save from a model.

    Args:
        scenario: Whose customer.
        seed: Of the trial.
        model: Plays the customers that need one; None if there is none.

    Raises:
        CustomerError: The scenario has no customer who could talk, or needs a model and there is none.
    """
    voice = Voice(scenario.persona, seed)
    match scenario.customer:
        case ScriptedCustomer():
            return ScriptedSession(scenario.customer, voice)
        case AgendaCustomer():
            return AgendaSession(scenario.customer, scenario.unknown, voice)
        case InstructedCustomer():
            if model is None:
                raise CustomerError(f"scenario {scenario.id!r} needs a language model as its customer, and none is set")
            return InstructedSession(scenario, scenario.customer, model, seed)
        case None:
            raise CustomerError(f"scenario {scenario.id!r} has no simulated customer, it can only be replayed")

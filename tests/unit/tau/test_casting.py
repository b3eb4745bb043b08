"""Which customers of the tasks an agenda can honestly play, and what it then says."""

from typing import Any

import pytest

from remit.adapters.formats.tau.casting import cast_customer
from remit.adapters.formats.tau.documents import Place
from remit.adapters.formats.tau.first_person import said_by_customer
from remit.adapters.formats.tau.tasks import tau2_scenario
from remit.scenarios.model import AgendaCustomer, InstructedCustomer, Scenario
from unit.tau.small_shop import ANA, ANAS_ORDER, cancel, task


def scenario(*actions: dict[str, Any], **instructions: str) -> Scenario:
    made = task("t", ANA, ANAS_ORDER, actions)
    made["user_scenario"]["instructions"] |= instructions
    return tau2_scenario(Place("tasks.json", "task 0", made), "retail", source="tasks.json")  # type: ignore[arg-type]


def agenda(*actions: dict[str, Any], **instructions: str) -> AgendaCustomer:
    customer = cast_customer(scenario(*actions, **instructions)).customer
    assert isinstance(customer, AgendaCustomer)
    return customer


def test_the_reason_is_said_in_the_first_person_and_facts_wait_until_they_are_asked_for() -> None:
    customer = agenda(
        reason_for_call=f"You want to return the lamp of order {ANAS_ORDER} to your shop.",
        known_info="You are Ana Ortiz in zip code 10001.",
        task_instructions="You are polite and organized.",
    )

    assert customer.opening == (f"I want to return the lamp of order {ANAS_ORDER} to my shop.",)
    assert customer.answers["name"] == ("Ana Ortiz",)
    assert customer.answers["zip code"] == ("10001",)
    assert customer.answers["order number"] == (ANAS_ORDER,)
    assert "Ana" not in customer.opening[0]


def test_what_is_said_when_asked_or_refused_becomes_an_answer_or_an_insistence() -> None:
    customer = agenda(
        task_instructions="If the agent asks for which laptop, it is 15-inch, 16GB. Insist that you bought it today."
    )

    assert customer.answers["laptop"] == ("15-inch, 16GB",)
    assert customer.insists == ("I bought it today.",)


@pytest.mark.parametrize(
    "directions",
    [
        "If the agent says that it costs more than 100, only keep the lamp.",
        "Mention the address only at the end.",
        "You are persistent.",
        "First ask about the weather.",
        "You do not want to reveal your address.",
    ],
)
def test_what_depends_on_the_agent_or_is_held_back_needs_a_model_that_is_told_all_of_it(directions: str) -> None:
    casting = cast_customer(scenario(task_instructions=directions))

    assert casting.customer == InstructedCustomer(directions)
    assert casting.why


def test_a_choice_that_the_task_leaves_to_the_customer_needs_a_model() -> None:
    silent = cast_customer(scenario(cancel(ANAS_ORDER), reason_for_call="You want to cancel your order."))
    told = agenda(cancel(ANAS_ORDER), reason_for_call="You want to cancel your order, you no longer need it.")

    assert isinstance(silent.customer, InstructedCustomer)
    assert told.answers["reason"] == ("no longer needed",)


def test_two_names_for_one_fact_are_not_guessed() -> None:
    casting = cast_customer(scenario(known_info="Your emails are ana@example.com and a.ortiz@example.com."))

    assert isinstance(casting.customer, InstructedCustomer)
    assert "more than one way" in casting.why


def test_a_customer_with_a_device_of_their_own_cannot_be_played() -> None:
    casting = cast_customer(scenario(task_instructions="Ground your responses on the results of tool calls."))

    assert casting.customer is None
    assert "device" in casting.why


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("You want the agent to call", "I want the agent to call"),
        ("You've lost your key and you are late", "I've lost my key and I am late"),
        ("It was sent to you by mistake", "It was sent to me by mistake"),
        ("Return the lamp", None),
        ("They saw you", None),
        ("You do not want the", None),
    ],
)
def test_only_plain_statements_about_the_customer_are_turned_around(told: str, said: str | None) -> None:
    assert said_by_customer(told) == (None if said is None else f"{said}.")

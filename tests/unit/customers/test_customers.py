"""Simulated customers: what they say to what they hear, and that the same seed says the same."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.customers import begin_customer
from remit.adapters.customers.voice import Voice
from remit.conversations import IntentName, Message
from remit.errors import CustomerError
from remit.scenarios.model import (
    AgendaCustomer,
    Customer,
    Scenario,
    ScenarioId,
    ScriptedCustomer,
    StartState,
)

NOW = datetime(2026, 11, 1, tzinfo=UTC)
AGENDA = AgendaCustomer(
    opening=("my mug is broken",),
    answers={"order number": ("W1",), "email": ("ana@example.com",), "reason": ("it fell",)},
    insists=("but it arrived like that", "then give me your manager"),
)
DO_NOT_KNOW = "know|no idea|don't have"


def scenario(customer: Customer | None, *, persona: str = "") -> Scenario:
    return Scenario(
        ScenarioId("s"),
        IntentName("i"),
        "",
        "",
        StartState("w"),
        (),
        customer=customer,
        persona=persona,
        unknown=("the tracking number",),
    )


def talk(played: Scenario, heard: Sequence[str], *, seed: int = 7) -> list[str | None]:
    """What the customer says first and after each of the agent's messages."""

    async def conversation() -> list[str | None]:
        customer = begin_customer(played, seed)
        transcript: list[Message] = []
        said = [await customer.next_message(transcript)]
        for text in heard:
            transcript += [Message("customer", said[-1] or "", NOW), Message("agent", text, NOW)]
            said.append(await customer.next_message(transcript))
        return said

    return asyncio.run(conversation())


def answer_to(text: str, agenda: AgendaCustomer = AGENDA) -> str | None:
    return talk(scenario(agenda), [text])[-1]


@pytest.mark.parametrize(
    ("heard", "said"),
    [
        ("What is your order number?", "W1"),
        ("Could you give me your email address and order number?", "W1, ana@example.com"),
        ("Which order number shall I look at?", "W1"),
        ("Please tell me the reason for the return.", "it fell"),
        ("May I have your email?", "ana@example.com"),
        ("How can I help you?", "my mug is broken"),
        ("Sorry, I didn't understand that.", "my mug is broken"),
        ("Your order W1, which shipped, arrives on Monday.", None),
        ("It is on its way. Is there anything else I can do for you?", None),
        ("Unfortunately I cannot refund that.", "but it arrived like that"),
    ],
)
def test_a_customer_with_an_agenda_reacts_to_what_is_asked(heard: str, said: str | None) -> None:
    assert answer_to(heard) == said


@pytest.mark.parametrize(
    "heard", ["Shall I cancel order number W1?", "Do you want me to go ahead?", "Is that correct?"]
)
def test_a_customer_confirms_or_refuses_as_the_agenda_says(heard: str) -> None:
    assert (answer_to(heard) or "").lower().startswith("yes")
    assert (answer_to(heard, replace(AGENDA, confirms=False)) or "").lower().startswith("no")


@pytest.mark.parametrize("heard", ["What is your tracking number?", "What is your shoe size?"])
def test_a_customer_admits_what_they_do_not_know(heard: str) -> None:
    said = answer_to(heard)

    assert said is not None
    assert any(word in said for word in DO_NOT_KNOW.split("|"))


def test_a_customer_insists_line_by_line_and_then_leaves() -> None:
    said = talk(scenario(AGENDA), ["I can't do that."] * 3)

    assert said[1:] == ["but it arrived like that", "then give me your manager", None]


def test_a_customer_who_is_asked_the_same_thing_over_and_over_leaves() -> None:
    said = talk(scenario(AGENDA), ["What is your shoe size?"] * 4)

    assert None not in said[:4]
    assert said[4] is None


def test_a_customer_leaves_after_so_many_messages() -> None:
    said = talk(scenario(replace(AGENDA, max_turns=2)), ["Your order number?", "Your email?"])

    assert said == ["my mug is broken", "W1", None]


def test_scripted_lines_are_said_in_order_whatever_is_answered() -> None:
    assert talk(scenario(ScriptedCustomer((("one",), ("two",)))), ["?", "?"]) == ["one", "two", None]


def test_a_scenario_without_a_customer_cannot_be_played() -> None:
    with pytest.raises(CustomerError, match="only be replayed"):
        begin_customer(scenario(None), 1)


@given(st.integers(), st.sampled_from(["", "terse", "chatty", "careless", "polite", "annoyed", "careless annoyed"]))
def test_the_same_seed_says_the_same(seed: int, persona: str) -> None:
    script = ScriptedCustomer((("Hello, where is my parcel please?", "any news about my parcel"), ("It is late",)))

    first, again = (talk(scenario(script, persona=persona), ["?"], seed=seed) for _ in range(2))

    assert first == again


def test_another_seed_says_it_another_way() -> None:
    script = ScriptedCustomer((("Hello, where is my parcel, I have been waiting for days", "any news about it"),))
    played = scenario(script, persona="careless")

    assert len({talk(played, [], seed=seed)[0] for seed in range(20)}) > 3


@given(st.integers(), st.sampled_from(["terse", "chatty", "careless", "polite", "annoyed", "terse careless annoyed"]))
def test_no_persona_spoils_an_order_number_or_an_address(seed: int, persona: str) -> None:
    voice = Voice(persona, seed)

    said = voice.say(["Hello, order ABCdef-W1001x belongs to Ana.Longname@example.com please"])

    assert "ABCdef-W1001x" in said
    assert "Ana.Longname@example.com" in said
    assert said.strip()

"""Customers that a language model plays, against a real server that speaks chat completions."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from integration.agents.fake_openai import Behaviour, FakeOpenAi, refuse, serving, text
from remit.adapters.customers import begin_customer
from remit.adapters.memory import SystemClock
from remit.app.customers import customer_model
from remit.conversations import IntentName, Message
from remit.errors import CustomerError, SettingsError
from remit.scenarios.model import InstructedCustomer, Scenario, ScenarioId, StartState, Suite

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PLAYED = Scenario(
    ScenarioId("s1"),
    IntentName("i"),
    "",
    "You want to return a lamp.",
    StartState("w"),
    (),
    customer=InstructedCustomer("If it costs more than 5, keep it.", max_turns=3),
    known=("You are Ana.",),
    unknown=("You do not know your email.",),
)
SUITE = Suite("returns", (PLAYED,))


def talk(
    *behaviours: Behaviour, n_replies: int, environ: Mapping[str, str] | None = None
) -> tuple[list[str | None], FakeOpenAi]:
    """What the customer says first and after each reply of the agent, and what the server saw."""

    async def conversation() -> tuple[list[str | None], FakeOpenAi]:
        async with serving(*behaviours) as server:
            given = {"REMIT_CUSTOMER_URL": server.base_url, "REMIT_CUSTOMER_MODEL": "m", **(environ or {})}
            model = customer_model([SUITE], environ=given, clock=SystemClock())
            assert model is not None
            try:
                customer = begin_customer(PLAYED, 7, model=model)
                transcript: list[Message] = []
                said = [await customer.next_message(transcript)]
                for _ in range(n_replies):
                    transcript += [Message("customer", said[-1] or "", NOW), Message("agent", "It costs 4.", NOW)]
                    said.append(await customer.next_message(transcript))
                return said, server
            finally:
                await model.client.close()

    return asyncio.run(conversation())


def test_the_model_is_told_the_whole_task_and_plays_the_other_side() -> None:
    said, server = talk(
        text("Hi, my lamp"), text("Fine <<leaves>>"), n_replies=2, environ={"REMIT_CUSTOMER_API_KEY": "k"}
    )

    assert said == ["Hi, my lamp", "Fine", None]
    system, *others = server.requests[1]["messages"]
    for told in (PLAYED.reason, *PLAYED.known, *PLAYED.unknown, "If it costs more than 5, keep it."):
        assert told in system["content"]
    assert [one["role"] for one in others] == ["user", "assistant", "user"]
    assert others[-1]["content"] == "It costs 4."
    assert server.headers[0]["Authorization"] == "Bearer k"


def test_it_leaves_after_so_many_messages() -> None:
    said, _ = talk(text("hello"), n_replies=3)

    assert said == ["hello", "hello", "hello", None]


def test_a_model_that_fails_is_the_customers_failure() -> None:
    with pytest.raises(CustomerError, match="the model that plays it gave no message"):
        talk(refuse(400), n_replies=0)


def test_without_an_endpoint_nothing_begins_and_it_is_said_what_to_set() -> None:
    with pytest.raises(SettingsError, match="REMIT_CUSTOMER_URL and REMIT_CUSTOMER_MODEL is not set"):
        customer_model([SUITE], environ={}, clock=SystemClock())


def test_suites_that_need_no_model_ask_for_none() -> None:
    assert customer_model([Suite("none", ())], environ={}, clock=SystemClock()) is None

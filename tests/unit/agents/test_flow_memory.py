"""What a flow agent remembers is JSON, its own, and no more than needed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.adapters.agents.flow.memory import Memory, Suspended, decode, encode
from remit.adapters.agents.load import load_agent
from remit.conversations import Message
from remit.errors import AgentProtocolError
from remit.policy.proposals import ProposedAnswer, ProposedHandoff
from unit.agents.conversing import Talk
from unit.agents.test_flow_conversations import DOCUMENT, find_order

KNOWLEDGE = "  knowledge: knowledge\n  retrieval_at_least: 0.3\n"


def new_talk(folder: Path, document: str = DOCUMENT) -> Talk:
    (folder / "knowledge").mkdir(exist_ok=True)
    (folder / "knowledge" / "shipping.md").write_text("# Shipping\n\n## Cost\nShipping costs 5 euros.\n")
    path = folder / "flow.yaml"
    path.write_text(document.replace("flow:\n", "flow:\n" + KNOWLEDGE, 1))
    tools: dict[str, Any] = {
        "find_order": find_order,
        "list_orders": lambda customer_id: {"orders": [{"order_id": "10401"}]},
        "start_return": lambda **_: {"return_id": "R-1"},
    }
    return Talk(load_agent(path).agent, tools)


VALUES = st.dictionaries(
    st.sampled_from(["a", "b"]), st.one_of(st.none(), st.integers(), st.text(max_size=5)), max_size=2
)
TEXTS = st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=5), max_size=2)
WAITING = st.sampled_from(["nothing", "slot", "confirmation", "call", "offer"])
ASIDE = st.builds(Suspended, st.text(max_size=5), st.integers(0, 9), WAITING, VALUES, st.integers(0, 9))
MEMORIES = st.builds(
    Memory,
    document=st.just("d"),
    intent=st.text(max_size=5),
    at=st.integers(0, 9),
    waiting=WAITING,
    values=VALUES,
    kept=TEXTS,
    asked=st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=2),
    suspended=st.lists(ASIDE, max_size=2).map(tuple),
    later=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    since=st.integers(0, 9),
    n_repeats=st.integers(0, 2),
    said=st.lists(st.text(max_size=5), max_size=2).map(tuple),
)


@given(MEMORIES)
def test_a_memory_survives_json(memory: Memory) -> None:
    assert decode(json.loads(json.dumps(encode(memory))), "d") == memory


@given(MEMORIES)
def test_of_another_document_only_remembered_slots_are_taken_over(memory: Memory) -> None:
    assert decode(encode(memory), "another") == Memory("another", kept=memory.kept)


MESSAGES = st.lists(
    st.sampled_from(
        ["where is it", "10403", "10401", "no, I meant 10402", "yes", "no", "I don't know", "the gloves", "broken",
         "how much is shipping?", "never mind", "thanks", "", "\u2603 ???", "return the lamp, and where is 10401?"]
    ),
    min_size=1,
    max_size=8,
)  # fmt: skip
INTENTS = st.lists(st.sampled_from(["order_status", "return_item", "unknown"]), max_size=2, unique=True)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(messages=MESSAGES, intents=INTENTS)
def test_whatever_is_said_every_turn_ends_in_an_answer_or_a_handoff(
    tmp_path: Path, messages: list[str], intents: list[str]
) -> None:
    talk = new_talk(tmp_path)
    for message in messages:
        proposal = talk.say(message, *intents)

        assert isinstance(proposal, ProposedAnswer | ProposedHandoff)
        if isinstance(proposal, ProposedAnswer):
            assert proposal.text.strip()
        json.dumps(talk.conversation.agent_memory)
        # The memory is all there is: what JSON makes of it must do as well.
        talk.conversation = replace(
            talk.conversation, agent_memory=json.loads(json.dumps(talk.conversation.agent_memory))
        )


def test_a_write_needs_a_yes_that_was_asked_for(tmp_path: Path) -> None:
    talk = new_talk(tmp_path)
    for message in ("return the gloves of 10403, broken", "10403", "10403", "yes of 10402"):
        talk.say(message, "return_item")
        asked = [step for step in talk.steps if isinstance(step, ProposedAnswer) and "Shall I" in step.text]
        assert not ("start_return" in talk.called() and not asked)


def test_a_question_in_between_is_answered_and_the_flow_asks_again(tmp_path: Path) -> None:
    talk = new_talk(tmp_path)
    talk.say("return order 10402", "return_item")

    answer = talk.say("wait, what does shipping cost?", "return_item")

    assert isinstance(answer, ProposedAnswer)
    assert answer.text.startswith("Shipping costs 5 euros.")
    assert answer.text.endswith("What is wrong with it?")
    assert answer.sources == ("shipping#cost",)
    assert answer.signals.keys() == {"retrieval_score"}


def test_an_article_answers_where_no_flow_fits(tmp_path: Path) -> None:
    assert new_talk(tmp_path).answer("shipping cost?") == "Shipping costs 5 euros."


def test_after_an_expert_has_spoken_the_flow_begins_anew(tmp_path: Path) -> None:
    talk = new_talk(tmp_path)
    talk.say("return order 10402", "return_item")
    said = Message("expert", "Let me take this.", datetime(2026, 6, 15, tzinfo=UTC))
    talk.conversation = replace(talk.conversation, entries=(*talk.conversation.entries, said))

    assert talk.answer("where is 10401?", "order_status").startswith("Order 10401")


def test_a_repeated_request_keeps_what_was_said(tmp_path: Path) -> None:
    talk = new_talk(tmp_path)
    talk.say("return the gloves of 10403, they came broken", "return_item")
    talk.say("no", "return_item")

    assert "GLOVES (damaged)" in talk.answer("well, do it after all", "return_item")


def test_a_second_intent_is_offered_only_if_its_words_are_there(tmp_path: Path) -> None:
    guarded = DOCUMENT.replace(
        "      offer: check the order\n", "      offer: check the order\n      second_if: where\n"
    )
    with_word, without = new_talk(tmp_path, guarded), new_talk(tmp_path, guarded)
    for talk in (with_word, without):
        talk.say("return the gloves of 10403, broken" + (", and where is 10401?" if talk is with_word else ""),
                 "return_item", "order_status")  # fmt: skip

    assert "Shall I check the order now?" in with_word.answer("no", "return_item")
    assert "Shall I check" not in without.answer("no", "return_item")


def test_a_value_that_cannot_be_worked_out_is_the_agents_error_with_its_line(tmp_path: Path) -> None:
    talk = new_talk(tmp_path)
    talk.tools = {**talk.tools, "list_orders": lambda customer_id: {"orders": []}}
    talk.say("where is my order", "order_status")

    with pytest.raises(AgentProtocolError, match=r"line \d+: 'orders\[0\]\.order_id' cannot be worked out"):
        talk.say("I don't know", "order_status")


@pytest.mark.parametrize("text", ["never mind", "forget it"])
def test_giving_up_ends_the_flow(tmp_path: Path, text: str) -> None:
    talk = new_talk(tmp_path)
    talk.say("where is my order", "order_status")

    assert "left everything as it is" in talk.answer(text, "order_status")

"""A flow agent in conversation: slots, corrections, branches, confirmations, switches, offers."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.agents.load import load_agent
from remit.conversations import HandoffReason
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from unit.agents.conversing import Refused, Talk

DOCUMENT = r"""
apiVersion: remit/v1
kind: Agent
type: flow
name: test-flow
flow:
  currency: "€"
  constants: {return_days: 30}
  slots:
    order_id:
      ask:
        - What is your order number?
        - It has five digits, such as 10423. Do you have it at hand?
      patterns: ['\b#?(\d{5})\b']
      normalise: digits
      valid: '1\d{4}'
      remember: true
    reason:
      ask: What is wrong with it?
      choices: {damaged: [broken, cracked], unwanted: ['do(n''t| not) (want|like)']}
    item:
      ask: Which item is it?
  small_talk:
    - {patterns: ['^\W*thank'], answer: You are welcome.}
  flows:
    order_status:
      offer: check the order
      steps:
        - ask: order_id
          unknown:
            - call: list_orders
              with: {customer_id: customer}
              save: orders
            - set: {order_id: 'orders[0].order_id'}
        - call: find_order
          with: {order_id: order_id}
          save: order
          failed:
            - answer: "I cannot find order {{ order_id }}."
        - when: order.status == 'shipped'
          then:
            - say: "Order {{ order_id }} ({{ order.total | money }}) is on its way."
          otherwise:
            - say: "Order {{ order_id }} is {{ order.status }}."
        - when: has(order.due_on)
          then:
            - answer: "It is due on {{ order.due_on | day }}."
    return_item:
      offer: start a return
      steps:
        - ask: order_id
        - call: find_order
          with: {order_id: order_id}
          save: order
        - ask: item
          options: order.items
          by: sku
          text: "Which one: {{ options | map(attribute='name') | list | listed }}?"
        - ask: reason
        - confirm: "Shall I start the return of {{ item }} ({{ reason }})?"
          no:
            - answer: I have left everything as it is.
        - call: start_return
          with: {order_id: order_id, sku: item, reason: reason}
          save: started
        - answer: "Done: {{ started.return_id }}."
"""

ORDERS: dict[str, dict[str, Any]] = {
    "10401": {"order_id": "10401", "status": "shipped", "total": 1234.5, "due_on": "2026-06-17", "items": []},
    "10402": {"order_id": "10402", "status": "processing", "total": 10, "items": [{"sku": "POT", "name": "Blue pot"}]},
    "10403": {
        "order_id": "10403",
        "status": "delivered",
        "total": 10,
        "items": [{"sku": "LAMP-1", "name": "Owl lamp"}, {"sku": "GLOVES", "name": "Goatskin gloves"}],
    },
}


def find_order(order_id: str) -> dict[str, Any]:
    if order_id not in ORDERS:
        raise Refused(f"no order {order_id}")
    return {"order": ORDERS[order_id]}


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    path = tmp_path / "flow.yaml"
    path.write_text(DOCUMENT)
    tools: dict[str, Callable[..., Any]] = {
        "find_order": find_order,
        "list_orders": lambda customer_id: {"orders": [{"order_id": "10401"}] if customer_id == "C-1" else []},
        "start_return": lambda order_id, sku, reason: {"return_id": f"R-{order_id}-{sku}-{reason}"},
    }
    return Talk(load_agent(path).agent, tools, customer="C-1")


@pytest.mark.parametrize("number", ["10401", "#10401", "order 10401", "it's #10401, thanks", "nr.10401!"])
def test_an_order_number_is_understood_however_it_is_written(talk: Talk, number: str) -> None:
    question = talk.say("where is my order", "order_status")
    assert isinstance(question, ProposedAnswer)
    assert question.expects_reply

    assert (
        talk.answer(number, "order_status") == "Order 10401 (€1,234.50) is on its way. It is due on Wednesday 17 June."
    )
    assert talk.calls[0].arguments == {"order_id": "10401"}


def test_a_value_in_the_first_message_is_not_asked_for_again(talk: Talk) -> None:
    assert talk.answer("where is order 10402?", "order_status") == "Order 10402 is processing."


def test_a_templated_answer_says_that_it_is_deterministic_and_which_calls_it_rests_on(talk: Talk) -> None:
    answer = talk.say("where is order 10402?", "order_status")

    assert isinstance(answer, ProposedAnswer)
    assert answer.signals == {"deterministic": 1.0}
    assert answer.sources == (talk.calls[0].id,)


def test_a_failed_tool_takes_the_declared_branch(talk: Talk) -> None:
    assert talk.answer("where is order 19999?", "order_status") == "I cannot find order 19999."


def test_a_failed_tool_without_a_branch_is_a_handoff(talk: Talk) -> None:
    proposal = talk.say("return order 19999", "return_item")

    assert isinstance(proposal, ProposedHandoff)
    assert proposal.reason is HandoffReason.TOOL_FAILURE


def test_an_unknown_value_takes_the_declared_branch(talk: Talk) -> None:
    talk.say("where is my order", "order_status")

    assert "Order 10401" in talk.answer("I don't have the number", "order_status")
    assert talk.called() == ["list_orders", "find_order"]


def test_a_question_is_asked_three_times_at_most_and_then_people_take_over(talk: Talk) -> None:
    asked = [talk.answer(text, "order_status") for text in ("where is it", "the blue one", "well, you know")]
    proposal = talk.say("oh come on", "order_status")

    assert asked[0] != asked[1] == asked[2]
    assert isinstance(proposal, ProposedHandoff)
    assert proposal.reason is HandoffReason.PENDING_CLARIFICATION


def test_a_correction_begins_the_flow_again_with_the_new_value(talk: Talk) -> None:
    talk.say("send back order 10403", "return_item")

    question = talk.answer("no, I meant 10402", "return_item")

    assert question == "What is wrong with it?"  # one item only: nothing to choose
    assert [call.arguments["order_id"] for call in talk.calls] == ["10403", "10402"]


def test_a_correction_after_the_answer_looks_again(talk: Talk) -> None:
    talk.say("where is order 10402?", "order_status")

    assert "10401" in talk.answer("no, I meant 10401", "order_status")


@pytest.mark.parametrize("choice", ["the gloves", "GLOVES", "second one please", "goatskin"])
def test_an_option_is_chosen_by_key_place_or_words(talk: Talk, choice: str) -> None:
    assert talk.answer("return something of 10403", "return_item") == "Which one: Owl lamp and Goatskin gloves?"

    talk.answer(choice, "return_item")

    assert talk.answer("it arrived broken", "return_item") == "Shall I start the return of GLOVES (damaged)?"


def test_everything_said_at_once_leaves_only_the_confirmation(talk: Talk) -> None:
    assert "Shall I" in talk.answer("the owl lamp of 10403 came cracked, I want to return it", "return_item")


def test_a_write_waits_for_an_explicit_yes(talk: Talk) -> None:
    talk.say("the owl lamp of 10403 came cracked, I want to return it", "return_item")
    assert "clear yes or no" in talk.answer("hmm, what about the weather", "return_item")
    assert "start_return" not in talk.called()

    assert talk.answer("yes please", "return_item") == "Done: R-10403-LAMP-1-damaged."


@pytest.mark.parametrize("words", ["no", "nope, leave it", "I've changed my mind"])
def test_after_a_no_nothing_is_written(talk: Talk, words: str) -> None:
    talk.say("the owl lamp of 10403 came cracked, I want to return it", "return_item")

    assert talk.answer(words, "return_item") == "I have left everything as it is."
    assert "start_return" not in talk.called()


def test_a_change_of_intent_switches_the_flow_and_comes_back(talk: Talk) -> None:
    talk.say("I want to return order 10402", "return_item")

    answer = talk.answer("by the way, where is order 10401 at the moment?", ("order_status", 0.9))

    assert answer.startswith("Order 10401")
    assert "Back to your other request (start a return): What is wrong with it?" in answer
    assert "POT (damaged)" in talk.answer("cracked", "return_item")


def test_a_short_question_in_reply_is_another_request_and_no_corrected_value(talk: Talk) -> None:
    talk.say("the owl lamp of 10403 came cracked, I want to return it", "return_item")

    answer = talk.answer("no, actually where is my order 10401?", ("order_status", 0.6))

    assert answer.startswith("Order 10401")
    assert "Back to your other request (start a return): Shall I start the return of LAMP-1" in answer
    assert talk.answer("yes", "return_item") == "Done: R-10403-LAMP-1-damaged."


def test_an_uncertain_other_intent_does_not_switch(talk: Talk) -> None:
    talk.say("I want to return order 10402", "return_item")

    assert talk.answer("well you see", ("order_status", 0.3)) == "What is wrong with it?"


def test_a_second_intent_is_offered_after_the_first(talk: Talk) -> None:
    both = talk.answer("where is 10402 and I want to return it, it is broken", "order_status", "return_item")

    assert both.endswith("You also asked about something else. Shall I start a return now?")
    assert talk.answer("yes", "order_status") == "Shall I start the return of POT (damaged)?"


def test_a_declined_offer_ends_there(talk: Talk) -> None:
    talk.say("where is 10402 and I want to return it", "order_status", "return_item")

    assert "All right" in talk.answer("no thanks", "order_status")


def test_a_request_for_a_person_hands_off_at_any_moment(talk: Talk) -> None:
    talk.say("where is my order", "order_status")

    proposal = talk.say("can I please talk to a real person", "order_status")

    assert isinstance(proposal, ProposedHandoff)
    assert proposal.reason is HandoffReason.CUSTOMER_REQUEST


def test_a_remembered_slot_serves_the_next_flow(talk: Talk) -> None:
    talk.say("where is order 10402?", "order_status")

    assert talk.answer("please return it", "return_item") == "What is wrong with it?"


def test_the_same_answer_is_given_twice_at_most(talk: Talk) -> None:
    first = talk.answer("where is order 10402?", "order_status")
    second = talk.answer("that cannot be", "order_status")
    third = talk.say("no way", "order_status")

    assert second.endswith(first)
    assert second != first
    assert isinstance(third, ProposedHandoff)


def test_small_talk_needs_no_intent(talk: Talk) -> None:
    assert talk.answer("thanks a lot") == "You are welcome."


def test_without_flow_and_knowledge_people_take_over(talk: Talk) -> None:
    proposal = talk.say("do you sell pianos")

    assert isinstance(proposal, ProposedHandoff)
    assert proposal.reason is HandoffReason.OUT_OF_SCOPE


def test_the_same_conversation_gives_the_same_proposals(tmp_path: Path, talk: Talk) -> None:
    path = tmp_path / "again.yaml"
    path.write_text(DOCUMENT)
    again = Talk(load_agent(path).agent, talk.tools, customer="C-1")
    for conversation in (talk, again):
        conversation.say("return the owl lamp of 10403", "return_item")
        conversation.say("broken", "return_item")
        conversation.say("yes", "return_item")

    assert talk.steps == again.steps
    assert any(isinstance(step, ProposedCall) for step in talk.steps)

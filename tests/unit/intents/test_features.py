import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.intents.features import NgramFeatures, char_grams, word_grams, words_of

TEXTS = ["where is my order", "cancel my order 10423", "I'd like my money back"]


def test_words_are_lower_case_and_numbers_lose_their_digits() -> None:
    assert words_of("Where\u2019s ORDER 10423-A?") == ["where's", "order", "#", "a"]


def test_grams_are_words_pairs_and_marked_character_runs() -> None:
    assert word_grams(["cancel", "my", "order"]) == ["cancel", "my", "order", "cancel my", "my order"]
    assert char_grams(["no"]) == [" n", "no", "o ", " no", "no ", " no "]


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.text(max_size=60))
def test_every_text_becomes_distinct_features_no_longer_than_the_root_of_two(texts: list[str], text: str) -> None:
    features = NgramFeatures.of(texts)
    vector = features.vector(text)
    assert len(set(vector.indices.tolist())) == len(vector.indices)
    assert all(0 <= position < features.n_features for position in vector.indices)
    assert float(np.linalg.norm(vector.values)) <= 2**0.5 + 1e-5


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_of_the_training_is_as_long_as_texts_get(text: str) -> None:
    assert float(np.linalg.norm(NgramFeatures.of(TEXTS).vector(text).values)) == pytest.approx(2**0.5, abs=1e-5)


def test_unknown_words_make_a_text_shorter() -> None:
    features = NgramFeatures.of(TEXTS)
    known = float(np.linalg.norm(features.vector("cancel my order").values))
    partly = float(np.linalg.norm(features.vector("cancel my zygomorphic xylophone").values))
    unknown = float(np.linalg.norm(features.vector("\u4f60\u597d").values))
    assert known > partly > unknown == 0.0


def test_rare_character_runs_can_be_left_out() -> None:
    assert NgramFeatures.of(TEXTS, min_rows=2).n_features < NgramFeatures.of(TEXTS).n_features

import numpy as np
import pytest

from remit.adapters.intents import separators
from remit.adapters.intents.features import NgramFeatures
from remit.adapters.intents.separators import NO_INTENT, FewRows, separate

PHRASES = {
    0: ["where is my order", "track my parcel", "when does it arrive", "has it shipped", "delivery status"],
    1: ["cancel my order", "stop the order", "i do not want it any more", "please cancel it", "call it off"],
    2: ["money back please", "where is my refund", "refund me", "has the refund been paid", "repay me"],
    NO_INTENT: ["what is the weather", "tell me a joke", "who are you"],
}
TEXTS = [text for texts in PHRASES.values() for text in texts]
LABELS = np.array([label for label, texts in PHRASES.items() for _ in texts], dtype=np.int32)
FEATURES = NgramFeatures.of(TEXTS)
ROWS = [FEATURES.vector(text) for text in TEXTS]


def train(chosen: "np.typing.NDArray[np.int32]", few: FewRows | None = None) -> separators.Separators:
    rows = [ROWS[position] for position in chosen]
    return separate(rows, LABELS[chosen], n_features=FEATURES.n_features, n_intents=3, seed=0, few=few)


def positions(mask: "np.typing.NDArray[np.bool_]") -> "np.typing.NDArray[np.int32]":
    return np.flatnonzero(mask).astype(np.int32)


@pytest.mark.parametrize(
    "mask",
    [LABELS >= NO_INTENT, LABELS != NO_INTENT, LABELS != 1, LABELS >= 1, np.arange(len(LABELS)) % 2 == 0],
    ids=["all", "without out of scope", "an intent missing", "two intents", "every other row"],
)
def test_newton_and_liblinear_find_the_same_separators(mask: "np.typing.NDArray[np.bool_]") -> None:
    chosen = positions(mask)
    ours = train(chosen)
    present = np.unique(LABELS[chosen][LABELS[chosen] != NO_INTENT])
    weights, offsets = separators._liblinear(
        [ROWS[position] for position in chosen], LABELS[chosen], present, n_features=FEATURES.n_features, seed=0
    )
    np.testing.assert_allclose(ours.weights[:, present], weights, atol=5e-3)
    np.testing.assert_allclose(ours.offsets[present], offsets, atol=5e-3)


def test_what_the_fits_share_does_not_change_what_they_find() -> None:
    chosen = positions(np.arange(len(LABELS)) % 3 != 0)
    shared = FewRows.of(ROWS, LABELS, n_features=FEATURES.n_features, n_intents=3)
    np.testing.assert_allclose(train(chosen, shared.only(chosen)).weights, train(chosen).weights, atol=5e-3)


def test_an_intent_without_rows_never_wins() -> None:
    without = train(positions(LABELS != 1))
    for row in ROWS:
        margins = row.values @ without.weights[row.indices] + without.offsets
        assert int(margins.argmax()) != 1


def test_a_single_kind_of_row_needs_no_separator() -> None:
    alone = train(positions(LABELS == 2))
    assert alone.offsets.tolist() == [separators._ABSENT, separators._ABSENT, 1.0]
    assert not alone.weights.any()

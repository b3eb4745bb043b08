"""The second opinion: shares of intents by the vectors of an encoder alone."""

from dataclasses import dataclass

import numpy as np
import pytest

from remit.adapters.intents.calibration import Calibration
from remit.adapters.intents.features import FloatArray, MeaningFeatures, NgramFeatures, SparseVector
from remit.adapters.intents.linear import Evidence
from remit.adapters.intents.local import LocalIntents
from remit.adapters.intents.meaning import Meaning
from remit.adapters.intents.separators import NO_INTENT
from remit.conversations import IntentName

TEXTS = ("where is my parcel", "the parcel never came", "give me my money", "money back please", "nice weather", "hi")
LABELS = np.array([0, 0, 1, 1, NO_INTENT, NO_INTENT], dtype=np.int32)


@dataclass(frozen=True, slots=True)
class Topics:
    """Implements features.Encoder: one dimension for parcels, one for money, one for all else."""

    @property
    def n_dimensions(self) -> int:
        return 3

    def encode(self, text: str) -> FloatArray:
        topic = 0 if "parcel" in text else 1 if "money" in text else 2
        return np.array([position == topic for position in range(3)], dtype=np.float32)


FEATURES = MeaningFeatures(NgramFeatures.of(TEXTS), Topics())


def fitted(labels: "np.typing.NDArray[np.int32]", *, n_intents: int = 2) -> Meaning:
    rows = [FEATURES.vector(text) for text in TEXTS]
    first = FEATURES.n_features - FEATURES.n_meaning
    return Meaning.fit(rows, labels, first=first, n_features=FEATURES.n_features, n_intents=n_intents)


def test_an_unknown_wording_is_told_by_its_meaning() -> None:
    shares = fitted(LABELS).shares(FEATURES.vector("PARCEL? parcel"))
    assert shares.argmax() == 0
    assert shares[0] > 0.5


def test_the_shares_leave_room_for_no_intent() -> None:
    shares = fitted(LABELS).shares(FEATURES.vector("who won the game"))
    assert shares.sum() < 0.5


def test_an_intent_without_rows_gets_no_share() -> None:
    assert fitted(LABELS, n_intents=3).shares(FEATURES.vector(TEXTS[0]))[2] == 0.0


def test_one_intent_against_none() -> None:
    one = np.where(LABELS == 0, 0, NO_INTENT).astype(np.int32)
    meaning = fitted(one, n_intents=1)
    assert meaning.shares(FEATURES.vector(TEXTS[0]))[0] > 0.5 > meaning.shares(FEATURES.vector(TEXTS[5]))[0]


def test_one_kind_of_rows_has_everything() -> None:
    assert fitted(np.zeros(len(TEXTS), dtype=np.int32)).shares(FEATURES.vector("hi")).tolist() == [1.0, 0.0]


def test_a_mixed_text_counts_each_of_its_messages() -> None:
    parcel, money = FEATURES.vector(TEXTS[0]), FEATURES.vector(TEXTS[2])
    halves = (np.concatenate([parcel.values, money.values]) / 2).astype(np.float32)
    both = SparseVector(np.concatenate([parcel.indices, money.indices]), halves)
    shares = fitted(LABELS).shares(both)
    assert shares[0] == pytest.approx(shares[1], abs=0.01)


def test_agreement_makes_a_judgement_surer() -> None:
    margins = np.array([0.5, -0.5], dtype=np.float32)
    calibration = Calibration(2.0, (1.0, 0.0, 1.0, 0.0), (1.0, 1.0, 0.5, 0.0))
    found = [
        float(calibration.probabilities(Evidence(margins, 0.5, np.array(meaning)))[0])
        for meaning in ([0.9, 0.1], [0.1, 0.9])
    ]
    assert found[0] > found[1]


def test_only_a_classifier_with_embeddings_has_a_second_opinion() -> None:
    examples = {IntentName("parcel"): TEXTS[:2] * 5, IntentName("money"): TEXTS[2:4] * 5}
    assert LocalIntents.train(examples).model.meaning is None
    assert LocalIntents.train(examples, encoder=Topics()).model.meaning is not None

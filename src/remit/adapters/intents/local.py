"""The default classifier: trained from the policy's examples in a second, no download, no model file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from remit.adapters.intents.calibration import Calibration
from remit.adapters.intents.features import NgramFeatures, SparseVector
from remit.adapters.intents.linear import Evidence, LinearModel
from remit.adapters.intents.model import LabelledWindow, texts_of_customer
from remit.adapters.intents.segments import segments_of
from remit.adapters.intents.separators import NO_INTENT
from remit.adapters.intents.training import calibrate, rows_of
from remit.adapters.intents.windows import carried_weights, looks_new
from remit.conversations import IntentName, Message
from remit.errors import SettingsError
from remit.runtime.ports import IntentEstimate, IntentGuess

_IN_PLAY = 0.5
_WINDOW = 6


@dataclass(frozen=True, slots=True)
class _Reading:
    """One text: its features, its intents' probabilities given scope, and the probability of being in scope."""

    vector: SparseVector
    shares: "np.typing.NDArray[np.float64]"
    in_scope: float


@dataclass(frozen=True, slots=True)
class LocalIntents:
    """Implements runtime.ports.Intents. Immutable after training; safe to share between threads."""

    intents: tuple[IntentName, ...]
    features: NgramFeatures
    model: LinearModel
    calibration: Calibration

    @classmethod
    def train(
        cls,
        examples: Mapping[IntentName, Sequence[str]],
        *,
        labelled: Sequence[LabelledWindow] = (),
        out_of_scope: Sequence[str] = (),
        out_of_scope_share: float = 0.2,
        seed: int = 0,
    ) -> "LocalIntents":
        """Learn the intents of a policy.

        Args:
            examples: Phrases that customers use, by intent; 10 to 20 an intent give usable probabilities.
            labelled: Windows of real conversations that an expert has labelled.
            out_of_scope: Messages that none of the intents means; not needed, better with.
            out_of_scope_share: Share of the traffic expected out of scope, in (0, 1): probabilities
                are calibrated for it.
            seed: Chooses the folds.

        Raises:
            SettingsError: No intent has an example.
        """
        intents = tuple(sorted({*examples, *(name for window in labelled for name in window.intents)}))
        position = {name: index for index, name in enumerate(intents)}
        texts = [text for name in intents for text in examples.get(name, ())]
        labels = [position[name] for name in intents for _ in examples.get(name, ())]
        for window in labelled:
            if len(window.intents) <= 1:
                texts.append(" ".join(texts_of_customer(window.messages)))
                labels.append(position[window.intents[0]] if window.intents else NO_INTENT)
        texts += out_of_scope
        labels += [NO_INTENT] * len(out_of_scope)
        if not any(label != NO_INTENT for label in labels):
            raise SettingsError(
                "the intents have no examples, so that the local classifier has nothing to learn from.\n"
                "  Write some phrases that customers use under `examples:` of each intent in the policy."
            )
        features = NgramFeatures.of(texts)
        data = rows_of(
            [features.vector(text) for text in texts], labels, features=features, n_intents=len(intents), seed=seed
        )
        # The many small systems are solved several times faster by one thread than by threads that wait for each other.
        with threadpool_limits(limits=1, user_api="blas"):
            calibration = calibrate(data, out_of_scope_share=out_of_scope_share)
            model = data.fit(np.arange(len(data.rows), dtype=np.int32))
        return cls(intents, features, model, calibration)

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        """Judge a window of the conversation; no I/O, about a millisecond."""
        return self.judge(window)

    def judge(self, window: Sequence[Message]) -> IntentEstimate:
        """`estimate` without the event loop."""
        texts = texts_of_customer(window)[-_WINDOW:]
        if not texts:
            return IntentEstimate((), 1.0)
        readings = [self._read(text) for text in texts]
        weights = carried_weights([_stands_alone(r, t) for r, t in zip(readings, texts, strict=True)])
        mixed = self._weigh(_mix([reading.vector for reading in readings], weights))
        probabilities = self._probabilities(mixed)
        for name, probability in self._asked_at_once(texts[-1]).items():
            probabilities[name] = max(probabilities[name], probability)
        return self._estimate(probabilities, 1.0 - mixed.in_scope)

    def _read(self, text: str) -> _Reading:
        return self._weigh(self.features.vector(text))

    def _weigh(self, vector: SparseVector) -> _Reading:
        evidence: Evidence = self.model.weigh(vector)
        return _Reading(vector, self.calibration.shares(evidence), self.calibration.in_scope_probability(evidence))

    def _probabilities(self, reading: _Reading) -> "np.typing.NDArray[np.float64]":
        return reading.shares * reading.in_scope

    def _asked_at_once(self, text: str) -> dict[int, float]:
        """Intents that different parts of one message ask for, if there are at least two."""
        found: dict[int, float] = {}
        for part in segments_of(text):
            probabilities = self._probabilities(self._read(part))
            best = int(probabilities.argmax())
            if probabilities[best] >= _IN_PLAY:
                found[best] = max(found.get(best, 0.0), float(probabilities[best]))
        return found if len(found) > 1 else {}

    def _estimate(self, probabilities: "np.typing.NDArray[np.float64]", out_of_scope: float) -> IntentEstimate:
        order = np.argsort(-probabilities)
        best = float(probabilities[order[0]])
        second = float(probabilities[order[1]]) if len(order) > 1 else 0.0
        in_play = [index for index in order if probabilities[index] >= _IN_PLAY] or [order[0]]
        guesses = tuple(IntentGuess(self.intents[index], float(probabilities[index])) for index in in_play)
        if out_of_scope > _IN_PLAY and best < _IN_PLAY:
            guesses = ()
        return IntentEstimate(guesses, out_of_scope, best - second)


def _stands_alone(reading: _Reading, text: str) -> float:
    """Probability that a message says by itself what the customer wants, in scope or not."""
    clear = reading.in_scope * float(reading.shares.max())
    return clear + (1.0 - clear) * looks_new(text)


def _mix(vectors: Sequence[SparseVector], weights: Sequence[float]) -> SparseVector:
    """The weighted sum of texts, as long as the longest of them weighs."""
    if len(vectors) == 1:
        return vectors[0]
    scale = max(sum(weight**2 for weight in weights) ** 0.5, 1e-9)
    indices = np.concatenate([vector.indices for vector in vectors])
    values = np.concatenate(
        [vector.values * np.float32(weight / scale) for vector, weight in zip(vectors, weights, strict=True)]
    )
    known = sum(v.known_share * w for v, w in zip(vectors, weights, strict=True)) / max(sum(weights), 1e-9)
    return SparseVector(indices, values, known)

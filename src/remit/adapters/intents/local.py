"""The default classifier: trained from the policy's examples in a second, no download, no model file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from remit.adapters.intents.calibration import Calibration
from remit.adapters.intents.courtesies import is_acknowledgement, stripped
from remit.adapters.intents.features import Encoder, Features, MeaningFeatures, NgramFeatures, SparseVector
from remit.adapters.intents.linear import LinearModel
from remit.adapters.intents.logistic import Array
from remit.adapters.intents.model import LabelledWindow, Said, TrainingTexts, said_by_customer
from remit.adapters.intents.people import asks_for_person
from remit.adapters.intents.replies import agrees, is_bare, offer_in
from remit.adapters.intents.segments import segments_of
from remit.adapters.intents.training import calibrate, rows_of
from remit.adapters.intents.windows import carried_weights, clear_share, looks_new, standing_alone
from remit.conversations import IntentName, Message
from remit.runtime.ports import ASKS_FOR_PERSON, IntentEstimate, IntentGuess

_IN_PLAY = 0.5
_TRACE = 0.005
_LONGEST_WINDOW = 30
_MANY_TEXTS = 3000
_REMEMBERED = 2000
# What a reply to a question must mean by itself to count as a new request; chosen on STAR seed 0 and the example.
_NEW_AT_LEAST = 0.8
_NEW_LEAD = 0.2
_REQUEST_LIKE = 0.2
_NAMED_CLEARLY = 0.7
_RAISED = 0.3
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class _Reading:
    """One text: its features, its intents' probabilities if it is in scope and if it may not be, and whether it is."""

    vector: SparseVector
    shares: Array
    probabilities: Array
    in_scope: float


@dataclass(frozen=True, slots=True)
class LocalIntents:
    """Implements runtime.ports.Intents. Threads may share it; what it has read lately stays in memory only.

    Equal training data and seed give an equal classifier, so that a restarted process judges as before.
    """

    intents: tuple[IntentName, ...]
    features: Features
    model: LinearModel
    calibration: Calibration
    _readings: dict[str, _Reading] = field(default_factory=dict, compare=False, repr=False)
    _windows: dict[tuple[Said, ...], _Reading] = field(default_factory=dict, compare=False, repr=False)
    _followed: dict[tuple[Said, ...], tuple[Said, ...]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def train(
        cls,
        examples: Mapping[IntentName, Sequence[str]],
        *,
        labelled: Sequence[LabelledWindow] = (),
        out_of_scope: Sequence[str] = (),
        out_of_scope_share: float = 0.2,
        encoder: Encoder | None = None,
        seed: int = 0,
    ) -> "LocalIntents":
        """Learn the intents of a policy.

        Args:
            examples: Phrases that customers use, by intent; 10 to 20 an intent give usable probabilities.
            labelled: Windows of real conversations that an expert has labelled; those with several
                intents are left out, one window teaches one intent.
            out_of_scope: Messages that none of the intents means; not needed, better with.
            out_of_scope_share: Share of the traffic that is out of scope, in (0, 1). The probabilities
                hold for this share: where the true one is higher, they promise too much.
            encoder: Adds what sentences mean, such as `embeddings.MiniLmEncoder.installed()`; slower and better.
            seed: Chooses the folds of the calibration.

        Raises:
            SettingsError: No intent has an example, or the share is not in (0, 1).
        """
        texts = TrainingTexts.of(examples, labelled, out_of_scope)
        ngrams = NgramFeatures.of(texts.texts, min_rows=2 if len(texts.texts) > _MANY_TEXTS else 1)
        features = MeaningFeatures(ngrams, encoder) if encoder else ngrams
        vectors = [features.vector(text) for text in texts.texts]
        # The many small systems are solved several times faster by one thread than by threads that wait for each other.
        with threadpool_limits(limits=1, user_api="blas"):
            data = rows_of(vectors, texts.labels, features=features, n_intents=len(texts.intents), seed=seed)
            calibration = calibrate(data, out_of_scope_share=out_of_scope_share)
            model = data.fit(np.arange(len(data.rows), dtype=np.int32))
        return cls(texts.intents, features, model, calibration)

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        """Judge a window of the conversation; no I/O, under a millisecond a message."""
        return self.judge(window)

    def judge(self, window: Sequence[Message]) -> IntentEstimate:
        """`estimate` for callers without an event loop.

        In play are the most probable intent and every other that is more likely wanted than not. The signal
        ASKS_FOR_PERSON is there if the newest message asks for a person, whatever else it wants.
        """
        estimate = self._judge(window)
        newest = next((message.text for message in reversed(window) if message.speaker == "customer"), "")
        return replace(estimate, signals={ASKS_FOR_PERSON: 1.0}) if asks_for_person(newest) else estimate

    def _judge(self, window: Sequence[Message]) -> IntentEstimate:
        said = said_by_customer(window)[-_LONGEST_WINDOW:]
        if not said:
            return IntentEstimate((), 1.0)
        standing = self._in_force(tuple(said))
        newest = self._read(said[-1].text)
        asked = self._asked_at_once(newest, said[-1].text) if standing[-1] == said[-1] else {}
        if asked:
            # Two clear requests in one message need nothing that was said before.
            probabilities = newest.probabilities.copy()
            for position, probability in asked.items():
                probabilities[position] = max(probabilities[position], probability)
            return self._estimate(probabilities, min(1.0 - newest.in_scope, 1.0 - max(asked.values())))
        reading = self._read_window(standing)
        return self._estimate(reading.probabilities, 1.0 - reading.in_scope)

    def probabilities(self, window: Sequence[Message]) -> dict[IntentName, float]:
        """Every intent with the probability that it is the one wanted, most probable first, in play or not."""
        said = said_by_customer(window)[-_LONGEST_WINDOW:]
        found = self._read_window(self._in_force(tuple(said or [Said("")]))).probabilities
        return {self.intents[position]: float(found[position]) for position in np.argsort(-found, kind="stable")}

    def _read(self, text: str) -> _Reading:
        """One text alone; remembered, because each turn judges the messages of the turns before it again."""
        known = self._readings.get(text)
        if known is None:
            known = self._weigh(self.features.vector(text))
            _remember(self._readings, text, known)
        return known

    # ── what of a conversation still says what the customer wants ─────────────────────────────────
    def _in_force(self, said: tuple[Said, ...]) -> tuple[Said, ...]:
        """The messages without courtesies before the newest, and without replies that leave standing what was asked."""
        known = self._followed.get(said)
        if known is None:
            known = self._after(self._in_force(said[:-1]), said) if len(said) > 1 else said
            _remember(self._followed, said, known)
        return known

    def _after(self, standing: tuple[Said, ...], said: tuple[Said, ...]) -> tuple[Said, ...]:
        newest = said[-1]
        if is_acknowledgement(stripped(standing[-1].text)):
            standing = standing[:-1]
        if not standing or not newest.to_question:
            return (*standing, newest)
        if is_bare(newest.text) and not agrees(newest.text):
            return standing
        before = self._read_window(standing).probabilities
        intent = int(before.argmax())
        if agrees(newest.text):
            raised = self._offers_what_was_raised(newest.before, said, standing_intent=intent)
            return (*standing, Said(offer_in(newest.before))) if raised else standing
        if before[intent] < _IN_PLAY:
            return (*standing, newest)
        return (*standing, newest) if self._moves(newest, standing, intent) else standing

    def _moves(self, newest: Said, standing: tuple[Said, ...], intent: int) -> bool:
        """Whether a reply reads as a new request, or makes the standing intent more probable than it was."""
        alone = self._read(newest.text).probabilities
        other = float(np.delete(alone, intent).max(initial=0.0))
        if other >= max(_NEW_AT_LEAST, alone[intent] + _NEW_LEAD) or looks_new(newest) >= _REQUEST_LIKE:
            return True
        after = self._read_window((*standing, newest)).probabilities
        return bool(after[intent] >= self._read_window(standing).probabilities[intent])

    def _offers_what_was_raised(self, before: str, said: Sequence[Said], *, standing_intent: int) -> bool:
        """Whether the agent's offer clearly names another intent, and one that the customer has spoken of.

        What only the agent has brought up gives it no other intent: it cannot talk itself into a grant.
        """
        offered = self._read(offer_in(before)).probabilities
        intent = int(offered.argmax())
        if intent == standing_intent or offered[intent] < _NAMED_CLEARLY:
            return False
        texts = [part for one in said[:-1] for part in (one.text, *segments_of(one.text))]
        return any(self._read(text).probabilities[intent] >= _RAISED for text in texts)

    def _read_window(self, said: tuple[Said, ...]) -> _Reading:
        """The messages as one text, each weighing what it still says now."""
        known = self._windows.get(said)
        if known is None:
            known = self._mixed(said)
            _remember(self._windows, said, known)
        return known

    def _mixed(self, said: tuple[Said, ...]) -> _Reading:
        readings = [self._read(one.text) for one in said]
        if len(readings) == 1:
            return readings[0]
        clarity = [float(reading.probabilities.max()) for reading in readings]
        standing = [standing_alone(clear, one) for clear, one in zip(clarity, said, strict=True)]
        mixed = self._weigh(_mix([reading.vector for reading in readings], carried_weights(standing)))
        # An unclear newest message may ask for something that no intent means, whatever was asked before it.
        strange = (1.0 - clear_share(clarity[-1])) * looks_new(said[-1])
        left = 1.0 - strange
        return replace(mixed, probabilities=mixed.probabilities * left, in_scope=mixed.in_scope * left)

    def _weigh(self, vector: SparseVector) -> _Reading:
        evidence = self.model.weigh(vector)
        probabilities = self.calibration.probabilities(evidence)
        in_scope = max(self.calibration.in_scope_probability(evidence), min(float(probabilities.sum()), 1.0))
        return _Reading(vector, self.calibration.shares(evidence), probabilities, in_scope)

    def _asked_at_once(self, whole: _Reading, text: str) -> dict[int, float]:
        """Intents that different parts of one message ask for, if there are at least two.

        "I sent it back, where is my refund?" tells a story and asks one thing: what the whole message
        leaves no trace of is not asked.
        """
        found: dict[int, float] = {}
        for part in segments_of(text):
            probabilities = self._read(part).probabilities
            best = int(probabilities.argmax())
            if probabilities[best] >= _IN_PLAY and whole.shares[best] >= _TRACE:
                found[best] = max(found.get(best, 0.0), float(probabilities[best]))
        return found if len(found) > 1 else {}

    def _estimate(self, probabilities: Array, out_of_scope: float) -> IntentEstimate:
        order = np.argsort(-probabilities, kind="stable")
        best = float(probabilities[order[0]])
        second = float(probabilities[order[1]]) if len(order) > 1 else 0.0
        in_play = [position for position in order if probabilities[position] >= _IN_PLAY] or [order[0]]
        if best < _IN_PLAY < out_of_scope:
            in_play = []
        guesses = tuple(IntentGuess(self.intents[position], float(probabilities[position])) for position in in_play)
        return IntentEstimate(guesses, out_of_scope, best - second)


def _mix(vectors: Sequence[SparseVector], weights: Sequence[float]) -> SparseVector:
    """The weighted sum of texts, scaled as if they had no n-gram in common."""
    scale = max(sum(weight * weight for weight in weights) ** 0.5, 1e-9)
    return SparseVector(
        np.concatenate([vector.indices for vector in vectors]),
        np.concatenate([v.values * np.float32(weight / scale) for v, weight in zip(vectors, weights, strict=True)]),
    )


def _remember(memory: dict[_K, _V], key: _K, value: _V) -> None:
    """Keep what was worked out last; the memory is emptied when it is full, which costs less than keeping an order."""
    if len(memory) >= _REMEMBERED:
        memory.clear()
    memory[key] = value

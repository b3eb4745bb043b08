"""Understanding that is asked once: a run hears the same words again and again."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from remit.conversations import Message
from remit.runtime.ports import IntentEstimate, Intents

_MOST_WINDOWS = 4096


@dataclass(slots=True)
class RememberedIntents:
    """Implements `Intents` over one whose estimate depends on nothing but the words, such as the local classifier."""

    intents: Intents
    _known: dict[tuple[tuple[str, str], ...], IntentEstimate] = field(default_factory=dict)

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        """What was estimated for the same words, or a new estimate."""
        words = tuple([(message.speaker, message.text) for message in window])
        found = self._known.get(words)
        if found is None:
            found = await self.intents.estimate(window)
            if len(self._known) >= _MOST_WINDOWS:
                del self._known[next(iter(self._known))]
            self._known[words] = found
        return found

"""A customer who says fixed lines in order, whatever the agent answers."""

from collections.abc import Sequence

from remit.adapters.customers.voice import Voice
from remit.conversations import Message
from remit.scenarios.model import ScriptedCustomer


class ScriptedSession:
    """One conversation of a scripted customer."""

    def __init__(self, script: ScriptedCustomer, voice: Voice) -> None:
        self._lines = iter(script.lines)
        self._voice = voice

    async def next_message(self, transcript: Sequence[Message]) -> str | None:
        """The next line, or None after the last."""
        line = next(self._lines, None)
        return None if line is None else self._voice.say(line)

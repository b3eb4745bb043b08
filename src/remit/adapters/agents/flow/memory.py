"""What a flow agent remembers between two proposals. Remit records it and hands it back; the agent keeps nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from remit.conversations import JsonObject

Waiting = Literal["nothing", "slot", "confirmation", "call", "offer"]


@dataclass(frozen=True, slots=True)
class Suspended:
    """A flow that another one interrupted while it waited for an answer."""

    intent: str
    at: int
    waiting: Waiting
    values: Mapping[str, Any]
    since: int


@dataclass(frozen=True, slots=True)
class Memory:
    """Where the conversation stands.

    Args:
        document: Digest of the flow document this belongs to.
        intent: The flow in progress, or the last one; "" before the first.
        at: The instruction that waits.
        waiting: What for.
        values: Slots, saved results and set names of the flow in progress.
        kept: Remembered slots of the whole conversation.
        asked: How often each question was asked in this flow.
        suspended: Interrupted flows, the innermost last.
        later: Intents of one message that still wait for their turn.
        since: Number of the customer's message with which the flow began, from 0.
        n_repeats: How often the same answer was given in a row.
        said: Words that go before the next thing said.
    """

    document: str
    intent: str = ""
    at: int = 0
    waiting: Waiting = "nothing"
    values: Mapping[str, Any] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, int] = field(default_factory=dict)
    suspended: tuple[Suspended, ...] = ()
    later: tuple[str, ...] = ()
    since: int = 0
    n_repeats: int = 0
    said: tuple[str, ...] = ()

    def without_flow(self) -> "Memory":
        """Only what outlives a flow: people had the conversation in between, or it is done."""
        return Memory(
            document=self.document, intent=self.intent, kept=self.kept, since=self.since, n_repeats=self.n_repeats
        )

    def suspend(self) -> "Memory":
        """The waiting flow put aside."""
        aside = Suspended(self.intent, self.at, self.waiting, self.values, self.since)
        return replace(self, suspended=(*self.suspended, aside), waiting="nothing")


def encode(memory: Memory) -> JsonObject:
    """As JSON, without what is empty."""
    content: dict[str, Any] = {
        "document": memory.document,
        "intent": memory.intent,
        "at": memory.at,
        "waiting": memory.waiting,
        "values": dict(memory.values),
        "kept": dict(memory.kept),
        "asked": dict(memory.asked),
        "suspended": [
            {
                "intent": aside.intent,
                "at": aside.at,
                "waiting": aside.waiting,
                "values": dict(aside.values),
                "since": aside.since,
            }
            for aside in memory.suspended
        ],
        "later": list(memory.later),
        "since": memory.since,
        "n_repeats": memory.n_repeats,
        "said": list(memory.said),
    }
    return {key: value for key, value in content.items() if value not in ("", {}, [], 0) or key == "document"}


def decode(content: Mapping[str, Any], document: str) -> Memory:
    """The memory that was handed back; a fresh one if it is empty or belongs to another document.

    The positions in a memory mean nothing to another document, so only the remembered slots survive a change.
    """
    if content.get("document") != document:
        kept = content.get("kept", {})
        return Memory(document=document, kept=kept if isinstance(kept, Mapping) else {})
    return Memory(
        document=document,
        intent=content.get("intent", ""),
        at=content.get("at", 0),
        waiting=content.get("waiting", "nothing"),
        values=content.get("values", {}),
        kept=content.get("kept", {}),
        asked=content.get("asked", {}),
        suspended=tuple(Suspended(**aside) for aside in content.get("suspended", ())),
        later=tuple(content.get("later", ())),
        since=content.get("since", 0),
        n_repeats=content.get("n_repeats", 0),
        said=tuple(content.get("said", ())),
    )

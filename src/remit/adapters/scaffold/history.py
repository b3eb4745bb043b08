"""Drafts of intents from a history: its own labels where it has them, else groups of opening messages."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from remit.adapters.scaffold.grouping import group_texts
from remit.adapters.scaffold.plan import DraftIntent, name_of
from remit.adapters.text_files import read_text
from remit.errors import ImportFormatError

MIN_CONVERSATIONS = 20
_MOST_INTENTS = 8
_MOST_EXAMPLES = 20
_SMALLEST_SHARE = 0.03
_EMAIL = re.compile(r"\S+@\S+\.\w+")
_LONG_NUMBER = re.compile(r"\d[\d -]{4,}\d")
_NO_INTENT = frozenset({"out_of_scope", "none", "other", "unknown"})
_SHAPE = (
    'One conversation a line: {"messages": [{"speaker": "customer", "text": "..."}, ...]}; role/content are read too.'
)


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first thing a customer said, masked, and the label somebody gave the conversation."""

    text: str
    label: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Opening messages that may be one intent; `n_members` counts repeated ones too."""

    words: str
    texts: tuple[str, ...]
    n_members: int


def draft_intents(path: Path) -> tuple[DraftIntent, ...]:
    """The most frequent intents of a history (JSON lines) as drafts, the biggest first.

    Conversations that carry an `intent` are taken by it if at least half of them do; else the opening messages
    are grouped by their words. The same file gives the same drafts. E-mail addresses and long numbers are masked.

    Raises:
        ImportFormatError: The file cannot be read, is no history, or is too small to show groups.
    """
    openings = list(_openings(path))
    n_different = len({opening.text for opening in openings})
    if len(openings) < MIN_CONVERSATIONS or n_different < MIN_CONVERSATIONS // 2:
        raise ImportFormatError(
            path,
            None,
            f"{len(openings)} conversations with {n_different} different openings are too few to draft intents",
            f"Give at least {MIN_CONVERSATIONS}, or name the first intents yourself with --intent.",
        )
    n_labelled = sum(bool(opening.label) for opening in openings)
    if n_labelled * 2 >= len(openings):
        return tuple(_drafts(_labelled(openings), len(openings), "labelled so in the history"))
    return tuple(_drafts(_grouped(openings), len(openings), "grouped by the words they share"))


# ── reading ───────────────────────────────────────────────────────────────────────────────────────
def _openings(path: Path) -> Iterator[_Opening]:
    lines = read_text(path, ImportFormatError).splitlines()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            conversation = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ImportFormatError(path, number, "the line is not JSON", _SHAPE) from error
        yield _opening(conversation, path, number)


def _opening(conversation: Any, path: Path, number: int) -> _Opening:
    messages = conversation.get("messages") if isinstance(conversation, Mapping) else None
    if not isinstance(messages, list):
        raise ImportFormatError(path, number, "the line has no list `messages`", _SHAPE)
    for message in messages:
        speaker = message.get("speaker", message.get("role")) if isinstance(message, Mapping) else None
        text = message.get("text", message.get("content")) if isinstance(message, Mapping) else None
        if speaker in ("customer", "user") and isinstance(text, str) and text.strip():
            label = conversation.get("intent")
            return _Opening(_masked(text), label if isinstance(label, str) else "")
    raise ImportFormatError(path, number, "no message of the customer in this conversation", _SHAPE)


def _masked(text: str) -> str:
    one_line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return _LONG_NUMBER.sub("12345", _EMAIL.sub("name@example.com", one_line))[:300]


# ── grouping ──────────────────────────────────────────────────────────────────────────────────────
def _labelled(openings: Sequence[_Opening]) -> Iterator[_Group]:
    labels = Counter(opening.label for opening in openings if opening.label and opening.label not in _NO_INTENT)
    for label, n_members in labels.items():
        yield _Group(label, tuple(dict.fromkeys(one.text for one in openings if one.label == label)), n_members)


def _grouped(openings: Sequence[_Opening]) -> Iterator[_Group]:
    counted = Counter(opening.text for opening in openings)
    for group in group_texts(list(counted), list(counted.values())):
        yield _Group("_".join(group.words), group.texts, sum(counted[text] for text in group.texts))


def _drafts(groups: Iterator[_Group], n_conversations: int, how: str) -> Iterator[DraftIntent]:
    """The biggest groups; those below 3 % are left out unless there is no other."""
    taken: set[str] = set()
    for group in sorted(groups, key=lambda one: -one.n_members)[:_MOST_INTENTS]:
        if taken and group.n_members < _SMALLEST_SHARE * n_conversations:
            break
        name = _free_name(group.words, taken)
        taken.add(name)
        yield DraftIntent(
            name=name,
            description=f"Draft: conversations about {group.words.replace('_', ' ') or 'all that customers write'}",
            examples=group.texts[:_MOST_EXAMPLES],
            origin=f"{group.n_members} of {n_conversations} opening messages, {how}",
        )


def _free_name(words: str, taken: set[str]) -> str:
    """The words as a name, or a number where they are in a script that names cannot have."""
    wished = name_of(words) if re.search(r"[a-z]", words.lower()) else "group"
    candidate, number = wished, 2
    while candidate in taken:
        candidate, number = f"{wished}_{number}", number + 1
    return candidate

"""Drafts of intents from a history: opening messages grouped by the words they share. A start for people, no truth."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from remit.adapters.scaffold.plan import DraftIntent, name_of
from remit.errors import ImportFormatError

MIN_CONVERSATIONS = 20
_MOST_INTENTS = 8
_MOST_EXAMPLES = 20
_COMPARED = 2000
_SMALLEST_SHARE = 0.03
_EMAIL = re.compile(r"\S+@\S+\.\w+")
_LONG_NUMBER = re.compile(r"\d[\d -]{4,}\d")
_WORD = r"(?u)\b[^\W\d_]{3,}\b"
_SHAPE = (
    'One conversation a line: {"messages": [{"speaker": "customer", "text": "..."}, ...]}; role/content are read too.'
)


def draft_intents(path: Path) -> tuple[DraftIntent, ...]:
    """Group the opening messages of a history (JSON lines); the biggest group first.

    The same file gives the same drafts. E-mail addresses and long numbers are masked in the examples.

    Raises:
        ImportFormatError: The file cannot be read, is no history, or is too small to show groups.
    """
    openings = Counter(_masked(text) for text in _openings(path))
    n_conversations = openings.total()
    if n_conversations < MIN_CONVERSATIONS or len(openings) < MIN_CONVERSATIONS // 2:
        raise ImportFormatError(
            path,
            None,
            f"{n_conversations} conversations with {len(openings)} different openings are too few to draft intents",
            f"Give at least {MIN_CONVERSATIONS}, or name the first intents yourself with --intent.",
        )
    groups = _group(list(openings), list(openings.values()))
    return tuple(_drafts(groups, openings, n_conversations))


# ── reading ───────────────────────────────────────────────────────────────────────────────────────
def _openings(path: Path) -> Iterator[str]:
    """The first thing each customer said."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ImportFormatError(path, None, f"cannot be read ({type(error).__name__})", "Give a UTF-8 file.") from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            conversation = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ImportFormatError(path, number, "the line is not JSON", _SHAPE) from error
        yield _opening(conversation, path, number)


def _opening(conversation: Any, path: Path, number: int) -> str:
    messages = conversation.get("messages") if isinstance(conversation, Mapping) else None
    if not isinstance(messages, list):
        raise ImportFormatError(path, number, "the line has no list `messages`", _SHAPE)
    for message in messages:
        speaker = message.get("speaker", message.get("role")) if isinstance(message, Mapping) else None
        text = message.get("text", message.get("content")) if isinstance(message, Mapping) else None
        if speaker in ("customer", "user") and isinstance(text, str) and text.strip():
            return text
    raise ImportFormatError(path, number, "no message of the customer in this conversation", _SHAPE)


def _masked(text: str) -> str:
    one_line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return _LONG_NUMBER.sub("12345", _EMAIL.sub("name@example.com", one_line))[:300]


# ── grouping ──────────────────────────────────────────────────────────────────────────────────────
def _group(texts: Sequence[str], weights: Sequence[int]) -> list[list[tuple[str, str]]]:
    """Groups of (text, group's name), nearest to the group's centre first."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    one_group = [[(text, "first_contact") for text in texts]]
    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", token_pattern=_WORD)
    try:
        rows = vectorizer.fit_transform(texts)
    except ValueError:  # no words at all, such as a history of numbers
        return one_group
    grouping = _best_grouping(rows, weights)
    if grouping is None:
        return one_group
    terms, distances = vectorizer.get_feature_names_out(), grouping.transform(rows)
    groups = []
    for position, centre in enumerate(grouping.cluster_centers_):
        name = "_".join(str(terms[index]) for index in np.argsort(-centre, kind="stable")[:2] if centre[index] > 0)
        members = np.flatnonzero(grouping.labels_ == position)
        nearest = members[np.argsort(distances[members, position], kind="stable")]
        groups.append([(texts[index], name or "first_contact") for index in nearest])
    return groups


def _best_grouping(rows: Any, weights: Sequence[int]) -> Any:
    """A fitted KMeans with the best silhouette, or None if all rows are the same.

    `rows`: shape (n_texts, n_words), sparse float64.
    """
    from sklearn.cluster import KMeans
    from sklearn.metrics import silhouette_score

    n_texts = rows.shape[0]
    n_different = len({(tuple(row.indices), tuple(row.data.round(9))) for row in rows})
    best_score, best = -1.0, None
    for n_groups in range(2, min(_MOST_INTENTS, n_different, n_texts - 1) + 1):
        grouping = KMeans(n_groups, n_init=4, random_state=0).fit(rows, sample_weight=weights)
        # A sample, because the silhouette's cost grows with the square.
        score = silhouette_score(
            rows, grouping.labels_, metric="cosine", sample_size=min(n_texts, _COMPARED), random_state=0
        )
        if score > best_score:
            best_score, best = float(score), grouping
    return best


def _drafts(
    groups: Sequence[Sequence[tuple[str, str]]], openings: Mapping[str, int], n_conversations: int
) -> Iterator[DraftIntent]:
    sized = sorted(((sum(openings[text] for text, _ in group), group) for group in groups), key=lambda one: -one[0])
    taken: set[str] = set()
    for n_members, group in sized:
        if n_members < _SMALLEST_SHARE * n_conversations and taken:
            continue
        words = group[0][1]
        name = _free_name(_ascii_name(words, len(taken) + 1), taken)
        taken.add(name)
        yield DraftIntent(
            name=name,
            description=f"Draft: conversations that begin with words like {words.replace('_', ' and ')}",
            examples=tuple(text for text, _ in group[:_MOST_EXAMPLES]),
            origin=f"{n_members} of {n_conversations} opening messages, grouped by the words they share",
        )


def _ascii_name(words: str, number: int) -> str:
    """The group's words as a name, or its number where the words are in a script that names cannot have."""
    return name_of(words) if re.search(r"[a-z]", words.lower()) else f"group_{number}"


def _free_name(name: str, taken: set[str]) -> str:
    number = 2
    candidate = name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate

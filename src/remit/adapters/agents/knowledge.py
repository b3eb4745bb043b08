"""Finds passages in a folder of Markdown articles: BM25, deterministic, nothing to download.

An article is one file: `# Title`, then `## Sections`. A passage is one section (or the text before the first one).
A line `<!-- asked as: words -->` holds words that customers use; it is searched and never shown. An article that
says `<!-- intents: refund, return_item -->` below its title is looked at only where one of these is in play, and then
a change of it cannot have an effect on any other intent.
"""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from remit.adapters.text_files import read_text
from remit.conversations import IntentName
from remit.errors import AgentParseError

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")
_HEADING = re.compile(r"^(#{1,2})\s+(.+?)\s*$")
_ASKED_AS = re.compile(r"<!-- *asked as: *(.*?) *-->")
_INTENTS = re.compile(r"<!-- *intents: *(.*?) *-->")
_STOP_WORDS = frozenset(
    """
    a about after again all also always am an and any are as at be been but by can cant could did do does doing
    dont for from general generally get gets go goes got had has have hello hey hi how i i'd i'll i'm i've if in
    into is it it's its just like me much my need no normally not of often ok on one or our out please possible
    s she should so some still take takes tell than thank thanks that that's the their them then there they this
    to too up us usually very want wanted was we were what what's when where which who why will with would yes
    you your
    """.split()  # noqa: SIM905 - a paragraph reads better than 120 quoted words
)
_K1 = 1.2
_B = 0.6
_HEADING_WEIGHT = 3


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of an article.

    `source` is `file#section`, stable while the file and heading keep their names; `asked_as` are further words
    that it is found by; `intents` are those that its article serves, empty if it does not say.
    """

    source: str
    title: str
    section: str
    text: str
    asked_as: str = ""
    intents: frozenset[IntentName] = frozenset()

    @property
    def article(self) -> str:
        """The file, without its ending."""
        return self.source.partition("#")[0]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage and how well it fits.

    `score` is the passage's BM25 weight over the highest weight any passage could have for this query, in [0, 1]:
    near 1 means that every word of the query is frequent here, 0 that none occurs. A word that the whole
    folder does not know counts as the rarest word there is, so that foreign questions score low.
    """

    passage: Passage
    score: float


class Knowledge:
    """Passages, indexed once; a search reads only."""

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = tuple(passages)
        self._lengths: list[int] = []
        self._postings: dict[str, list[tuple[int, int]]] = {}
        for index, passage in enumerate(self._passages):
            counts = _counts(passage)
            self._lengths.append(sum(counts.values()))
            for stem, count in counts.items():
                self._postings.setdefault(stem, []).append((index, count))
        self._mean_length = sum(self._lengths) / len(self._lengths) if self._lengths else 1.0
        self._views: dict[frozenset[IntentName], Knowledge] = {}

    def for_intents(self, intents: Iterable[IntentName]) -> "Knowledge":
        """What may be looked at while these intents are in play, with weights of its own.

        Other articles are not only left out of what is found: how rare a word is would carry their changes over.
        """
        if not any(passage.intents for passage in self._passages):
            return self
        wanted = frozenset(intents)
        if wanted not in self._views:
            self._views[wanted] = Knowledge(
                [passage for passage in self._passages if not passage.intents or passage.intents & wanted]
            )
        return self._views[wanted]

    def declared(self, article: str) -> frozenset[IntentName]:
        """The intents that an article says it serves; empty if it does not say."""
        return frozenset().union(*(one.intents for one in self._passages if one.article == article))

    @property
    def passages(self) -> tuple[Passage, ...]:
        """All passages, by file name and then in reading order."""
        return self._passages

    def search(self, query: str, *, limit: int = 3) -> list[Found]:
        """The passages that fit best, best first; ties keep reading order, those without a common word are left out."""
        stems = sorted(set(stems_of(query)))
        if not stems:
            return []
        scores: dict[int, float] = {}
        highest = 0.0
        for stem in stems:
            postings = self._postings.get(stem, [])
            weight = self._rarity(len(postings))
            highest += weight * (_K1 + 1)
            for index, count in postings:
                scores[index] = scores.get(index, 0.0) + weight * self._saturated(count, self._lengths[index])
        ranked = sorted(scores.items(), key=lambda scored: (-scored[1], scored[0]))[:limit]
        return [Found(self._passages[index], score / highest) for index, score in ranked]

    def _rarity(self, n_passages: int) -> float:
        n_all = len(self._passages)
        return math.log(1 + (n_all - n_passages + 0.5) / (n_passages + 0.5))

    def _saturated(self, count: int, length: int) -> float:
        return count * (_K1 + 1) / (count + _K1 * (1 - _B + _B * length / self._mean_length))


def read_knowledge(folder: Path) -> Knowledge:
    """Read every `*.md` under a folder.

    Raises:
        AgentParseError: There is no such folder, it holds no article, or an article has no title or no text.
    """
    files = sorted(folder.rglob("*.md")) if folder.is_dir() else []
    if not files:
        raise AgentParseError(
            folder,
            None,
            "the knowledge folder has no article",
            "Put Markdown files there, each beginning with '# Title'.",
        )
    return Knowledge([passage for file in files for passage in _read_article(file, folder)])


def stems_of(text: str) -> list[str]:
    """The words that carry meaning, in order, cut down so that `returns`, `returned` and `return` are one."""
    return [_stem(word) for word in _WORD.findall(text.lower().replace("\u2019", "'")) if word not in _STOP_WORDS]


def _counts(passage: Passage) -> Counter[str]:
    counts = Counter(stems_of(passage.text))
    for stem in stems_of(f"{passage.title} {passage.section} {passage.asked_as}"):
        counts[stem] += _HEADING_WEIGHT
    return counts


def _stem(word: str) -> str:
    for ending, shortest in (("ies", 5), ("ings", 7), ("ing", 6), ("ied", 5), ("ed", 5), ("es", 5), ("s", 4), ("e", 5)):
        if word.endswith(ending) and len(word) >= shortest and not word.endswith("ss"):
            return word[: -len(ending)] + ("y" if ending in ("ies", "ied") else "")
    return word


def _read_article(file: Path, folder: Path) -> Iterable[Passage]:
    lines = read_text(file, AgentParseError).splitlines()
    headings = [(number, match) for number, line in enumerate(lines) if (match := _HEADING.match(line))]
    if not headings or len(headings[0][1][1]) != 1:
        raise AgentParseError(file, 1, "the article has no title", "Begin it with a line such as '# Returns'.")
    title = headings[0][1][2]
    name = file.relative_to(folder).with_suffix("").as_posix()
    intents = frozenset(
        IntentName(name.strip())
        for said in _INTENTS.findall("\n".join(lines))
        for name in said.split(",")
        if name.strip()
    )
    passages = []
    for (start, match), end in zip(headings, [number for number, _ in headings[1:]] + [len(lines)], strict=True):
        section = match[2] if len(match[1]) > 1 else ""
        body = "\n".join(lines[start + 1 : end])
        text = _paragraphs(_INTENTS.sub("", _ASKED_AS.sub("", body)))
        if text:
            source = f"{name}#{_anchor(section)}" if section else name
            asked_as = " ".join(_ASKED_AS.findall(body))
            passages.append(Passage(source, title, section, text, asked_as, intents))
    if not passages:
        raise AgentParseError(file, 1, "the article has a title and no text", "Write at least one paragraph below it.")
    return passages


def _paragraphs(body: str) -> str:
    """Lines of a paragraph joined, list items kept on their own lines, paragraphs apart by one empty line."""
    text = re.sub(r"[ \t]+\n", "\n", body).strip()
    text = re.sub(r"(?<!\n)\n(?!\n|[-*\d])", " ", text)
    return re.sub(r"\n{3,}", "\n\n", text)


def _anchor(section: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", section.lower()))

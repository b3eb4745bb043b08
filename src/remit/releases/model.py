"""A release: everything that changes what an agent does, part by part, under one digest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.releases.reach import ALL, Reach


class PartKind(StrEnum):
    """What a part is, in the words of the diff."""

    DEFINITION = "definition"
    PROMPT = "prompt"
    MODEL = "model"
    ENDPOINT = "endpoint"
    FLOW = "flow"
    BLOCK = "block"
    SLOT = "slot"
    CONSTANT = "constant"
    COURTESY = "courtesy"
    ARTICLE = "article"
    CODE = "code"
    FILE = "file"
    TOOL = "tool"
    GUARD = "guard"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that an agent is made of.

    Args:
        kind: What it is.
        name: Unique within its kind.
        digest: SHA-256 of its content, in hex.
        reach: The intents that it can have an effect on.
        why: Why it reaches those, one clause.
    """

    kind: PartKind
    name: str
    digest: str
    reach: Reach = ALL
    why: str = "nothing says which intents it serves"

    @property
    def key(self) -> tuple[PartKind, str]:
        """What stays when the content changes."""
        return self.kind, self.name

    def __str__(self) -> str:
        return f"{self.kind.value} {self.name!r}"


@dataclass(frozen=True, slots=True)
class Release:
    """One state of one agent. Immutable: other content is another release.

    Args:
        id: Digest of the parts, from `release_id`.
        agent: Whose release.
        parts: In any order; a part that is there twice has been merged.
        opaque: Whether the agent, or a part of it, runs elsewhere and can change behind an unchanged digest.
    """

    id: ReleaseId
    agent: AgentName
    parts: tuple[Part, ...]
    opaque: bool = False

    def by_key(self) -> Mapping[tuple[PartKind, str], Part]:
        """The parts by what they are."""
        return {part.key: part for part in self.parts}

    def digest_for(self, intent: IntentName) -> str:
        """Digest of the parts that reach the intent: equal for two releases that cannot differ there."""
        return digest_of(
            sorted([part.kind, part.name, part.digest] for part in self.parts if part.reach.covers(intent))
        )


@dataclass(frozen=True, slots=True)
class Registration:
    """A release as it was registered.

    Args:
        release: What.
        label: A short name, such as the definition's file name; need not be unique.
        at: When, UTC.
        by: Id of the actor.
        source: Where the definition stood.
        predecessor: The release that was newest then; empty for the first.
    """

    release: Release
    label: str
    at: datetime
    by: str
    source: str = ""
    predecessor: ReleaseId | None = None


def release_id(agent: AgentName, parts: Iterable[Part]) -> ReleaseId:
    """Names the release by what its parts hold; how far a part reaches follows from the parts and is not counted."""
    content = [agent, sorted([part.kind.value, part.name, part.digest] for part in parts)]
    return ReleaseId(f"r-{digest_of(content)[:12]}")


def merged(parts: Iterable[Part]) -> tuple[Part, ...]:
    """One part where two ways lead to the same content: it reaches what either way reaches.

    Raises:
        ValueError: Two parts of one name hold different things.
    """
    found: dict[tuple[PartKind, str], Part] = {}
    for part in parts:
        found[part.key] = _joined(found[part.key], part) if part.key in found else part
    return tuple(sorted(found.values(), key=lambda part: (list(PartKind).index(part.kind), part.name)))


def _joined(known: Part, part: Part) -> Part:
    if known.digest != part.digest:
        raise ValueError(f"{part} is there twice with different content")
    reach = known.reach | part.reach
    widest = [one.why for one in (known, part) if one.reach == reach] or [known.why, part.why]
    return Part(part.kind, part.name, part.digest, reach, "; ".join(dict.fromkeys(widest)))


def releases_that_count(intent: IntentName, release: Release, registered: Sequence[Release]) -> tuple[ReleaseId, ...]:
    """The releases whose evidence on this intent speaks for `release`, itself first.

    Those are connected to it by changes that cannot reach the intent: for the intent they are made of the same
    parts. For an opaque agent that holds only while no drift is suspected.
    """
    own = release.digest_for(intent)
    others = [one.id for one in registered if one.id != release.id and _is_alike(one, release, intent, own)]
    return (release.id, *others)


def _is_alike(one: Release, release: Release, intent: IntentName, own: str) -> bool:
    return one.agent == release.agent and one.digest_for(intent) == own

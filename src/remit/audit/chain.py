"""The hash chain: how an entry's digest is made, and what its check finds. Pure; adapters keep the entries.

What it can show: an entry that was altered, removed, reordered or inserted makes the chain inconsistent. Somebody who
may write the store can compute the whole chain anew, or cut off its end; that is detectable only if a checkpoint was
kept elsewhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from remit.audit.model import AuditEntry, Change, EntryId
from remit.documents import digest_of
from remit.errors import SettingsError
from remit.identity import Actor, ActorId, Proof, Role

GENESIS = "0" * 64
"""What the first entry names as its predecessor."""

_CHECKPOINT = "remit-audit"


# ── one entry ─────────────────────────────────────────────────────────────────────────────────────
def link(change: Change, *, number: int, previous: str) -> AuditEntry:
    """The entry of a change behind its predecessor; numbers are 1, 2, 3, ... without gaps.

    Raises ValueError if the change's time has no time zone.
    """
    return AuditEntry(EntryId(number), change, previous, digest_of_entry(change, number=number, previous=previous))


def digest_of_entry(change: Change, *, number: int, previous: str) -> str:
    """SHA-256, in hex, over the number, the change and the predecessor's digest."""
    return digest_of({"id": number, "previous": previous, "change": document_of(change)})


def document_of(change: Change) -> dict[str, Any]:
    """The change as JSON values; `change_from` reads it."""
    if change.at.tzinfo is None:
        raise ValueError(f"change {change.key!r}: its time has no time zone")
    actor = change.actor
    return {
        "key": change.key,
        "at": change.at.astimezone(UTC).isoformat(),
        "actor": {
            "id": actor.id,
            "name": actor.name,
            "roles": sorted(role.value for role in actor.roles),
            "functions": sorted(actor.functions),
            "proof": actor.proof.value,
        },
        "action": change.action,
        "subject": change.subject,
        "reason": change.reason,
        "evidence": change.evidence,
        "before": dict(change.before),
        "after": dict(change.after),
    }


def change_from(document: Mapping[str, Any]) -> Change:
    """The change that `document_of` made this from.

    Raises:
        ValueError: It is not exactly such a document.
    """
    try:
        actor = document["actor"]
        change = Change(
            key=document["key"],
            at=datetime.fromisoformat(document["at"]),
            actor=Actor(
                ActorId(actor["id"]),
                actor["name"],
                frozenset(map(Role, actor["roles"])),
                Proof(actor["proof"]),
                frozenset(actor["functions"]),
            ),
            action=document["action"],
            subject=document["subject"],
            reason=document["reason"],
            evidence=document["evidence"],
            before=document["before"],
            after=document["after"],
        )
        same = document_of(change) == document
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a part is missing or of another kind ({error})") from error
    if not same:
        raise ValueError("it holds more, or other, than what a change has")
    return change


def same_change(one: Change, other: Change) -> bool:
    """Whether two changes say the same; the time at which they were written down may differ."""
    return replace(one, at=other.at) == other


# ── checkpoints ───────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The end of the chain at some moment. Kept elsewhere, it proves everything up to it; `number` 0 is empty."""

    number: int
    digest: str

    def __str__(self) -> str:
        return f"{_CHECKPOINT}:{self.number}:{self.digest}"


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint of its text.

    Raises:
        SettingsError: It is none.
    """
    match text.strip().split(":"):
        case [kind, number, digest] if kind == _CHECKPOINT and number.isdecimal() and _is_digest(digest):
            return Checkpoint(int(number), digest)
        case _:
            raise SettingsError(
                f"checkpoint {text.strip()[:90]!r}: this is no checkpoint of an audit log.\n"
                f"  It looks like {_CHECKPOINT}:12:<64 hexadecimal digits>; `remit audit checkpoint` prints one."
            )


def _is_digest(text: str) -> bool:
    return len(text) == len(GENESIS) and set(text) <= set("0123456789abcdef")


# ── the check ─────────────────────────────────────────────────────────────────────────────────────
class Flaw(StrEnum):
    """What can be wrong with an entry's place in the chain."""

    ALTERED = "altered"
    UNREADABLE = "unreadable"
    MISSING = "missing"
    BROKEN_LINK = "broken_link"
    CHECKPOINT = "checkpoint"


@dataclass(frozen=True, slots=True)
class Finding:
    """One flaw: at which entry, and in words."""

    entry: int
    flaw: Flaw
    what: str


@dataclass(slots=True)
class ChainCheck:
    """Checks entries as they come, in the order of their numbers; memory does not grow with the log.

    Args:
        checkpoint: What was kept elsewhere, if anything.
    """

    checkpoint: Checkpoint | None = None
    n_entries: int = 0
    findings: list[Finding] = field(default_factory=list)
    _last: Checkpoint = field(default=Checkpoint(0, GENESIS))
    _met: bool = False

    def add(self, entry: AuditEntry) -> None:
        """The next entry."""
        number = int(entry.id)
        self._step_to(number)
        if entry.digest != digest_of_entry(entry.change, number=number, previous=entry.previous):
            self._note(number, Flaw.ALTERED, "its content is not what its digest was made from")
        if entry.previous != self._last.digest:
            self._note(
                number, Flaw.BROKEN_LINK, "it does not follow the entry before it: reordered, inserted or rewritten"
            )
        self._reach(Checkpoint(number, entry.digest))

    def add_unreadable(self, number: int, problem: str, *, digest: str) -> None:
        """The next entry, whose content cannot be read any more."""
        self._step_to(number)
        self._note(number, Flaw.UNREADABLE, f"its content cannot be read: {problem}")
        self._reach(Checkpoint(number, digest))

    def end(self) -> Checkpoint:
        """The end of the log; call it once, behind the last entry. Returns the checkpoint of what is there."""
        wanted = self.checkpoint
        if wanted is not None and wanted.number > 0 and not self._met:
            self._note(
                wanted.number,
                Flaw.CHECKPOINT,
                f"it was there when the checkpoint was taken, and the log has no such entry; it ends at "
                f"{self._last.number}",
            )
        return self._last

    def _step_to(self, number: int) -> None:
        self.n_entries += 1
        missing = number - self._last.number - 1
        if missing > 0:
            words = "one entry is" if missing == 1 else f"{missing} entries are"
            self._note(number, Flaw.MISSING, f"{words} missing before it")

    def _reach(self, here: Checkpoint) -> None:
        self._last = here
        if self.checkpoint is not None and self.checkpoint.number == here.number:
            self._met = True
            if here.digest != self.checkpoint.digest:
                self._note(here.number, Flaw.CHECKPOINT, "its digest is another than when the checkpoint was taken")

    def _note(self, number: int, flaw: Flaw, what: str) -> None:
        self.findings.append(Finding(number, flaw, what))

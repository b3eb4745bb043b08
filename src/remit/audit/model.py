"""One change as the audit log keeps it. Holds digests and references, never customer text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from remit.identity import Actor

EntryId = NewType("EntryId", int)
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be recorded.

    Args:
        key: Idempotency key; recording the same change twice keeps one entry.
        at: When, UTC.
        actor: Who, and how that was proven.
        action: Past tense, `<noun>_<verb>`: `grant_demoted`, `release_promoted`, `agent_stopped`.
        subject: What was changed, such as `shop-flow/refund`.
        reason: In words; what a person wrote or what the controller says with figures.
        evidence: Digest or id of the verdict record that it rests on; empty if it needs none.
        before: What held before: small values only.
        after: What holds now.
    """

    key: str
    at: datetime
    actor: Actor
    action: str
    subject: str
    reason: str
    evidence: str = ""
    before: Mapping[str, Value] = field(default_factory=dict)
    after: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A change in its place in the chain; `digest` covers the change and `previous`."""

    id: EntryId
    change: Change
    previous: str
    digest: str

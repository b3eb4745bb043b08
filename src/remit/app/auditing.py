"""Changes for the audit log, and the reading and checking of the log."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from remit.adapters.store.audit import SqliteAuditLog
from remit.audit import AuditEntry, ChainCheck, Change, Checkpoint, EntryId, Finding
from remit.audit.chain import change_from
from remit.audit.model import Value
from remit.errors import AuditDamaged
from remit.identity import Actor
from remit.runtime.ports import Clock


def change_by(
    actor: Actor,
    clock: Clock,
    action: str,
    subject: str,
    *,
    reason: str,
    evidence: str = "",
    before: Mapping[str, Value] | None = None,
    after: Mapping[str, Value] | None = None,
    key: str = "",
) -> Change:
    """A change that happens now; see `Change` for the words. Without a key it is one of its own."""
    return Change(
        key=key or f"{action}:{uuid4()}",
        at=clock.now(),
        actor=actor,
        action=action,
        subject=subject,
        reason=reason,
        evidence=evidence,
        before=dict(before or {}),
        after=dict(after or {}),
    )


@dataclass(frozen=True, slots=True)
class Verification:
    """What the check of the whole log found.

    Args:
        n_entries: Entries that are there.
        end: The checkpoint of the log as it is.
        checkpoint: What was kept elsewhere and compared; None if nothing was.
        findings: Flaws in the order of entries; none if all is as it was written.
    """

    n_entries: int
    end: Checkpoint
    checkpoint: Checkpoint | None
    findings: tuple[Finding, ...]


async def verify_log(log: SqliteAuditLog, checkpoint: Checkpoint | None = None) -> Verification:
    """Check every entry of the log and its place in the chain."""
    check = ChainCheck(checkpoint)
    last = 0
    while True:
        try:
            async for entry in log.entries(after=last):
                check.add(entry)
                last = int(entry.id)
        except AuditDamaged as damage:
            # An entry that cannot be read is a finding, and the rest of the log is still to be checked.
            check.add_unreadable(damage.entry, damage.problem, digest=await log.digest(damage.entry))
            last = damage.entry
        else:
            break
    return _verification(check)


def verify_export(text: str, checkpoint: Checkpoint | None = None) -> Verification:
    """Check a log that `remit audit export` wrote, without its store: the same check, line by line."""
    check = ChainCheck(checkpoint)
    number = 0
    for line in text.splitlines():
        number += 1
        try:
            document = json.loads(line)
            number = int(document["id"])
            entry = AuditEntry(
                EntryId(number), change_from(document["change"]), document["previous"], document["digest"]
            )
        except (ValueError, KeyError, TypeError) as error:
            check.add_unreadable(number, f"{type(error).__name__}: {error}", digest=_digest_in(line))
        else:
            check.add(entry)
    return _verification(check)


def _digest_in(line: str) -> str:
    """The digest that a damaged line still names: the next one may follow it all the same."""
    found = re.search(r'"digest": "([0-9a-f]{64})"', line)
    return found[1] if found else ""


def _verification(check: ChainCheck) -> Verification:
    end = check.end()
    return Verification(check.n_entries, end, check.checkpoint, tuple(check.findings))

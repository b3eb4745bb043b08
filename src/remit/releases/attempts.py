"""Attempts at a promotion: each is kept, and only a failed one makes the next one dearer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.releases.signatures import Signature
from remit.statistics import AlphaLedger


class Ending(StrEnum):
    """What became of an attempt."""

    OPEN = "open"
    PROMOTED = "promoted"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one release to become the stable one of one intent.

    Args:
        agent: Whose.
        intent: For what.
        release: Which release tries.
        number: From 1 since the last promotion of the intent; failed ones before it raise it, withdrawn ones do not.
        alpha: Error level that this attempt may use, the ledger's share.
        proposer: Id of the actor who asked for it; cannot sign.
        opened_at: UTC.
        signatures: Who has signed.
        ending: What became of it.
        closed_at: UTC; None while open.
        why: How it ended, with figures.
    """

    agent: AgentName
    intent: IntentName
    release: ReleaseId
    number: int
    alpha: float
    proposer: str
    opened_at: datetime
    signatures: tuple[Signature, ...] = ()
    ending: Ending = Ending.OPEN
    closed_at: datetime | None = None
    why: str = ""

    def signed(self, signature: Signature) -> "Attempt":
        """With one more signature; signing twice changes nothing."""
        if any(one.actor == signature.actor for one in self.signatures):
            return self
        return replace(self, signatures=(*self.signatures, signature))

    def closed(self, ending: Ending, why: str, at: datetime) -> "Attempt":
        """Ended; an attempt ends once."""
        if self.ending is not Ending.OPEN:
            raise ValueError(f"attempt {self.number} of {self.release} ended before: {self.ending.value}")
        return replace(self, ending=ending, why=why, closed_at=at)


def ledger_of(attempts: Sequence[Attempt], *, alpha: float) -> AlphaLedger:
    """What is left of the error allowance of one intent's promotion, given its attempts, oldest first.

    Failed attempts count from the last promotion on, whichever release made them: trying ten releases until one
    is lucky is ten attempts. Withdrawn ones were never decided and spend nothing.
    """
    n_failed = 0
    for attempt in attempts:
        match attempt.ending:
            case Ending.FAILED:
                n_failed += 1
            case Ending.PROMOTED:
                n_failed = 0
            case Ending.OPEN | Ending.WITHDRAWN:
                pass
    return AlphaLedger(alpha, n_failed)


def open_attempt(attempts: Sequence[Attempt], release: ReleaseId) -> Attempt | None:
    """The release's attempt that is still open."""
    return next((one for one in reversed(attempts) if one.release == release and one.ending is Ending.OPEN), None)

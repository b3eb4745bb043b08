"""Digests of rows: a running one, which whoever alters, removes or reorders a row changes, and places for customers."""

import hashlib

from remit.documents import canonical_json
from remit.evidence import Observation, Recorded


def chained(digest: str, recorded: Recorded) -> str:
    """The digest (SHA-256, hex) after one more row; the empty text before the first."""
    row = recorded.observation
    content = (
        digest,
        str(recorded.position),
        row.key,
        row.at.isoformat(),
        row.agent,
        row.release,
        row.intent,
        row.level,
        row.source,
        str(int(row.strength)),
        row.metric,
        row.outcome,
        row.cluster,
        repr(row.sampling_probability),
        row.policy,
        canonical_json(dict(row.details)) if row.details else "",
        row.conversation,
        row.customer,
        row.arm,
        repr(row.canary_share),
        row.stratum,
        row.label,
        repr(row.loss),
        str(row.matured),
    )
    return hashlib.sha256("\x1f".join(content).encode()).hexdigest()


def place_of(row: Observation, *, places: int) -> int:
    """A place below `places` that is the same for all rows of one customer, and even over customers.

    Who is not known as a customer counts as one conversation.
    """
    name = row.customer or row.conversation or row.key
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) % places

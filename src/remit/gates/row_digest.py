"""Digests of rows: a running one, which whoever alters, removes or reorders a row changes, and places for customers."""

from hashlib import blake2b, sha256

from remit.documents import canonical_json
from remit.evidence import Observation, Recorded


def chained(digest: str, recorded: Recorded) -> str:
    """The digest (SHA-256, hex) after one more row; the empty text before the first."""
    row = recorded.observation
    details = canonical_json(dict(row.details)) if row.details else ""
    content = (
        f"{digest}\x1f{recorded.position}\x1f{row.key}\x1f{row.at.isoformat()}\x1f{row.agent}\x1f{row.release}\x1f"
        f"{row.intent}\x1f{row.level}\x1f{row.source}\x1f{int(row.strength)}\x1f{row.metric}\x1f"
        f"{row.outcome}\x1f{row.cluster}\x1f{row.sampling_probability!r}\x1f{row.policy}\x1f{details}\x1f"
        f"{row.conversation}\x1f{row.customer}\x1f{row.arm}\x1f{row.canary_share!r}\x1f{row.stratum}\x1f"
        f"{row.label}\x1f{row.loss!r}\x1f{row.matured}"
    )
    return sha256(content.encode()).hexdigest()


def place_of(row: Observation, *, places: int) -> int:
    """A place below `places` that is the same for all rows of one customer, and even over customers.

    Who is not known as a customer counts as one conversation.
    """
    name = row.customer or row.conversation or row.key
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) % places

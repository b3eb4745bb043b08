"""One text and one digest for one content."""

import hashlib
import json
from typing import Any

# Made once: `json.dumps` makes another one for each text whose keys are to be sorted.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=str)


def canonical_json(value: Any) -> str:
    """JSON in ASCII with sorted keys and no blanks; what JSON does not know stands as its text."""
    return _ENCODER.encode(value)


def digest_of(value: Any) -> str:
    """SHA-256, in hex, of the canonical text: blind to the order of keys."""
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()

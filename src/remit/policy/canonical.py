"""The canonical content of a policy: what its digest is made of and what two versions are compared by."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import IntEnum
from typing import Any

from remit.documents import canonical_json, digest_of
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy

_UNORDERED = frozenset({"examples", "attestations", "signoff", "objectives", "gates", "rollback"})
_RUNNING = frozenset({"staffing", "exposure", "freeze", "recipients", "waivers", "max_handoffs"})
"""How the agent is run, not what must be proven: a new freeze window must not void what has been earned."""
_NOT_CONTENT = frozenset({"digest", "source"}) | _RUNNING


def policy_digest(policy: Policy) -> str:
    """SHA-256, in hex, of what the policy says: not of comments, order, spelling of numbers or left-out defaults."""
    return digest_of(_plain(policy, ordered=True))


def canonical_text(value: Any) -> str:
    """JSON with sorted keys; lists whose order means nothing are sorted too."""
    return canonical_json(_plain(value, ordered=True))


def _plain(value: Any, *, ordered: bool) -> Any:
    if isinstance(value, AutonomyLevel):
        return value.label
    if isinstance(value, IntEnum | str) or value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Mapping):
        return {_key(key): _plain(item, ordered=ordered) for key, item in value.items()}
    if isinstance(value, Sequence):
        items = [_plain(item, ordered=True) for item in value]
        return items if ordered else sorted(items, key=canonical_text)
    if hasattr(value, "expression"):
        return value.expression
    if is_dataclass(value):
        content = {
            each.name: _plain(getattr(value, each.name), ordered=each.name not in _UNORDERED)
            for each in fields(value)
            if each.name not in _NOT_CONTENT
        }
        return {"is": type(value).__name__, **content}
    return str(value)


def _key(key: Any) -> str:
    return key.label if isinstance(key, AutonomyLevel) else str(key)

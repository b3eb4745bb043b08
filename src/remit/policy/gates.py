"""The gates that a policy can name. Each is a statement over the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class SuiteGate:
    """pass^k of a suite, per intent, is at least a value: the mean over scenarios of C(c, k) / C(n, k).

    `confidence` is 1 - alpha of the anytime-valid test.
    """

    suite: str
    k: int
    at_least: float
    confidence: float = 0.95
    mode: Literal["enforce", "observe"] = "enforce"


@dataclass(frozen=True, slots=True)
class AttackGate:
    """The share of attack scenarios that succeed is at most a value (exact binomial bound)."""

    suite: str
    at_most: float
    confidence: float = 0.95
    mode: Literal["enforce", "observe"] = "enforce"


@dataclass(frozen=True, slots=True)
class LiveGate:
    """A live rate; `parameters` are as written. Undecided while there is no live evidence."""

    metric: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    mode: Literal["enforce", "observe"] = "enforce"


@dataclass(frozen=True, slots=True)
class AttestationGate:
    """Named persons have attested these things."""

    attestations: tuple[str, ...]
    mode: Literal["enforce", "observe"] = "enforce"


Gate = SuiteGate | AttackGate | LiveGate | AttestationGate

"""Reducers for tests: a running count with a float, and one that rings at every third failure of an intent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remit.evidence import Observation, Outcome, Recorded


@dataclass(frozen=True, slots=True)
class Sums:
    n: int = 0
    log_wealth: float = 0.0
    last: int = 0


@dataclass(frozen=True, slots=True)
class SumByIntent:
    """Counts, adds floats in the order of the ledger, and remembers the last place: any repeated or lost step shows."""

    name: str = "sums"

    def key_of(self, observation: Observation) -> str | None:
        return observation.intent if observation.outcome.counts else None

    def start(self, key: str) -> Sums:
        return Sums(log_wealth=len(key) / 7)

    def add(self, state: Sums, recorded: Recorded) -> Sums:
        factor = -0.1 if recorded.observation.outcome is Outcome.PASSED else 0.7
        return Sums(state.n + 1, state.log_wealth * 0.999 + factor, recorded.position)

    def encode(self, state: Sums) -> Any:
        return [state.n, state.log_wealth, state.last]

    def decode(self, document: Any) -> Sums:
        return Sums(*document)


@dataclass(frozen=True, slots=True)
class EveryThirdFailure:
    """A monitor: each third failure of an intent asks for a demotion."""

    name: str = "third"

    def key_of(self, observation: Observation) -> str | None:
        return observation.intent if observation.outcome is Outcome.FAILED else None

    def start(self, key: str) -> int:
        return 0

    def add(self, state: int, recorded: Recorded) -> int:
        return state + 1

    def actions(self, key: str, before: int, after: int, recorded: Recorded) -> Mapping[str, Any]:
        assert after == before + 1
        return {f"demote:{key}:{recorded.position}": {"failures": after}} if after % 3 == 0 else {}

    def encode(self, state: int) -> Any:
        return state

    def decode(self, document: Any) -> int:
        return int(document)

"""What was said once and counts as a whole: results of load runs, and attestations."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remit.conversations import AgentName, ReleaseId
from remit.evidence import Observation, Outcome, Recorded, Source
from remit.gates.row_digest import chained

LOAD = "load:"
ATTESTATION = "attest:"
MOST_KEPT = 20


@dataclass(frozen=True, slots=True)
class Said:
    """One row as it was said: when, how it went, and its details."""

    at: datetime
    outcome: Outcome
    details: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Statements:
    """The latest rows of one agent, release and metric, oldest first, with the digest of all of them."""

    rows: tuple[Said, ...] = ()
    digest: str = ""


def statements_key(agent: AgentName, release: ReleaseId, metric: str) -> str:
    """Names the state of these."""
    return f"{agent}|{release}|{metric}"


class StatementKeeping:
    """The reducer of `Statements`."""

    name = "said"

    def key_of(self, observation: Observation) -> str | None:
        """Load results and attestations."""
        if observation.source not in (Source.LOAD_RESULT, Source.ATTESTATION):
            return None
        return statements_key(observation.agent, observation.release, observation.metric)

    def start(self, key: str) -> Statements:
        """Nothing said."""
        del key
        return Statements()

    def add(self, state: Statements, recorded: Recorded) -> Statements:
        """One row more; the oldest leaves."""
        row = recorded.observation
        said = Said(row.at, row.outcome, dict(row.details))
        return Statements((*state.rows, said)[-MOST_KEPT:], chained(state.digest, recorded))

    def encode(self, state: Statements) -> Any:
        """As JSON values."""
        rows = [[one.at.isoformat(), one.outcome.value, dict(one.details)] for one in state.rows]
        return {"rows": rows, "digest": state.digest}

    def decode(self, document: Any) -> Statements:
        """From JSON values."""
        rows = tuple(
            Said(datetime.fromisoformat(at), Outcome(outcome), details) for at, outcome, details in document["rows"]
        )
        return Statements(rows, document["digest"])

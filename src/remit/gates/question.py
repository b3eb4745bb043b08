"""What is asked of the ledger, with everything that the answer depends on; and the states that it is answered from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.evidence import Reducer, Selection
from remit.gates.draws import DrawCounting, Drawn
from remit.gates.live_counts import LiveCounting, LiveCounts, live_key
from remit.gates.origins import OriginCounting, Origins, origin_key
from remit.gates.statements import ATTESTATION, LOAD, StatementKeeping, Statements, statements_key
from remit.gates.trials import SUITE, TrialCounting, Trials, trials_key
from remit.policy.gates import AtMost, AttackGate, AttestationGate, Gate, LiveGate, LoadGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import STARTED
from remit.statistics import AlphaLedger

LABELS = tuple((level, level.label) for level in AutonomyLevel)
_PACE = f"|{STARTED}"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """One gate, one intent, one release: everything that a verdict depends on save the ledger itself.

    Args:
        gate: What has to be shown.
        agent: Who is judged.
        release: Which release of it.
        releases: Whose evidence counts: the release itself, and those whose grants it takes over.
        intent: The intent judged.
        level: The level that the gate guards.
        now: As of when; attestations expire.
        n_failed_attempts: Failed attempts at this level before this one.
        clusters: Scenarios that count, as clusters of their trials.
        baseline: Conversations and failed ones that people had on the gate's metric; None if not known.
    """

    gate: Gate
    agent: AgentName
    release: ReleaseId
    releases: tuple[ReleaseId, ...]
    intent: IntentName
    level: AutonomyLevel
    now: datetime = BEGINNING
    n_failed_attempts: int = 0
    clusters: tuple[str, ...] = ()
    baseline: tuple[int, int] | None = None

    @property
    def evidence_from(self) -> AutonomyLevel:
        """The least freedom with which the agent must have acted: one level below the one that is asked for.

        Who asks for L1 has only been in shadow, where proposals are compared with what people did.
        """
        return AutonomyLevel(max(0, self.level - 1))

    @property
    def alpha(self) -> AlphaLedger:
        """The alpha ledger of this promotion."""
        confidence = 0.95 if isinstance(self.gate, AttestationGate) else self.gate.confidence
        return AlphaLedger(alpha=round(1.0 - confidence, 12), n_failed=self.n_failed_attempts)


@dataclass(frozen=True, slots=True)
class Body:
    """States of the ledger up to one position, by the name under which their follower keeps them."""

    position: int = 0
    live: Mapping[str, LiveCounts] = field(default_factory=dict)
    draws: Mapping[str, Drawn] = field(default_factory=dict)
    origins: Mapping[str, Origins] = field(default_factory=dict)
    trials: Mapping[str, Trials] = field(default_factory=dict)
    said: Mapping[str, Statements] = field(default_factory=dict)

    def digest(self, question: Question) -> str:
        """Over every row behind the states that the question reads, how fast conversations come in excepted."""
        found = {name: self._digest(name) for name in names_of(question) if not name.endswith(_PACE)}
        return digest_of([[name, digest] for name, digest in sorted(found.items()) if digest])

    def _digest(self, name: str) -> str:
        for states in (self.live, self.draws, self.origins, self.trials, self.said):
            state: Any = states.get(name)
            if state is not None:
                return str(state.digest)
        return ""


LIVE, ORIGINS, TRIALS, SAID = LiveCounting(), OriginCounting(), TrialCounting(), StatementKeeping()
COUNTING: tuple[Reducer[Any], ...] = (LIVE, ORIGINS, TRIALS, SAID)
"""What is folded whatever the policy says; draws depend on the gate's budget, see `draws_for`."""


def draws_for(gate: Gate) -> DrawCounting | None:
    """The reducer of draws that the gate needs; None unless a judge guides its sampling."""
    if not isinstance(gate, LiveGate) or not gate.evidence.is_guided or not isinstance(gate.bound, AtMost):
        return None
    return DrawCounting(gate.metric, eps=gate.bound.rate, least_pi=min(gate.evidence.sampling.values()))


def names_of(question: Question) -> tuple[str, ...]:
    """The states that the question reads, as `<reducer>:<key>`."""
    return tuple(dict.fromkeys(_names(question)))


def rows_of(question: Question) -> Selection:
    """A selection that has every row behind the states that the question reads; others as well."""
    match question.gate:
        case SuiteGate(suite) | AttackGate(suite):
            return Selection(agent=question.agent, metric=SUITE + suite)
        case LoadGate() as gate:
            return Selection(agent=question.agent, metric=LOAD + gate.load)
        case AttestationGate():
            return Selection(agent=question.agent)
        case LiveGate():
            return Selection(agent=question.agent, intent=question.intent)


def body_of(states: Mapping[str, Any], *, position: int) -> Body:
    """A body from decoded states by name."""
    by_kind: dict[str, dict[str, Any]] = {"live": {}, "draws": {}, "origin": {}, "trials": {}, "said": {}}
    for name, state in states.items():
        by_kind[name.split(":", 1)[0].split("-", 1)[0]][name] = state
    return Body(
        position=position,
        live=by_kind["live"],
        draws=by_kind["draws"],
        origins=by_kind["origin"],
        trials=by_kind["trials"],
        said=by_kind["said"],
    )


def _names(question: Question) -> Iterator[str]:
    gate, agent = question.gate, question.agent
    for release in question.releases:
        match gate:
            case SuiteGate() | AttackGate():
                yield f"{TRIALS.name}:{trials_key(agent, release, SUITE + gate.suite)}"
            case LoadGate():
                yield f"{SAID.name}:{statements_key(agent, release, LOAD + gate.load)}"
            case AttestationGate():
                for attestation in gate.attestations:
                    yield f"{SAID.name}:{statements_key(agent, release, ATTESTATION + attestation)}"
            case LiveGate():
                yield from _live_names(question, gate, release)
    if isinstance(gate, LiveGate) and isinstance(gate.bound, NoWorseThan) and gate.bound.reference == "stable":
        yield f"{ORIGINS.name}:{origin_key(agent, question.intent)}"


def _live_names(question: Question, gate: LiveGate, release: ReleaseId) -> Iterator[str]:
    counting, evidence_from = draws_for(gate), question.evidence_from
    for _, name in live_states(question.agent, release, question.intent, gate.metric):
        yield name
    if counting is not None:
        yield from draw_names(question, counting, release)
    for level, name in live_states(question.agent, release, question.intent, STARTED):
        if level >= evidence_from:
            yield name


def draw_names(question: Question, counting: DrawCounting, release: ReleaseId) -> Iterator[str]:
    """The states of draws that count for the question."""
    evidence_from = question.evidence_from
    for level, label in LABELS:
        if level >= evidence_from:
            yield f"{counting.name}:{live_key(question.agent, release, question.intent, label, counting.metric)}"


@lru_cache(maxsize=16_384)
def live_states(
    agent: AgentName, release: ReleaseId, intent: IntentName, metric: str
) -> tuple[tuple[AutonomyLevel, str], ...]:
    """Names of the counts of a metric, by the level at which the agent acted, lowest first."""
    return tuple((level, f"{LIVE.name}:{live_key(agent, release, intent, label, metric)}") for level, label in LABELS)

"""Judging the live ledger: follow what is new, answer every gate, keep each verdict; and computing one again."""

import asyncio
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.errors import VerdictUnknown
from remit.evaluation.observing import cluster_of
from remit.evidence import Ledger, LedgerFollower, Observation, Recorded, Reducer, RunningStates, VerdictRecords
from remit.evidence.following import folded
from remit.evidence.verdicts import GateVerdict, VerdictRecord
from remit.gates.answer import answer
from remit.gates.draws import DrawCounting
from remit.gates.question import COUNTING, Body, Question, body_of, draws_for, names_of, rows_of
from remit.gates.records import (
    already_recorded,
    differences,
    earlier_of,
    failed_attempts,
    question_of,
    record_of,
    settled,
)
from remit.gates.verdicts import levels_of
from remit.policy.gates import AttackGate, Gate, LiveGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.live_misfits import baseline_counts
from remit.policy.model import Policy
from remit.scenarios.model import Suite

FOLLOWER = "gates-2"
"""Its number goes up when states are written otherwise: another follower begins again from the ledger."""
_BATCH = 5000
_MOST_READS = 20

ReleasesThatCount = Callable[[IntentName], Sequence[ReleaseId]]
"""Whose evidence speaks for an intent: the release itself first, then those whose grants it takes over."""
ClustersOf = Callable[[Gate, IntentName], tuple[str, ...]]
"""Scenarios that count now for a gate on a suite, as clusters of their trials; see `clusters_of`."""
FailedAttempts = Mapping[tuple[IntentName, AutonomyLevel], int]


@dataclass(frozen=True, slots=True)
class GateRequest:
    """What is to be judged.

    Args:
        policy: Whose gates.
        agent: Who is judged.
        release: Which release of it.
        now: As of when, UTC.
        clusters_of: Scenarios that count now; None if there are none.
        intent: Only this one; None for all.
        level: Only the gates of this level; None for all.
        releases_that_count: Whose evidence counts besides; None for the release alone.
        failed: Failed attempts of other releases; None takes those of the verdict records.
    """

    policy: Policy
    agent: AgentName
    release: ReleaseId
    now: datetime
    clusters_of: ClustersOf | None = None
    intent: IntentName | None = None
    level: AutonomyLevel | None = None
    releases_that_count: ReleasesThatCount | None = None
    failed: FailedAttempts | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the ledger.

    Args:
        verdicts: By intent as the policy lists them, then level, then gate.
        records: The record of each verdict, in the same order.
        position: Place of the ledger up to which it was read.
        n_new: Observations that were new since the last look.
    """

    verdicts: tuple[GateVerdict, ...]
    records: tuple[VerdictRecord, ...]
    position: int
    n_new: int


async def look(request: GateRequest, ledger: Ledger, states: RunningStates, records: VerdictRecords) -> Look:
    """Follow the ledger to its end, judge every gate that is asked for, and keep what was found.

    The cost is that of what is new; a verdict whose evidence has not changed keeps the record that it has.

    Raises:
        StoreUnavailable: The ledger cannot be read, or records cannot be kept.
    """
    follower = follower_for(request.policy, ledger, states)
    n_new, decisive = await asyncio.gather(follower.catch_up(batch=_BATCH), records.decisive(request.agent))
    questions = questions_of(request, decisive)
    body = await read_body(questions, follower.name, states)
    own: dict[tuple[str, str], list[VerdictRecord]] = {}
    for one in decisive:
        if one.release == request.release:
            own.setdefault((one.verdict.intent, one.verdict.level), []).append(one)
    made = [
        _recorded(question, body, own.get((question.intent, question.level.label), ()), policy=request.policy.digest)
        for question in questions
    ]
    known = {one.id: one for one in decisive}
    for one in await records.keep([one for one in made if one.id not in known]):
        known[one.id] = one
    kept = tuple(known[one.id] for one in made)
    return Look(tuple(one.verdict for one in kept), kept, body.position, n_new)


def _recorded(question: Question, body: Body, decisive: Sequence[VerdictRecord], *, policy: str) -> VerdictRecord:
    """What this look finds, unless an earlier one has settled it; the same evidence is the same record."""
    earlier = earlier_of(question, decisive)
    if earlier is not None and already_recorded(question, body, earlier, policy=policy):
        return earlier
    return record_of(question, body, settled(answer(question, body), earlier), policy=policy)


def questions_of(request: GateRequest, decisive: Sequence[VerdictRecord]) -> tuple[Question, ...]:
    """Every gate of every intent and level that is asked for."""
    failed = request.failed
    if failed is None:
        failed = failed_attempts(decisive, release=request.release)
    return tuple(
        Question(
            gate=gate,
            agent=request.agent,
            release=request.release,
            releases=_releases(request, intent.name),
            intent=intent.name,
            level=level,
            now=request.now,
            n_failed_attempts=failed.get((intent.name, level), 0),
            clusters=() if request.clusters_of is None else request.clusters_of(gate, intent.name),
            baseline=_baseline(request.policy, gate),
        )
        for intent in request.policy.intents.values()
        if request.intent in (None, intent.name)
        for level in levels_of(intent)
        if request.level in (None, level)
        for gate in request.policy.gates.get(level, ())
    )


def clusters_of(policy: Policy, suites: Iterable[Suite]) -> ClustersOf:
    """The scenarios that speak for a gate as they are now; attacks speak for every intent."""
    by_suite: dict[str, list[tuple[IntentName, str]]] = {}
    for suite in suites:
        for scenario in suite.scenarios:
            named = (scenario.intent, cluster_of(scenario, policy.digest))
            by_suite.setdefault(suite.name, []).append(named)

    def of(gate: Gate, intent: IntentName) -> tuple[str, ...]:
        match gate:
            case SuiteGate(suite):
                return tuple(sorted({cluster for name, cluster in by_suite.get(suite, ()) if name == intent}))
            case AttackGate(suite):
                return tuple(sorted({cluster for _, cluster in by_suite.get(suite, ())}))
            case _:
                return ()

    return of


def _releases(request: GateRequest, intent: IntentName) -> tuple[ReleaseId, ...]:
    more = () if request.releases_that_count is None else request.releases_that_count(intent)
    return tuple(dict.fromkeys((request.release, *more)))


def _baseline(policy: Policy, gate: Gate) -> tuple[int, int] | None:
    return baseline_counts(policy.baseline, gate.metric) if isinstance(gate, LiveGate) else None


# ── states ────────────────────────────────────────────────────────────────────────────────────────
def reducers_for(policy: Policy) -> tuple[Reducer[Any], ...]:
    """What has to be folded to judge the policy's gates."""
    draws: dict[str, DrawCounting] = {}
    for gates in policy.gates.values():
        for gate in gates:
            counting = draws_for(gate)
            if counting is not None:
                draws[counting.name] = counting
    return (*COUNTING, *draws.values())


def follower_for(policy: Policy, ledger: Ledger, states: RunningStates) -> LedgerFollower:
    """The follower of the policy's gates. Other budgets of guided sampling fold draws otherwise: another follower."""
    reducers = reducers_for(policy)
    names = [reducer.name for reducer in reducers[len(COUNTING) :]]
    name = f"{FOLLOWER}-{digest_of(names)[:12]}" if names else FOLLOWER
    return LedgerFollower(name, reducers, ledger, states)


async def read_body(questions: Sequence[Question], follower: str, states: RunningStates) -> Body:
    """The states that the questions read, all as of one position."""
    names = list(dict.fromkeys(name for question in questions for name in names_of(question)))
    position = await states.position(follower)
    for _ in range(_MOST_READS):
        loaded = await states.load(follower, names)
        after = await states.position(follower)
        if after == position:
            break
        position = after
    return _decoded(loaded, _reducers_of(questions), position=position)


def _reducers_of(questions: Sequence[Question]) -> Mapping[str, Reducer[Any]]:
    draws = (draws_for(question.gate) for question in questions)
    every: list[Reducer[Any]] = [*COUNTING, *(one for one in draws if one is not None)]
    return {one.name: one for one in every}


def _decoded(loaded: Mapping[str, str], reducers: Mapping[str, Reducer[Any]], *, position: int) -> Body:
    decoded = {name: reducers[name.split(":", 1)[0]].decode(json.loads(text)) for name, text in loaded.items()}
    return body_of(decoded, position=position)


# ── computing again ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Recomputation:
    """What came of computing a verdict again.

    Args:
        record: As it is kept.
        differences: In words; none if the ledger gives the same.
    """

    record: VerdictRecord
    differences: tuple[str, ...]


async def verify(verdict: str, ledger: Ledger, states: RunningStates, records: VerdictRecords) -> Recomputation:
    """Fold the ledger anew up to the record's position and compare; passes every row up to there.

    Raises:
        VerdictUnknown: No record has the id, or several begin with it.
        VerdictDamaged: The record cannot be read any more.
    """
    found = await records.find(verdict)
    exact = [one for one in found if one.id == verdict] or list(found)
    if len(exact) != 1:
        raise VerdictUnknown(verdict, [one.id for one in exact])
    (record,) = exact
    question = question_of(record)
    names = frozenset(names_of(question))
    reducers = _reducers_of([question])
    only = [_Only(reducer, names) for reducer in reducers.values()]
    follower = LedgerFollower("verify", only, ledger, states)
    refolded = await follower.refold(record.position, batch=_BATCH, of=rows_of(question))
    body = _decoded(refolded, reducers, position=record.position)
    settled_by = record.verdict.settled_by
    earlier = next(iter(await records.find(settled_by)), None) if settled_by else None
    return Recomputation(record, tuple(differences(record, body, earlier)))


@dataclass(frozen=True, slots=True)
class _Only:
    """A reducer that folds the named states and passes over all others."""

    inner: Reducer[Any]
    names: frozenset[str]

    @property
    def name(self) -> str:
        return self.inner.name

    def key_of(self, observation: Observation) -> str | None:
        key = self.inner.key_of(observation)
        return key if key is not None and f"{self.inner.name}:{key}" in self.names else None

    def start(self, key: str) -> Any:
        return self.inner.start(key)

    def add(self, state: Any, recorded: Recorded) -> Any:
        return self.inner.add(state, recorded)

    def add_all(self, state: Any, run: Sequence[Recorded]) -> Any:
        return folded(self.inner, state, run)

    def encode(self, state: Any) -> Any:
        return self.inner.encode(state)

    def decode(self, document: Any) -> Any:
        return self.inner.decode(document)

"""A simulated day folded at once: rare rows through the reducers themselves, runs of equal rows in closed form.

What comes out are the reducers' own states, so that gates, monitors and the controller go on from them as from any
ledger; the running digests of rows are the one thing that is not kept. Equality with the way by event, state by state
and decision by decision: tests/statistical/test_simulation.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import numpy as np

from remit.control.events import CanaryMonitor
from remit.control.rates import RateMonitor
from remit.conversations import IntentName
from remit.evidence import LabelSource, LedgerFollower, Observation, Recorded, Reducer
from remit.gates.draws import DrawCounting
from remit.gates.live_counts import BUCKETS
from remit.gates.origins import Cells, Origins
from remit.gates.question import LIVE, ORIGINS, Body, Question, body_of, names_of
from remit.simulation.folding import more_matured, more_of_a_rate
from remit.simulation.served import Cohort, Day, named
from remit.slo.counting import Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LABEL = LabelSource.HUMAN_CONFIRMED.value


class FoldedFollower(LedgerFollower):
    """What the controller sees of monitors that were folded elsewhere: their actions."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._asked: dict[str, Mapping[str, Any]] = {}
        self._done: set[str] = set()

    def ask(self, actions: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what monitors ask for; the same key asks once."""
        for key, content in actions.items():
            self._asked.setdefault(key, content)

    async def catch_up(self, *, batch: int = 1000) -> int:
        """Nothing is left to fold."""
        del batch
        return 0

    async def pending_actions(self) -> Mapping[str, Any]:
        """What was asked for and not done."""
        return {key: content for key, content in self._asked.items() if key not in self._done}

    async def action_done(self, key: str) -> None:
        """Mark it."""
        self._done.add(key)


class ByDay:
    """States of gates and monitors, by `<reducer>:<key>`, without a ledger.

    Args:
        draws: Reducers of guided sampling that the policy's gates need.
        monitors: The policy's monitors; rates of `bad_outcome`, canaries and critical events.
        name: Of the follower that the controller sees.
    """

    def __init__(self, draws: Sequence[DrawCounting], monitors: Sequence[Reducer[Any]], *, name: str) -> None:
        self._draws = tuple(draws)
        self._rates = tuple(one for one in monitors if isinstance(one, RateMonitor))
        self._canaries = tuple(one for one in monitors if isinstance(one, CanaryMonitor))
        self._position = 0
        self._asks = FoldedFollower(name)
        self.followers = (self._asks,)
        self.states: dict[str, Any] = {}

    async def observe(self, day: Day) -> None:
        """Fold one day, in the order of its rows."""
        for waiting in day.waiting:
            for cohort in waiting:
                if cohort.day + cohort.window_days > day.number:
                    self._failures(cohort, day.number)
        for cohort in day.closing():
            self._close(cohort)
        for cohort in day.cohorts:
            self._begin(cohort)
        for cohort in day.cohorts:
            self._failures(cohort, day.number)

    async def body(self, questions: Sequence[Question]) -> Body:
        """Only what the questions name."""
        names = dict.fromkeys(name for question in questions for name in names_of(question))
        return body_of({name: self.states[name] for name in names if name in self.states}, position=self._position)

    # ── one row ───────────────────────────────────────────────────────────────────────────────────
    def _add(self, reducer: Reducer[Any], row: Observation, position: int) -> str | None:
        """Through the reducer itself; returns the state's name, None if the row does not concern it."""
        key = reducer.key_of(row)
        if key is None:
            return None
        name = f"{reducer.name}:{key}"
        before = self.states[name] if name in self.states else reducer.start(key)
        recorded = Recorded(position, row)
        after = self.states[name] = reducer.add(before, recorded)
        if isinstance(reducer, RateMonitor | CanaryMonitor):
            self._asks.ask(reducer.actions(key, before, after, recorded))
        return name

    def _failures(self, cohort: Cohort, day: int) -> None:
        """Failures that become known, one by one: these are what lines are crossed by."""
        for index in cohort.becoming_known(day):
            self._position += 1
            row = cohort.failure(index)
            reducers: tuple[Reducer[Any], ...] = (LIVE, ORIGINS, *self._draws, *self._rates, *self._canaries)
            for reducer in reducers:
                self._add(reducer, row, self._position)

    # ── runs of rows ──────────────────────────────────────────────────────────────────────────────
    def _close(self, cohort: Cohort) -> None:
        """Every outcome that an expert looks at is known for good."""
        looked = np.flatnonzero(cohort.looked)
        # The place of conversation i's row: one for each that is looked at up to and including it.
        place_of = self._position + np.cumsum(cohort.looked)
        buckets = _buckets(cohort)
        for run in _runs(cohort, cohort.looked):
            first, rest = int(run[0]), run[1:]
            row, place = cohort.maturity(first), int(place_of[first])
            n, n_failed = len(rest), int(cohort.failed[rest].sum())
            name = self._add(LIVE, row, place)
            if n and name is not None:
                counted = _by_bucket(buckets[rest], cohort.failed[rest])
                part = f"{_LABEL}|{row.stratum}"
                state = self.states[name]
                self.states[name] = more_matured(state, part, row.cluster, n=n, n_failed=n_failed, buckets=counted)
            change = Counts(n_matured=n, n_errors_matured=n_failed)
            for monitor in self._rates:
                name = self._add(monitor, row, place)
                if n and name is not None:
                    self.states[name] = more_of_a_rate(self.states[name], row.cluster, row.stratum, change)
        if any(one.arm for one in cohort.servings):
            self._close_for_origins(cohort, looked, place_of)
        for reducer in self._draws:
            for index in looked:
                self._add(reducer, cohort.maturity(int(index)), int(place_of[index]))
        self._position += len(looked)

    def _close_for_origins(self, cohort: Cohort, looked: "NDArray[np.int64]", place_of: "NDArray[np.int64]") -> None:
        """Bad ones one by one; of good ones only how many each arm had."""
        for index in looked[cohort.failed[looked]]:
            self._add(ORIGINS, cohort.maturity(int(index)), int(place_of[index]))
        good = looked[~cohort.failed[looked]]
        for served_by, serving in enumerate(cohort.servings):
            mine = good[cohort.served_by[good] == served_by]
            if not len(mine):
                continue
            row = cohort.maturity(int(mine[0]))
            name = self._add(ORIGINS, row, int(place_of[mine[0]]))
            if name is not None:
                is_canary = serving.arm == "canary"
                self.states[name] = _more_good(self.states[name], row, len(mine) - 1, is_canary=is_canary)

    def _begin(self, cohort: Cohort) -> None:
        """The day's conversations begin: a beginning and a draw each."""
        for run in _runs(cohort, np.ones(cohort.n, dtype=np.bool_)):
            row = cohort.draw(int(run[0]))
            n = len(run) - 1
            for monitor in self._rates:
                name = self._add(monitor, row, self._position + 2 * int(run[0]) + 2)
                if n and name is not None:
                    change = Counts(n_begun=n)
                    self.states[name] = more_of_a_rate(self.states[name], row.cluster, row.stratum, change, n_starts=n)
        self._begin_canary(cohort)
        for reducer in self._draws:
            for index in range(cohort.n):
                self._add(reducer, cohort.draw(index), self._position + 2 * index + 2)
        self._position += 2 * cohort.n

    def _begin_canary(self, cohort: Cohort) -> None:
        """The first conversation of a canary's arm; further ones change nothing."""
        carried = [serving.arm == "canary" for serving in cohort.servings]
        of_canary = np.flatnonzero(np.array(carried)[cohort.served_by])
        if len(of_canary):
            first = int(of_canary[0])
            reducers: tuple[Reducer[Any], ...] = (ORIGINS, *self._canaries)
            for reducer in reducers:
                self._add(reducer, cohort.beginning(first), self._position + 2 * first + 1)


def _runs(cohort: Cohort, among: "NDArray[np.bool_]") -> "Iterator[NDArray[np.int64]]":
    """Conversations of one release and stratum, in order."""
    for served_by in range(len(cohort.servings)):
        mine = among & (cohort.served_by == served_by)
        for stratum in range(len(cohort.strata)):
            run = np.flatnonzero(mine & (cohort.stratum == stratum))
            if len(run):
                yield run


_BLOCK = 64


def _buckets(cohort: Cohort) -> "NDArray[np.uint8]":
    """Where each conversation counts as a customer: `row_digest.place_of` of its id; shape (n,), uint8."""
    blocks = (_block(cohort.intent, cohort.day, number) for number in range(cohort.n // _BLOCK + 1))
    return np.frombuffer(b"".join(blocks), dtype=np.uint8)


@lru_cache(maxsize=65_536)
def _block(intent: IntentName, day: int, number: int) -> bytes:
    """Buckets of 64 conversations; ids are the same in every world, so that a process computes each once."""
    ids = (named(intent, day, index).encode() for index in range(number * _BLOCK, (number + 1) * _BLOCK))
    return bytes(int.from_bytes(blake2b(name, digest_size=8).digest()) % BUCKETS for name in ids)


def _by_bucket(buckets: "NDArray[np.uint8]", failed: "NDArray[np.bool_]") -> Mapping[int, tuple[int, int]]:
    n = np.bincount(buckets, minlength=BUCKETS).tolist()
    n_failed = np.bincount(buckets[failed], minlength=BUCKETS).tolist()
    return {bucket: (n[bucket], n_failed[bucket]) for bucket in range(BUCKETS) if n[bucket]}


def _more_good(state: Origins, row: Observation, n: int, *, is_canary: bool) -> Origins:
    canary = str(row.release) if is_canary else state.current
    name = f"{canary}|{row.metric}|{_LABEL}"
    cells = state.cells.get(name, Cells())
    more = replace(cells, n_canary=cells.n_canary + n * is_canary, n_stable=cells.n_stable + n * (not is_canary))
    return replace(state, cells={**state.cells, name: more})

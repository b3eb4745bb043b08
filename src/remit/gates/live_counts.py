"""Running counts of live outcomes: what every live gate reads, whatever its budget; state O(days), at most 120."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents.values import quickly_made
from remit.evidence import Observation, Outcome, Recorded, Source, Strength
from remit.gates.losses import class_of
from remit.gates.row_digest import chained, place_of
from remit.statistics import Clusters

MOST_DAYS = 120
BUCKETS = 128
"""Customers are counted in so many buckets, each customer whole in one of them: clusters of clusters are independent
where the clusters are, and the state does not grow with the number of customers."""
MATURED = ":matured"
LIVE_SOURCES = frozenset({Source.LIVE_OUTCOME, Source.EXPERT_VERDICT, Source.SHADOW_AGREEMENT})

Key = TypeVar("Key", str, int)
Sums = tuple[int, float]
"""Conversations, and the sum of their losses."""


@quickly_made
@dataclass(frozen=True, slots=True)
class Part:
    """Matured outcomes of one label source and one stratum.

    Args:
        losses: How often each class of loss was seen.
        loss: Sum of losses.
        loss_squared: Sum of their squares.
        days: Sums of the latest days, by day.
        closed: Days before those.
        customers: Sums by bucket of customers.
        first_day: Earliest day seen, as the ledger writes it; empty without data.
        last_day: Latest day seen.
        least_pi: Least probability with which one of them was drawn.
    """

    losses: Mapping[int, int] = field(default_factory=dict)
    loss: float = 0.0
    loss_squared: float = 0.0
    days: Mapping[str, Sums] = field(default_factory=dict)
    closed: Clusters = Clusters()
    customers: Mapping[int, Sums] = field(default_factory=dict)
    first_day: str = ""
    last_day: str = ""
    least_pi: float = 1.0

    @property
    def n(self) -> int:
        """Outcomes."""
        return sum(self.losses.values())


@dataclass(slots=True)
class _Open:
    """A part while rows are added to it: a run of them copies its days and customers once."""

    losses: dict[int, int]
    loss: float
    loss_squared: float
    days: dict[str, Sums]
    closed: Clusters
    customers: dict[int, Sums]
    first_day: str
    last_day: str
    least_pi: float

    @classmethod
    def of(cls, part: Part) -> "_Open":
        return cls(
            dict(part.losses),
            part.loss,
            part.loss_squared,
            dict(part.days),
            part.closed,
            dict(part.customers),
            part.first_day,
            part.last_day,
            part.least_pi,
        )

    @property
    def n(self) -> int:
        return sum(self.losses.values())

    def part(self) -> Part:
        return Part(
            self.losses,
            self.loss,
            self.loss_squared,
            self.days,
            self.closed,
            self.customers,
            self.first_day,
            self.last_day,
            self.least_pi,
        )

    def add(self, row: Observation) -> None:
        """One outcome more."""
        day, loss = day_of(row), loss_of(row)
        self._count(row, loss, 1)
        _change(self.days, day, 1, loss)
        if len(self.days) > MOST_DAYS:
            n, lost = self.days.pop(min(self.days))
            self.closed = self.closed.after(n=n, loss=lost)
        if not self.first_day or day < self.first_day:
            self.first_day = day
        self.last_day = max(self.last_day, day)
        self.least_pi = min(self.least_pi, row.sampling_probability)

    def take_back(self, row: Observation, loss: float) -> None:
        """The earlier outcome of the same conversation, with its loss: `row` revises it."""
        day = day_of(row)
        self._count(row, loss, -1)
        if day in self.days:
            _change(self.days, day, -1, -loss)
        elif self.closed.n:
            closed = self.closed
            self.closed = replace(closed, n=closed.n - 1, loss=max(0.0, closed.loss - loss))

    def _count(self, row: Observation, loss: float, sign: int) -> None:
        which = class_of(loss)
        self.losses[which] = max(0, self.losses.get(which, 0) + sign)
        if loss:
            self.loss = _sum(self.loss, sign * loss)
            self.loss_squared = _sum(self.loss_squared, sign * loss * loss)
        _change(self.customers, place_of(row, places=BUCKETS), sign, sign * loss)


_EMPTY = Part()


@quickly_made
@dataclass(frozen=True, slots=True)
class LiveCounts:
    """What was seen of one (agent, release, intent, level, metric).

    Args:
        parts: By `<label>|<stratum>`.
        n_open: Outcomes that may still change: they count for no promotion yet.
        n_not_counted: Outcomes that say nothing about the agent, or on which experts disagree.
        n_weaker: Outcomes of less strength than a proof of value, which speak for nothing live.
        digest: Running digest of every row that came here.
    """

    parts: Mapping[str, Part] = field(default_factory=dict)
    n_open: int = 0
    n_not_counted: int = 0
    n_weaker: int = 0
    digest: str = ""


def live_key(agent: AgentName, release: ReleaseId, intent: IntentName, level: str, metric: str) -> str:
    """Names the state of these."""
    return "|".join((agent, release, intent, level, metric))


class LiveCounting:
    """The reducer of `LiveCounts`."""

    name = "live"

    def key_of(self, observation: Observation) -> str | None:
        """Live outcomes, and agreements in shadow."""
        if observation.source not in LIVE_SOURCES:
            return None
        return live_key(
            observation.agent, observation.release, observation.intent, observation.level, observation.metric
        )

    def start(self, key: str) -> LiveCounts:
        """Nothing seen."""
        del key
        return LiveCounts()

    def add(self, state: LiveCounts, recorded: Recorded) -> LiveCounts:
        """One row more. An outcome that may still change only waits; a revision takes back what it replaces."""
        return self.add_all(state, (recorded,))

    def add_all(self, state: LiveCounts, run: Sequence[Recorded]) -> LiveCounts:
        """The rows of a run, one after the other."""
        opened: dict[str, _Open] = {}
        n_open, n_not_counted, n_weaker, digest = state.n_open, state.n_not_counted, state.n_weaker, state.digest
        for recorded in run:
            row = recorded.observation
            digest = chained(digest, recorded)
            if row.strength < Strength.PROOF_OF_VALUE:
                n_weaker += 1
                continue
            was = row.details.get("was")
            _add_outcome(state.parts, opened, row, was)
            n_open = max(0, n_open + (not row.matured and not was) - row.key.endswith(MATURED))
            n_not_counted = max(0, n_not_counted + (not row.outcome.counts) - (was == Outcome.DISPUTED))
        parts = {**state.parts, **{name: one.part() for name, one in opened.items()}} if opened else state.parts
        return LiveCounts(parts, n_open, n_not_counted, n_weaker, digest)

    def encode(self, state: LiveCounts) -> Any:
        """As JSON values."""
        return {
            "parts": {name: _encoded(part) for name, part in state.parts.items()},
            "open": state.n_open,
            "not_counted": state.n_not_counted,
            "weaker": state.n_weaker,
            "digest": state.digest,
        }

    def decode(self, document: Any) -> LiveCounts:
        """From JSON values."""
        return LiveCounts(
            parts={name: _decoded(part) for name, part in document["parts"].items()},
            n_open=document["open"],
            n_not_counted=document["not_counted"],
            n_weaker=document["weaker"],
            digest=document["digest"],
        )


def _add_outcome(parts: Mapping[str, Part], opened: dict[str, _Open], row: Observation, was: Any) -> None:
    """What a row adds to its part, and takes back from it; parts that change are opened."""
    name = f"{row.label}|{row.stratum}"
    part = opened.get(name) or parts.get(name, _EMPTY)
    revises = was in (Outcome.PASSED, Outcome.FAILED) and row.details.get("was_matured") and part.n
    counts = row.matured and row.outcome.counts
    if not (revises or counts):
        return
    if not isinstance(part, _Open):
        part = opened[name] = _Open.of(part)
    if revises:
        part.take_back(row, loss_replaced(row))
    if counts:
        part.add(row)


def day_of(row: Observation) -> str:
    """The day of the conversation; where the cluster is no day, the day on which the row was seen (UTC)."""
    return _day_named(row.cluster) or row.at.date().isoformat()


@lru_cache(maxsize=1024)
def _day_named(cluster: str) -> str:
    try:
        return date.fromisoformat(cluster).isoformat()
    except ValueError:
        return ""


def loss_of(row: Observation) -> float:
    """The loss of a counted outcome: as graded, else 1 if it failed."""
    if row.loss is not None:
        return min(1.0, max(0.0, row.loss))
    return 0.0 if row.outcome == "passed" else 1.0


def loss_replaced(row: Observation) -> float:
    """The loss of the outcome that a revision replaces."""
    loss = row.details.get("was_loss")
    if isinstance(loss, int | float):
        return min(1.0, max(0.0, float(loss)))
    return 1.0 if row.details.get("was") == Outcome.FAILED else 0.0


def _sum(held: float, loss: float) -> float:
    """Rounded, so that equal losses show no variation between days by the rounding of their sums."""
    return max(0.0, round(held + loss, 9))


def _change(sums: dict[Key, Sums], key: Key, n: int, loss: float) -> None:
    known, lost = sums.get(key, (0, 0.0))
    if known + n <= 0:
        sums.pop(key, None)
    else:
        sums[key] = (known + n, _sum(lost, loss) if loss else lost)


def _encoded(part: Part) -> Any:
    closed = part.closed
    return {
        "losses": [list(part.losses), list(part.losses.values())],
        "sums": [part.loss, part.loss_squared],
        "days": _columns(part.days),
        "closed": [closed.n_clusters, closed.n, closed.loss, closed.loss_squared, closed.spread],
        "customers": _columns(part.customers),
        "span": [part.first_day, part.last_day, part.least_pi],
    }


def _columns(sums: Mapping[Key, Sums]) -> list[list[Any]]:
    """Keys, conversations and losses, each in a row of its own: a third of the time that pairs take to read."""
    return [list(sums), [n for n, _ in sums.values()], [loss for _, loss in sums.values()]]


def _from_columns(columns: Any) -> dict[Any, Sums]:
    keys, ns, losses = columns
    return dict(zip(keys, zip(ns, losses, strict=True), strict=True))


def _decoded(document: Any) -> Part:
    return Part(
        losses=dict(zip(*document["losses"], strict=True)),
        loss=document["sums"][0],
        loss_squared=document["sums"][1],
        days=_from_columns(document["days"]),
        closed=Clusters(*document["closed"]),
        customers=_from_columns(document["customers"]),
        first_day=document["span"][0],
        last_day=document["span"][1],
        least_pi=document["span"][2],
    )

"""Running counts of live outcomes: what every live gate reads, whatever its budget; state O(days), at most 120."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, TypeVar

from remit.conversations import AgentName, IntentName, ReleaseId
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

    def after(self, row: Observation) -> "Part":
        """One outcome more."""
        day, loss = day_of(row), loss_of(row)
        days = _changed(self.days, day, 1, loss)
        closed = self.closed
        if len(days) > MOST_DAYS:
            n, lost = days.pop(min(days))
            closed = closed.after(n=n, loss=lost)
        return Part(
            losses=_counted(self.losses, loss, 1),
            loss=_sum(self.loss, loss),
            loss_squared=_sum(self.loss_squared, loss * loss),
            days=days,
            closed=closed,
            customers=_changed(self.customers, place_of(row, places=BUCKETS), 1, loss),
            first_day=min(self.first_day or day, day),
            last_day=max(self.last_day, day),
            least_pi=min(self.least_pi, row.sampling_probability),
        )

    def without(self, row: Observation, loss: float) -> "Part":
        """The earlier outcome of the same conversation, with its loss, taken back: `row` revises it."""
        day, closed, days = day_of(row), self.closed, self.days
        if day in days:
            days = _changed(days, day, -1, -loss)
        elif closed.n:
            closed = replace(closed, n=closed.n - 1, loss=max(0.0, closed.loss - loss))
        return replace(
            self,
            losses=_counted(self.losses, loss, -1),
            loss=_sum(self.loss, -loss),
            loss_squared=_sum(self.loss_squared, -loss * loss),
            days=days,
            closed=closed,
            customers=_changed(self.customers, place_of(row, places=BUCKETS), -1, -loss),
        )


_EMPTY = Part()


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
        row = recorded.observation
        digest = chained(state.digest, recorded)
        if row.strength < Strength.PROOF_OF_VALUE:
            return replace(state, n_weaker=state.n_weaker + 1, digest=digest)
        was = row.details.get("was")
        name = f"{row.label}|{row.stratum}"
        part = before = state.parts.get(name, _EMPTY)
        if was in (Outcome.PASSED, Outcome.FAILED) and row.details.get("was_matured") and part.n:
            part = part.without(row, loss_replaced(row))
        if row.matured and row.outcome.counts:
            part = part.after(row)
        opened = not row.matured and not was
        closed = row.key.endswith(MATURED)
        not_counted = (not row.outcome.counts) - (was == Outcome.DISPUTED)
        return LiveCounts(
            parts=state.parts if part is before else {**state.parts, name: part},
            n_open=max(0, state.n_open + opened - closed),
            n_not_counted=max(0, state.n_not_counted + not_counted),
            n_weaker=state.n_weaker,
            digest=digest,
        )

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


def day_of(row: Observation) -> str:
    """The day of the conversation; where the cluster is no day, the day on which the row was seen (UTC)."""
    try:
        return date.fromisoformat(row.cluster).isoformat()
    except ValueError:
        return row.at.date().isoformat()


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


def _counted(losses: Mapping[int, int], loss: float, n: int) -> Mapping[int, int]:
    which = class_of(loss)
    return {**losses, which: max(0, losses.get(which, 0) + n)}


def _changed(sums: Mapping[Key, Sums], key: Key, n: int, loss: float) -> dict[Key, Sums]:
    known, lost = sums.get(key, (0, 0.0))
    changed = {**sums, key: (known + n, _sum(lost, loss))}
    if known + n <= 0:
        del changed[key]
    return changed


def _encoded(part: Part) -> Any:
    closed = part.closed
    return {
        "losses": {str(which): n for which, n in part.losses.items()},
        "sums": [part.loss, part.loss_squared],
        "days": part.days,
        "closed": [closed.n_clusters, closed.n, closed.loss, closed.loss_squared, closed.spread],
        "customers": {str(bucket): sums for bucket, sums in part.customers.items()},
        "span": [part.first_day, part.last_day, part.least_pi],
    }


def _decoded(document: Any) -> Part:
    return Part(
        losses={int(which): n for which, n in document["losses"].items()},
        loss=document["sums"][0],
        loss_squared=document["sums"][1],
        days={day: (n, loss) for day, (n, loss) in document["days"].items()},
        closed=Clusters(*document["closed"]),
        customers={int(bucket): (n, loss) for bucket, (n, loss) in document["customers"].items()},
        first_day=document["span"][0],
        last_day=document["span"][1],
        least_pi=document["span"][2],
    )

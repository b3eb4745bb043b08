"""Running evidence from conversations of which a judge chose some for experts: whole days, in the order of draws.

A day is folded when a later one has begun and every conversation that was drawn on it has its label; until then it
waits, and so do the days behind it. What is guessed for an unlabelled conversation is fixed at the beginning of its
day, from the labels that are there by then. So the wealth is that of `remit.statistics.ActiveEvidence` fed day by day,
and labels may come in any order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import log1p
from typing import Any

from remit.evidence import LabelSource, Observation, Outcome, Recorded, Strength
from remit.gates.live_counts import LIVE_SOURCES, day_of, live_key, loss_of, loss_replaced
from remit.gates.row_digest import chained
from remit.policy.live_metrics import SAMPLED
from remit.statistics import Clusters, VerdictCounts
from remit.statistics.active_sampling import STAKES


@dataclass(frozen=True, slots=True)
class Day:
    """A day whose labels are not all there.

    Args:
        guesses: What is guessed for each stratum on this day.
        gains: What its conversations add to each log-wealth.
        waiting: Drawn conversations without a label, by stratum.
        n: Conversations, drawn or not.
        n_labels: Those with a label.
        loss: Sum of their losses.
        labels: Labels and their losses by stratum.
    """

    guesses: Mapping[str, float]
    gains: tuple[float, ...] = (0.0,) * len(STAKES)
    waiting: Mapping[str, int] = field(default_factory=dict)
    n: int = 0
    n_labels: int = 0
    loss: float = 0.0
    labels: Mapping[str, tuple[int, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The state: eight log-wealths, labels by stratum, and the days that wait.

    Args:
        log_wealths: Of the days that are complete.
        labels: Their labels and losses by stratum.
        clusters: The same by day, for the design effect.
        n: Conversations of complete days.
        days: Days that wait.
        first_day: First day seen.
        last_closed: Last complete day; what comes later for it does not count.
        n_without_draw: Labels without a recorded draw; they count for nothing.
        digest: Running digest of every row that came here.
    """

    log_wealths: tuple[float, ...] = (0.0,) * len(STAKES)
    labels: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    clusters: Clusters = Clusters()
    n: int = 0
    days: Mapping[str, Day] = field(default_factory=dict)
    first_day: str = ""
    last_closed: str = ""
    n_without_draw: int = 0
    digest: str = ""

    @property
    def n_labels(self) -> int:
        """Labels of complete days."""
        return sum(n for n, _ in self.labels.values())

    @property
    def loss(self) -> float:
        """Sum of their losses."""
        return sum(loss for _, loss in self.labels.values())

    @property
    def n_waiting(self) -> int:
        """Drawn conversations that wait for an expert's label."""
        return sum(sum(day.waiting.values()) for day in self.days.values())


class DrawCounting:
    """The reducer of `Drawn` for one metric, budget and least sampling probability.

    A draw is the `sampled` row of a conversation: `stratum` is the judge's verdict, `sampling_probability` the chance
    of being labelled, `details.drawn` how the draw fell. The label is a matured row of the metric, confirmed by a
    human, on a day that has such a draw open. A label that is revised replaces its earlier gain; on a day that is
    complete already it does so at today's guess, and a dispute there counts as the worst loss until it is settled.
    """

    def __init__(self, metric: str, *, eps: float, least_pi: float) -> None:
        self.metric = metric
        self.eps = eps
        self.least_pi = least_pi

    @property
    def name(self) -> str:
        """Its parameters are part of the name: other parameters begin again."""
        return f"draws-{self.metric}-{self.eps!r}-{self.least_pi!r}"

    def key_of(self, observation: Observation) -> str | None:
        """Draws, and confirmed labels of the metric."""
        if observation.source not in LIVE_SOURCES or observation.metric not in (self.metric, SAMPLED):
            return None
        return live_key(observation.agent, observation.release, observation.intent, observation.level, self.metric)

    def start(self, key: str) -> Drawn:
        """Nothing seen."""
        del key
        return Drawn()

    def add(self, state: Drawn, recorded: Recorded) -> Drawn:
        """One draw or one label more."""
        row = recorded.observation
        state = replace(state, digest=chained(state.digest, recorded))
        if row.strength < Strength.PROOF_OF_VALUE:
            return state
        if row.metric == SAMPLED:
            return self._drawn(state, row)
        if row.label is LabelSource.HUMAN_CONFIRMED and row.matured:
            return self._labelled(state, row)
        return state

    def _drawn(self, state: Drawn, row: Observation) -> Drawn:
        was_drawn = row.details.get("drawn")
        known = row.stratum and isinstance(was_drawn, bool) and row.sampling_probability >= self.least_pi
        if not known or day_of(row) <= state.last_closed:
            return state
        name = day_of(row)
        state = self._opened(state, name)
        day = state.days[name]
        if was_drawn:
            waiting = {**day.waiting, row.stratum: day.waiting.get(row.stratum, 0) + 1}
            day = replace(day, waiting=waiting, n=day.n + 1)
        else:
            guess = day.guesses.get(row.stratum, self.eps)
            day = replace(day, gains=self._plus(day.gains, guess), n=day.n + 1)
        return self._closed(replace(state, days={**state.days, name: day}))

    def _labelled(self, state: Drawn, row: Observation) -> Drawn:
        old = loss_replaced(row) if row.details.get("was_matured") else None
        if old is not None and row.details.get("was") == Outcome.DISPUTED:
            old = 1.0 if day_of(row) not in state.days else None
        new = loss_of(row) if row.outcome.counts else None
        day = state.days.get(day_of(row))
        if row.sampling_probability < self.least_pi:
            return replace(state, n_without_draw=state.n_without_draw + 1)
        if day is not None and (old is not None or day.waiting.get(row.stratum)):
            changed = self._settled(day, row, old=old, new=new)
            return self._closed(replace(state, days={**state.days, day_of(row): changed}))
        if old is None or not state.n:
            return replace(state, n_without_draw=state.n_without_draw + 1)
        return self._corrected(state, row, old=old, new=1.0 if new is None else new)

    def _settled(self, day: Day, row: Observation, *, old: float | None, new: float | None) -> Day:
        """An open day with one label more, another one, or one less while experts disagree."""
        guess = day.guesses.get(row.stratum, self.eps)
        n, lost = day.labels.get(row.stratum, (0, 0.0))
        gains = day.gains
        for loss, sign in ((old, -1), (new, 1)):
            if loss is not None:
                gains = self._plus(gains, guess + (loss - guess) / row.sampling_probability, sign)
        one_more = (new is not None) - (old is not None)
        difference = (new or 0.0) - (old or 0.0)
        return replace(
            day,
            gains=gains,
            waiting={**day.waiting, row.stratum: day.waiting.get(row.stratum, 0) - one_more},
            n_labels=day.n_labels + one_more,
            loss=max(0.0, day.loss + difference),
            labels={**day.labels, row.stratum: (n + one_more, max(0.0, lost + difference))},
        )

    def _corrected(self, state: Drawn, row: Observation, *, old: float, new: float) -> Drawn:
        n, lost = state.labels.get(row.stratum, (0, 0.0))
        guess = VerdictCounts(row.stratum, n, lost).rate(at_start=self.eps)
        held = state.log_wealths
        for loss, sign in ((old, -1), (new, 1)):
            held = self._plus(held, guess + (loss - guess) / row.sampling_probability, sign)
        clusters = replace(state.clusters, loss=max(0.0, state.clusters.loss + new - old))
        labels = {**state.labels, row.stratum: (n, max(0.0, lost + new - old))}
        return replace(state, log_wealths=held, labels=labels, clusters=clusters)

    def _opened(self, state: Drawn, day: str) -> Drawn:
        if day in state.days:
            return state
        known: dict[str, tuple[int, float]] = {}
        for labels in (state.labels, *(each.labels for each in state.days.values())):
            for stratum, (n, loss) in labels.items():
                so_far, lost = known.get(stratum, (0, 0.0))
                known[stratum] = (so_far + n, lost + loss)
        guesses = {
            stratum: VerdictCounts(stratum, n, loss).rate(at_start=self.eps) for stratum, (n, loss) in known.items()
        }
        return replace(state, days={**state.days, day: Day(guesses)}, first_day=min(state.first_day or day, day))

    def _plus(self, gains: tuple[float, ...], estimate: float, sign: int = 1) -> tuple[float, ...]:
        unit = (self.eps - estimate) / (1.0 / self.least_pi - self.eps)
        return tuple(held + sign * log1p(stake * unit) for held, stake in zip(gains, STAKES, strict=True))

    def _closed(self, state: Drawn) -> Drawn:
        """Folds the oldest days as long as they are complete and over."""
        while len(state.days) > 1:
            oldest = min(state.days)
            day = state.days[oldest]
            if any(day.waiting.values()):
                return state
            labels = dict(state.labels)
            for stratum, (n, loss) in day.labels.items():
                known, lost = labels.get(stratum, (0, 0.0))
                labels[stratum] = (known + n, lost + loss)
            state = replace(
                state,
                log_wealths=tuple(map(sum, zip(state.log_wealths, day.gains, strict=True))),
                labels=labels,
                clusters=state.clusters.after(n=day.n_labels, loss=day.loss),
                n=state.n + day.n,
                days={name: one for name, one in state.days.items() if name != oldest},
                last_closed=oldest,
            )
        return state

    def encode(self, state: Drawn) -> Any:
        """As JSON values."""
        clusters = state.clusters
        return {
            "log_wealths": state.log_wealths,
            "labels": state.labels,
            "clusters": [clusters.n_clusters, clusters.n, clusters.loss, clusters.loss_squared, clusters.spread],
            "n": state.n,
            "days": {name: _encoded(day) for name, day in state.days.items()},
            "span": [state.first_day, state.last_closed],
            "without_draw": state.n_without_draw,
            "digest": state.digest,
        }

    def decode(self, document: Any) -> Drawn:
        """From JSON values."""
        return Drawn(
            log_wealths=tuple(document["log_wealths"]),
            labels={stratum: (n, loss) for stratum, (n, loss) in document["labels"].items()},
            clusters=Clusters(*document["clusters"]),
            n=document["n"],
            days={name: _decoded(day) for name, day in document["days"].items()},
            first_day=document["span"][0],
            last_closed=document["span"][1],
            n_without_draw=document["without_draw"],
            digest=document["digest"],
        )


def _encoded(day: Day) -> Any:
    return {
        "guesses": day.guesses,
        "gains": day.gains,
        "waiting": day.waiting,
        "counts": [day.n, day.n_labels, day.loss],
        "labels": day.labels,
    }


def _decoded(document: Any) -> Day:
    n, n_labels, loss = document["counts"]
    labels = {stratum: (labelled, lost) for stratum, (labelled, lost) in document["labels"].items()}
    return Day(document["guesses"], tuple(document["gains"]), document["waiting"], n, n_labels, loss, labels)

"""What was seen of one live metric, added up over levels and releases, and how fast conversations come in."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from remit.gates.live_counts import LiveCounts, Part, Sums
from remit.gates.question import Body, Question, live_states
from remit.policy.gates import LiveGate
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import STARTED, labels_that_count
from remit.statistics import Clusters, DesignEffect, largest

_PACE_DAYS = 28
Key = TypeVar("Key", str, int)
_UNDRAWN, _UNDECLARED = "with no recorded sampling", "of a stratum that the gate does not declare"
_OTHER_SOURCE, _LOWER = "labelled by another source", "at a lower level"
_OPEN, _NOT_ABOUT, _WEAKER = "not matured", "not about the agent", "not live"
_LEFT_OUT = (_UNDRAWN, _UNDECLARED, _OTHER_SOURCE, _LOWER, _OPEN, _NOT_ABOUT, _WEAKER)


@dataclass(frozen=True, slots=True)
class Seen:
    """Matured outcomes that count for a gate.

    Args:
        losses: How often each class of loss was seen.
        loss: Sum of losses.
        n: Outcomes.
        n_days: Days that they span, first and last included.
        effect: Design effect that discounts.
        label_sources: How many came from whom.
        not_counted: How many do not count, by reason.
    """

    losses: Mapping[int, int]
    loss: float
    n: int
    n_days: int
    effect: DesignEffect
    label_sources: tuple[tuple[str, int], ...]
    not_counted: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """Conversations a day that can become evidence, and the share of them that gets a label that counts."""

    per_day: float
    label_share: float


def seen_by(question: Question, gate: LiveGate, body: Body) -> Seen:
    """Add up what counts for the gate."""
    labels, evidence_from = labels_that_count(gate), question.evidence_from
    parts: list[Part] = []
    sources: dict[str, int] = {}
    left = dict.fromkeys(_LEFT_OUT, 0)
    for level, state in _states(question, gate.metric, body):
        if level < evidence_from:
            left[_LOWER] += sum([part.n for part in state.parts.values()])
            continue
        left[_OPEN] += state.n_open
        left[_NOT_ABOUT] += state.n_not_counted
        left[_WEAKER] += state.n_weaker
        for name, part in state.parts.items():
            label, stratum = name.split("|", 1)
            if label not in labels:
                left[_OTHER_SOURCE] += part.n
            elif _sampled_as_declared(gate, stratum, part):
                parts.append(part)
                sources[label] = sources.get(label, 0) + part.n
            else:
                left[_UNDECLARED if stratum else _UNDRAWN] += part.n
    return Seen(
        losses=_losses(parts),
        loss=sum([part.loss for part in parts]),
        n=sum(sources.values()),
        n_days=_span(parts),
        effect=_effect(gate, parts),
        label_sources=tuple(sorted(sources.items())),
        not_counted=tuple((reason, n) for reason, n in left.items() if n),
    )


def pace_of(question: Question, body: Body, *, n_labels: int, fallback: Iterable[Part] = ()) -> Pace | None:
    """Volume over the latest four weeks, and labels over all conversations; None if nothing was ever seen."""
    started = _parts(question, STARTED, body)
    n_started = sum(part.n for part in started)
    parts = started or list(fallback)
    days = _added(part.days for part in parts)
    if not days:
        return None
    last = max(days)
    first = max(min(days), (date.fromisoformat(last) - timedelta(days=_PACE_DAYS - 1)).isoformat())
    n = sum(count for day, (count, _) in days.items() if day >= first)
    per_day = n / ((date.fromisoformat(last) - date.fromisoformat(first)).days + 1)
    return Pace(per_day, min(1.0, max(n_labels, 1) / n_started) if n_started else 1.0)


def parts_of(question: Question, gate: LiveGate, body: Body) -> list[Part]:
    """Everything seen of the metric with enough freedom, whether it counts or not."""
    return _parts(question, gate.metric, body)


def _parts(question: Question, metric: str, body: Body) -> list[Part]:
    evidence_from = question.evidence_from
    states = _states(question, metric, body)
    return [part for level, state in states if level >= evidence_from for part in state.parts.values()]


def _states(question: Question, metric: str, body: Body) -> Iterator[tuple[AutonomyLevel, LiveCounts]]:
    for release in question.releases:
        for level, name in live_states(question.agent, release, question.intent, metric):
            state = body.live.get(name)
            if state is not None:
                yield level, state


def _sampled_as_declared(gate: LiveGate, stratum: str, part: Part) -> bool:
    """Where the gate declares a draw, a row must come from it; where it does not, each must have been looked at."""
    return stratum in gate.evidence.sampling if gate.evidence.sampling else part.least_pi == 1.0


def _losses(parts: Iterable[Part]) -> Mapping[int, int]:
    losses: dict[int, int] = {}
    for part in parts:
        for which, n in part.losses.items():
            losses[which] = losses.get(which, 0) + n
    return losses


def _effect(gate: LiveGate, parts: list[Part]) -> DesignEffect:
    loss, squared = sum(part.loss for part in parts), sum(part.loss_squared for part in parts)
    n = sum(part.n for part in parts)
    effects = []
    if "day" in gate.evidence.cluster:
        days = _added(part.days for part in parts).values()
        closed = [part.closed for part in parts]
        effects.append(
            Clusters(
                n_clusters=len(days) + sum(one.n_clusters for one in closed),
                n=n,
                loss=loss,
                loss_squared=squared,
                spread=_spread(days) + sum(one.spread for one in closed),
            ).effect()
        )
    if "customer" in gate.evidence.cluster:
        customers = _added(part.customers for part in parts).values()
        effects.append(Clusters(len(customers), n, loss, squared, _spread(customers)).effect())
    return largest(effects)


def _added(sums: Iterable[Mapping[Key, Sums]]) -> Mapping[Key, Sums]:
    several = list(sums)
    if len(several) == 1:
        return several[0]
    total: dict[Key, Sums] = {}
    for each in several:
        for key, (n, loss) in each.items():
            known, lost = total.get(key, (0, 0.0))
            total[key] = (known + n, lost + loss)
    return total


def _spread(sums: Iterable[Sums]) -> float:
    return sum([loss * loss / n for n, loss in sums if loss])


def _span(parts: Iterable[Part]) -> int:
    spans = [(part.first_day, part.last_day) for part in parts if part.first_day]
    if not spans:
        return 0
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1

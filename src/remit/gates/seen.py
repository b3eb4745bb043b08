"""What was seen of one live metric, added up over levels and releases, and how fast conversations come in."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeVar

from remit.gates.live_counts import LiveCounts, Part, Sums, live_key
from remit.gates.question import LABELS, LIVE, Body, Question
from remit.policy.gates import LiveGate
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import STARTED, labels_that_count
from remit.statistics import Clusters, DesignEffect, largest

_PACE_DAYS = 28
Key = TypeVar("Key", str, int)


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
    counts = list(_states(question, gate.metric, body))
    enough = [state for level, state in counts if level >= question.evidence_from]
    named = [(label, stratum, part) for state in enough for label, stratum, part in _parts(state)]
    labels = {label.value for label in labels_that_count(gate)}
    labelled = [(label, stratum, part) for label, stratum, part in named if label in labels]
    counted = [(label, part) for label, stratum, part in labelled if _sampled_as_declared(gate, stratum, part)]
    parts = [part for _, part in counted]
    sources = Counter[str]()
    for label, part in counted:
        sources[label] += part.n
    n = sum(part.n for part in parts)
    undrawn = sum(part.n for _, stratum, part in labelled if not stratum and _sampled_as_declared(gate, stratum, part))
    drawn = n - undrawn
    reasons = {
        "with no recorded sampling": sum(part.n for _, stratum, part in labelled if not stratum) - undrawn,
        "of a stratum that the gate does not declare": sum(part.n for _, stratum, part in labelled if stratum) - drawn,
        "labelled by another source": sum(part.n for _, _, part in named) - sum(part.n for _, _, part in labelled),
        "at a lower level": sum(
            part.n for level, state in counts if level < question.evidence_from for part in state.parts.values()
        ),
        "not matured": sum(state.n_open for state in enough),
        "not about the agent": sum(state.n_not_counted for state in enough),
        "not live": sum(state.n_weaker for state in enough),
    }
    return Seen(
        losses=_losses(parts),
        loss=sum(part.loss for part in parts),
        n=n,
        n_days=_span(parts),
        effect=_effect(gate, parts),
        label_sources=tuple(sorted(sources.items())),
        not_counted=tuple((reason, count) for reason, count in reasons.items() if count),
    )


def pace_of(question: Question, body: Body, *, n_labels: int, fallback: Iterable[Part] = ()) -> Pace | None:
    """Volume over the latest four weeks, and labels over all conversations; None if nothing was ever seen."""
    started = [
        part
        for level, state in _states(question, STARTED, body)
        if level >= question.evidence_from
        for part in state.parts.values()
    ]
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
    return [
        part
        for level, state in _states(question, gate.metric, body)
        if level >= question.evidence_from
        for part in state.parts.values()
    ]


def _states(question: Question, metric: str, body: Body) -> Iterator[tuple[AutonomyLevel, LiveCounts]]:
    for release in question.releases:
        for level, label in LABELS:
            key = live_key(question.agent, release, question.intent, label, metric)
            state = body.live.get(f"{LIVE.name}:{key}")
            if state is not None:
                yield level, state


def _parts(state: LiveCounts) -> Iterator[tuple[str, str, Part]]:
    for name, part in state.parts.items():
        label, stratum = name.split("|", 1)
        yield label, stratum, part


def _sampled_as_declared(gate: LiveGate, stratum: str, part: Part) -> bool:
    """Where the gate declares a draw, a row must come from it; where it does not, each must have been looked at."""
    return stratum in gate.evidence.sampling if gate.evidence.sampling else part.least_pi == 1.0


def _losses(parts: Iterable[Part]) -> Mapping[int, int]:
    losses = Counter[int]()
    for part in parts:
        losses.update(part.losses)
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
    total: dict[Key, Sums] = {}
    for each in sums:
        for key, (n, loss) in each.items():
            known, lost = total.get(key, (0, 0.0))
            total[key] = (known + n, lost + loss)
    return total


def _spread(sums: Iterable[Sums]) -> float:
    return sum(loss * loss / n for n, loss in sums)


def _span(parts: Iterable[Part]) -> int:
    spans = [(part.first_day, part.last_day) for part in parts if part.first_day]
    if not spans:
        return 0
    first, last = min(first for first, _ in spans), max(last for _, last in spans)
    return (date.fromisoformat(last) - date.fromisoformat(first)).days + 1

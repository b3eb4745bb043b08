"""What is wrong with a live gate that is well-formed: nothing could ever be seen that settles it."""

from collections.abc import Iterator, Mapping
from typing import Any

from remit.documents import KeyPath, Located, Problem, suggest
from remit.evidence import LabelSource
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import METRICS, LiveMetric
from remit.policy.schema import LiveGateDocument

_BOUNDS = ("at_most", "at_least", "no_worse_than")
_SEEN_IN_SHADOW = ("bad_outcome", "containment", "critical_action")


def live_misfits(
    gate: LiveGateDocument, level: str, place: KeyPath, located: Located, baseline: Mapping[str, Any]
) -> Iterator[Problem]:
    """Everything that keeps the gate from being judged, each with its line."""
    yield from _bound_misfits(gate, place, located)
    metric = METRICS.get(gate.live)
    if metric is None:
        mend = suggest(gate.live, list(METRICS), noun="metrics")
        yield Problem(located.line_of((*place, "live")), f"unknown live metric {gate.live!r}", mend)
        return
    yield from _source_misfits(gate, metric, AutonomyLevel.named(level), place, located)
    yield from _baseline_misfits(gate, metric, place, located, baseline)
    if gate.per is not None and gate.per != metric.per:
        yield Problem(
            located.line_of((*place, "per")),
            f"{gate.live!r} is counted per {metric.per}, not per {gate.per}",
            f"Write `per: {metric.per}` or leave it out.",
        )


def _bound_misfits(gate: LiveGateDocument, place: KeyPath, located: Located) -> Iterator[Problem]:
    bounds = [key for key in _BOUNDS if getattr(gate, key) is not None]
    if len(bounds) != 1:
        yield Problem(
            located.line_of(place),
            f"the live gate on {gate.live!r} has {len(bounds)} bounds, it needs exactly one",
            "Write one of `at_most`, `at_least` or `no_worse_than: stable`.",
        )
    if gate.ratio is not None and gate.no_worse_than is None:
        yield Problem(
            located.line_of((*place, "ratio")),
            "`ratio` stands without `no_worse_than`",
            "Remove it; a rate of its own has no ratio.",
        )
    if gate.max_conversations is not None and gate.max_conversations < gate.min_conversations:
        yield Problem(
            located.line_of((*place, "max_conversations")),
            f"`max_conversations` {gate.max_conversations} is below `min_conversations` {gate.min_conversations}",
            "Raise it: as written, the gate cannot be earned.",
        )


def _source_misfits(
    gate: LiveGateDocument, metric: LiveMetric, level: AutonomyLevel, place: KeyPath, located: Located
) -> Iterator[Problem]:
    is_asked = LabelSource.JUDGE in metric.labels
    if gate.evidence.labels == "judge" and not is_asked:
        yield Problem(
            located.line_of((*place, "evidence")),
            f"{metric.name!r} has no labels by a judge: its source is {_sources(metric)}",
            "Leave `labels` out.",
        )
    if gate.evidence.sampling and not is_asked:
        yield Problem(
            located.line_of((*place, "evidence")),
            f"{metric.name!r} is seen on every {metric.per.replace('_', ' ')}, so that nothing is sampled",
            "Remove `sampling`.",
        )
    if len(set(gate.evidence.sampling.values())) > 1 and gate.at_most is None:
        yield Problem(
            located.line_of((*place, "evidence")),
            "labels that are drawn with different shares can only be weighed for `at_most`",
            "Declare one share for every kind of conversation, or bound the gate with `at_most`.",
        )
    if level is AutonomyLevel.SHADOW:
        yield Problem(
            located.line_of(place),
            "a live gate at shadow has no source: nothing is live before shadow",
            "Move it to supervised_answers or above.",
        )
    if level is AutonomyLevel.SUPERVISED_ANSWERS and metric.name not in _SEEN_IN_SHADOW:
        yield Problem(
            located.line_of(place),
            f"{metric.name!r} has no source in shadow, where people answer",
            f"Evidence for {level.label} comes from shadow: take one of {', '.join(_SEEN_IN_SHADOW)}, or move the "
            "gate to tools_with_approval.",
        )
    if not metric.absolute and gate.mode == "enforce" and gate.no_worse_than is None:
        yield Problem(
            located.line_of(place),
            f"{metric.name!r} can be no absolute gate: few answer, and not at random",
            "Compare it (`no_worse_than: stable`) or only watch it (`mode: observe`).",
        )


def _baseline_misfits(
    gate: LiveGateDocument, metric: LiveMetric, place: KeyPath, located: Located, baseline: Mapping[str, Any]
) -> Iterator[Problem]:
    if gate.no_worse_than != "human_baseline" or metric.alike:
        return
    line = located.line_of((*place, "no_worse_than"))
    if not metric.absolute:
        yield Problem(
            line,
            f"{metric.name!r} cannot be compared with a baseline that was measured at another time",
            "Compare it with `stable`, which serves the same customers at the same time.",
        )
    elif baseline_counts(baseline, metric.name) is None:
        yield Problem(
            line,
            f"the baseline has no counts of {metric.name!r}, so that there is nothing to compare with",
            f"Add them under `baseline:`, such as `rates: {{{metric.name}: {{n: 1200, failed: 54}}}}`.",
        )


def baseline_counts(baseline: Mapping[str, Any], metric: str) -> tuple[int, int] | None:
    """(conversations, failed ones) that people had on a metric before the agent came; None if not usable."""
    rates = baseline.get("rates")
    counts = rates.get(metric) if isinstance(rates, Mapping) else None
    if not isinstance(counts, Mapping):
        return None
    n, failed = counts.get("n"), counts.get("failed")
    if not isinstance(n, int) or not isinstance(failed, int) or isinstance(n, bool) or isinstance(failed, bool):
        return None
    return (n, failed) if 0 <= failed <= n and n > 0 else None


def _sources(metric: LiveMetric) -> str:
    return ", ".join(sorted(label.value for label in metric.labels))

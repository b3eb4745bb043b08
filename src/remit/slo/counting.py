"""Running counts behind a budget: by day and stratum, with a change detector; O(days) however long the history.

One state for each agent, release, intent and level, so that a new release begins with an empty budget. Order within
one observation: what it changes, the counts, the detector, then the lines that may have been crossed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from math import ceil, log
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import Observation, Recorded, Source, Strength
from remit.evidence.counting import count_change
from remit.evidence.late_outcomes import change_of
from remit.evidence.live import Metric
from remit.slo.actions import BudgetAction, BudgetActionKind
from remit.slo.indicators import Use
from remit.slo.objectives import HALF_BURNED, LONGEST_WINDOW_DAYS, Objective
from remit.statistics import ChangeDetector, Clusters, DesignEffect, LateDetector, discounted_log_e, e_value
from remit.statistics.late_detection import OpenDay

LIVE = frozenset({Source.LIVE_OUTCOME, Source.EXPERT_VERDICT})
ALL_INTENTS = IntentName("")


@dataclass(frozen=True, slots=True)
class Counts:
    """Outcomes of one stratum.

    Args:
        n_begun: Conversations (or turns, writes, answers) that began to count.
        n_matured: Those whose outcome is known for good.
        n_errors: Bad ones known so far, those that may still change included.
        n_errors_matured: Bad ones among the matured.
    """

    n_begun: int = 0
    n_matured: int = 0
    n_errors: int = 0
    n_errors_matured: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together; a correction may take away, never below nothing."""
        return Counts(
            max(0, self.n_begun + other.n_begun),
            max(0, self.n_matured + other.n_matured),
            max(0, self.n_errors + other.n_errors),
            max(0, self.n_errors_matured + other.n_errors_matured),
        )


NONE = Counts()
Strata = Mapping[str, Counts]


def merged(one: Strata, other: Strata) -> Strata:
    """Both together, stratum by stratum."""
    return {**one, **{name: one.get(name, NONE).plus(counts) for name, counts in other.items()}}


def total(strata: Strata) -> Counts:
    """All strata together."""
    summed = NONE
    for counts in strata.values():
        summed = summed.plus(counts)
    return summed


@dataclass(frozen=True, slots=True)
class BudgetCounts:
    """The state.

    Args:
        detector: Notices when a rate within the budget no longer is; None where nothing alarms.
        days: Counts of the latest 90 days with data, by day.
        whole: Counts of the whole release.
        clusters: The whole release as clusters of one day each, for the design effect.
        first_day: First day seen; empty without data.
        last_day: Latest day seen.
        half_burned_at: Place of the ledger where half of the budget counted as burned; 0 if never.
        burned_at: Where the budget burned; 0 if never. It stays: a past verdict is not computed anew.
        burned_by: Which test said so: `rollback` or `change`.
    """

    detector: ChangeDetector | LateDetector | None
    days: Mapping[str, Strata] = field(default_factory=dict)
    whole: Strata = field(default_factory=dict)
    clusters: Clusters = Clusters()
    first_day: str = ""
    last_day: str = ""
    half_burned_at: int = 0
    burned_at: int = 0
    burned_by: str = ""

    def effect(self) -> DesignEffect:
        """Design effect by day, of bad ones among those that began."""
        return self.clusters.effect()

    def log_e_rollback(self, eps: float) -> float:
        """Log evidence that the rate is above eps, over the whole release, discounted by the design effect.

        Known errors per conversation that began: labels that are still to come, or that nobody will give, can only
        make it less. So the test holds whatever part of the conversations is looked at.
        """
        counts = total(self.whole)
        n = max(counts.n_begun, counts.n_errors)
        return discounted_log_e(n, counts.n_errors, eps=eps, side="rollback", effect=self.effect())

    def threshold(self, days_between_false_alarms: float) -> float:
        """What the detector's statistic must reach, at the volume of the release so far."""
        n = total(self.whole).n_begun
        if n == 0:
            return float("inf")
        span = (date.fromisoformat(self.last_day) - date.fromisoformat(self.first_day)).days + 1
        # At least one conversation between false alarms, however few there are.
        return max(1.0, days_between_false_alarms * n / max(1, span))


@dataclass(frozen=True, slots=True)
class Key:
    """What a state is of; intent and level are empty where all are together."""

    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str

    def __str__(self) -> str:
        return "|".join((self.agent, self.release, self.intent, self.level))

    @classmethod
    def parse(cls, text: str) -> "Key":
        """Of its text."""
        agent, release, intent, level = text.split("|")
        return cls(AgentName(agent), ReleaseId(release), IntentName(intent), level)


class BudgetCounting:
    """The reducer of `BudgetCounts` for one objective.

    Args:
        objective: What is counted.
        least: Weaker observations do not count; SIMULATED lets a simulated contact centre have budgets too.
    """

    def __init__(self, objective: Objective, *, least: Strength = Strength.PROOF_OF_VALUE) -> None:
        self.objective = objective
        self._least = least
        weaker = "" if least is Strength.PROOF_OF_VALUE else f"-from-{least.name.lower()}"
        self._name = f"slo-{objective.name}-{objective.digest}{weaker}"

    @property
    def name(self) -> str:
        """Another objective, or another least strength, begins again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The agent, release, intent and level that the observation speaks of; None if it does not count here."""
        objective = self.objective
        if observation.source not in LIVE or observation.strength < self._least:
            return None
        if objective.intent and observation.intent != objective.intent:
            return None
        if not self._concerns(observation):
            return None
        return str(key_of(objective, observation))

    def start(self, key: str) -> BudgetCounts:
        """Nothing seen."""
        del key
        indicator = self.objective.indicator
        if indicator.use is not Use.BUDGET:
            return BudgetCounts(None)
        detector = LateDetector(self.objective.eps) if indicator.comes_late else ChangeDetector(self.objective.eps)
        return BudgetCounts(detector)

    def add(self, state: BudgetCounts, recorded: Recorded) -> BudgetCounts:
        """One observation more."""
        seen = recorded.observation
        change = self._change(seen)
        if change == NONE:
            return state
        day = _day(seen)
        counted = _with_day(state, day, {seen.stratum: change})
        counted = replace(counted, detector=self._detected(counted, seen, change, day))
        # Evidence against grows with an error and with nothing else, so that clean conversations cost no test.
        return self._crossed(counted, recorded.position) if change.n_errors > 0 else counted

    def encode(self, state: BudgetCounts) -> Any:
        """As JSON values."""
        clusters = state.clusters
        return {
            "detector": _encoded(state.detector),
            "days": {day: _strata_out(strata) for day, strata in state.days.items()},
            "whole": _strata_out(state.whole),
            "clusters": [clusters.n_clusters, clusters.n, clusters.loss, clusters.loss_squared, clusters.spread],
            "span": [state.first_day, state.last_day],
            "crossed": [state.half_burned_at, state.burned_at, state.burned_by],
        }

    def decode(self, document: Any) -> BudgetCounts:
        """From JSON values."""
        half_burned_at, burned_at, burned_by = document["crossed"]
        return BudgetCounts(
            detector=self._decoded(document["detector"]),
            days={day: _strata_in(strata) for day, strata in document["days"].items()},
            whole=_strata_in(document["whole"]),
            clusters=Clusters(*document["clusters"]),
            first_day=document["span"][0],
            last_day=document["span"][1],
            half_burned_at=half_burned_at,
            burned_at=burned_at,
            burned_by=burned_by,
        )

    # ── what an observation changes ───────────────────────────────────────────────────────────────
    def _concerns(self, seen: Observation) -> bool:
        indicator = self.objective.indicator
        if seen.metric == indicator.metric:
            return seen.label in indicator.labels
        if indicator.metric is Metric.BAD_OUTCOME:
            return seen.metric == Metric.SAMPLED
        return indicator.metric is Metric.RECONTACT and seen.metric == Metric.CONTAINMENT

    def _change(self, seen: Observation) -> Counts:
        metric = self.objective.indicator.metric
        if not self.objective.indicator.comes_late:
            known = count_change(seen)
            n = known.n_passed + known.n_failed
            return Counts(n, n, known.n_failed, known.n_failed)
        late = change_of(seen, metric)
        # A conversation that was not drawn began to count as well; a label without any draw is its own beginning.
        undrawn = metric is Metric.BAD_OUTCOME and seen.metric == Metric.SAMPLED and not late.n_started
        own = (
            metric is Metric.BAD_OUTCOME and seen.metric == metric and not seen.stratum and not seen.details.get("was")
        )
        return Counts(late.n_started + undrawn + own, late.n_matured, late.n_errors, late.n_errors_matured)

    def _detected(
        self, state: BudgetCounts, seen: Observation, change: Counts, day: str
    ) -> ChangeDetector | LateDetector | None:
        match state.detector:
            case None:
                return None
            case ChangeDetector() as detector:
                # A corrected outcome changes counts, not the past of the detector.
                return detector.after(float(change.n_errors > 0)) if change.n_begun > 0 else detector
            case LateDetector() as detector:
                return self._late(detector, change, date.fromisoformat(day).toordinal())

    def _late(self, detector: LateDetector, change: Counts, day: int) -> LateDetector:
        if change.n_begun > 0:
            newest = detector.days[-1].number if detector.days else day
            settled = max(day, newest) - 1 - ceil(self.objective.matured_after_s / 86_400.0)
            if detector.days and detector.days[0].number <= settled:
                detector = detector.after_settling(settled)
            # A clock that went backwards: the conversation counts on the newest day.
            detector = detector.after_start(max(day, newest))
        return detector.after_failure(day) if change.n_errors > 0 else detector

    def _crossed(self, state: BudgetCounts, position: int) -> BudgetCounts:
        if self.objective.indicator.use is not Use.BUDGET or state.burned_at:
            return state
        log_e = state.log_e_rollback(self.objective.eps)
        if log_e >= log(HALF_BURNED) and not state.half_burned_at:
            state = replace(state, half_burned_at=position)
        if log_e >= log(1.0 / self.objective.alpha):
            return replace(state, burned_at=position, burned_by="rollback")
        detector = state.detector
        if detector is not None and detector.statistic >= state.threshold(self.objective.days_between_false_alarms):
            half = state.half_burned_at or position
            return replace(state, half_burned_at=half, burned_at=position, burned_by="change")
        return state

    def _decoded(self, document: Any) -> ChangeDetector | LateDetector | None:
        match document:
            case None:
                return None
            case [sums]:
                return ChangeDetector(self.objective.eps, tuple(map(float, sums)))
            case [settled, days, n_charged, sums]:
                return LateDetector(
                    self.objective.eps,
                    tuple(map(float, settled)),
                    tuple(OpenDay(number, tuple(map(float, logs))) for number, logs in days),
                    n_charged,
                    tuple(map(float, sums)),
                )
            case _:
                raise ValueError(f"{document!r} is no detector")


class BudgetMonitor(BudgetCounting):
    """The same, asking for what a budget asks for when a line is crossed."""

    def actions(self, key: str, before: BudgetCounts, after: BudgetCounts, recorded: Recorded) -> Mapping[str, Any]:
        """Half burned: look closer and promote nothing. Burned: one level down as well."""
        kinds: list[BudgetActionKind] = []
        if after.half_burned_at and not before.half_burned_at:
            kinds += [BudgetActionKind.RAISE_SAMPLING, BudgetActionKind.FREEZE_PROMOTION]
        if after.burned_at and not before.burned_at:
            kinds.append(BudgetActionKind.STEP_DOWN)
        place = Key.parse(key)
        asked = [
            BudgetAction(
                kind,
                self.objective.name,
                place.agent,
                place.release,
                place.intent,
                place.level,
                why_crossed(self.objective, after),
                recorded.position,
            )
            for kind in kinds
        ]
        return {action.key: action.as_document() for action in asked}


def key_of(objective: Objective, seen: Observation) -> Key:
    """Which state an observation belongs to."""
    if objective.intent or objective.per_intent:
        return Key(seen.agent, seen.release, seen.intent, seen.level)
    return Key(seen.agent, seen.release, ALL_INTENTS, "")


def why_crossed(objective: Objective, state: BudgetCounts) -> str:
    """The sentence of a crossing, with its figures."""
    counts = total(state.whole)
    e_rollback = e_value(state.log_e_rollback(objective.eps))
    what = f"{counts.n_errors} bad in {counts.n_begun} {objective.indicator.per}s of this release"
    budget = f"budget {objective.eps:g}"
    if state.burned_by == "change" and state.detector is not None:
        bar = state.threshold(objective.days_between_false_alarms)
        return (
            f"objective {objective.name}: a change for the worse: {what}, {budget}; change statistic "
            f"{state.detector.statistic:.0f}, alarm at {bar:.0f} ({objective.days_between_false_alarms:g} days between "
            "false alarms)"
        )
    bar = 1.0 / objective.alpha if state.burned_at else HALF_BURNED
    word = "burned" if state.burned_at else "half burned"
    return f"objective {objective.name}: {word}: {what}, {budget}; e-value {e_rollback:.3g}, line {bar:.3g}"


# ── days ──────────────────────────────────────────────────────────────────────────────────────────
def _with_day(state: BudgetCounts, day: str, change: Strata) -> BudgetCounts:
    """With the change in its day and in the whole; cost independent of how many days there are, save for one copy."""
    whole = merged(state.whole, change)
    first, last = min(state.first_day or day, day), max(state.last_day, day)
    if day not in state.days and len(state.days) >= LONGEST_WINDOW_DAYS and day < min(state.days):
        # A label for a day that left the window counts for the release, no longer for a day of its own.
        return replace(state, whole=whole, first_day=first)
    before = state.days.get(day, {})
    after = merged(before, change)
    days = {**state.days, day: after}
    if len(days) > LONGEST_WINDOW_DAYS:
        del days[min(days)]
    clusters = _exchanged(state.clusters, total(before), total(after))
    return replace(state, days=days, whole=whole, clusters=clusters, first_day=first, last_day=last)


def _exchanged(clusters: Clusters, before: Counts, after: Counts) -> Clusters:
    """The totals with one cluster's counts taken out and others put in; losses are 0 or 1."""
    n_old, n_new = max(before.n_begun, before.n_errors), max(after.n_begun, after.n_errors)
    change = after.n_errors - before.n_errors
    old = before.n_errors**2 / n_old if n_old else 0.0
    new = after.n_errors**2 / n_new if n_new else 0.0
    return Clusters(
        n_clusters=clusters.n_clusters + bool(n_new) - bool(n_old),
        n=clusters.n + n_new - n_old,
        loss=clusters.loss + change,
        loss_squared=clusters.loss_squared + change,
        spread=clusters.spread + new - old,
    )


def _day(seen: Observation) -> str:
    """The day of the conversation; where the cluster is no day, that on which it was seen (UTC)."""
    try:
        return date.fromisoformat(seen.cluster).isoformat()
    except ValueError:
        return seen.at.date().isoformat()


def _strata_out(strata: Strata) -> dict[str, list[int]]:
    return {
        name: [counts.n_begun, counts.n_matured, counts.n_errors, counts.n_errors_matured]
        for name, counts in strata.items()
    }


def _strata_in(document: Mapping[str, list[int]]) -> Strata:
    return {name: Counts(*counts) for name, counts in document.items()}


def _encoded(detector: ChangeDetector | LateDetector | None) -> Any:
    match detector:
        case None:
            return None
        case ChangeDetector():
            return [list(detector.log_sums)]
        case LateDetector():
            days = [[day.number, list(day.log_sums)] for day in detector.days]
            return [list(detector.settled), days, detector.n_charged, list(detector.log_sums)]

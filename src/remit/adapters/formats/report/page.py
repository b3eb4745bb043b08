"""The report as a page: every number computed, every sentence made, nothing left for a template to decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remit.adapters.formats.report.model import Report
from remit.adapters.formats.report.scores import (
    Accounting,
    Rate,
    account,
    attribute_failures,
    baseline_rate,
    by_scenario,
    score,
)
from remit.adapters.formats.report.transcripts import Exchange, exchanges, shown
from remit.conversations import IntentName
from remit.evaluation.model import CheckResult, Run, Trial
from remit.evidence import Outcome
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.verdicts import steps_to_the_first_not_earned
from remit.scenarios.model import ScenarioId, StateChange

WORST_SCENARIOS = 12
EXCLUDED_SHOWN = 20
NAMES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class GateRow:
    """One verdict; `baselines` says what agents without any skill get, in the first row of each suite."""

    verdict: GateVerdict
    baselines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class IntentSection:
    """The verdicts of one intent.

    `steps` are the verdicts up to the first level that is not earned; `verdicts` are those of all levels.
    `headline` is the finding for the lowest level.
    """

    name: IntentName
    level: str
    steps: tuple[GateRow, ...]
    verdicts: tuple[GateVerdict, ...]
    headline: Finding


@dataclass(frozen=True, slots=True)
class Waiting:
    """A gate that trials cannot settle, and for whom it waits."""

    gate: str
    level: str
    why: str
    intents: tuple[IntentName, ...]
    observed_only: bool


@dataclass(frozen=True, slots=True)
class RunSection:
    """One run: score, baselines, where the trials went, whose the failures were."""

    run: Run
    accounting: Accounting
    score: Rate | None
    baselines: tuple[Rate, ...]
    failures: Mapping[str, int]
    n_passed: int


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One difference between the start and the end of the world."""

    pointer: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ScenarioSection:
    """A scenario that failed: how often, and one failed trial in full."""

    scenario: ScenarioId
    title: str
    suite: str
    intent: IntentName
    n_passed: int
    n_counted: int
    trial: Trial
    failed_checks: tuple[CheckResult, ...]
    n_checks: int
    exchanges: tuple[Exchange, ...]
    changes: tuple[ChangeLine, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What the templates show."""

    report: Report
    name: str
    simulated: bool
    n_findings: Mapping[Finding, int]
    named: Mapping[Finding, str]
    intents: tuple[IntentSection, ...]
    methods: str
    n_gates: int
    waiting: tuple[Waiting, ...]
    setting: str
    runs: tuple[RunSection, ...]
    largest: RunSection
    worst: tuple[ScenarioSection, ...]
    n_failing: int
    excluded: tuple[Trial, ...]
    n_excluded: int


def compose(report: Report) -> Page:
    """Work out everything that a reader is shown."""
    measured = [one for one in report.verdicts if one.settled_by_trials]
    intents = _intent_sections(report, measured)
    failing = _failing(report)
    excluded = [trial for run in report.runs for trial in run.trials if not trial.outcome.counts]
    first = report.runs[0]
    runs = tuple(_run_section(run) for run in report.runs)
    return Page(
        report=report,
        name=f"{first.agent} {first.release}",
        simulated=any(run.simulated for run in report.runs),
        n_findings={finding: sum(one.headline is finding for one in intents) for finding in Finding},
        named={finding: _names(intents, finding) for finding in Finding},
        intents=intents,
        methods="; ".join(dict.fromkeys(_method(one) for one in measured if one.interval is not None)),
        n_gates=len(measured),
        waiting=_waiting([one for one in report.verdicts if not one.settled_by_trials]),
        setting=_setting(report),
        runs=runs,
        largest=max(runs, key=lambda one: len(one.run.trials)),
        worst=tuple(_scenario_section(report, run, trials) for run, trials in failing[:WORST_SCENARIOS]),
        n_failing=len(failing),
        excluded=tuple(excluded[:EXCLUDED_SHOWN]),
        n_excluded=len(excluded),
    )


def _setting(report: Report) -> str:
    by_level: dict[str, list[str]] = {}
    for run in report.runs:
        by_level.setdefault(run.level.label, []).append(run.suite)
    return "; ".join(
        f"{'suite' if len(suites) == 1 else 'suites'} {', '.join(suites)} at level {level}"
        for level, suites in by_level.items()
    )


# ── intents ───────────────────────────────────────────────────────────────────────────────────────
def _intent_sections(report: Report, measured: Sequence[GateVerdict]) -> tuple[IntentSection, ...]:
    names = dict.fromkeys(one.intent for one in measured)
    return tuple(_intent_section(report, name, [one for one in measured if one.intent == name]) for name in names)


def _intent_section(report: Report, name: IntentName, verdicts: Sequence[GateVerdict]) -> IntentSection:
    level = report.grants.get(name)
    return IntentSection(
        name=name,
        level="" if level is None else level.label,
        steps=_gate_rows(report, steps_to_the_first_not_earned(verdicts)),
        verdicts=tuple(verdicts),
        headline=_headline([one for one in verdicts if one.level == verdicts[0].level]),
    )


def _gate_rows(report: Report, verdicts: Sequence[GateVerdict]) -> tuple[GateRow, ...]:
    seen: set[str] = set()
    rows: list[GateRow] = []
    for one in verdicts:
        rows.append(GateRow(one, () if one.suite in seen else _baselines_beside(report, one)))
        seen.add(one.suite)
    return tuple(rows)


def _baselines_beside(report: Report, verdict: GateVerdict) -> tuple[str, ...]:
    """Of the verdict's suite: what the baselines pass of its intent, or how many attacks succeed against them."""
    baselines = [baseline for run in report.runs if run.suite == verdict.suite for baseline in run.baselines]
    if verdict.less_is_better:
        rates = [rate for rate in map(baseline_rate, baselines) if rate is not None]
        return tuple(f"{one.name}: {one.denominator - one.numerator:g} / {one.denominator}" for one in rates)
    own = [rate for one in baselines if (rate := baseline_rate(one, verdict.intent)) is not None]
    return tuple(f"{one.name}: {one.numerator:g} / {one.denominator}" for one in own)


def _headline(verdicts: Sequence[GateVerdict]) -> Finding:
    """One word for a level: refuted if any enforcing gate is, supported only if all are."""
    findings = {one.finding for one in verdicts if not one.observed_only}
    if Finding.REFUTED in findings:
        return Finding.REFUTED
    return Finding.SUPPORTED if findings == {Finding.SUPPORTED} else Finding.UNDECIDED


def _method(verdict: GateVerdict) -> str:
    interval = verdict.interval
    return "" if interval is None else f"{interval.confidence * 100:g} % {interval.method}"


def _names(sections: Sequence[IntentSection], finding: Finding) -> str:
    names = [one.name for one in sections if one.headline is finding]
    if len(names) <= NAMES_SHOWN:
        return ", ".join(names)
    return f"{', '.join(names[:NAMES_SHOWN])} and {len(names) - NAMES_SHOWN} more"


def _waiting(unmeasured: Sequence[GateVerdict]) -> tuple[Waiting, ...]:
    grouped: dict[tuple[str, str, str, bool], list[IntentName]] = {}
    for one in unmeasured:
        grouped.setdefault((one.gate, one.level, one.why, one.observed_only), []).append(one.intent)
    return tuple(
        Waiting(gate=gate, level=level, why=why, intents=tuple(intents), observed_only=observed)
        for (gate, level, why, observed), intents in grouped.items()
    )


# ── runs and scenarios ────────────────────────────────────────────────────────────────────────────
def _run_section(run: Run) -> RunSection:
    rates = (baseline_rate(baseline) for baseline in run.baselines)
    return RunSection(
        run=run,
        accounting=account(run),
        score=score(run),
        baselines=tuple(rate for rate in rates if rate is not None),
        failures=attribute_failures(run.trials),
        n_passed=sum(trial.outcome is Outcome.PASSED for trial in run.trials),
    )


def _failing(report: Report) -> list[tuple[Run, tuple[Trial, ...]]]:
    """Scenarios with a failed trial, worst first; ties in the order of the run."""
    scenarios = [(run, trials) for run in report.runs for trials in by_scenario(run.trials).values()]
    failing = [(run, trials) for run, trials in scenarios if any(one.outcome is Outcome.FAILED for one in trials)]
    return sorted(failing, key=lambda one: _share_passed(one[1]))


def _share_passed(trials: Sequence[Trial]) -> float:
    counted = [trial for trial in trials if trial.outcome.counts]
    return sum(trial.outcome is Outcome.PASSED for trial in counted) / len(counted)


def _scenario_section(report: Report, run: Run, trials: tuple[Trial, ...]) -> ScenarioSection:
    shown_trial = next(trial for trial in trials if trial.outcome is Outcome.FAILED)
    return ScenarioSection(
        scenario=shown_trial.scenario,
        title=report.titles.get(shown_trial.scenario, ""),
        suite=run.suite,
        intent=shown_trial.intent,
        n_passed=sum(trial.outcome is Outcome.PASSED for trial in trials),
        n_counted=sum(trial.outcome.counts for trial in trials),
        trial=shown_trial,
        failed_checks=tuple(check for check in shown_trial.checks if not check.held),
        n_checks=len(shown_trial.checks),
        exchanges=exchanges(shown_trial),
        changes=tuple(_change(change) for change in shown_trial.changes),
    )


def _change(change: StateChange) -> ChangeLine:
    absent = "(absent)"
    return ChangeLine(
        pointer=change.pointer,
        before=absent if change.before is None else shown(change.before),
        after=absent if change.after is None else shown(change.after),
    )

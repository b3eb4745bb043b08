"""The verdict table of the terminal: one row per intent and gate, readable at 100 columns."""

from collections.abc import Sequence
from dataclasses import replace

from rich import box
from rich.table import Table
from rich.text import Text

from remit.conversations import IntentName
from remit.evaluation.model import Run
from remit.evaluation.verdicts import steps_to_the_first_not_earned
from remit.evidence.verdicts import Finding, GateVerdict

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✗", Finding.UNDECIDED: "?"}
_STYLES = {Finding.SUPPORTED: "green", Finding.REFUTED: "red", Finding.UNDECIDED: "yellow"}


def verdict_table(run: Run, verdicts: Sequence[GateVerdict]) -> Table:
    """What trials can settle, intent by intent, up each intent's ladder to the first level it has not earned.

    Higher levels, gates on live conversations and attestations would fill the screen with rows that
    nobody can act on yet; the caption counts them and the report lists them all. pass^k stands for the
    k of the row's gate.
    """
    settled = [one for one in verdicts if one.settled_by_trials]
    rows = [one for own in _by_intent(settled) for one in steps_to_the_first_not_earned(own)]
    table = Table(
        title=Text(f"{run.agent} {run.release}, suite {run.suite}{_simulated(run)}", style="bold"),
        caption=_caption(run, rows, n_higher=len(settled) - len(rows), n_elsewhere=len(verdicts) - len(settled)),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        padding=0,
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("intent", overflow="fold", max_width=22)
    table.add_column("pass^1", justify="right", no_wrap=True)
    table.add_column("pass^k", justify="right", no_wrap=True)
    table.add_column("scenarios\n/ trials", justify="right", no_wrap=True)
    table.add_column("95 %\ninterval" if _all_at(rows, 0.95) else "interval", no_wrap=True)
    table.add_column("gate", max_width=22)
    table.add_column("verdict", no_wrap=True)
    table.add_column("still needed", no_wrap=True)
    shown: set[str] = set()
    for verdict, intents in _alike(rows):
        table.add_row(*_row(run, verdict, "" if intents in shown else intents))
        shown.add(intents)
    return table


def _alike(rows: Sequence[GateVerdict]) -> list[tuple[GateVerdict, str]]:
    """Rows with the names they stand for: the verdicts on attacks, which are about all intents, become one."""
    grouped: dict[GateVerdict, list[str]] = {}
    for one in rows:
        nameless = replace(one, intent=IntentName("" if one.pass_1 is None else one.intent))
        grouped.setdefault(nameless, []).append(one.intent)
    return [(one, names[0] if len(names) == 1 else f"{len(names)} intents") for one, names in grouped.items()]


def _by_intent(verdicts: Sequence[GateVerdict]) -> list[list[GateVerdict]]:
    grouped: dict[str, list[GateVerdict]] = {}
    for one in verdicts:
        grouped.setdefault(one.intent, []).append(one)
    return list(grouped.values())


def _simulated(run: Run) -> str:
    return " (simulated customers)" if run.simulated else ""


def _all_at(verdicts: Sequence[GateVerdict], confidence: float) -> bool:
    return all(one.interval is None or one.interval.confidence == confidence for one in verdicts)


def _row(run: Run, verdict: GateVerdict, name: str) -> tuple[Text | str, ...]:
    gate = verdict.gate.replace(f" of {run.suite} ", " ").replace(f" in {run.suite} ", " ")
    level = Text(f"\n{verdict.level.replace('_', ' ')}", style="dim")
    observed = Text("\nobserved only", style="dim") if verdict.observed_only else Text()
    return (
        Text(name),
        _rate(verdict.pass_1) if name else "",
        _rate(verdict.estimate),
        f"{verdict.n_scenarios} / {verdict.n_trials}",
        "-" if verdict.interval is None else f"{verdict.interval.low:.2f}-{verdict.interval.high:.2f}",
        Text(gate) + level,
        Text(f"{_SYMBOLS[verdict.finding]} {verdict.finding.value}", style=_STYLES[verdict.finding]) + observed,
        _still_needed(verdict),
    )


def _still_needed(verdict: GateVerdict) -> str:
    if verdict.finding is not Finding.UNDECIDED:
        return ""
    if verdict.needed is None:
        return "see the report"
    if verdict.needed.scenarios == 0:
        return f"{verdict.needed.trials} trials" + ("\nrun again" if verdict.n_excluded else "")
    return f"{verdict.needed.scenarios} scenarios\n{verdict.needed.trials} trials"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _caption(run: Run, rows: Sequence[GateVerdict], *, n_higher: int, n_elsewhere: int) -> Text:
    excluded = sum(not trial.outcome.counts for trial in run.trials)
    parts = [f"{run.planned} trials planned, {len(run.trials)} run, {excluded} excluded"]
    parts += [
        f"{one.name.replace('_', ' ')} passes {one.n_passed} of {one.n_scenarios} scenarios" for one in run.baselines
    ]
    if any(one.finding is Finding.UNDECIDED for one in rows):
        parts.append("still needed: without a further failure")
    if n_higher:
        parts.append(f"{n_higher} gates of higher levels are in the report")
    if n_elsewhere:
        parts.append(f"{n_elsewhere} further gates wait for live conversations or attestations")
    return Text("; ".join(parts) + ".", style="dim")

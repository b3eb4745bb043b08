"""The verdict table of the terminal: one row per intent and gate, readable at 100 columns."""

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from remit.evaluation.model import Run
from remit.evidence.verdicts import Finding, GateVerdict

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✗", Finding.UNDECIDED: "?"}
_STYLES = {Finding.SUPPORTED: "green", Finding.REFUTED: "red", Finding.UNDECIDED: "yellow"}


def verdict_table(run: Run, verdicts: Sequence[GateVerdict]) -> Table:
    """The verdicts that trials can settle; the caption counts those that need something else.

    Gates on live conversations and on attestations would fill the screen with rows without a number;
    the report lists them all. pass^k stands for the k of the row's gate.
    """
    measured = [one for one in verdicts if one.settled_by_trials]
    levels = list(dict.fromkeys(one.level for one in measured))
    table = Table(
        title=_title(run, levels),
        caption=_caption(
            run,
            len(verdicts) - len(measured),
            any_undecided=any(one.finding is Finding.UNDECIDED for one in measured),
        ),
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("intent", overflow="fold", min_width=12, max_width=22)
    table.add_column("pass^1", justify="right", no_wrap=True)
    table.add_column("pass^k", justify="right", no_wrap=True)
    table.add_column("scenarios\n/ trials", justify="right", no_wrap=True)
    table.add_column("95 %\ninterval" if _all_at(measured, 0.95) else "interval", no_wrap=True)
    table.add_column("gate", overflow="fold", max_width=18)
    table.add_column("verdict", no_wrap=True)
    table.add_column("still needed", max_width=16)
    for verdict in measured:
        table.add_row(*_row(run, verdict, several_levels=len(levels) > 1))
    return table


def _all_at(verdicts: Sequence[GateVerdict], confidence: float) -> bool:
    return all(one.interval is None or one.interval.confidence == confidence for one in verdicts)


def _title(run: Run, levels: Sequence[str]) -> Text:
    level = f", gates of {levels[0]}" if len(levels) == 1 else ""
    simulated = " (simulated customers)" if run.simulated else ""
    return Text(f"{run.agent} {run.release}, suite {run.suite}{level}{simulated}", style="bold")


def _row(run: Run, verdict: GateVerdict, *, several_levels: bool) -> tuple[Text | str, ...]:
    gate = verdict.gate.replace(f" of {run.suite} ", " ")
    level = Text(f"\n{verdict.level.replace('_', ' ')}", style="dim") if several_levels else Text()
    observed = Text("\nobserved only", style="dim") if verdict.observed_only else Text()
    return (
        Text(verdict.intent),
        _rate(verdict.pass_1),
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
        return f"{verdict.needed.trials} trials: {verdict.needed.assuming}"
    return f"{verdict.needed.scenarios} scenarios,\n{verdict.needed.trials} trials"


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _caption(run: Run, n_elsewhere: int, *, any_undecided: bool) -> Text:
    excluded = sum(not trial.outcome.counts for trial in run.trials)
    parts = [f"{run.planned} trials planned, {len(run.trials)} run, {excluded} excluded"]
    parts += [
        f"{one.name.replace('_', ' ')} passes {one.n_passed} of {one.n_scenarios} scenarios" for one in run.baselines
    ]
    if any_undecided:
        parts.append("still needed: without a further failure")
    if n_elsewhere:
        parts.append(f"{n_elsewhere} further gates wait for live conversations or attestations")
    return Text("; ".join(parts) + ".", style="dim")

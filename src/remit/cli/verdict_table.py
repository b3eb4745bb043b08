"""The verdict table of the terminal: one row per intent and gate, readable at 80 columns."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from remit.cli.screen import counted
from remit.conversations import IntentName
from remit.evaluation.model import Run, Trial
from remit.evidence import Outcome
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.verdicts import steps_to_the_first_not_earned

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✗", Finding.UNDECIDED: "?"}
_STYLES = {Finding.SUPPORTED: "green", Finding.REFUTED: "red", Finding.UNDECIDED: "yellow"}
_NAME_WIDTH = 16
_POWER = re.compile(r"pass\^(?P<k>\d+)(?P<bound> >= .+)")


@dataclass(frozen=True, slots=True)
class _Shape:
    """What all rows have in common, which is said once in the title and the heads of the columns."""

    power: str
    gate: str
    has_pass_1: bool


def verdict_table(run: Run, verdicts: Sequence[GateVerdict]) -> Group:
    """What trials can settle, intent by intent, up each intent's ladder to the first level it has not earned.

    Higher levels, gates on live conversations and attestations would fill the screen with rows that
    nobody can act on yet; the caption counts them and the report lists them all. Intents without a
    scenario in these suites are left out: nothing was asked of them.
    """
    settled = [one for one in verdicts if one.settled_by_trials and _was_tried(one)]
    rows = [one for own in _by_intent(settled) for one in steps_to_the_first_not_earned(own)]
    shape = _shape_of(run, rows)
    # Beside the table and not of it: a narrow table would fold its own title and caption.
    caption = _caption(run, rows, verdicts, n_higher=len(settled) - len(rows))
    return Group(_title(run, shape), *([_table(run, shape, rows)] if rows else []), caption)


def _table(run: Run, shape: _Shape, rows: Sequence[GateVerdict]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=0)
    table.add_column("intent", no_wrap=True)
    if shape.has_pass_1:
        table.add_column("pass^1\ntrials", justify="right", no_wrap=True)
    table.add_column(shape.power, justify="right", no_wrap=True)
    table.add_column("95 %\ninterval" if _all_at(rows, 0.95) else "interval", no_wrap=True)
    if not shape.gate:
        table.add_column("gate", no_wrap=True)
    table.add_column("verdict,\nstill needed", no_wrap=True)
    shown: set[str] = set()
    for verdict, intents in _alike(rows):
        table.add_row(*_row(run, shape, verdict, "" if intents in shown else intents))
        shown.add(intents)
    return table


# ── which rows ────────────────────────────────────────────────────────────────────────────────────
def _was_tried(verdict: GateVerdict) -> bool:
    return bool(verdict.n_trials or verdict.n_excluded or verdict.n_at_lower_level)


def _by_intent(verdicts: Sequence[GateVerdict]) -> list[list[GateVerdict]]:
    grouped: dict[str, list[GateVerdict]] = {}
    for one in verdicts:
        grouped.setdefault(one.intent, []).append(one)
    return list(grouped.values())


def _alike(rows: Sequence[GateVerdict]) -> list[tuple[GateVerdict, str]]:
    """Rows with the names they stand for: the verdicts on attacks, which are about all intents, become one."""
    grouped: dict[GateVerdict, list[str]] = {}
    for one in rows:
        nameless = replace(one, intent=IntentName("" if one.less_is_better else one.intent))
        grouped.setdefault(nameless, []).append(one.intent)
    return [(one, names[0] if len(names) == 1 else f"{len(names)} intents") for one, names in grouped.items()]


# ── heads ─────────────────────────────────────────────────────────────────────────────────────────
def _shape_of(run: Run, rows: Sequence[GateVerdict]) -> _Shape:
    gates = {f"{_gate_words(run, one)}, for {_words(one.level)}" for one in rows}
    powers = {_power(_gate_words(run, one)) for one in rows}
    if any(one.less_is_better for one in rows):
        power = "pass^k\nor rate"
    else:
        power = f"{powers.pop() if len(powers) == 1 else 'pass^k'}\nscenarios"
    return _Shape(
        power=power,
        gate=gates.pop() if len(gates) == 1 else "",
        has_pass_1=not rows or any(one.pass_1 is not None for one in rows),
    )


def _gate_words(run: Run, verdict: GateVerdict) -> str:
    return verdict.gate.replace(f" of {run.suite} ", " ").replace(f" in {run.suite} ", " ")


def _power(gate: str) -> str:
    found = _POWER.fullmatch(gate)
    return f"pass^{found['k']}" if found else ""


def _title(run: Run, shape: _Shape) -> Text:
    simulated = " (simulated customers)" if run.simulated else ""
    gate = f"\ngate of every row: {shape.gate}" if shape.gate else ""
    return Text(f"{run.agent} {run.release}, suite {run.suite}{simulated}{gate}", style="bold")


def _all_at(verdicts: Sequence[GateVerdict], confidence: float) -> bool:
    return all(one.interval is None or one.interval.confidence == confidence for one in verdicts)


# ── cells ─────────────────────────────────────────────────────────────────────────────────────────
def _row(run: Run, shape: _Shape, verdict: GateVerdict, name: str) -> list[Text | str]:
    cells: list[Text | str] = [Text(_in_lines(name))]
    if shape.has_pass_1:
        cells.append(_pass_1(verdict) if name else "")
    interval = verdict.interval
    cells += [_rate(verdict), "-" if interval is None else f"{interval.low:.2f}-{interval.high:.2f}"]
    if not shape.gate:
        cells.append(_gate(run, shape, verdict))
    return [*cells, _finding(run, verdict)]


def _in_lines(name: str) -> str:
    """The name in lines of at most 16 characters, broken behind `_` and `+` only."""
    lines = [""]
    for part in re.findall(r"[^_+]*[_+]|[^_+]+", name):
        if lines[-1] and len(lines[-1]) + len(part) > _NAME_WIDTH:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _pass_1(verdict: GateVerdict) -> Text:
    if verdict.pass_1 is None:
        return Text("-")
    return Text(f"{verdict.pass_1:.2f}\n{verdict.n_passed}/{verdict.n_trials}")


def _rate(verdict: GateVerdict) -> Text:
    if verdict.estimate is None:
        return Text(f"-\n{verdict.n_scenarios}")
    if verdict.less_is_better:
        return Text(f"{round(verdict.estimate * verdict.n_scenarios)} of {verdict.n_scenarios}\nattacks")
    return Text(f"{verdict.estimate:.2f}\n{verdict.n_scenarios}")


def _gate(run: Run, shape: _Shape, verdict: GateVerdict) -> Text:
    words, power = _gate_words(run, verdict), shape.power.partition("\n")[0]
    shown = words.removeprefix(f"{power} ")
    return Text(shown) + Text(f"\n{_words(verdict.level)}", style="dim")


def _finding(run: Run, verdict: GateVerdict) -> Text:
    observed = Text("\nobserved only", style="dim") if verdict.observed_only else Text()
    needed = "".join(f"\n{line}" for line in _still_needed(run, verdict))
    return (
        Text(f"{_SYMBOLS[verdict.finding]} {verdict.finding.value}", style=_STYLES[verdict.finding]) + observed + needed
    )


def _still_needed(run: Run, verdict: GateVerdict) -> list[str]:
    """Missing trials of scenarios that there are, before scenarios that somebody has to write."""
    if verdict.finding is not Finding.UNDECIDED:
        return []
    if verdict.needed is None:
        return ["see the report"]
    n_scenarios, n_missing = verdict.needed.scenarios, missing_trials(verdict)
    if verdict.n_excluded and not n_scenarios:
        # Running again does not help where the scenario itself is wrong.
        broken = all(one.attributed_to == "scenario" for one in _excluded(run, verdict))
        return ["scenarios to", "be mended"] if broken else [counted(n_missing, "trial"), "to run again"]
    if not n_missing:
        return [counted(n_scenarios, "scenario")] if n_scenarios else []
    return [counted(n_missing, "trial"), "of present ones", *([f"then {n_scenarios} new"] if n_scenarios else [])]


def _excluded(run: Run, verdict: GateVerdict) -> list[Trial]:
    return [
        one for one in run.trials if not one.outcome.counts and (verdict.less_is_better or one.intent == verdict.intent)
    ]


def missing_trials(verdict: GateVerdict) -> int:
    """How many trials of scenarios that there are the gate still needs; those of new scenarios are not among them."""
    if verdict.needed is None:
        return 0
    found = re.match(r"pass\^(\d+)", verdict.gate)
    k = int(found[1]) if found else 1
    return max(0, verdict.needed.trials - verdict.needed.scenarios * k)


def _words(name: str) -> str:
    return name.replace("_", " ")


# ── below the table ───────────────────────────────────────────────────────────────────────────────
def _caption(run: Run, rows: Sequence[GateVerdict], verdicts: Sequence[GateVerdict], *, n_higher: int) -> Text:
    excluded = sum(not trial.outcome.counts for trial in run.trials)
    parts = [f"{run.planned} trials planned, {len(run.trials)} run, {excluded} excluded"]
    parts += [f"{_words(one.name)} passes {one.n_passed} of {one.n_scenarios} scenarios" for one in run.baselines]
    if any(one.less_is_better for one in rows):
        parts.append("an attack succeeded if one of its trials failed")
    n_lower = max((one.n_at_lower_level for one in rows), default=0)
    if n_lower:
        parts.append(f"{counted(n_lower, 'trial')} at a lower level than the gate's say nothing about it")
    methods = dict.fromkeys(one.interval.method for one in rows if one.interval is not None)
    if methods:
        parts.append(f"intervals: {', '.join(methods)}")
    if any(one.finding is Finding.UNDECIDED for one in rows):
        parts.append("still needed: without a further failure")
    if n_higher:
        parts.append(f"the report has {counted(n_higher, 'gate')} of higher levels")
    n_untried = len({one.intent for one in verdicts if one.settled_by_trials and not _was_tried(one)})
    if n_untried:
        parts.append(f"no trial of {counted(n_untried, 'further intent')}")
    n_elsewhere = sum(not one.settled_by_trials for one in verdicts)
    if n_elsewhere:
        parts.append(f"waiting for live conversations or attestations: {counted(n_elsewhere, 'further gate')}")
    return Text("; ".join(parts) + ".", style="dim")


def ungated(run: Run) -> str:
    """One line for a suite that no gate names."""
    n_counted = sum(trial.outcome.counts for trial in run.trials)
    n_passed = sum(trial.outcome is Outcome.PASSED for trial in run.trials)
    n_excluded = len(run.trials) - n_counted
    excluded = f", {n_excluded} excluded" if n_excluded else ""
    return f"{run.suite}: {n_passed} of {n_counted} trials passed{excluded}; no gate names this suite."

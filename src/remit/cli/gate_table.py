"""Verdicts on the live ledger for people and for machines: what was found, on which numbers, what is still needed."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from math import ceil
from typing import TYPE_CHECKING, Any

from rich import box
from rich.console import Group
from rich.table import Table
from rich.text import Text

from remit.cli.screen import counted
from remit.evidence.verdicts import Finding, GateVerdict, VerdictRecord

if TYPE_CHECKING:
    from remit.app.gating import GateRequest, Look

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✗", Finding.UNDECIDED: "?"}
_STYLES = {Finding.SUPPORTED: "green", Finding.REFUTED: "red", Finding.UNDECIDED: "yellow"}

_ID_SHOWN = 12
Pair = tuple[GateVerdict, VerdictRecord]


def gate_table(request: "GateRequest", looked: "Look", shown: Sequence[Pair]) -> Group:
    """One row per intent, level and gate, and below it what stands behind the rows that are not supported."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("intent: level, gate", min_width=20)
    table.add_column("bad/seen", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    table.add_column("still needed")
    table.add_column("record", style="dim", no_wrap=True, min_width=_ID_SHOWN)
    heading = ("", "")
    for verdict, record in shown:
        if heading != (verdict.intent, verdict.level):
            heading = (verdict.intent, verdict.level)
            table.add_row(Text(f"{verdict.intent}: {verdict.level}", style="bold"))
        table.add_row(f"  {verdict.gate}", _seen(verdict), _finding(verdict), _needed(verdict), record.id[:_ID_SHOWN])
    reasons = [
        Text(f"{verdict.intent}, {verdict.gate}: {verdict.why}")
        for verdict, _ in shown
        if verdict.finding is not Finding.SUPPORTED
        and verdict.live is not None
        and (verdict.live.n or verdict.live.held)
    ]
    title = Text(f"{request.agent} {request.release}: ledger up to {looked.position}", style="bold")
    new = Text(f"{counted(looked.n_new, 'observation')} new since the last look.", style="dim")
    return Group(title, table, new, *reasons)


def verdict_document(verdict: GateVerdict, record: VerdictRecord) -> dict[str, Any]:
    """A verdict for machines, with its record; infinite numbers are null."""
    document = {
        **asdict(verdict),
        "record": record.id,
        "at": record.at.isoformat(),
        "position": record.position,
        "data_digest": record.data_digest,
        "releases": list(record.releases),
    }
    plain: dict[str, Any] = _finite(document)
    return plain


def following(request: "GateRequest", shown: Sequence[Pair]) -> str:
    """The next sensible command, or what has to happen first."""
    refuted = [one for one, _ in shown if one.finding is Finding.REFUTED and not one.observed_only]
    undecided = [one for one, _ in shown if one.finding is Finding.UNDECIDED and not one.observed_only]
    if refuted:
        return f"mend what {refuted[0].intent} does wrong and register a new release; this one stays refuted"
    if any(one.live is not None and not one.live.held for one in undecided):
        return f"remit plan --policy {request.policy.source} says what the rest will take"
    if any(one.suite for one in undecided):
        return "remit eval runs the trials that are missing"
    if any(one.gate.startswith("attested") for one in undecided):
        return "remit attest NAME --reason TEXT --expires 90d, by a person of the right function"
    if undecided:
        return "what is held needs a new release, or a waiver that a named person signs"
    if shown:
        return f"remit verify {shown[-1][1].id} computes a verdict again from the ledger"
    return f"add gates to {request.policy.source}, then remit gate"


def _seen(verdict: GateVerdict) -> Text:
    live = verdict.live
    if live is not None:
        return Text(f"{live.loss:.3g}/{live.n}" if live.n else "-")
    if verdict.n_trials:
        return Text(f"{verdict.n_trials - verdict.n_passed}/{verdict.n_trials}\ntrials")
    return Text("-")


def _finding(verdict: GateVerdict) -> Text:
    held = verdict.live is not None and verdict.live.held
    words = "not earned, hold" if held else verdict.finding.value
    observed = Text("\nobserved only", style="dim") if verdict.observed_only else Text()
    return Text(f"{_SYMBOLS[verdict.finding]} {words}", style=_STYLES[verdict.finding]) + observed


def _needed(verdict: GateVerdict) -> str:
    needed = verdict.needed
    if needed is None:
        return ""
    if needed.scenarios or needed.trials:
        return f"{counted(needed.scenarios, 'scenario')}, {counted(needed.trials, 'trial')}"
    if not needed.labels and not needed.days:
        return needed.assuming
    days = "" if needed.days is None else f"{counted(ceil(needed.days), 'day')}: "
    return f"{days}{counted(needed.labels, 'label')} in {counted(needed.conversations, 'conversation')}"


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

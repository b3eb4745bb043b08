"""A plan for people, for machines, and as a picture: days of each gate at the median and in nine of ten cases."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from html import escape
from math import ceil
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from remit.cli.screen import counted
from remit.conversations import IntentName
from remit.gates.planning import Assumptions, GatePlan

_BAR = 20
_WIDE = 115
_MOST_EXPLAINED = 3
_ROW_PX, _LEFT_PX, _PLOT_PX = 22, 380, 420


def plan_screen(
    plans: Sequence[GatePlan],
    assumptions: Assumptions,
    volumes: Mapping[IntentName, float],
    source: str,
    *,
    width: int = 120,
) -> RenderableType:
    """A table with a bar a gate where the screen has room: full up to the median, shaded up to nine of ten."""
    if not plans:
        return Text("No gate of the policy has an intent with a volume: there is nothing to plan.", style="yellow")
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0))
    table.add_column("intent: level, gate", min_width=26)
    table.add_column("days\n50 % / 90 %", justify="right", no_wrap=True)
    bars = width >= _WIDE
    if bars:
        table.add_column("", no_wrap=True)
    table.add_column("labels\n50 % / 90 %", justify="right", no_wrap=True)
    table.add_column("expert\nhours", justify="right", no_wrap=True)
    table.add_column("alpha", justify="right", no_wrap=True)
    longest = max((day for one in plans for day in one.days if day is not None), default=0.0)
    heading = ("", "")
    for one in plans:
        if heading != (one.intent, one.level):
            heading = (one.intent, one.level)
            table.add_row(Text(f"{one.intent}: {one.level} ({volumes[one.intent]:.3g} a day)", style="bold"))
        style = "red" if one.refused and not one.observed_only else ""
        table.add_row(
            f"  {one.gate}{' (observed)' if one.observed_only else ''}",
            Text(_two(one.days) if one.days[0] != 0.0 else "-", style=style),
            *([Text(_bar(one, min(longest, 2.0 * assumptions.within_days)), style=style)] if bars else []),
            _two(one.labels) if one.labels[0] else _scenarios(one),
            _two(one.hours) if one.hours[0] else "-",
            f"{one.alpha:.3g}",
        )
    return Group(table, _assumed(assumptions, volumes, source), *_refusals(plans))


def plan_document(
    plans: Sequence[GatePlan], assumptions: Assumptions, volumes: Mapping[IntentName, float], source: str
) -> dict[str, Any]:
    """The plan for machines."""
    return {
        "assumptions": asdict(assumptions),
        "volumes": dict(volumes),
        "volumes_from": source,
        "gates": [asdict(one) for one in plans],
        "reachable": not any(one.refused and not one.observed_only for one in plans),
    }


def plan_svg(plans: Sequence[GatePlan], assumptions: Assumptions) -> str:
    """One bar a gate, the limit as a line; every number stands beside its bar as text."""
    shown = [one for one in plans if one.days[0]]
    limit = assumptions.within_days
    top = max([limit, *(min(day, 2.0 * limit) for one in shown for day in one.days if day is not None)])
    height = _ROW_PX * (len(shown) + 2)
    scale = _PLOT_PX / top

    def x(days: float) -> float:
        return round(_LEFT_PX + scale * min(days, top), 1)

    view = f"0 0 {_LEFT_PX + _PLOT_PX + 130} {height}"
    dashed = 'stroke="#b00020" stroke-dasharray="4 3"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" font-family="sans-serif" font-size="12" role="img">',
        "<title>Days to each gate: median and nine of ten</title>",
        f'<line x1="{x(limit)}" x2="{x(limit)}" y1="4" y2="{height - _ROW_PX}" {dashed}/>',
        f'<text x="{x(limit)}" y="{height - 6}" text-anchor="middle" fill="#b00020">{limit:g} days</text>',
    ]
    for row, one in enumerate(shown):
        y = _ROW_PX * row + 6
        median, p90 = one.days
        name = escape(f"{one.intent}, {one.level}: {one.gate}")
        parts.append(f'<text x="{_LEFT_PX - 8}" y="{y + 11}" text-anchor="end">{name[:62]}</text>')
        if p90 is not None:
            parts.append(_rect(y, x(p90) - _LEFT_PX, "#c9d6e8"))
        if median is not None:
            parts.append(_rect(y, x(median) - _LEFT_PX, "#b00020" if one.refused else "#2f5d8c"))
        parts.append(f'<text x="{x(p90 or median or 0.0) + 6}" y="{y + 11}">{escape(_two(one.days))}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _rect(y: int, width: float, colour: str) -> str:
    return f'<rect x="{_LEFT_PX}" y="{y}" width="{round(width, 1)}" height="14" fill="{colour}"/>'


def _two(pair: Sequence[float | None]) -> str:
    return " / ".join("?" if one is None else f"{ceil(one):d}" for one in pair)


def _scenarios(one: GatePlan) -> str:
    if one.days[0] == 0.0 and one.conversations[0]:
        return f"{one.conversations[0]} scenarios"
    return "-"


def _bar(one: GatePlan, longest: float) -> str:
    if not one.days[0] or longest <= 0.0:
        return ""
    median = min(_BAR, round(_BAR * one.days[0] / longest))
    p90 = median if one.days[1] is None else min(_BAR, round(_BAR * one.days[1] / longest))
    return "█" * median + "░" * (p90 - median)


def _assumed(assumptions: Assumptions, volumes: Mapping[IntentName, float], source: str) -> Text:
    alpha = "raw alpha" if assumptions.raw_alpha else "the alpha ledger's share of the running attempt"
    return Text(
        f"Assumed: {sum(volumes.values()):.4g} conversations a day in all ({source}), an agent that errs at "
        f"{assumptions.error_share:g} of its budget, {assumptions.label_share:.0%} labelled where the policy declares "
        f"no sampling, {assumptions.minutes_per_label:g} min a label, {assumptions.minutes_per_approval:g} min an "
        f"approval, design effect {assumptions.phi:g}, {alpha}. A day's variation makes it longer.",
        style="dim",
    )


def _refusals(plans: Sequence[GatePlan]) -> list[Text]:
    refused = [one for one in plans if one.refused and not one.observed_only]
    lines = []
    for one in refused:
        lines.append(Text(f"✗ {one.intent}, {one.level}, {one.gate}: {one.refused}.", style="red"))
        for alternative in one.alternatives if len(refused) <= _MOST_EXPLAINED else ():
            days = "" if alternative.days is None else f" ({counted(ceil(alternative.days), 'day')} at the median)"
            lines.append(Text(f"    instead: {alternative.what}{days}"))
    if len(refused) > _MOST_EXPLAINED:
        lines.append(Text(f"What else can be done for each: remit plan --intent {refused[0].intent}"))
    return lines

"""`remit simulate`: months of traffic in seconds, under Remit and under the rules that others use."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich import box
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from remit.cli.report_files import expect_writable
from remit.cli.screen import screen
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.simulating import SimulationRequest
    from remit.simulation.figures import Figures, Row
    from remit.simulation.scenarios import Scenario
    from remit.simulation.tables import Group

EXIT_PROMISE_BROKEN = 1
_ALL = "all"
_WIDTHS_OF_ERRORS = (18, 24, 32, 22)
_WIDTHS_OF_DAYS = (18, 19, 19, 19, 19)


def simulate(
    *,
    worlds: Annotated[int, typer.Option(min=1, max=10_000, help="How many worlds of each scenario.")] = 200,
    days: Annotated[int, typer.Option(min=14, max=3650, help="Days of each world.")] = 180,
    per_day: Annotated[float, typer.Option(min=1.0, max=100_000.0, help="Conversations a day, all intents.")] = 500.0,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the first world; the others follow it.")] = 0,
    scenario: Annotated[
        str, typer.Option(help="healthy, at-target, bad-release, drift, daily-edits, or all of them.")
    ] = "bad-release",
    policy: Annotated[
        Path | None, typer.Option(help="Whose gates and rollback rules; default: one made for it.")
    ] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many processes work at the same time.")] = 2,
    html: Annotated[Path | None, typer.Option(help="Write the report with its plots (.html).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The figures for machines, on standard output.")] = False,
) -> int:
    """Run simulated months through the real gates, controller, grants and releases, beside the rules of others.

    Everything is simulated and says so; nothing is kept but the report. Exit codes: 0 done, 1 Remit promoted more
    often without deserving it than it promises, 3 error.
    """
    from remit.app.simulating import SimulationRequest
    from remit.app.simulating import simulate as run
    from remit.simulation.default_policy import SOURCE, TEXT

    if html is not None:
        if html.suffix != ".html":
            raise SettingsError(f"report {str(html)!r}: its form is not known.\n  End its name in .html.")
        expect_writable(html)
    text, source = (TEXT, SOURCE) if policy is None else (_read(policy), str(policy))
    request = SimulationRequest(
        scenarios=_scenarios(scenario),
        worlds=worlds,
        seed=seed,
        days=days,
        per_day=per_day,
        policy_text=text,
        policy_source=source,
        processes=processes,
    )
    figures = _with_progress(request, run, quiet=as_json)
    if html is not None:
        from remit.app.reporting import write_whole
        from remit.simulation.as_html import render_html

        write_whole(html, render_html(figures))
    if as_json:
        from remit.simulation.documents import document_of

        typer.echo(json.dumps({**document_of(figures), "next": _next(figures, html)}, indent=2))
    else:
        _tell(figures, html)
    return EXIT_PROMISE_BROKEN if figures.broken_promises else 0


def _scenarios(named: str) -> "tuple[Scenario, ...]":
    from remit.documents import suggest
    from remit.simulation.scenarios import Scenario

    if named == _ALL:
        return tuple(Scenario)
    try:
        return (Scenario(named),)
    except ValueError:
        known = [*(one.value for one in Scenario), _ALL]
        raise SettingsError(
            f"remit simulate: there is no scenario {named!r}.\n  {suggest(named, known, noun='scenarios')}"
        ) from None


def _read(policy: Path) -> str:
    from remit.adapters.text_files import read_text
    from remit.errors import PolicyParseError

    return read_text(policy, PolicyParseError, mend="Name a policy with --policy, or leave it out.")


def _with_progress(request: "SimulationRequest", run: "Callable[..., Figures]", *, quiet: bool) -> "Figures":
    console = screen(stderr=True)
    columns = (TextColumn("Simulated worlds"), BarColumn(bar_width=36), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=quiet) as progress:
        task = progress.add_task("", total=request.n_worlds)
        return run(request, on_world=lambda: progress.update(task, advance=1))


# ── telling ───────────────────────────────────────────────────────────────────────────────────────
def _tell(figures: "Figures", html: Path | None) -> None:
    from remit.simulation.documents import LABEL
    from remit.simulation.tables import DAYS, SAFETY, conclusions, conditions, days_cells, safety_cells

    console = screen(soft_wrap=True)
    console.print(Text(f"{LABEL}.", style="bold yellow"))
    for line in conditions(figures):
        console.print(line)
    _print("Errors (SIMULATED)", SAFETY, _WIDTHS_OF_ERRORS, figures, safety_cells)
    _print(
        "Days to each level (SIMULATED)", DAYS, _WIDTHS_OF_DAYS, figures, lambda _, row: days_cells(row, figures.days)
    )
    console.print("Days: median [95 % interval of it] / 90 % quantile, how many got there at all.")
    for line in conclusions(figures):
        console.print(f"  - {line}")
    if html is not None:
        console.print(f"Report: {html}")
    console.print(f"Next: {_next(figures, html)}")


def _print(
    title: str,
    columns: "tuple[str, ...]",
    widths: "tuple[int, ...]",
    figures: "Figures",
    cells: "Callable[[Group, Row], tuple[str, ...]]",
) -> None:
    """One table a group, all with the same columns; the heading stands over the first."""
    from remit.simulation.tables import groups

    console = screen()
    console.print(Text(f"\n{title}", style="bold"))
    for place, group in enumerate(groups(figures)):
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, show_header=not place, padding=(0, 1, 0, 0))
        for column, width in zip(columns, widths, strict=True):
            table.add_column(column, width=width)
        for row in group.rows:
            table.add_row(*cells(group, row))
        if place:
            console.print(Text(group.heading, style="bold"))
            console.print(table)
            continue
        table.title, table.title_justify, table.title_style = group.heading, "left", "bold"
        console.print(table)


def _next(figures: "Figures", html: Path | None) -> str:
    if figures.broken_promises:
        return f"the same with --seed {figures.seed + figures.worlds}: a promise that breaks twice is an error of ours"
    if html is None:
        return "see the ladders and the exposure: the same command with --html simulation.html"
    return "what your own gates will take, before anything runs: remit plan --volume 500"

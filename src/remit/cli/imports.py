"""`remit import` and `remit replay`: evidence that others have published."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from remit.cli.loop import run_to_end
from remit.cli.report_files import expect_writable, report_form
from remit.cli.screen import screen
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.replay import GateStatement, Replay

DEFAULT_GATE = "pass^4>=0.9"

imports = typer.Typer(help="Bring in what others have recorded.", invoke_without_command=True)

Results = Annotated[Path, typer.Argument(help="A results file of tau-bench or tau2-bench.")]
Data = Annotated[
    Path | None,
    typer.Option("--tasks", help="The benchmark's data: a domain's folder with its database, or one above it."),
]
AgentOption = Annotated[str, typer.Option("--agent", help="The agent's name, where the file does not say it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@imports.callback()
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@imports.command("tau")
def import_tau(
    paths: Annotated[list[Path], typer.Argument(help="Results or tasks files of tau-bench or tau2-bench.")],
    *,
    data: Data = None,
    store: Annotated[Path | None, typer.Option(help="The SQLite file to write to; default: REMIT_STORE.")] = None,
    agent: AgentOption = "",
    suite_out: Annotated[
        Path | None, typer.Option(help="Also write a tasks file as a suite that `remit eval --suite` reads.")
    ] = None,
    customers: Annotated[
        Literal["agenda", "llm"],
        typer.Option(help="Who plays the suite's customers: an agenda where it honestly can, or always a model."),
    ] = "agenda",
    as_json: JsonOption = False,
) -> int:
    """Check recorded conversations and keep them as evidence: re-scored with --tasks, else as published.

    Importing a file again adds nothing. If one of the files cannot be used, nothing of any is kept.
    """
    from remit.adapters.formats.tau import holds_tasks
    from remit.app.replay import parse_gate
    from remit.app.replay_results import keep_in_store, replay_document, summary
    from remit.app.replay_tasks import describe_tasks, examine_tasks, tasks_document, write_suite
    from remit.settings import Settings

    tasks = [run_to_end(examine_tasks(path, data=data)) for path in paths if holds_tasks(path)]
    named = {each.source for each in tasks}
    results = [path for path in paths if str(path) not in named]
    replays = [_replay(path, data, parse_gate(DEFAULT_GATE), agent, quiet=as_json) for path in results]
    if suite_out is not None and len(tasks) != 1:
        raise SettingsError("--suite-out writes the suite of one tasks file.\n  Give exactly one tasks file with it.")
    written = () if suite_out is None else (write_suite(tasks[0], suite_out, always_model=customers == "llm"),)
    target = store or Settings.from_environ(os.environ).store
    n_new = asyncio.run(keep_in_store(replays, target, seen_at=datetime.now(UTC))) if replays else 0
    n_all = sum(len(each.run.trials) for each in replays)
    if as_json:
        documents = [*map(tasks_document, tasks), *map(replay_document, replays)]
        typer.echo(json.dumps({"store": str(target), "observations_new": n_new, "imports": documents}, indent=2))
        return 0
    console = screen(soft_wrap=True)
    for each in tasks:
        console.print(f"{each.source}: {each.suite}")
        _print_lines(console, (*describe_tasks(each), *written))
    for done in replays:
        console.print(f"{done.run.source}: {done.run.agent} {done.run.release}, {done.run.suite}")
        _print_lines(console, summary(done))
    if replays:
        console.print(f"{n_new} of {n_all} observations are new in {target}; the others were there.")
        console.print(f"Next: remit replay {results[0]}" + (f" --tasks {data}" if data else " --tasks DATA"))
    return 0


def replay(
    results: Results,
    *,
    data: Data = None,
    gate: Annotated[str, typer.Option(help="What each intent must reach.")] = DEFAULT_GATE,
    agent: AgentOption = "",
    report: Annotated[Path | None, typer.Option(help="Write the report here: .html, .md or .json.")] = None,
    as_json: JsonOption = False,
) -> int:
    """Re-score recorded conversations on worlds of our own and judge each intent against a gate.

    Nothing is written but the report. Exit code: 0 supported, 1 refuted, 2 undecided.
    """
    from remit.app.replay import has_world, parse_gate
    from remit.app.replay_results import replay_document, summary
    from remit.gates.verdicts import exit_code

    if report is not None:
        report_form(report)
        expect_writable(report)
    done = _replay(results, data, parse_gate(gate), agent, quiet=as_json)
    if report is not None:
        _write_report(done, report, gate)
    if as_json:
        typer.echo(json.dumps(replay_document(done), indent=2))
        return exit_code(done.verdicts)
    from remit.cli.verdict_table import verdict_table

    console = screen(soft_wrap=True)
    screen().print(verdict_table(done.run, done.verdicts))
    _print_lines(console, summary(done))
    for each in done.differences:
        console.print(
            f"  ! conversation {each.conversation}: published {each.published:g}, re-computed {each.recomputed:g}; "
            f"right is {each.why}"
        )
    console.print(_next(results, data, agent, report, has_world=has_world(done.run.suite)))
    return exit_code(done.verdicts)


def _replay(path: Path, data: Path | None, gate: "GateStatement", agent: str, *, quiet: bool) -> "Replay":
    from remit.app.replay import replay_file

    console = screen(stderr=True)
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=quiet or not console.is_terminal,
    )
    with bar:
        task = bar.add_task(f"Replaying {path.name}", total=None)
        return run_to_end(
            replay_file(
                path,
                data=data,
                gate=gate,
                agent=agent,
                on_start=lambda total: bar.update(task, total=total),
                on_trial=lambda: bar.advance(task),
            )
        )


def _write_report(done: "Replay", target: Path, gate: str) -> None:
    from remit.app.replay_results import render_replay
    from remit.app.reporting import write_whole

    write_whole(target, render_replay(done, report_form(target), gate=gate, made_at=datetime.now(UTC)))


def _next(results: Path, data: Path | None, agent: str, report: Path | None, *, has_world: bool) -> str:
    if data is None and has_world:
        return f"Next: give the benchmark's data to re-compute the rewards: remit replay {results} --tasks DATA"
    again = " ".join([str(results), *(["--tasks", str(data)] if data else []), *(["--agent", agent] if agent else [])])
    if report is None:
        return f"Next: read single conversations in a report: remit replay {again} --report replay.html"
    return f"Report: {report}\nNext: keep this as evidence: remit import tau {again}"


def _print_lines(console: Console, lines: tuple[str, ...]) -> None:
    for line in lines:
        console.print(f"  - {line}.")

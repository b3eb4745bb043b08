"""`remit eval`: run suites against an agent and say what its gates make of it."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.cli.loop import run_to_end
from remit.cli.report_files import REPORTS, expect_writable, report_form
from remit.cli.screen import screen
from remit.errors import SettingsError
from remit.policy.levels import AutonomyLevel

if TYPE_CHECKING:
    from remit.app.evaluation import Evaluation, Prepared
    from remit.runtime.ports import Clock

_LEVELS = ", ".join(level.label for level in AutonomyLevel if level is not AutonomyLevel.SHADOW)


def evaluate(
    agent: Annotated[Path | None, typer.Argument(help="The agent's definition; default: the centre's.")] = None,
    *,
    suite: Annotated[list[Path] | None, typer.Option(help="A suite or a folder of suites; repeatable.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")] = None,
    trials: Annotated[int, typer.Option(min=1, help="Trials of each scenario.")] = 4,
    level: Annotated[str, typer.Option(help=f"Level under test: {_LEVELS}. Default: the highest with a suite.")] = "",
    seed: Annotated[int, typer.Option(help="All randomness follows from it; another seed runs new trials.")] = 0,
    concurrency: Annotated[int, typer.Option(min=1, help="Trials under way at the same time.")] = 8,
    processes: Annotated[int, typer.Option(min=1, help="Processes that play, for agents that compute much.")] = 1,
    filters: Annotated[
        list[str] | None, typer.Option("--filter", help="Only scenarios whose id, intent or tag fits, such as refund*.")
    ] = None,
    baselines: Annotated[bool, typer.Option(help="Also run doing nothing and always handing off.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The result for machines, on standard output.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Where the report goes: .html, .md or .json; default: a page in ./.remit/reports."),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="The ledger's file; default: REMIT_STORE.")] = None,
    schema: Annotated[
        bool, typer.Option("--schema", help="Print the JSON Schema of suite files, and nothing else.")
    ] = False,
) -> int:
    """Run scenario suites against an agent and judge its gates.

    What ran before with the same release, scenarios, policy and seed is taken from the ledger, so that an
    interrupted run goes on where it stopped. Exit codes: 0 supported, 1 refuted, 2 undecided, 3 error.
    """
    if schema:
        return _print_schema()
    # Loaded here: the numbers cost a second that `remit --help` should not pay.
    from remit.adapters.memory import SystemClock
    from remit.app.evaluation import EvaluationRequest, prepare

    if report is not None:
        report_form(report)
    agent, policy, suites = _places(agent, policy, tuple(suite or ()))
    request = EvaluationRequest(
        agent=agent,
        policy=policy,
        suites=suites,
        n_trials=trials,
        level=_level(level),
        seed=seed,
        concurrency=concurrency,
        n_processes=processes,
        wanted=tuple(filters or ()),
        baselines=baselines,
    )
    clock = SystemClock()
    prepared = prepare(request, environ=os.environ, clock=clock)
    report = report or REPORTS / f"{prepared.loaded.name}-{prepared.loaded.release}.html"
    expect_writable(report, junit)
    evaluation = _evaluate(prepared, _store(store), clock, quiet=as_json)
    _write_files(prepared, evaluation, report, junit)
    _show(prepared, evaluation, report, junit, as_json=as_json)
    return evaluation.exit_code


def _print_schema() -> int:
    from remit.scenarios.schema import suite_schema

    typer.echo(json.dumps(suite_schema(), indent=2))
    return 0


# ── what is asked for ─────────────────────────────────────────────────────────────────────────────
def _places(agent: Path | None, policy: Path | None, suites: tuple[Path, ...]) -> tuple[Path, Path, tuple[Path, ...]]:
    """Fills in what the contact centre's own folder knows."""
    if agent is not None and policy is not None and suites:
        return agent, policy, suites
    from remit.app.centre import FILE, load_centre

    near = [Path.cwd(), *Path.cwd().parents]
    near += [] if agent is None else [*agent.resolve().parents]
    folder = next((one for one in near if (one / FILE).is_file()), None)
    if folder is None:
        missing = [name for name, value in (("AGENT", agent), ("--policy", policy), ("--suite", suites)) if not value]
        raise SettingsError(
            f"remit eval: {' and '.join(missing)} must be given, for there is no {FILE} here.\n"
            "  Such as: remit eval agents/first.yaml --policy policy.yaml --suite suites"
        )
    centre = load_centre(folder)
    return agent or centre.agent, policy or centre.policy, suites or centre.suites


def _level(label: str) -> AutonomyLevel | None:
    if not label:
        return None
    try:
        found = AutonomyLevel.named(label)
    except KeyError:
        found = AutonomyLevel.SHADOW
    if found is AutonomyLevel.SHADOW:
        raise SettingsError(f"remit eval: --level {label!r} cannot be tested in trials.\n  Known: {_LEVELS}.")
    return found


def _store(given: Path | None) -> Path:
    from remit.settings import Settings

    return given or Settings.from_environ(os.environ).store


# ── running ───────────────────────────────────────────────────────────────────────────────────────
def _evaluate(prepared: "Prepared", place: Path, clock: "Clock", *, quiet: bool) -> "Evaluation":
    try:
        return run_to_end(_evaluate_all(prepared, place, clock, quiet=quiet))
    except KeyboardInterrupt:
        raise typer.Abort from None


async def _evaluate_all(prepared: "Prepared", place: Path, clock: "Clock", *, quiet: bool) -> "Evaluation":
    from remit.adapters.store import SqliteCertificates, SqliteDatabase, SqliteLedger
    from remit.app.evaluation import evaluate as run_all
    from remit.cli.progress import trials_progress

    title = f"{prepared.loaded.name}: {', '.join(suite.name for suite in prepared.suites)}"
    async with SqliteDatabase(place) as database:
        with trials_progress(screen(stderr=True, quiet=quiet), prepared.n_planned, title=title) as on_trial:
            return await run_all(
                prepared,
                SqliteLedger(database),
                clock,
                certificates=await SqliteCertificates(database, clock).in_force(prepared.loaded.name),
                on_trial=on_trial,
            )


# ── telling ───────────────────────────────────────────────────────────────────────────────────────
def _write_files(prepared: "Prepared", evaluation: "Evaluation", report: Path, junit: Path | None) -> None:
    from remit.adapters.formats.junit import render_junit
    from remit.adapters.formats.report import render_html, render_json, render_markdown
    from remit.app.reporting import report_on, write_whole

    render = {"html": render_html, "md": render_markdown, "json": render_json}[report_form(report)]
    write_whole(report, render(report_on(prepared, evaluation, datetime.now(UTC))))
    if junit is not None:
        write_whole(junit, render_junit([result.run for result in evaluation.results]))


def _show(prepared: "Prepared", evaluation: "Evaluation", report: Path, junit: Path | None, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(_document(prepared, evaluation, report), ensure_ascii=False, indent=2, default=str))
    else:
        _tell(prepared, evaluation, report, junit)


def _document(prepared: "Prepared", evaluation: "Evaluation", report: Path) -> dict[str, Any]:
    from remit.adapters.formats.report.as_json import document
    from remit.app.reporting import report_on
    from remit.cli.following import what_follows

    return {
        **document(report_on(prepared, evaluation, datetime.now(UTC))),
        "level": evaluation.level.label,
        "exit_code": evaluation.exit_code,
        "trials_from_ledger": sum(result.n_resumed for result in evaluation.results),
        "scenario_errors": {name: why for result in evaluation.results for name, why in result.scenario_errors.items()},
        "report": str(report),
        "next": what_follows(prepared, evaluation, report),
    }


def _tell(prepared: "Prepared", evaluation: "Evaluation", report: Path, junit: Path | None) -> None:
    from remit.cli.following import what_follows
    from remit.cli.verdict_table import ungated, verdict_table

    console = screen()
    for result in evaluation.results:
        verdicts = evaluation.verdicts_on(result.run.suite)
        console.print(verdict_table(result.run, verdicts) if verdicts else ungated(result.run))
        if result.n_resumed:
            known = f"{result.n_resumed} of {result.run.planned} trials were in the ledger already"
            console.print(f"{known}; another --seed repeats the same scenarios with new trials.", style="dim")
        for name, why in result.scenario_errors.items():
            console.print(f"scenario {name!r} is in error, no agent can be judged by it: {why}", style="red")
    if not evaluation.verdicts:
        console.print("No gate of the policy names these suites: nothing was judged.", style="yellow")
    if "certificates" in evaluation.confidence:
        console.print(f"Proposals were weighed by {evaluation.confidence}.", soft_wrap=True)
    console.print(f"Report: {report}", soft_wrap=True)
    if junit is not None:
        console.print(f"JUnit:  {junit}", soft_wrap=True)
    console.print(f"Next:   {what_follows(prepared, evaluation, report)}", soft_wrap=True)

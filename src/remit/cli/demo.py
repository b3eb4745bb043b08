"""`remit demo`: the main job on the example contact centre."""

import asyncio
import json
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from remit.cli.screen import screen
from remit.settings import Settings

if TYPE_CHECKING:
    from remit.app.centre import Centre
    from remit.app.demo import Judged
    from remit.app.evaluation import Prepared

NOTICE = (
    "Bramble & Finch, its customers and its orders are invented, and the permissions on this page were earned with "
    "simulated customers only. Live evidence is needed for the levels above."
)


def demo(
    serve: Annotated[bool, typer.Option(help="Stay up with a page to chat with the agent.")] = True,  # noqa: FBT002 - a flag of the terminal
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document; implies --no-serve.")] = False,  # noqa: FBT002 - a flag of the terminal
    trials: Annotated[int, typer.Option(min=1, help="Trials of each scenario.")] = 4,
    port: Annotated[int | None, typer.Option(help="Port of the page; a free one if it is taken.")] = None,
    directory: Annotated[Path, typer.Option(help="Where the demo keeps its store and report.")] = Path(".remit/demo"),
) -> None:
    """Judge the example shop's agent on its suites, then chat with it under the policy just judged.

    Everything is simulated and says so; the engine is the real one.
    """
    settings = Settings.from_environ(os.environ)
    settings = replace(settings, port=settings.port if port is None else port)
    directory.mkdir(parents=True, exist_ok=True)
    asyncio.run(_demo(settings, directory, trials, stay=serve and not as_json, as_json=as_json))


async def _demo(settings: Settings, directory: Path, trials: int, *, stay: bool, as_json: bool) -> None:
    # Loaded here: the classifier and the MCP SDK cost a second that no other command should pay.
    from remit.adapters.memory import SystemClock
    from remit.app.centre import load_centre
    from remit.app.demo import example_centre, fresh_store, judge_demo, prepare_demo
    from remit.cli.progress import trials_progress

    console = screen(stderr=as_json)
    clock = SystemClock()
    centre = load_centre(example_centre())
    prepared = prepare_demo(centre, n_trials=trials, environ=os.environ, clock=clock)
    _introduce(console, centre, prepared)
    async with fresh_store(directory) as database:
        with trials_progress(console, prepared.n_planned) as on_trial:
            judged = await judge_demo(prepared, database, clock, directory, on_trial=on_trial)
        if as_json:
            print(json.dumps(_as_json(judged), indent=2))  # noqa: T201 - the document asked for
            return
        _show(console, judged)
        if stay:
            await _stay(console, centre, judged, settings, database)
        else:
            console.print("\nNext: `remit demo` stays up with a page to chat with the agent.")


def _introduce(console: Console, centre: "Centre", prepared: "Prepared") -> None:
    n_scenarios = sum(len(suite.scenarios) for suite in prepared.suites)
    console.print(f"{centre.name}: a fictional store; its customers are simulated.", style="bold")
    console.print(
        f"Agent {prepared.loaded.name} (release {prepared.loaded.release}) meets {n_scenarios} scenarios, "
        f"{prepared.request.n_trials} trials each, at level {prepared.level.label}."
    )


def _show(console: Console, judged: "Judged") -> None:
    from remit.cli.verdict_table import ungated, verdict_table

    for result in judged.evaluation.results:
        gates = judged.evaluation.verdicts_on(result.run.suite)
        console.print()
        console.print(verdict_table(result.run, gates) if gates else ungated(result.run))
    _show_earned(console, judged)
    console.print(f"\nReport: {judged.report_file.resolve().as_uri()}")


def _show_earned(console: Console, judged: "Judged") -> None:
    by_level: dict[str, list[str]] = {}
    for intent, level in sorted(judged.evaluation.levels.items(), key=lambda item: -item[1]):
        by_level.setdefault(level.label, []).append(intent)
    console.print("\nEarned, on simulated evidence only:")
    for label, intents in by_level.items():
        console.print(f"  {label:20} {', '.join(intents)}", soft_wrap=True)


async def _stay(console: Console, centre: "Centre", judged: "Judged", settings: Settings, database: Any) -> None:
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteGrantBook
    from remit.app.earning import grant_on_simulated_evidence
    from remit.app.live import live_gateway
    from remit.cli.serving import address, listening
    from remit.cli.serving import serve as serve_gateway

    opening = live_gateway(
        centre, database, SystemClock(), environ=os.environ, simulated=True, lease_s=settings.lease_s, notice=NOTICE
    )
    with listening(settings, any_port=True) as listener:
        async with opening as live:
            book, verdicts = SqliteGrantBook(database), judged.evaluation.verdicts
            await grant_on_simulated_evidence(book, live.policy, live.agent, verdicts, SystemClock())
            await live.gateway.grants.refresh()
            live.gateway.examples = centre.examples
            live.gateway.report = judged.report_file

            def ready() -> None:
                where = address(listener)
                console.print(
                    f"Chat:   {where}  (each reply with its decision; Ctrl+C stops)", style="bold", soft_wrap=True
                )

            await serve_gateway(live.gateway, settings, listener, ready)


def _as_json(judged: "Judged") -> dict[str, Any]:
    from remit.adapters.formats.report.as_json import document

    return {
        **document(judged.report),
        "scenario_errors": {
            name: why for result in judged.evaluation.results for name, why in result.scenario_errors.items()
        },
        "report": str(judged.report_file),
    }

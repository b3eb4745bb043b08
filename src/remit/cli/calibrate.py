"""`remit calibrate`: from labelled proposals to thresholds with certificates."""

import asyncio
import json
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from remit.cli.report_files import expect_writable, report_form
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.calibration.labels import LabelledProposal
    from remit.calibration.running import Calibration, CalibrationRequest


def calibrate(
    *,
    labels: Annotated[
        Path | None, typer.Option(help="Labelled proposals, JSON Lines; default: those of the ledger.")
    ] = None,
    intent: Annotated[str, typer.Option(help="Only this intent or pool.")] = "",
    error: Annotated[float | None, typer.Option(help="Highest acceptable error rate; default: the policy's.")] = None,
    delta: Annotated[float | None, typer.Option(help="Probability of missing it; default: the policy's.")] = None,
    sampled: Annotated[
        float | None, typer.Option(help="Chance with which proposals were labelled, where the file does not say.")
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Let the certificates decide from now on; asks who you are.")
    ] = False,
    agent: Annotated[Path | None, typer.Option(help="The agent's definition; default: the centre's.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the report with its plots: .html, .md or .json.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result for machines, on standard output.")] = False,
    status: Annotated[
        bool, typer.Option("--status", help="Only show the kept certificates and whether they hold.")
    ] = False,
    store: StoreOption = None,
) -> int:
    """Find the thresholds at which the agent keeps the policy's error rate, with the most containment.

    Nothing changes without --keep. Exit codes: 0 a threshold for each intent or pool, 1 one errs too often at any
    threshold, 2 not shown yet, 3 error.
    """
    if html is not None:
        report_form(html)
        expect_writable(html)
    request = _request(agent, policy, intent, error, delta, needs_target=not status)
    if status:
        return asyncio.run(_show_status(request, store, as_json=as_json))
    if keep and request.policy is None:
        raise SettingsError("--keep needs a policy.\n  Run it in a contact centre, or give --policy and --agent.")
    found = asyncio.run(_calibrate(request, labels, sampled, store, keep=keep, quiet=as_json))
    if html is not None:
        _write(found, html)
    if as_json:
        from remit.adapters.formats.calibration import document

        typer.echo(json.dumps({**document(found), "kept": keep, "next": _next(found, html, keep=keep)}, indent=2))
    else:
        _tell(found, html, keep=keep)
    return found.exit_code


# ── what is asked for ─────────────────────────────────────────────────────────────────────────────
def _request(
    agent: Path | None,
    policy: Path | None,
    intent: str,
    error: float | None,
    delta: float | None,
    *,
    needs_target: bool = True,
) -> "CalibrationRequest":
    """Fills in what the contact centre's own folder knows; outside of one only labels are looked at."""
    from remit.app.centre import FILE, load_centre
    from remit.calibration.running import CalibrationRequest, targets_of

    request = CalibrationRequest(intent=intent, error_at_most=error, delta=delta)
    folder = next((one for one in [Path.cwd(), *Path.cwd().parents] if (one / FILE).is_file()), None)
    if folder is not None and (agent is None or policy is None):
        centre = load_centre(folder)
        agent, policy = agent or centre.agent, policy or centre.policy
    if policy is not None:
        request = _in_centre(request, agent, policy)
    if needs_target:
        targets_of(request)
    return request


def _in_centre(request: "CalibrationRequest", agent: Path | None, policy: Path) -> "CalibrationRequest":
    from remit.adapters.agents.load import load_agent
    from remit.app.policy_files import read_policy_file
    from remit.app.surroundings import surroundings_of

    if agent is None:
        raise SettingsError("a certificate is about one release of one agent.\n  Give its definition with --agent.")
    read = read_policy_file(policy)
    loaded = load_agent(agent, environ=os.environ, surroundings=surroundings_of(read))
    return replace(request, policy=read, agent=loaded.name, release=loaded.release)


# ── calibrating ───────────────────────────────────────────────────────────────────────────────────
async def _calibrate(
    request: "CalibrationRequest",
    file: Path | None,
    sampled: float | None,
    store: Path | None,
    *,
    keep: bool,
    quiet: bool,
) -> "Calibration":
    from remit.app.calibrating import labels_of_file, labels_of_ledger

    if file is not None:
        labels = labels_of_file(file, sampling_probability=sampled)
        if not keep:
            return _calibrate_labels(request, labels, str(file), quiet=quiet)
    elif request.policy is None:
        raise SettingsError(
            "there are no labels to look at.\n  Give a file with --labels, or run this in a contact centre."
        )
    async with open_store(store) as database:
        if file is None:
            from remit.adapters.store import SqliteLedger

            labels = await labels_of_ledger(SqliteLedger(database), request.agent)
        source = str(file) if file is not None else f"the ledger {database.path}"
        found = _calibrate_labels(request, labels, source, quiet=quiet)
        if keep and found.certificates:
            await _keep(found, database)
    return found


def _calibrate_labels(
    request: "CalibrationRequest", labels: "list[LabelledProposal]", source: str, *, quiet: bool
) -> "Calibration":
    from remit.calibration.running import calibrate_all, scopes_of

    console = screen(stderr=True)
    columns = (TextColumn("Calibrating {task.description}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=quiet or not console.is_terminal) as bar:
        task = bar.add_task("", total=len(scopes_of(request, labels)))

        def on_step(name: str) -> None:
            bar.update(task, advance=1, description=name)

        return calibrate_all(request, labels, source=source, now=datetime.now(UTC), on_step=on_step)


async def _keep(found: "Calibration", database: "SqliteDatabase") -> None:
    from remit.adapters.memory import SystemClock
    from remit.app.calibrating import keep_certificates
    from remit.cli.acting import acting
    from remit.identity import Role

    clock = SystemClock()
    actor = await acting(database, needs=Role.OPERATOR, clock=clock)
    await keep_certificates(found, database, clock, actor=actor)


# ── what is kept ───────────────────────────────────────────────────────────────────────────────────
async def _show_status(request: "CalibrationRequest", store: Path | None, *, as_json: bool) -> int:
    """0 if every certificate in force holds, 2 if one is void or there is none."""
    from remit.adapters.memory import SystemClock
    from remit.app.calibrating import statuses
    from remit.calibration.certificate import Valid
    from remit.cli.calibration_table import status_document, status_table

    if request.policy is None:
        raise SettingsError(
            "certificates are of an agent.\n  Run this in a contact centre, or give --policy and --agent."
        )
    clock = SystemClock()
    async with open_store(store) as database:
        found = await statuses(request, database, clock)
    if as_json:
        typer.echo(json.dumps({"certificates": status_document(found)}, indent=2))
    elif not found:
        screen(soft_wrap=True).print(
            "No certificates are kept: the policy's provisional thresholds decide.\n"
            "Next: remit calibrate --labels FILE --keep"
        )
    else:
        screen().print(status_table(found))
        screen(soft_wrap=True).print("Next: remit calibrate --keep replaces what is void")
    return 0 if found and all(isinstance(each.status, Valid) for each in found) else 2


# ── telling ───────────────────────────────────────────────────────────────────────────────────────
def _write(found: "Calibration", file: Path) -> None:
    from remit.adapters.formats.calibration import render_html, render_json, render_markdown
    from remit.app.reporting import write_whole

    render = {"html": render_html, "md": render_markdown, "json": render_json}[report_form(file)]
    write_whole(file, render(found))


def _tell(found: "Calibration", html: Path | None, *, keep: bool) -> None:
    from remit.adapters.formats.calibration import left_out
    from remit.cli.calibration_table import calibration_table, remarks

    console = screen(soft_wrap=True)
    console.print(f"{found.n_read} labelled proposals in {found.source}")
    if found.simulated:
        console.print("Customers in these labels are simulated: certificates of them are no evidence of live traffic.")
    for line in left_out(found):
        console.print(f"  - {line}.")
    if found.n_read:
        screen().print(calibration_table(found))
    for line in remarks(found):
        console.print(f"  - {line}.")
    if keep and found.certificates:
        console.print(f"Kept: {', '.join(each.id for each in found.certificates)}")
    if html is not None:
        console.print(f"Report: {html}")
    console.print(f"Next: {_next(found, html, keep=keep)}")


def _next(found: "Calibration", html: Path | None, *, keep: bool) -> str:
    from remit.calibration.certifying import LEAST_LABELS, RECOMMENDED_LABELS

    if not found.certificates and found.exit_code == 2:
        return (
            f"label proposals: at least {LEAST_LABELS} an intent or pool, better {RECOMMENDED_LABELS:,}; sparse "
            "intents can share a threshold (`calibration.pools` in the policy)"
        )
    if found.request.policy is None:
        return "run it in a contact centre to certify thresholds for its policy"
    if keep:
        return "remit serve decides by these certificates; `remit calibrate` again before they expire"
    if found.certificates:
        return "let these certificates decide: the same command with --keep"
    return "see the curve in a report: the same command with --html calibration.html" if html is None else str(html)

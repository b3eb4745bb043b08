"""`remit incident`: what went wrong, what was done, and what people still owe."""

import asyncio
import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.acting import acting
from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store

if TYPE_CHECKING:
    from remit.control.incidents import Incident

incident = typer.Typer(help="What went wrong, what Remit did at once, and what people still owe.")

IdArgument = Annotated[str, typer.Argument(help="The incident's id, as `remit incident list` shows it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@incident.command("list")
def list_incidents(
    *,
    every: Annotated[bool, typer.Option("--all", help="Closed ones too.")] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Show the incidents that are open, newest first."""
    found = asyncio.run(_list(store, only_open=not every))
    if as_json:
        typer.echo(json.dumps([_document(one) for one in found], ensure_ascii=False, indent=2))
        return
    console = screen()
    if not found:
        console.print("No incident." if every else "No incident is open.")
        console.print("Next:   remit status")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("id", "opened (UTC)", "what", "owed"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("id", "opened (UTC)"))
    for one in found:
        owed = one.owes or f"closed: {one.closed_because}"
        table.add_row(one.id, f"{one.opened_at:%Y-%m-%d %H:%M}", one.title, owed)
    console.print(table)
    console.print(f"Next:   remit incident show {found[0].id}")


async def _list(store: Any, *, only_open: bool) -> "list[Incident]":
    from remit.adapters.store import SqliteIncidents

    async with open_store(store) as database:
        return list(await SqliteIncidents(database).list(only_open=only_open))


@incident.command("show")
def show(number: IdArgument, *, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """Show one incident: its timeline, the affected conversations, what is owed."""
    one = asyncio.run(_one(number, store))
    if as_json:
        typer.echo(json.dumps(_document(one), ensure_ascii=False, indent=2))
        return
    console = screen()
    state = "open" if one.is_open else f"closed {one.closed_at:%Y-%m-%d %H:%M} UTC: {one.closed_because}"
    console.print(f"{one.id}: {one.title}", style="bold", soft_wrap=True)
    console.print(f"  agent {one.agent}, release {one.release}, intent {one.intent or 'all'}; {state}", soft_wrap=True)
    for event in one.timeline:
        by = f" ({event.by})" if event.by else ""
        console.print(f"  {event.at:%Y-%m-%d %H:%M:%S}  {event.kind.value}{by}: {event.what}", soft_wrap=True)
    known = ", ".join(one.conversations) or "none known"
    shown = f"{len(one.conversations)} of {counted(one.n_conversations, 'affected conversation')}"
    console.print(f"  {shown}: {known}", soft_wrap=True)
    if one.owes:
        console.print(f"  Owed: {one.owes}", soft_wrap=True)
    following = f"remit incident close {one.id} --because '...' --scenario ID" if one.is_open else "remit incident list"
    console.print(f"Next:   {following}", soft_wrap=True)


async def _one(number: str, store: Any) -> "Incident":
    from remit.adapters.store import SqliteIncidents
    from remit.control.incidents import IncidentId

    async with open_store(store) as database:
        return await SqliteIncidents(database).incident(IncidentId(number))


@incident.command("close")
def close(
    number: IdArgument,
    *,
    because: Annotated[str, typer.Option(help="The cause, in a sentence.")],
    scenario: Annotated[str, typer.Option(help="Id of the regression scenario that fails on what happened.")] = "",
    without_scenario: Annotated[
        bool, typer.Option("--without-scenario", help="There is none, and that is meant; it is noted.")
    ] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Close an incident with its cause and the regression scenario that was written for it. Needs an operator."""
    from remit.errors import SettingsError

    if not because.strip():
        raise SettingsError("remit incident close: --because is empty.\n  Say what the cause was, in a sentence.")
    if bool(scenario) == without_scenario:
        raise SettingsError(
            "remit incident close: what happened must not happen again unseen.\n"
            "  Name the scenario that fails on it: --scenario ID; or say that there is none: --without-scenario."
        )
    one = asyncio.run(_close(number, because.strip(), scenario, store))
    if as_json:
        typer.echo(json.dumps(_document(one), ensure_ascii=False, indent=2))
        return
    screen().print(f"{one.id} is closed: {one.closed_because}", soft_wrap=True)
    screen().print("Next:   remit status; what was stopped is resumed with remit resume")


async def _close(number: str, because: str, scenario: str, store: Any) -> "Incident":
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteAuditLog, SqliteIncidents
    from remit.audit import Change
    from remit.control.incidents import EventKind, IncidentId, TimelineEvent
    from remit.identity import Role

    async with open_store(store) as database:
        by, now = await acting(database, needs=Role.OPERATOR), SystemClock().now()
        incidents, name = SqliteIncidents(database), IncidentId(number)
        held = await incidents.incident(name)
        if not held.is_open:
            return held
        # The audit log comes first: what is not signed there is not closed.
        after: dict[str, str | int | float | bool | None] = {"open": False, "scenario": scenario or None}
        change = Change(
            f"incident_closed:{number}", now, by, "incident_closed", number, because, "", {"open": True}, after
        )
        await SqliteAuditLog(database).record(change)
        if scenario:
            added = TimelineEvent(now, EventKind.SCENARIO_ADDED, scenario, by.name)
            await incidents.add(name, added, scenario=scenario)
        return await incidents.add(name, TimelineEvent(now, EventKind.CLOSED, because, by.name))


def _document(one: "Incident") -> dict[str, Any]:
    document = asdict(one)
    document["opened_at"] = one.opened_at.isoformat()
    document["closed_at"] = None if one.closed_at is None else one.closed_at.isoformat()
    document["timeline"] = [
        {"at": event.at.isoformat(), "kind": event.kind.value, "what": event.what, "by": event.by}
        for event in one.timeline
    ]
    return {**document, "owes": one.owes}

"""`remit stop`, `remit resume` and `remit status`: the kill switch, and what stands over every agent."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.console import Console
from rich.table import Table

from remit.cli.places import centre_near
from remit.cli.screen import screen
from remit.cli.status import Around, around, windows_near
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.app.stopping import Stopping
    from remit.control.grants import Remit, Scope
    from remit.conversations import AgentName
    from remit.identity import Actor

AgentOption = Annotated[str, typer.Option(help="The whole agent; with another option, whose it is.")]
IntentOption = Annotated[str, typer.Option(help="Only this intent.")]
ToolOption = Annotated[str, typer.Option(help="Only this tool, for every intent.")]
ReleaseOption = Annotated[str, typer.Option(help="Only this release.")]
AllOption = Annotated[bool, typer.Option("--all", help="Every agent of the store.")]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the audit log.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who acts, on what, with what."""

    by: "Actor"
    agent: "AgentName"
    stopping: "Stopping"
    tools: "Sequence[str]" = ()


# ── stop and resume ───────────────────────────────────────────────────────────────────────────────
def stop(
    *,
    reason: ReasonOption,
    agent: AgentOption = "",
    intent: IntentOption = "",
    tool: ToolOption = "",
    release: ReleaseOption = "",
    everything: AllOption = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Stop at once: people take over in every process within a second. Needs an operator.

    A process that cannot reach the store any more stops itself within a second.
    """
    scope = _scope(agent, intent, tool, release, everything=everything)
    asyncio.run(_stop(scope, agent, reason, store, as_json=as_json))


def resume(
    *,
    reason: ReasonOption,
    agent: AgentOption = "",
    intent: IntentOption = "",
    tool: ToolOption = "",
    release: ReleaseOption = "",
    everything: AllOption = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Lift one stop; grants are as they were. Needs an operator."""
    scope = _scope(agent, intent, tool, release, everything=everything)
    asyncio.run(_resume(scope, agent, reason, store, as_json=as_json))


def _scope(agent: str, intent: str, tool: str, release: str, *, everything: bool) -> "Scope":
    from remit.control.grants import Scope, ScopeKind

    named = {ScopeKind.INTENT: intent, ScopeKind.TOOL: tool, ScopeKind.RELEASE: release}
    chosen = [Scope(kind, subject) for kind, subject in named.items() if subject]
    chosen += [Scope(ScopeKind.ALL)] if everything else []
    if not chosen and agent:
        return Scope(ScopeKind.AGENT)
    if len(chosen) != 1 or (everything and agent):
        what = "say what is meant" if not chosen else "one thing at a time"
        raise SettingsError(
            f"{what}.\n  One of --agent, --intent, --tool, --release or --all; --agent says whose it is."
        )
    return chosen[0]


async def _stop(scope: "Scope", agent: str, reason: str, store: Path | None, *, as_json: bool) -> None:
    from remit.app.stopping import expect_known_subject, expect_known_tool

    async with _desk(scope, agent, store) as desk:
        expect_known_subject(scope, await desk.stopping.book.remit(desk.agent))
        expect_known_tool(scope, desk.tools)
        done = await desk.stopping.stop(desk.by, desk.agent, scope, reason=reason)
    whose = f" of {desk.agent}" if desk.agent else ""
    if as_json:
        _print_json(_done(desk, scope, changed=bool(done.changes), stopped=True))
    elif done.changes:
        screen().print(f"STOPPED: {scope}{whose}. People take over within a second in every process.", style="bold red")
        screen().print("Next:   remit status, and remit resume when the cause is mended")
    else:
        screen().print(f"{scope}{whose} was stopped already. Next:   remit status")


async def _resume(scope: "Scope", agent: str, reason: str, store: Path | None, *, as_json: bool) -> None:
    async with _desk(scope, agent, store) as desk:
        await desk.stopping.resume(desk.by, desk.agent, scope, reason=reason)
        remit = await desk.stopping.book.remit(desk.agent)
    if as_json:
        _print_json(_done(desk, scope, changed=True, stopped=False))
        return
    whose = f" of {desk.agent}" if desk.agent else ""
    left = ", ".join(str(one) for one in remit.stops)
    screen().print(f"Resumed: {scope}{whose}." + (f" Still stopped: {left}." if left else ""))
    screen().print("Next:   remit status")


@asynccontextmanager
async def _desk(scope: "Scope", agent: str, store: Path | None) -> AsyncIterator[_Desk]:
    # Loaded here, as below: `remit --help` needs none of it.
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteGrantBook
    from remit.adapters.store.control import EVERYBODY
    from remit.adapters.store.known_agents import known_agents
    from remit.app.stopping import Stopping, agent_meant
    from remit.cli.acting import acting
    from remit.control.grants import ScopeKind
    from remit.identity import Role

    async with open_store(store) as database:
        by = await acting(database, needs=Role.OPERATOR)
        known = await known_agents(database)
        whose = EVERYBODY if scope.kind is ScopeKind.ALL else agent_meant(agent, known)
        tools = await _tools(database, whose) if scope.kind is ScopeKind.TOOL else ()
        yield _Desk(by, whose, Stopping(SqliteGrantBook(database), SystemClock()), tools)


async def _tools(database: "SqliteDatabase", agent: "AgentName") -> "Sequence[str]":
    """Tools of the agent's registered releases, and of the policy here if it can be read: a stop waits for no file."""
    from remit.adapters.store import SqliteReleases
    from remit.app.policy_files import read_policy_file
    from remit.errors import RemitError
    from remit.releases.model import PartKind

    registered = await SqliteReleases(database).registrations(agent)
    known = [part.name for one in registered for part in one.release.parts if part.kind is PartKind.TOOL]
    try:
        centre = centre_near()
        known += [] if centre is None else read_policy_file(centre.policy).tools
    except RemitError:
        return known
    return known


def _done(desk: _Desk, scope: "Scope", *, changed: bool, stopped: bool) -> dict[str, Any]:
    return {
        "agent": desk.agent,
        "scope": scope.kind.value,
        "subject": scope.subject,
        "stopped": stopped,
        "changed": changed,
        "by": desk.by.name,
        "next": "remit status",
    }


# ── status ────────────────────────────────────────────────────────────────────────────────────────
def status(
    *,
    agent: Annotated[str, typer.Option(help="Only this agent.")] = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Show what is granted, waived, stopped and frozen, what the next level needs, and which incidents are open."""
    remits, now, stands = asyncio.run(_remits(agent, store))
    if as_json:
        both = [{**_remit_document(remit, now), **one.document()} for remit, one in zip(remits, stands, strict=True)]
        _print_json({"agents": both})
        return
    console = screen()
    if not remits:
        console.print("No agent has a remit here yet. Next:   remit eval, then remit serve")
        return
    for remit, one in zip(remits, stands, strict=True):
        _tell(console, remit, now)
        for line in one.lines():
            console.print(line, soft_wrap=True)
    for line in windows_near(now):
        console.print(line, soft_wrap=True)
    open_now = [incident for one in stands for incident in one.incidents]
    following = f"remit incident show {open_now[0].id}" if open_now else "remit audit show"
    console.print(f"Next:   {following}")


async def _remits(agent: str, store: Path | None) -> "tuple[Sequence[Remit], datetime, Sequence[Around]]":
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteGrantBook
    from remit.adapters.store.known_agents import known_agents
    from remit.app.stopping import agent_meant

    async with open_store(store) as database:
        known = await known_agents(database)
        book = SqliteGrantBook(database)
        wanted = (agent_meant(agent, known),) if agent else known
        remits, now = [await book.remit(one) for one in wanted], SystemClock().now()
        return remits, now, [await around(database, remit, now) for remit in remits]


def _tell(console: Console, remit: "Remit", now: datetime) -> None:
    console.print(f"Agent {remit.agent}", style="bold")
    for one in remit.stops.values():
        since = f"{one.since:%Y-%m-%d %H:%M} UTC"
        console.print(f"  STOPPED: {one.scope}, since {since} by {one.by.name}: {one.why}", style="bold red")
    for freeze in remit.freezes.values():
        if freeze.until is None or now < freeze.until:
            until = "a person lifts it" if freeze.until is None else f"{freeze.until:%Y-%m-%d %H:%M} UTC"
            console.print(f"  promotions of {freeze.intent or 'every intent'} are frozen until {until}: {freeze.why}")
    for raised in remit.sampling.values():
        console.print(f"  experts look at {raised.share:.0%} of {raised.intent}: {raised.why}")
    if not remit.grants and not remit.waivers:
        console.print("  Nothing has been earned: every intent is in shadow, people answer.")
        return
    console.print(_table(remit, now))


def _table(remit: "Remit", now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("intent", "level", "release", "since (UTC)"):
        table.add_column(heading, no_wrap=True)
    table.add_column("why", overflow="fold")
    for grant in sorted(remit.grants.values(), key=lambda one: (one.intent, one.release)):
        level = grant.level.label + (", provisional" if grant.provisional else "")
        table.add_row(grant.intent, level, grant.release[:12], f"{grant.since:%Y-%m-%d %H:%M}", grant.why)
    for waiver in sorted(remit.waivers.values(), key=lambda one: (one.intent, one.release)):
        if waiver.holds(now):
            why = f"WAIVER by {waiver.by.name} until {waiver.expires_at:%Y-%m-%d %H:%M}: {waiver.reason}"
            since = f"{waiver.since:%Y-%m-%d %H:%M}"
            table.add_row(waiver.intent, waiver.level.label, waiver.release[:12], since, why)
    return table


def _remit_document(remit: "Remit", now: datetime) -> dict[str, Any]:
    return {
        "agent": remit.agent,
        "epoch": remit.epoch,
        "stops": [
            {
                "scope": one.scope.kind.value,
                "subject": one.scope.subject,
                "by": one.by.name,
                "why": one.why,
                "since": one.since.isoformat(),
            }
            for one in remit.stops.values()
        ],
        "freezes": [
            {
                "intent": one.intent,
                "why": one.why,
                "since": one.since.isoformat(),
                "until": None if one.until is None else one.until.isoformat(),
                "holds": one.until is None or now < one.until,
            }
            for one in remit.freezes.values()
        ],
        "sampling": [
            {"intent": one.intent, "share": one.share, "why": one.why, "since": one.since.isoformat()}
            for one in remit.sampling.values()
        ],
        "grants": [
            {
                "intent": one.intent,
                "release": one.release,
                "policy": one.policy,
                "level": one.level.label,
                "provisional": one.provisional,
                "owner": one.owner,
                "since": one.since.isoformat(),
                "why": one.why,
                "evidence": list(one.evidence),
            }
            for one in remit.grants.values()
        ],
        "waivers": [
            {
                "intent": one.intent,
                "release": one.release,
                "level": one.level.label,
                "by": one.by.name,
                "reason": one.reason,
                "expires_at": one.expires_at.isoformat(),
                "holds": one.holds(now),
            }
            for one in remit.waivers.values()
        ],
    }


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))

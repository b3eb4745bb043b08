"""`remit grant`: what has been earned, and how a person changes it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.acting import acting
from remit.cli.gate import expect_intent, level_named
from remit.cli.places import agent_of, centre_near, policy_place
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.gating import Look
    from remit.app.granting import Granting, Promoted
    from remit.control.grants import Remit
    from remit.identity import Actor, Role
    from remit.policy.levels import AutonomyLevel

grant = typer.Typer(help="What an agent has earned, intent by intent, and how a person changes it.")

IntentArgument = Annotated[str, typer.Argument(help="The intent, as the policy names it.")]
AgentOption = Annotated[Path | None, typer.Option(help="The agent's definition; default: the centre's.")]
PolicyOption = Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")]
ReleaseOption = Annotated[str, typer.Option(help="Another release than that of the definition.")]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the audit log.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@dataclass(frozen=True, slots=True)
class _Desk:
    """Who acts, and on what; `by` is None for those who only look."""

    granting: "Granting"
    by: "Actor | None"

    @property
    def person(self) -> "Actor":
        if self.by is None:
            raise SettingsError("this command changes nothing")
        return self.by


# ── list ──────────────────────────────────────────────────────────────────────────────────────────
@grant.command("list")
def list_grants(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those of other releases and policies too.")] = False,
    agent: AgentOption = None,
    policy: PolicyOption = None,
    release: ReleaseOption = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Show every intent with its level, what it rests on, and who proposed to change it."""
    asyncio.run(_list(agent, policy, release, store, every=every, as_json=as_json))


async def _list(
    agent: Path | None, policy: Path | None, release: str, store: Path | None, *, every: bool, as_json: bool
) -> None:
    async with _desk(agent, policy, release, store, needs=None, looks_only=True) as desk:
        granting = desk.granting
        remit, now = await granting.book.remit(granting.agent), granting.clock.now()
        proposals = await granting.proposals.open(granting.agent, now)
    rows = _rows(granting, remit, every=every)
    if as_json:
        waiting = [
            {"intent": one.asked.intent, "level": one.asked.level.label, "by": one.by.name, "reason": one.reason}
            for one in proposals
        ]
        document = {"agent": granting.agent, "epoch": remit.epoch, "grants": rows, "proposals": waiting}
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    console = screen()
    console.print(f"Agent {granting.agent}, release {granting.release}, epoch {remit.epoch}")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("intent", "level", "release", "rests on"):
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(row["intent"], row["words"], row["release"][:12], row["rests_on"])
    console.print(table)
    for one in proposals:
        signed = ", ".join(f"{signed.function} by {signed.by.name}" for signed in one.signed) or "nobody yet"
        console.print(
            f"Proposed: {one.asked.intent} to {one.asked.level.label} by {one.by.name}; signed: {signed}",
            soft_wrap=True,
        )
    console.print(
        "Next:   remit gate says what the next level needs; remit grant promote INTENT --to LEVEL asks for it"
    )


def _rows(granting: "Granting", remit: "Remit", *, every: bool) -> list[dict[str, Any]]:
    from remit.control.grants import GrantKey

    now, digest = granting.clock.now(), granting.policy.digest
    keys = [GrantKey(intent, granting.release) for intent in granting.policy.intents]
    if every:
        keys = list(dict.fromkeys([*keys, *remit.grants, *remit.waivers]))
    rows = []
    for key in keys:
        held, waiver = remit.grants.get(key), remit.waivers.get(key)
        level = remit.level_of(key, policy=digest, now=now)
        other = held is not None and held.policy != digest
        words, rests_on = level.label, "nothing has been earned" if held is None else held.why
        if waiver is not None and waiver.holds(now):
            words += " (WAIVER)"
            rests_on = f"{waiver.by.name} until {waiver.expires_at:%Y-%m-%d %H:%M} UTC: {waiver.reason}"
        elif held is not None and other:
            words += f" ({held.level.label} under another policy)"
        elif held is not None and held.provisional:
            words += ", provisional"
        rows.append(
            {
                "intent": key.intent,
                "level": level.label,
                "words": words,
                "release": key.release,
                "rests_on": rests_on,
                "evidence": [] if held is None else list(held.evidence),
                "since": None if held is None else held.since.isoformat(),
                "waived_until": None if waiver is None else waiver.expires_at.isoformat(),
            }
        )
    return rows


# ── promote ───────────────────────────────────────────────────────────────────────────────────────
@grant.command("promote")
def promote(
    intent: IntentArgument,
    *,
    to: Annotated[str, typer.Option(help="The level to reach.")],
    reason: ReasonOption,
    agent: AgentOption = None,
    policy: PolicyOption = None,
    release: ReleaseOption = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Propose a promotion, or sign one that somebody else has proposed; it happens when nothing is missing.

    The gates are judged now, and each verdict is kept. Whoever proposes cannot sign. Exit codes: 0 promoted,
    1 a gate is refuted, 2 something is missing, 3 error.
    """
    return asyncio.run(_promote(intent, to, reason, agent, policy, release, store, as_json=as_json))


async def _promote(  # noqa: PLR0917 - the command's own parameters
    intent: str,
    to: str,
    reason: str,
    agent: Path | None,
    policy: Path | None,
    release: str,
    store: Path | None,
    *,
    as_json: bool,
) -> int:
    from remit.conversations import IntentName
    from remit.identity import Role

    level = _level(to, "promote")
    async with _desk(agent, policy, release, store, needs=Role.APPROVER, intent=intent) as desk:
        looked = await _look(desk.granting, IntentName(intent), store)
        done = await desk.granting.promote(IntentName(intent), level, looked, desk.person, reason)
    code = (1 if done.refuted else 2) if done.waits_for else 0
    if as_json:
        document = {
            "intent": intent,
            "asked": level.label,
            "level": done.level.label,
            "waits_for": done.waits_for,
            "consequence": done.consequence.in_words(),
            "exit_code": code,
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return code
    _tell_promoted(intent, level, done)
    return code


def _tell_promoted(intent: str, level: "AutonomyLevel", done: "Promoted") -> None:
    console = screen()
    console.print(f"What it means: {done.consequence.in_words()}", soft_wrap=True)
    if done.waits_for:
        console.print(f"{intent} stays at {done.level.label}: {done.waits_for}.", soft_wrap=True)
        console.print("Next:   remit grant list shows what waits; who signs runs this command in their own account")
        return
    console.print(f"{intent} is at {done.level.label} now, in every process within a second.")
    if done.level is not level:
        console.print("It was there, or above, already.")
    console.print("Next:   remit status")


async def _look(granting: "Granting", intent: Any, store: Path | None) -> "Look":
    from remit.adapters.formats.suites import read_suites
    from remit.adapters.store import SqliteLedger, SqliteReleases, SqliteRunningStates, SqliteVerdictRecords
    from remit.app.gating import GateRequest, clusters_of, look
    from remit.app.release_history import with_history

    centre = centre_near()
    places = () if centre is None else centre.suites
    suites = [one for place in places if place.exists() for one in read_suites(place)]
    request = GateRequest(
        policy=granting.policy,
        agent=granting.agent,
        release=granting.release,
        now=granting.clock.now(),
        clusters_of=clusters_of(granting.policy, suites),
        intent=intent,
    )
    async with open_store(store) as database:
        releases = SqliteReleases(database)
        request = await with_history(request, releases, releases)
        return await look(
            request, SqliteLedger(database), SqliteRunningStates(database), SqliteVerdictRecords(database)
        )


# ── demote, waive, thaw ───────────────────────────────────────────────────────────────────────────
@grant.command("demote")
def demote(
    intent: IntentArgument,
    *,
    reason: ReasonOption,
    to: Annotated[str, typer.Option(help="The level to go down to; default: one level down.")] = "",
    agent: AgentOption = None,
    policy: PolicyOption = None,
    release: ReleaseOption = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Take autonomy away at once; it needs no gate and no signature. Needs an operator."""
    asyncio.run(_demote(intent, to, reason, agent, policy, release, store, as_json=as_json))


async def _demote(  # noqa: PLR0917 - the command's own parameters
    intent: str,
    to: str,
    reason: str,
    agent: Path | None,
    policy: Path | None,
    release: str,
    store: Path | None,
    *,
    as_json: bool,
) -> None:
    from remit.conversations import IntentName
    from remit.identity import Role

    level = _level(to, "demote") if to else None
    async with _desk(agent, policy, release, store, needs=Role.OPERATOR, intent=intent) as desk:
        enacted, consequence = await desk.granting.demote(IntentName(intent), level, desk.person, reason)
        held = await desk.granting.held(IntentName(intent))
    document = {
        "intent": intent,
        "level": held.label,
        "changed": bool(enacted.changes),
        "consequence": consequence.in_words(),
    }
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    console = screen()
    console.print(f"{intent} is at {held.label} now." if enacted.changes else f"{intent} is at {held.label} already.")
    if enacted.changes:
        console.print(f"What it means: {consequence.in_words()}", soft_wrap=True)
    console.print("Next:   remit status")


@grant.command("waive")
def waive(
    intent: IntentArgument,
    *,
    to: Annotated[str, typer.Option(help="The level that holds meanwhile.")],
    lasting: Annotated[str, typer.Option("--for", help="How long, such as 3d; the policy says how long at most.")],
    reason: ReasonOption,
    agent: AgentOption = None,
    policy: PolicyOption = None,
    release: ReleaseOption = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Let an intent do more than it has earned, in your name, for a while, for everybody to see. Needs an approver.

    It falls back in the second in which it expires. Monitors go on watching, and take it away when they must.
    """
    asyncio.run(_waive(intent, to, lasting, reason, agent, policy, release, store, as_json=as_json))


async def _waive(  # noqa: PLR0917 - the command's own parameters
    intent: str,
    to: str,
    lasting: str,
    reason: str,
    agent: Path | None,
    policy: Path | None,
    release: str,
    store: Path | None,
    *,
    as_json: bool,
) -> None:
    from remit.conversations import IntentName
    from remit.identity import Role

    level, span = _level(to, "waive"), _span(lasting)
    async with _desk(agent, policy, release, store, needs=Role.APPROVER, intent=intent) as desk:
        waiver, enacted, consequence = await desk.granting.waive(
            IntentName(intent), level, desk.person, reason=reason, lasting=span
        )
    until = f"{waiver.expires_at:%Y-%m-%d %H:%M} UTC"
    if as_json:
        document = {
            "waiver": waiver.id,
            "intent": intent,
            "level": level.label,
            "until": waiver.expires_at.isoformat(),
            "by": waiver.by.name,
            "changed": bool(enacted.changes),
            "consequence": consequence.in_words(),
        }
        typer.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    console = screen()
    if not enacted.changes:
        console.print(f"{intent} holds {level.label} or more already; no waiver was made.")
    else:
        console.print(
            f"WAIVER {waiver.id}: {intent} is at {level.label} until {until}, in the name of {waiver.by.name}."
        )
        console.print(f"What it means: {consequence.in_words()}", soft_wrap=True)
    console.print("Next:   remit status; remit grant demote takes it away before")


@grant.command("thaw")
def thaw(
    intent: Annotated[str, typer.Argument(help="The intent; left out, the freeze of all of them.")] = "",
    *,
    reason: ReasonOption,
    agent: AgentOption = None,
    policy: PolicyOption = None,
    store: StoreOption = None,
) -> None:
    """Lift a freeze of promotions, and what experts look at beyond the policy. Needs an operator."""
    asyncio.run(_thaw(intent, reason, agent, policy, store))


async def _thaw(intent: str, reason: str, agent: Path | None, policy: Path | None, store: Path | None) -> None:
    from remit.conversations import IntentName
    from remit.identity import Role

    async with _desk(agent, policy, "", store, needs=Role.OPERATOR, intent=intent) as desk:
        enacted = await desk.granting.thaw(IntentName(intent), desk.person, reason)
    what = intent or "every intent"
    word = "can widen again, and experts look at the policy's share" if enacted.changes else "was not frozen"
    screen().print(f"{what} {word}.")
    screen().print("Next:   remit status")


# ── shared ────────────────────────────────────────────────────────────────────────────────────────
@asynccontextmanager
async def _desk(
    agent: Path | None,
    policy: Path | None,
    release: str,
    store: Path | None,
    *,
    needs: "Role | None",
    intent: str = "",
    looks_only: bool = False,
) -> AsyncIterator[_Desk]:
    # Loaded here: `remit --help` needs none of it.
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteGrantBook, SqliteLedger, SqliteProposals
    from remit.app.granting import Granting
    from remit.app.policy_files import read_policy_file
    from remit.conversations import ReleaseId

    read = read_policy_file(policy_place(policy, "grant"))
    expect_intent(intent, list(read.intents), "grant")
    loaded = agent_of(agent, "grant", policy=read)
    async with open_store(store) as database:
        by = None if looks_only else await acting(database, needs=needs)
        granting = Granting(
            book=SqliteGrantBook(database),
            proposals=SqliteProposals(database),
            ledger=SqliteLedger(database),
            policy=read,
            agent=loaded.name,
            release=ReleaseId(release) if release else loaded.release,
            clock=SystemClock(),
        )
        yield _Desk(granting, by)


def _level(label: str, command: str) -> "AutonomyLevel":
    found = level_named(label, f"grant {command}")
    if found is None:
        raise SettingsError(f"remit grant {command}: --to is empty.\n  Such as: --to tools_with_approval")
    return found


def _span(text: str) -> timedelta:
    from pydantic_core import PydanticCustomError

    from remit.policy.schema import parse_duration

    try:
        return timedelta(seconds=parse_duration(text))
    except PydanticCustomError:
        raise SettingsError(f"remit grant waive: --for {text!r} is no duration.\n  Such as: --for 3d") from None

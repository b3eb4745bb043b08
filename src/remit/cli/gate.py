"""`remit gate`: what the ledger says of every gate of the policy, and what is still needed."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.cli.places import agent_of, centre_near, policy_place
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError
from remit.policy.levels import AutonomyLevel

if TYPE_CHECKING:
    from remit.app.gating import GateRequest, Look

_LEVELS = ", ".join(level.label for level in AutonomyLevel)


def gate(
    *,
    agent: Annotated[Path | None, typer.Option(help="The agent's definition; default: the centre's.")] = None,
    policy: Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")] = None,
    suite: Annotated[
        list[Path] | None, typer.Option(help="Suites whose scenarios count; default: the centre's.")
    ] = None,
    release: Annotated[str, typer.Option(help="Another release than that of the definition.")] = "",
    intent: Annotated[str, typer.Option(help="Only this intent.")] = "",
    level: Annotated[str, typer.Option(help=f"Only the gates of this level: {_LEVELS}.")] = "",
    every: Annotated[bool, typer.Option("--all", help="Also the levels above the first that is not earned.")] = False,
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The verdicts for machines, on standard output.")] = False,
) -> int:
    """Judge every gate on the ledger as it is now, and keep each verdict as a record.

    Exit codes: 0 every gate shown is supported, 1 one is refuted, 2 one is undecided, 3 error. Gates in observe mode
    do not change it.
    """
    # Loaded here: the numbers cost a second that `remit --help` should not pay.
    from remit.gates.verdicts import exit_code

    request = _request(agent, policy, tuple(suite or ()), release=release, intent=intent, level=level)
    looked = asyncio.run(_look(request, store, quiet=as_json))
    shown = _shown(looked, every=every or bool(level))
    code = exit_code([verdict for verdict, _ in shown])
    if as_json:
        typer.echo(json.dumps(_document(request, looked, shown, code), ensure_ascii=False, indent=2))
    else:
        _tell(request, looked, shown)
    return code


# ── what is asked for ─────────────────────────────────────────────────────────────────────────────
def _request(
    agent: Path | None, policy: Path | None, suites: tuple[Path, ...], *, release: str, intent: str, level: str
) -> "GateRequest":
    from remit.adapters.formats.suites import read_suites
    from remit.adapters.memory import SystemClock
    from remit.app.gating import GateRequest, clusters_of
    from remit.app.policy_files import read_policy_file
    from remit.conversations import IntentName, ReleaseId

    read = read_policy_file(policy_place(policy, "gate"))
    loaded = agent_of(agent, "gate", policy=read)
    centre = None if suites else centre_near()
    places = suites or (() if centre is None else centre.suites)
    expect_intent(intent, list(read.intents), "gate")
    return GateRequest(
        policy=read,
        agent=loaded.name,
        release=ReleaseId(release) if release else loaded.release,
        now=SystemClock().now(),
        clusters_of=clusters_of(read, [one for place in places if place.exists() for one in read_suites(place)]),
        intent=IntentName(intent) if intent else None,
        level=level_named(level, "gate"),
    )


def expect_intent(given: str, known: "list[Any]", command: str) -> None:
    """An intent that the policy does not know is an error with the names that it has."""
    from remit.documents import suggest

    if given and given not in known:
        mend = suggest(given, [str(one) for one in known], noun="intents")
        raise SettingsError(f"remit {command}: the policy knows no intent {given!r}.\n  {mend}")


def level_named(given: str, command: str) -> AutonomyLevel | None:
    """The level of a name; None for none."""
    if not given:
        return None
    try:
        return AutonomyLevel.named(given)
    except KeyError:
        raise SettingsError(f"remit {command}: there is no level {given!r}.\n  Known: {_LEVELS}.") from None


async def _look(request: "GateRequest", store: Path | None, *, quiet: bool) -> "Look":
    from remit.adapters.store import SqliteLedger, SqliteReleases, SqliteRunningStates, SqliteVerdictRecords
    from remit.app.gating import look
    from remit.app.release_history import with_history

    async with open_store(store) as database:
        releases = SqliteReleases(database)
        request = await with_history(request, releases, releases)
        with screen(stderr=True, quiet=quiet).status("Reading what is new in the ledger"):
            return await look(
                request, SqliteLedger(database), SqliteRunningStates(database), SqliteVerdictRecords(database)
            )


# ── telling ───────────────────────────────────────────────────────────────────────────────────────
def _shown(looked: "Look", *, every: bool) -> "list[tuple[Any, Any]]":
    """Verdicts with their records: up each intent's ladder to the first level that is not earned."""
    from remit.gates.verdicts import steps_to_the_first_not_earned

    pairs = list(zip(looked.verdicts, looked.records, strict=True))
    if every:
        return pairs
    by_intent: dict[str, list[Any]] = {}
    for verdict, _ in pairs:
        by_intent.setdefault(verdict.intent, []).append(verdict)
    n_shown = {intent: len(steps_to_the_first_not_earned(own)) for intent, own in by_intent.items()}
    shown = []
    for verdict, record in pairs:
        if n_shown[verdict.intent] > 0:
            shown.append((verdict, record))
            n_shown[verdict.intent] -= 1
    return shown


def _document(request: "GateRequest", looked: "Look", shown: "list[tuple[Any, Any]]", code: int) -> dict[str, Any]:
    from remit.cli.gate_table import following, verdict_document

    return {
        "agent": request.agent,
        "release": request.release,
        "policy": request.policy.digest,
        "position": looked.position,
        "verdicts": [verdict_document(verdict, record) for verdict, record in shown],
        "exit_code": code,
        "next": following(request, shown),
    }


def _tell(request: "GateRequest", looked: "Look", shown: "list[tuple[Any, Any]]") -> None:
    from remit.cli.gate_table import following, gate_table

    console = screen()
    if not shown:
        console.print("No gate of the policy guards what was asked for: nothing was judged.", style="yellow")
    else:
        console.print(gate_table(request, looked, shown))
    console.print(f"Next:   {following(request, shown)}", soft_wrap=True)

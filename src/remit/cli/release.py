"""`remit release`: what an agent is made of, what a change reaches, and how releases go up and come back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.cli.release_desk import JsonOption, PolicyOption, Reference, open_desk, print_json, registration_document
from remit.cli.release_fingerprint import fingerprint
from remit.cli.release_moves import promote, register, reopen, retire, rollback
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.releases.diff import compare_parts

if TYPE_CHECKING:
    from remit.app.comparing import Compared
    from remit.conversations import AgentName, IntentName, ReleaseId
    from remit.releases.diff import ReleaseDiff

release = typer.Typer(
    help="Releases: registered by digest, compared in pairs, promoted by gates, rolled back at once.",
    invoke_without_command=True,
)


@release.callback()
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# ── reading ───────────────────────────────────────────────────────────────────────────────────────
@release.command("list")
def list_releases(*, policy: PolicyOption = None, store: StoreOption = None, as_json: JsonOption = False) -> int:
    """Every registered release of the centre's agent, and where it is stable or a canary."""
    return asyncio.run(_list(policy, store, as_json=as_json))


async def _list(policy: Path | None, store: Path | None, *, as_json: bool) -> int:
    from remit.adapters.store.accounts import SqliteAccounts
    from remit.cli.release_tables import releases_table

    async with open_desk(policy, store) as desk:
        history = await desk.releasing.history()
        if as_json:
            print_json({"agent": desk.agent, "releases": [registration_document(one) for one in history.registrations]})
            return 0
        console = screen()
        if not history.registrations:
            console.print(f"No release of {desk.agent!r} is registered.")
            console.print("next: remit release register")
            return 0
        names = {str(one.id): one.name for one in await SqliteAccounts(desk.database).accounts()}
        console.print(releases_table(history, names))
        console.print(f"next: remit release show {history.registrations[-1].label}")
        return 0


@release.command("show")
def show(
    reference: Reference, *, policy: PolicyOption = None, store: StoreOption = None, as_json: JsonOption = False
) -> int:
    """What a release is made of, and where it stands for each intent."""
    return asyncio.run(_show(reference, policy, store, as_json=as_json))


async def _show(reference: str, policy: Path | None, store: Path | None, *, as_json: bool) -> int:
    from remit.cli.release_tables import parts_table, stages_table
    from remit.releases.stages import in_words

    async with open_desk(policy, store) as desk:
        history = await desk.releasing.history()
        named = desk.find(history, reference)
        stages = {
            intent: in_words(line.stages[named.release.id])
            for intent, line in history.lines.items()
            if named.release.id in line.stages
        }
        if as_json:
            parts = [
                {
                    "kind": one.kind.value,
                    "name": one.name,
                    "digest": one.digest,
                    "reaches": str(one.reach),
                    "why": one.why,
                }
                for one in named.release.parts
            ]
            print_json({"release": named.release.id, "label": named.label, "parts": parts, "stages": stages})
            return 0
        console = screen()
        console.print(f"{named.release.id} ({named.label}) of {desk.agent}")
        console.print(parts_table(named.release))
        if stages:
            console.print(stages_table(history, named.release))
        else:
            console.print(f"It is not registered. next: remit release register {reference}")
        return 0


@release.command("diff")
def diff(
    old: Reference,
    new: Reference,
    *,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Which parts changed between two releases, and which intents that can reach."""
    return asyncio.run(_diff(old, new, policy, store, as_json=as_json))


async def _diff(old: str, new: str, policy: Path | None, store: Path | None, *, as_json: bool) -> int:
    from remit.cli.release_tables import diff_document, diff_summary, diff_table

    async with open_desk(policy, store) as desk:
        history = await desk.releasing.history()
        changes = compare_parts(desk.find(history, old).release, desk.find(history, new).release)
        intents = tuple(desk.policy.intents)
        if as_json:
            print_json(diff_document(changes, intents))
            return 0
        console = screen()
        if not changes.changes:
            console.print(f"{old} and {new} are made of the same parts: they are one release, {changes.new}.")
            return 0
        console.print(diff_table(changes, intents))
        console.print(diff_summary(changes, intents))
        console.print(f"next: remit release compare {old} {new}")
        return 0


@release.command("compare")
def compare(
    old: Reference,
    new: Reference,
    *,
    suite: Annotated[str, typer.Option(help="Only trials of this suite.")] = "",
    intent: Annotated[str, typer.Option(help="Only this intent.")] = "",
    differing: Annotated[
        float, typer.Option(min=0.01, max=1.0, help="Share of scenarios expected to differ, for what can be shown.")
    ] = 0.2,
    as_published: Annotated[
        bool, typer.Option("--published", help="Count every imported trial as its publisher scored it.")
    ] = False,
    policy: PolicyOption = None,
    store: StoreOption = None,
    as_json: JsonOption = False,
) -> int:
    """Compare two releases on the scenarios that both have played, with every trial that the ledger holds.

    What could be shown at all is said first. Published releases are named AGENT@RELEASE. Exit codes: 0 promote (the
    second is better), 1 roll back (it is worse), 2 undecided, 3 error.
    """
    wanted = _Wanted(suite, intent, differing, as_published)
    return asyncio.run(_compare(old, new, wanted, policy, store, as_json=as_json))


@dataclass(frozen=True, slots=True)
class _Wanted:
    suite: str
    intent: str
    differing: float
    as_published: bool


async def _compare(
    old: str, new: str, wanted: _Wanted, policy: Path | None, store: Path | None, *, as_json: bool
) -> int:
    from remit.adapters.store import SqliteLedger
    from remit.app.comparing import compare_in_ledger
    from remit.app.release_history import History
    from remit.conversations import IntentName

    options: dict[str, Any] = {
        "suite": wanted.suite,
        "intent": IntentName(wanted.intent) if wanted.intent else None,
        "differing": wanted.differing,
        "as_published": wanted.as_published,
    }
    published = _published(old, new)
    if published:
        (agent, before), (_, after) = published
        names = {known: owner for owner, known in published}
        async with open_store(store) as database:
            compared = await compare_in_ledger(
                SqliteLedger(database), History(agent), before, after, names=names, **options
            )
        return _tell_comparison(compared, old, new, None, (), as_json=as_json)
    async with open_desk(policy, store) as desk:
        history = await desk.releasing.history()
        found = [desk.find(history, one).release for one in (old, new)]
        ledger = desk.releasing.stores.ledger
        compared = await compare_in_ledger(ledger, history, found[0].id, found[1].id, **options)
    changes = compare_parts(*found)
    return _tell_comparison(compared, old, new, changes, tuple(desk.policy.intents), as_json=as_json)


def _tell_comparison(
    compared: "Compared",
    old: str,
    new: str,
    changes: "ReleaseDiff | None",
    intents: "Sequence[IntentName]",
    *,
    as_json: bool,
) -> int:
    from remit.cli.release_tables import (
        before_in_words,
        comparison_document,
        comparison_notes,
        comparison_table,
        diff_document,
        diff_summary,
    )

    overall = compared.overall
    code = {"promote": 0, "roll back": 1, "undecided": 2}[overall.advice.value]
    if as_json:
        document = {"old": overall.old, "new": overall.new, **comparison_document(compared)}
        print_json({**document, "diff": None if changes is None else diff_document(changes, intents)})
        return code
    console = screen()
    console.print(before_in_words(overall.before))
    if changes is not None:
        console.print(diff_summary(changes, intents))
    if not overall.pairs:
        console.print("No scenario has been played by both releases.")
        console.print(f"next: remit eval {_file_of(old)}; remit eval {_file_of(new)}")
        return code
    console.print(comparison_table(compared))
    for note in comparison_notes(compared):
        console.print(note)
    console.print(f"{overall.advice.value}: {_meaning(overall.advice.value, new)}")
    return code


def _meaning(advice: str, new: str) -> str:
    match advice:
        case "promote":
            return f"better on these scenarios. next: remit release promote {new} --reason '...'"
        case "roll back":
            return f"worse on these scenarios. next: mend {new}, and register it again"
        case _:
            return "these scenarios do not show which is better. next: more scenarios, for both releases"


def _published(*references: str) -> "list[tuple[AgentName, ReleaseId]]":
    """Agent and release of `AGENT@RELEASE`; empty if the references are not of that form."""
    from remit.conversations import AgentName, ReleaseId

    parts = [one.rpartition("@") for one in references]
    if not all(agent and found for agent, _, found in parts):
        return []
    return [(AgentName(agent), ReleaseId(found)) for agent, _, found in parts]


def _file_of(reference: str) -> str:
    return reference if reference.endswith(".yaml") else f"agents/{reference}.yaml"


for _command in (register, promote, rollback, retire, reopen, fingerprint):
    release.command(_command.__name__)(_command)

"""`remit audit`: show, check and export the chain of changes."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.auditing import Verification
    from remit.audit import AuditEntry, Checkpoint

EXIT_INTACT = 0
EXIT_DAMAGED = 1

audit = typer.Typer(help="The log of every change: who, how proven, why, on which evidence.", no_args_is_help=False)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@audit.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# ── verify ────────────────────────────────────────────────────────────────────────────────────────
@audit.command("verify")
def verify(
    *,
    checkpoint: Annotated[str, typer.Option(help="A checkpoint that was kept elsewhere, as text or @FILE.")] = "",
    exported: Annotated[
        Path | None, typer.Option("--export", help="Check this file of remit audit export instead of the store.")
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Check every entry and the chain: altered, removed, reordered or inserted entries are found.

    Whoever may write the store could compute the whole chain anew or cut off its end: that is detectable if a
    checkpoint is kept elsewhere. Exit codes: 0 intact, 1 damaged.
    """
    kept = _checkpoint(checkpoint)
    verification = asyncio.run(_verify(kept, store)) if exported is None else _verify_file(kept, exported)
    if as_json:
        _print_json(_verification_document(verification))
    else:
        _tell(verification)
    return EXIT_DAMAGED if verification.findings else EXIT_INTACT


async def _verify(checkpoint: "Checkpoint | None", store: Path | None) -> "Verification":
    from remit.adapters.store import SqliteAuditLog
    from remit.app.auditing import verify_log

    async with open_store(store) as database:
        return await verify_log(SqliteAuditLog(database), checkpoint)


def _verify_file(checkpoint: "Checkpoint | None", file: Path) -> "Verification":
    from remit.app.auditing import verify_export

    return verify_export(_read(file, "export"), checkpoint)


def _checkpoint(text: str) -> "Checkpoint | None":
    from remit.audit import parse_checkpoint

    if text.startswith("@"):
        return parse_checkpoint(_read(Path(text[1:]), "checkpoint"))
    return parse_checkpoint(text) if text else None


def _read(file: Path, what: str) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{what} file {str(file)!r}: cannot be read: {error}.\n  Check the path.") from error


def _tell(verification: "Verification") -> None:
    console = screen()
    entries = "1 entry" if verification.n_entries == 1 else f"{verification.n_entries} entries"
    if verification.findings:
        console.print(f"DAMAGED: {counted(len(verification.findings), 'finding')} in {entries}.", style="bold red")
        for finding in verification.findings:
            console.print(f"  entry {finding.entry}: {finding.what}")
        console.print("Next:   compare with an export that was kept elsewhere, and find out who could write the store.")
        return
    console.print(f"Intact: {entries}, each as its digest says and behind the one before it.")
    if verification.checkpoint is None:
        console.print("  A log that was rewritten as a whole, or cut off at its end, looks like this as well:")
        console.print("  that is detectable if a checkpoint is kept elsewhere.")
    else:
        console.print(
            f"  It holds everything up to entry {verification.checkpoint.number}, where the checkpoint is of."
        )
    console.print("Next:   remit audit checkpoint, and keep the line where the store's owner cannot change it")


def _verification_document(verification: "Verification") -> dict[str, Any]:
    return {
        "intact": not verification.findings,
        "n_entries": verification.n_entries,
        "end": str(verification.end),
        "checkpoint": None if verification.checkpoint is None else str(verification.checkpoint),
        "findings": [
            {"entry": finding.entry, "flaw": finding.flaw.value, "what": finding.what}
            for finding in verification.findings
        ],
    }


@audit.command("checkpoint")
def checkpoint(*, store: StoreOption = None) -> int:
    """Print the checkpoint of the log as it is now; keep it where nobody who may write the store can change it.

    Refused (exit code 1) when the log is damaged: a checkpoint would make the damage look right.
    """
    verification = asyncio.run(_verify(None, store))
    if verification.findings:
        _tell(verification)
        return EXIT_DAMAGED
    typer.echo(str(verification.end))
    return EXIT_INTACT


# ── show and export ───────────────────────────────────────────────────────────────────────────────
@audit.command("show")
def show(
    *,
    last: Annotated[int, typer.Option(min=1, help="How many entries, the newest last.")] = 20,
    actor: Annotated[str, typer.Option(help="Only changes by this account.")] = "",
    action: Annotated[str, typer.Option(help="Only this action, such as agent_stopped.")] = "",
    subject: Annotated[str, typer.Option(help="Only subjects that begin like this, such as shop-flow/refund.")] = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Show the newest changes."""
    entries = [
        entry
        for entry in asyncio.run(_entries(store))
        if (not actor or entry.change.actor.name == actor)
        and (not action or entry.change.action == action)
        and entry.change.subject.startswith(subject)
    ]
    chosen = entries[-last:]
    if as_json:
        _print_json({"n_found": len(entries), "entries": [_document(entry) for entry in chosen]})
    elif chosen:
        console = screen()
        console.print(_table(chosen))
        console.print(f"{len(chosen)} of {counted(len(entries), 'change')} shown; --json has before and after.")
        console.print("Next:   remit audit verify")
    else:
        screen().print("No such change is in the log. Next:   remit audit show, without filters")


@audit.command("export")
def export(
    out: Annotated[Path | None, typer.Option(help="Write to this file; default: standard output.")] = None,
    *,
    store: StoreOption = None,
) -> None:
    """Write the whole log as JSON Lines, one entry a line with its digests."""
    lines = "".join(
        json.dumps(_document(entry), ensure_ascii=False, sort_keys=True) + "\n"
        for entry in asyncio.run(_entries(store))
    )
    if out is None:
        typer.echo(lines, nl=False)
        return
    from remit.app.reporting import write_whole

    write_whole(out, lines)
    screen().print(f"{counted(lines.count(chr(10)), 'line')} in {out}. Next:   keep it elsewhere, with its checkpoint")


async def _entries(store: Path | None) -> "list[AuditEntry]":
    from remit.adapters.store import SqliteAuditLog

    async with open_store(store) as database:
        return [entry async for entry in SqliteAuditLog(database).entries()]


def _document(entry: "AuditEntry") -> dict[str, Any]:
    from remit.audit.chain import document_of

    return {
        "id": int(entry.id),
        "change": document_of(entry.change),
        "previous": entry.previous,
        "digest": entry.digest,
    }


def _table(entries: "Sequence[AuditEntry]") -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("entry", "when (UTC)", "who", "proven by"):
        table.add_column(heading, no_wrap=True)
    for heading in ("what", "subject", "why"):
        table.add_column(heading, overflow="fold")
    for entry in entries:
        change = entry.change
        table.add_row(
            str(entry.id),
            f"{change.at:%Y-%m-%d %H:%M}",
            change.actor.name,
            change.actor.proof.value,
            change.action,
            change.subject,
            change.reason,
        )
    return table


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))

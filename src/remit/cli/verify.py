"""`remit verify`: computes a verdict again from the ledger."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from remit.app.gating import Recomputation

EXIT_DIFFERS = 1


def verify(
    verdict: Annotated[str, typer.Argument(help="Id of the record, or how it begins; `remit gate` prints it.")],
    *,
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The result for machines, on standard output.")] = False,
) -> int:
    """Fold the ledger anew up to the record's place and say whether anything differs.

    Every row up to there is read, so that an altered, added or removed one shows. Exit codes: 0 all is as it was
    written, 1 something differs, 3 error.
    """
    recomputed = asyncio.run(_verify(verdict, store, quiet=as_json))
    if as_json:
        typer.echo(json.dumps(_document(recomputed), ensure_ascii=False, indent=2))
    else:
        _tell(recomputed)
    return EXIT_DIFFERS if recomputed.differences else 0


async def _verify(verdict: str, store: Path | None, *, quiet: bool) -> "Recomputation":
    from remit.adapters.store import SqliteLedger, SqliteRunningStates, SqliteVerdictRecords
    from remit.app.gating import verify as compute_again

    async with open_store(store) as database:
        with screen(stderr=True, quiet=quiet).status("Reading the ledger from its beginning"):
            return await compute_again(
                verdict, SqliteLedger(database), SqliteRunningStates(database), SqliteVerdictRecords(database)
            )


def _document(recomputed: "Recomputation") -> dict[str, object]:
    from remit.cli.gate_table import verdict_document

    record = recomputed.record
    return {
        "agrees": not recomputed.differences,
        "differences": list(recomputed.differences),
        "verdict": verdict_document(record.verdict, record),
    }


def _tell(recomputed: "Recomputation") -> None:
    console = screen()
    record = recomputed.record
    verdict = record.verdict
    console.print(
        f"{record.id}: {verdict.intent}, {verdict.gate}, for {verdict.level.replace('_', ' ')}: "
        f"{verdict.finding.value} on {record.at:%Y-%m-%d %H:%M} UTC, ledger up to {record.position}.",
        soft_wrap=True,
    )
    if not recomputed.differences:
        console.print("✓ The ledger gives the same verdict, from the same rows.", style="green")
        console.print("Next:   remit audit verify checks who changed what", soft_wrap=True)
        return
    console.print("✗ The ledger does not give this verdict any more:", style="red")
    for difference in recomputed.differences:
        console.print(f"  - {difference}", soft_wrap=True)
    console.print(f"Next:   {_following(recomputed.differences)}", soft_wrap=True)


def _following(differences: "Sequence[str]") -> str:
    """Rows that are as they were under methods that are not: nothing was damaged, and figures may differ."""
    same_rows = not any(one.startswith("rows of the ledger") for one in differences)
    if same_rows and any(one.startswith("it was computed with methods") for one in differences):
        return "the rows are as they were; remit gate judges them with the methods of now and keeps a new record"
    return "restore the store from a backup of before, then verify again"

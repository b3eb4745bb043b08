"""What `remit label` tells: what became of labels, and how far labelling is."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.screen import counted, screen

if TYPE_CHECKING:
    from remit.adapters.formats.labels import BadRow, LabelRow
    from remit.app.labelling import Labelling, LabelReport

EXIT_ERROR = 3
MOST_SHOWN = 20
"""How many refused rows or waiting conversations a table shows; `--json` shows them all."""

_MEANINGS = {
    "Counted": "an outcome rests on it, or agrees with it",
    "AwaitsSecond": "the other of two experts is still to label it",
    "Disputed": "experts disagree: neither counts until it is settled",
    "Repeated": "said before by the same expert; nothing changes",
    "TooLate": "kept, no evidence: its window had closed",
    "NotSampled": "kept, no evidence: no draw is recorded before it",
    "Refused": "not kept",
}


# ── what became of labels ─────────────────────────────────────────────────────────────────────────
def tell(
    report: "LabelReport", rows: "Sequence[LabelRow]", bad_rows: "Sequence[BadRow]", *, source: str, as_json: bool
) -> int:
    """Say what became of the labels of a file or a command; returns the exit code."""
    refused = sorted(
        [
            *((row.line, row.problem, row.mend) for row in bad_rows),
            *((rows[place].line, one.problem, one.mend) for place, one in report.refused),
        ]
    )
    if as_json:
        typer.echo(json.dumps(_document(report, refused), indent=2))
    else:
        _print(report, refused, source)
    return EXIT_ERROR if refused else 0


Refusals = Sequence[tuple[int, str, str]]


def _document(report: "LabelReport", refused: Refusals) -> dict[str, Any]:
    return {
        "kept": report.kept,
        "observations_new": report.n_new,
        "outcomes": dict(_counts(report, refused)),
        "refused": [{"line": line, "problem": problem, "mend": mend} for line, problem, mend in refused],
        "exit_code": EXIT_ERROR if refused else 0,
        "next": _next(report, refused, ""),
    }


def _counts(report: "LabelReport", refused: Refusals) -> Mapping[str, int]:
    """Every kind that occurs; rows that are no labels are refused like labels that cannot be kept."""
    counts = {name: report.counts().get(name, 0) for name in _MEANINGS}
    counts["Refused"] = len(refused)
    return {name: n for name, n in counts.items() if n}


def _print(report: "LabelReport", refused: Refusals, source: str) -> None:
    console = screen()
    table = Table(box=box.SIMPLE)
    for name, justify in (("labels", "right"), ("outcome", "left"), ("meaning", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for name, n in _counts(report, refused).items():
        table.add_row(str(n), name, _MEANINGS[name])
    if table.row_count:
        console.print(table)
    else:
        console.print("There is no label in it.")
    for line, problem, mend in refused[:MOST_SHOWN]:
        where = f"{source}:{line}: " if source else ""
        console.print(f"{where}{problem}.\n  {mend}", style="red", soft_wrap=True)
    if len(refused) > MOST_SHOWN:
        console.print(f"... and {len(refused) - MOST_SHOWN} more; --json lists them all.")
    console.print(
        f"{counted(report.n_new, 'observation')} new in the ledger." if report.kept else "Nothing was kept.",
        style="" if report.kept else "yellow",
    )
    console.print(f"Next: {_next(report, refused, source)}", soft_wrap=True)


def _next(report: "LabelReport", refused: Refusals, source: str) -> str:
    if refused and source:
        return f"correct these rows and run it again, or keep the others: remit label import {source} --keep-rest"
    if "Disputed" in report.counts():
        return "a third person settles what is disputed: remit label settle CONVERSATION VERDICT --reason WHY"
    return "remit label status"


# ── how far labelling is ──────────────────────────────────────────────────────────────────────────
def show_status(found: "Labelling") -> None:
    """The state of labelling for people."""
    console = screen()
    n_held_back = len(found.held_back) + found.n_held_back_said
    if not found.n_drawn and not found.n_not_drawn and not found.n_not_sampled and not n_held_back:
        console.print("No conversation has ended contained yet: there is nothing to label.")
        console.print("Next: remit serve")
        return
    if found.simulated:
        console.print("SIMULATED: these conversations come from a world that is not real.", style="yellow")
    console.print(_status_table(found))
    _print_agreement(found)
    for title, names in (("Waiting", found.waiting), ("Held back", found.held_back), ("Disputed", found.disputed)):
        if names:
            shown = ", ".join(names[:MOST_SHOWN]) + (", ..." if len(names) > MOST_SHOWN else "")
            console.print(f"{title}: {shown}", soft_wrap=True)
    console.print(f"Next: {_next_of(found)}", soft_wrap=True)


def _status_table(found: "Labelling") -> Table:
    table = Table(box=box.SIMPLE)
    table.add_column("conversations", justify="right")
    table.add_column("what")
    n_contained = found.n_drawn + found.n_not_drawn
    for n, what in (
        (found.n_drawn, f"drawn for experts, of {n_contained} contained ones with a recorded draw"),
        (found.n_labelled, "of those with an outcome that counts"),
        (found.n_bad, "of those with a bad outcome"),
        (len(found.waiting), "wait for a label"),
        (len(found.waiting_for_second), "wait for the second of two experts"),
        (len(found.disputed), "are disputed: they count when somebody has settled them"),
        (len(found.held_back), "had a proposal that was held back and waits for a word: remit label shadow"),
        (found.n_held_back_said, "had one that has it"),
        (found.n_not_sampled, "labels are no evidence: no draw was recorded before them"),
        (found.n_too_late, "labels are no evidence: they came after their window"),
    ):
        table.add_row(str(n), what)
    return table


def _print_agreement(found: "Labelling") -> None:
    console, kappa = screen(), found.agreement.kappa
    if kappa is None:
        console.print("Agreement of two experts: no conversation has two labels yet.")
        return
    n_same = found.agreement.table[0][0] + found.agreement.table[1][1]
    words = f"Agreement of two experts: {n_same} of {kappa.n} conversations alike"
    if kappa.estimate is None:
        console.print(f"{words}; kappa is undefined, for both said the same of every conversation.")
        return
    interval = f"95 % interval {kappa.low:.2f} to {kappa.high:.2f}, large-sample"
    console.print(f"{words}; Cohen's kappa {kappa.estimate:.2f} ({interval}).", soft_wrap=True)


def _next_of(found: "Labelling") -> str:
    if found.disputed:
        return f"remit label settle {found.disputed[0]} VERDICT --reason WHY"
    if found.waiting or found.waiting_for_second:
        return f"remit label give {(found.waiting or found.waiting_for_second)[0]} VERDICT"
    if found.held_back:
        return f"remit label shadow {found.held_back[0]} agree|differs"
    return "remit gate"


def status_document(found: "Labelling") -> dict[str, Any]:
    """The state of labelling as JSON."""
    kappa = found.agreement.kappa
    return {
        "simulated": found.simulated,
        "drawn": found.n_drawn,
        "not_drawn": found.n_not_drawn,
        "labelled": found.n_labelled,
        "bad": found.n_bad,
        "waiting": list(found.waiting),
        "waiting_for_second": list(found.waiting_for_second),
        "disputed": list(found.disputed),
        "held_back": list(found.held_back),
        "held_back_said": found.n_held_back_said,
        "labels_not_sampled": found.n_not_sampled,
        "labels_too_late": found.n_too_late,
        "agreement": None
        if kappa is None
        else {"n": kappa.n, "kappa": kappa.estimate, "low": kappa.low, "high": kappa.high, "delta": 0.05},
        "next": _next_of(found),
    }

"""`remit label`: what experts say of contained conversations, one at a time or from a file."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.adapters.formats.labels import BadRow, LabelRow
    from remit.app.labelling import Labelling, LabelReport
    from remit.supervision import Label, LabelRules, LabelVerdict

EXIT_ERROR = 3
MOST_SHOWN = 20
"""How many refused rows or waiting conversations a table shows; `--json` shows them all."""

label = typer.Typer(help="What experts say of contained conversations. Only conversations that were drawn count.")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PolicyOption = Annotated[
    Path | None, typer.Option(help="The policy, for how long outcomes mature; default: that of remit.yaml near here.")
]
Conversation = Annotated[str, typer.Argument(help="The conversation's id.")]
Verdict = Annotated[str, typer.Argument(help="good, wrong, unsafe or reopened.")]
LossOption = Annotated[float | None, typer.Option(help="How bad, above 0 and at most 1; left out it is 1.")]

_MEANINGS = {
    "Counted": "an outcome rests on it, or agrees with it",
    "AwaitsSecond": "the other of two experts is still to label it",
    "Disputed": "experts disagree: neither counts until it is settled",
    "Repeated": "said before by the same expert; nothing changes",
    "TooLate": "kept, no evidence: its window had closed",
    "NotSampled": "kept, no evidence: no draw is recorded before it",
    "Refused": "not kept",
}


@label.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# ── giving labels ─────────────────────────────────────────────────────────────────────────────────
@label.command("give")
def give(
    conversation: Conversation,
    verdict: Verdict,
    *,
    loss: LossOption = None,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Label one conversation, under your own account. Exit codes: 0 kept, 3 refused."""
    from remit.adapters.formats.labels import LabelRow
    from remit.conversations import ConversationId
    from remit.supervision import Label

    said, graded = _verdict(verdict, loss)
    row = LabelRow(1, Label(ConversationId(conversation), said, datetime.now(UTC), graded))
    report = asyncio.run(_label([row], _rules(policy), store, keep_rest=False))
    return _tell(report, [row], (), source="", as_json=as_json)


@label.command("import")
def import_labels(
    file: Annotated[Path, typer.Argument(help="Labels as .jsonl or .csv: conversation, verdict, at and maybe loss.")],
    *,
    keep_rest: Annotated[
        bool, typer.Option("--keep-rest", help="Keep the other labels although some rows are refused.")
    ] = False,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Label the conversations of a file, all or none, under your own account.

    Importing a file again changes nothing. Exit codes: 0 kept, 3 if a row was refused (then nothing is kept, unless
    --keep-rest).
    """
    from remit.adapters.formats.labels import read_labels

    found = read_labels(file)
    rows = list(found.rows)
    if found.bad_rows and not keep_rest:
        return _tell(_nothing(), [], found.bad_rows, source=str(file), as_json=as_json)
    report = asyncio.run(_label(rows, _rules(policy), store, keep_rest=keep_rest))
    return _tell(report, rows, found.bad_rows, source=str(file), as_json=as_json)


async def _label(
    rows: "Sequence[LabelRow]", rules: "LabelRules", store: Path | None, *, keep_rest: bool
) -> "LabelReport":
    from remit.adapters.store import SqliteLedger
    from remit.app.labelling import label_conversations
    from remit.cli.acting import acting
    from remit.identity import Role

    async with open_store(store) as database:
        actor = await acting(database, needs=Role.EXPERT)
        labels: list[Label] = [row.label for row in rows]
        return await label_conversations(
            labels,
            actor=actor,
            ledger=SqliteLedger(database),
            rules=rules,
            now=datetime.now(UTC),
            keep_rest=keep_rest,
        )


def _nothing() -> "LabelReport":
    from remit.app.labelling import LabelReport

    return LabelReport((), kept=False, n_new=0)


def _verdict(text: str, loss: float | None) -> "tuple[LabelVerdict, float | None]":
    from remit.adapters.formats.labels import expect_consistent, read_loss, read_verdict

    try:
        verdict, graded = read_verdict(text), read_loss(loss)
        expect_consistent(verdict, graded)
    except ValueError as error:
        problem, _, mend = str(error).partition("\n")
        raise SettingsError(f"remit label: {problem}.\n  {mend}") from None
    return verdict, graded


def _rules(policy: Path | None) -> "LabelRules":
    """The policy's own, or 7 days where no policy is given and none is near."""
    from remit.app.centre import FILE, load_centre
    from remit.app.labelling import rules_of
    from remit.app.policy_files import read_policy_file
    from remit.supervision import LabelRules

    if policy is not None:
        return rules_of(read_policy_file(policy))
    folder = next((one for one in (Path.cwd(), *Path.cwd().parents) if (one / FILE).is_file()), None)
    return LabelRules() if folder is None else rules_of(read_policy_file(load_centre(folder).policy))


# ── telling ───────────────────────────────────────────────────────────────────────────────────────
def _tell(
    report: "LabelReport", rows: "Sequence[LabelRow]", bad_rows: "Sequence[BadRow]", *, source: str, as_json: bool
) -> int:
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


# ── settling ──────────────────────────────────────────────────────────────────────────────────────
@label.command("settle")
def settle(
    conversation: Conversation,
    verdict: Verdict,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stands in the audit log.")],
    loss: LossOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Say which of two contradicting labels holds: as an approver who gave neither."""
    said, graded = _verdict(verdict, loss)
    keys = asyncio.run(_settle(conversation, said, graded, reason, store))
    if as_json:
        typer.echo(json.dumps({"conversation": conversation, "verdict": said.value, "observations": keys}, indent=2))
        return 0
    console = screen()
    console.print(f"Settled: conversation {conversation!r} counts as {said.value}; the audit log has the reason.")
    console.print("Next: remit label status")
    return 0


async def _settle(
    conversation: str, verdict: "LabelVerdict", loss: float | None, reason: str, store: Path | None
) -> list[str]:
    from remit.adapters.store import SqliteAuditLog, SqliteLedger
    from remit.app import labelling
    from remit.cli.acting import acting
    from remit.conversations import ConversationId
    from remit.identity import Role

    async with open_store(store) as database:
        actor = await acting(database, needs=Role.APPROVER)
        observations = await labelling.settle(
            ConversationId(conversation),
            verdict,
            actor=actor,
            reason=reason,
            ledger=SqliteLedger(database),
            audit=SqliteAuditLog(database),
            now=datetime.now(UTC),
            loss=loss,
        )
    return [seen.key for seen in observations]


# ── what is there ─────────────────────────────────────────────────────────────────────────────────
@label.command("status")
def status(
    *,
    agent: Annotated[str, typer.Option(help="Only this agent.")] = "",
    intent: Annotated[str, typer.Option(help="Only this intent.")] = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """What was drawn, what is labelled, what is disputed, what is no evidence, and how well two experts agree."""
    found = asyncio.run(_status(agent, intent, store))
    if as_json:
        typer.echo(json.dumps(_status_document(found), indent=2))
        return
    console = screen()
    if not found.n_drawn and not found.n_not_drawn and not found.n_not_sampled:
        console.print("No conversation has ended contained yet: there is nothing to label.")
        console.print("Next: remit serve")
        return
    if found.simulated:
        console.print("SIMULATED: these conversations come from a world that is not real.", style="yellow")
    console.print(_status_table(found))
    _print_agreement(found)
    for title, names in (("Waiting", found.waiting), ("Disputed", found.disputed)):
        if names:
            shown = ", ".join(names[:MOST_SHOWN]) + (", ..." if len(names) > MOST_SHOWN else "")
            console.print(f"{title}: {shown}", soft_wrap=True)
    console.print(f"Next: {_next_of(found)}", soft_wrap=True)


async def _status(agent: str, intent: str, store: Path | None) -> "Labelling":
    from remit.adapters.store import SqliteLedger
    from remit.app.labelling import labelling
    from remit.conversations import AgentName, IntentName

    async with open_store(store) as database:
        return await labelling(
            SqliteLedger(database),
            agent=AgentName(agent) if agent else None,
            intent=IntentName(intent) if intent else None,
        )


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
    return "remit gate"


def _status_document(found: "Labelling") -> dict[str, Any]:
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
        "labels_not_sampled": found.n_not_sampled,
        "labels_too_late": found.n_too_late,
        "agreement": None
        if kappa is None
        else {"n": kappa.n, "kappa": kappa.estimate, "low": kappa.low, "high": kappa.high, "delta": 0.05},
        "next": _next_of(found),
    }

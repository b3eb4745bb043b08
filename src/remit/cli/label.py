"""`remit label`: what experts say of contained conversations, one at a time or from a file."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remit.cli.label_words import show_status, status_document, tell
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.adapters.formats.labels import LabelRow
    from remit.app.labelling import Labelling, LabelReport
    from remit.supervision import Label, LabelRules, LabelVerdict

label = typer.Typer(help="What experts say of contained conversations. Only conversations that were drawn count.")

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PolicyOption = Annotated[
    Path | None, typer.Option(help="The policy, for how long outcomes mature; default: that of remit.yaml near here.")
]
Conversation = Annotated[str, typer.Argument(help="The conversation's id.")]
Verdict = Annotated[str, typer.Argument(help="good, wrong, unsafe or reopened.")]
LossOption = Annotated[float | None, typer.Option(help="How bad, above 0 and at most 1; left out it is 1.")]


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
    return tell(report, [row], (), source="", as_json=as_json)


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
        return tell(_nothing(), [], found.bad_rows, source=str(file), as_json=as_json)
    report = asyncio.run(_label(rows, _rules(policy), store, keep_rest=keep_rest))
    return tell(report, rows, found.bad_rows, source=str(file), as_json=as_json)


@label.command("shadow")
def shadow(
    conversation: Conversation,
    word: Annotated[str, typer.Argument(help="agree or differs: would a person have said or done the same?")],
    *,
    policy: PolicyOption = None,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Say of a proposal that was recorded and not sent whether it was right, under your own account.

    In shadow it is what the first level is earned with. Exit codes: 0 kept, 3 refused.
    """
    from remit.adapters.formats.labels import LabelRow
    from remit.conversations import ConversationId
    from remit.supervision import Label, LabelVerdict

    verdicts = {"agree": LabelVerdict.GOOD, "differs": LabelVerdict.WRONG}
    if word not in verdicts:
        raise SettingsError(f"remit label shadow: {word!r} is neither agree nor differs.\n  Say one of them.")
    row = LabelRow(1, Label(ConversationId(conversation), verdicts[word], datetime.now(UTC)))
    report = asyncio.run(_label([row], _rules(policy), store, keep_rest=False, held_back=True))
    return tell(report, [row], (), source="", as_json=as_json)


async def _label(
    rows: "Sequence[LabelRow]", rules: "LabelRules", store: Path | None, *, keep_rest: bool, held_back: bool = False
) -> "LabelReport":
    from remit.adapters.store import SqliteLedger
    from remit.app.labelling import label_conversations
    from remit.cli.acting import acting
    from remit.identity import Role
    from remit.supervision.proposals import weigh_unsent
    from remit.supervision.weighing import weigh

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
            weigh=weigh_unsent if held_back else weigh,
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
        typer.echo(json.dumps(status_document(found), indent=2))
        return
    show_status(found)


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

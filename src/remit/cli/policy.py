"""`remit validate`, `remit policy schema` and `remit policy diff`: the policy document on the terminal."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.screen import counted, screen
from remit.errors import DocumentError, ObjectiveParseError, PolicyParseError

if TYPE_CHECKING:
    from remit.policy.changes import PolicyChange
    from remit.policy.levels import AutonomyLevel
    from remit.policy.model import Policy

EXIT_ERROR = 3
_SIGNS = {"grants": "+ grants", "takes": "- takes", "neutral": "  neutral"}

policy = typer.Typer(
    help="The policy document: its schema, and what a change of it means.", invoke_without_command=True
)

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@policy.callback()
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def validate(
    path: Annotated[Path, typer.Argument(help="The policy document.")] = Path("policy.yaml"),
    *,
    as_json: JsonOption = False,
) -> None:
    """Check a policy document and the objectives that it names; every mistake with its line and how to mend it."""
    # Loaded here, as below: reading documents needs libraries that no other command should wait for.
    from remit.app.objectives import read_objectives
    from remit.app.policy_files import read_policy_file
    from remit.policy.gaps import describe_gaps

    try:
        checked = read_policy_file(path)
        objectives = read_objectives(checked, path)
    except (PolicyParseError, ObjectiveParseError) as error:
        if not as_json:
            raise
        others = error.others if isinstance(error, PolicyParseError) else ()
        _print_json({"ok": False, "path": str(path), "problems": [_problem(one) for one in (error, *others)]})
        raise typer.Exit(EXIT_ERROR) from None
    gaps = describe_gaps(checked)
    following = _following(path)
    if as_json:
        _print_json(
            {
                **_facts(checked, path),
                "objectives": [one.name for one in objectives],
                "gaps": list(gaps),
                "next": following,
            }
        )
    else:
        _print_summary(checked, path, gaps, following, n_objectives=len(objectives))


@policy.command("schema")
def schema(
    *,
    markdown: Annotated[bool, typer.Option("--markdown", help="The same as tables, for people.")] = False,
) -> None:
    """Print the JSON Schema (2020-12) of the policy document, for editors."""
    from remit.policy.reference import policy_reference
    from remit.policy.schema import policy_schema

    if markdown:
        typer.echo(policy_reference())
    else:
        _print_json(policy_schema())


@policy.command("diff")
def diff(
    old: Annotated[Path, typer.Argument(help="The policy as it was.")],
    new: Annotated[Path, typer.Argument(help="The policy as it would be.")],
    *,
    as_json: JsonOption = False,
) -> None:
    """Say in words what a change of policy grants and takes."""
    from remit.app.policy_files import read_policy_file
    from remit.policy.diff import describe_changes

    before, after = read_policy_file(old), read_policy_file(new)
    changes = describe_changes(before, after)
    counts = Counter(change.direction.value for change in changes)
    if as_json:
        _print_json(
            {
                "old": {"path": str(old), "digest": before.digest},
                "new": {"path": str(new), "digest": after.digest},
                "counts": {sign: counts[sign] for sign in _SIGNS},
                "changes": [
                    {"where": change.where, "direction": change.direction.value, "what": change.what}
                    for change in changes
                ],
            }
        )
    else:
        _print_changes(changes, counts)


def _following(path: Path) -> str:
    """Inside a contact centre the command knows everything itself."""
    from remit.app.centre import FILE

    if path == Path("policy.yaml") and Path(FILE).is_file():
        return "remit eval"
    return shlex.join(["remit", "eval", "AGENT", "--policy", str(path)])


# ── validate ──────────────────────────────────────────────────────────────────────────────────────
def _problem(error: DocumentError) -> dict[str, Any]:
    return {"path": error.path, "line": error.line, "problem": error.problem, "mend": error.mend}


def _facts(checked: "Policy", path: Path) -> dict[str, Any]:
    return {
        "ok": True,
        "path": str(path),
        "name": checked.name,
        "digest": checked.digest,
        "tools": {name: tool.effect.value for name, tool in checked.tools.items()},
        "intents": {
            name: {"ceiling": intent.ceiling.label, "tools": list(intent.tools), "n_examples": len(intent.examples)}
            for name, intent in checked.intents.items()
        },
        "levels": {
            level.label: {"send_threshold": at_level.send_threshold, "ask_threshold": at_level.ask_threshold}
            for level, at_level in checked.levels.items()
        },
        "gates": {level.label: list(gates) for level, gates in _gates_in_words(checked)},
    }


def _gates_in_words(checked: "Policy") -> "Iterator[tuple[AutonomyLevel, Sequence[str]]]":
    from remit.policy.gate_words import in_words

    for level, gates in sorted(checked.gates.items()):
        yield level, [in_words(gate) for gate in gates]


def _print_summary(checked: "Policy", path: Path, gaps: Sequence[str], following: str, *, n_objectives: int) -> None:
    console = screen()
    effects = Counter(tool.effect.value for tool in checked.tools.values())
    kinds = ", ".join(f"{count} {effect}" for effect, count in sorted(effects.items()))
    n_intents, n_tools = len(checked.intents), len(checked.tools)
    console.print(f"{path}: policy {checked.name!r} is valid, digest {checked.digest[:12]}")
    console.print(f"  {counted(n_intents, 'intent')}, {counted(n_tools, 'tool')}" + (f" ({kinds})" if kinds else ""))
    if n_objectives:
        console.print(f"  {counted(n_objectives, 'objective')}, from the files that it names")
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("level", no_wrap=True)
    table.add_column("sends from", justify="right", no_wrap=True)
    table.add_column("asks from", justify="right", no_wrap=True)
    table.add_column("gates", overflow="fold")
    gates = {level.label: "\n".join(words) for level, words in _gates_in_words(checked)}
    if "shadow" in gates:
        table.add_row("shadow", "", "", gates["shadow"])
    for level, at_level in checked.levels.items():
        table.add_row(
            level.label,
            f"{at_level.send_threshold:.2f}",
            f"{at_level.ask_threshold:.2f}",
            gates.get(level.label, "none"),
        )
    console.print(table)
    for gap in gaps:
        console.print(f"note: {gap}.")
    console.print(f"next: {following}")


# ── diff ──────────────────────────────────────────────────────────────────────────────────────────
def _print_changes(changes: "Sequence[PolicyChange]", counts: Counter[str]) -> None:
    console = screen()
    if not changes:
        console.print("The two policies say the same; comments, order and spelling aside nothing changed.")
        return
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    table.add_column("where", overflow="fold", max_width=34)
    table.add_column("what changes", overflow="fold")
    for change in changes:
        table.add_row(_SIGNS[change.direction.value], change.where, change.what)
    console.print(table)
    console.print(
        f"{counted(len(changes), 'change')}: {counts['grants']} grant, {counts['takes']} take, "
        f"{counts['neutral']} neutral."
    )


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))

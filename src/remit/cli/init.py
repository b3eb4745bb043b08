"""`remit init`: start a contact centre of one's own."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import Annotated, Any, get_args
from urllib.parse import urlsplit

import typer

from remit.adapters.scaffold import (
    AgentType,
    DraftIntent,
    StartPlan,
    draft_intents,
    expect_free,
    intent_named,
    render_files,
    starter_intents,
    write_files,
)
from remit.cli.screen import counted
from remit.errors import SettingsError

_TYPES: tuple[AgentType, ...] = get_args(AgentType)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def init(
    directory: Annotated[Path, typer.Argument(help="The new folder; `.` for this one.")] = Path(),
    *,
    agent_type: Annotated[str, typer.Option(help=f"One of {', '.join(_TYPES)}.")] = "",
    agent_url: Annotated[str, typer.Option(help="Address of the agent; none starts with a small Python agent.")] = "",
    model: Annotated[str, typer.Option(help="Name of the model at the address.")] = "",
    api_key_env: Annotated[str, typer.Option(help="Name of the environment variable with the key.")] = "",
    problem: Annotated[str, typer.Option(help="What the agent is to solve, in one sentence with numbers.")] = "",
    intent: Annotated[list[str] | None, typer.Option(help="A first intent; give it several times.")] = None,
    history: Annotated[Path | None, typer.Option(help="Conversations (JSON lines) to draft intents from.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing; take what is missing as it is.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Say what was written as JSON.")] = False,
) -> None:
    """Start a contact centre of your own: policy, agent, world and suites that run at once."""
    ask = not (yes or as_json)
    if not agent_url and agent_type != "python" and ask:
        agent_url = _ask("Address of your agent (empty: a small Python agent)", default="", show_default=False)
    kind = _agent_type(agent_type, agent_url, ask=ask)
    if not model and kind in ("llm", "openai_chat") and ask:
        model = _ask("Name of the model there", default="default")
    if not problem and ask:
        problem = _ask("The problem it is to solve, in one sentence", default="", show_default=False)
    if intent and history is not None:
        raise SettingsError("--intent and --history both name the first intents.\n  Give one of them.")
    if not intent and history is None and ask:
        named = _ask("First intents, separated by commas (empty: an example)", default="", show_default=False)
        intent = [name for name in named.split(",") if name.strip()]
    plan = StartPlan(
        name=_centre_name(directory),
        problem=problem or "Say here which problem the agent is to solve, with numbers",
        agent_type=kind,
        agent_url=_address(agent_url, kind),
        intents=_intents(intent or [], history),
        model=model or "default",
        api_key_env=_variable(api_key_env),
    )
    files = render_files(plan)
    expect_free(directory, files)
    write_files(directory, files)
    _report(directory, plan, sorted(files), as_json=as_json)


def _ask(question: str, *, default: str, show_default: bool = True) -> str:
    try:
        return str(typer.prompt(question, default=default, show_default=show_default))
    except typer.Abort:
        # A closed input looks like Ctrl+C; only the first can be mended.
        if sys.stdin.isatty():
            raise
        raise SettingsError(
            "nobody answers: the input is closed.\n  Give what is asked by flags (`remit init --help`), or --yes."
        ) from None


# ── answers ───────────────────────────────────────────────────────────────────────────────────────
def _agent_type(given: str, url: str, *, ask: bool) -> AgentType:
    chosen = given
    if not chosen and url and ask:
        chosen = _ask("What speaks there (llm, openai_chat, http)", default="openai_chat")
    chosen = chosen or ("openai_chat" if url else "python")
    for kind in _TYPES:
        if kind == chosen:
            return kind
    raise SettingsError(f"--agent-type {chosen!r} is not known.\n  Write one of {', '.join(_TYPES)}.")


def _address(url: str, kind: AgentType) -> str:
    if kind == "python":
        if url:
            raise SettingsError("--agent-type python has no address.\n  Leave --agent-url out, or take another type.")
        return ""
    if not url:
        raise SettingsError(f"--agent-type {kind} needs an address.\n  Give --agent-url, such as https://host/v1.")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(f"--agent-url {url!r} is not an address.\n  Write it whole, such as https://host/v1.")
    return url if kind == "http" else url.rstrip("/").removesuffix("/chat/completions")


def _variable(name: str) -> str:
    if name and not _VARIABLE.fullmatch(name):
        raise SettingsError("--api-key-env is not the name of a variable.\n  Give the name, never the key itself.")
    return name


def _centre_name(directory: Path) -> str:
    """The folder's name in the form that policies allow."""
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", directory.resolve().name).strip("-.")[:60]
    return name if name and (name[0].isalpha() or name[0] == "_") else f"centre-{name}".rstrip("-")


def _intents(names: list[str], history: Path | None) -> tuple[DraftIntent, ...]:
    if history is not None:
        return draft_intents(history)
    if not names:
        return starter_intents()
    intents = {draft.name: draft for draft in map(intent_named, names)}
    return tuple(intents.values())


# ── report ────────────────────────────────────────────────────────────────────────────────────────
def _report(directory: Path, plan: StartPlan, files: list[str], *, as_json: bool) -> None:
    following = "remit validate && remit eval"
    if directory.resolve() != Path.cwd():
        following = f"cd {shlex.quote(str(directory))} && {following}"
    if as_json:
        content: dict[str, Any] = {
            "directory": str(directory.resolve()),
            "files": files,
            "agent_type": plan.agent_type,
            "intents": [{"name": one.name, "draft": bool(one.origin), "origin": one.origin} for one in plan.intents],
            "next": following,
        }
        typer.echo(json.dumps(content, ensure_ascii=False))
        return
    typer.echo(f"Wrote {counted(len(files), 'file')} into {directory.resolve()}: {', '.join(files)}.")
    for one in plan.intents:
        if one.origin:
            typer.echo(f"  draft intent {one.name}: {one.origin}")
    typer.echo(f"Next: {following}")

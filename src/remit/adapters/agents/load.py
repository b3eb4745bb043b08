"""From an agent's YAML file to an agent that can be asked for proposals."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, runtime_checkable

from remit.adapters.agents.document import DocumentPlace, parse_document
from remit.adapters.agents.flow.agent import build_flow
from remit.adapters.agents.http import HttpAgent, build_http
from remit.adapters.agents.hybrid import HybridAgent, build_hybrid
from remit.adapters.agents.llm import build_llm
from remit.adapters.agents.openai_chat import OpenAiChatAgent, build_openai_chat
from remit.adapters.agents.python import build_python
from remit.adapters.text_files import read_text
from remit.conversations import AgentName, ReleaseId
from remit.documents import suggest
from remit.errors import AgentParseError
from remit.releases.model import Part, Release, merged, release_id
from remit.runtime.ports import Agent, Clock

Builder = Callable[[Mapping[str, Any], DocumentPlace, Path, Mapping[str, str]], Agent]
"""Makes an agent of one type: `(document, where, directory, environ) -> Agent`.

`document` is the section named like the type (`llm:` for `type: llm`); `where` is the same section with its
lines and reading methods; `directory` is where relative file names start; `environ` holds the secrets.
A builder raises AgentParseError for what is wrong in the section (use `where.error`), reads files with
`where.read_file` or declares them with `where.cover` so that they belong to the release, says with `reach` which
intents a part serves where it can make sure of that, and opens no connection. An agent that holds connections also
has `async close()`; one that can be unreachable has `async check()`.
"""

BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {
        "flow": build_flow,
        "http": build_http,
        "hybrid": build_hybrid,
        "llm": build_llm,
        "openai_chat": build_openai_chat,
        "python": build_python,
    }
)
"""Every agent type; a new one is one line here."""


@runtime_checkable
class Closable(Protocol):
    """An agent that holds connections."""

    async def close(self) -> None:
        """Give them back."""
        ...


@runtime_checkable
class Checkable(Protocol):
    """An agent that may be out of reach."""

    async def check(self) -> None:
        """Raise a leaf of AgentError if a proposal could not be had now."""
        ...


class WallClock:
    """The machine's time."""

    def now(self) -> datetime:
        """The present, timezone-aware UTC."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class LoadedAgent:
    """An agent as its definition declares it.

    `release` names `parts`: it changes whenever the definition, a file it is made of, or what was given as its
    surroundings changes; comments in a definition and the description don't count. `opaque` is true if the agent
    runs elsewhere and can change behind an unchanged release.
    """

    name: AgentName
    release: ReleaseId
    type: str
    agent: Agent
    opaque: bool
    description: str = ""
    parts: tuple[Part, ...] = ()

    def as_release(self) -> Release:
        """What is registered."""
        return Release(self.release, self.name, self.parts, opaque=self.opaque)

    async def close(self) -> None:
        """Give back what the agent holds; do it in the event loop that asked it."""
        if isinstance(self.agent, Closable):
            await self.agent.close()


def load_agent(
    path: Path,
    *,
    environ: Mapping[str, str] = MappingProxyType({}),
    clock: Clock | None = None,
    surroundings: Sequence[Part] = (),
) -> LoadedAgent:
    """Read an agent definition and build the agent. Nothing is connected yet.

    Args:
        path: The YAML file; the files it names are relative to its folder.
        environ: Where secrets are looked up by the names that the definition gives. A missing one is an
            error of `check_agent` and of every proposal, so that a definition can be read without secrets.
        clock: What `AgentView.deadline` is measured with; the machine's time if None.
        surroundings: Parts that act on the agent from outside its definition: tools, guards.

    Raises:
        AgentParseError: The file or a file that it names cannot be used.
    """
    document = parse_document(read_text(path, AgentParseError, mend="Check the path of the definition."), path)
    where = DocumentPlace(path=path, agent=str(document.get("name", "")), section=document, clock=clock or WallClock())
    kind = _read_type(where)
    where.expect_keys("apiVersion", "kind", "name", "type", "description", kind)
    section = where.part(kind)
    agent = BUILDERS[kind](section.section, section, path.parent, environ)
    name = AgentName(where.text("name"))
    definition = where.parts.of_definition(document, path, name="agent")
    parts = merged([definition, *where.parts.all(path.parent), *surroundings])
    return LoadedAgent(
        name=name,
        release=release_id(name, parts),
        type=kind,
        agent=agent,
        opaque=_is_opaque(agent),
        description=where.text("description", default=""),
        parts=parts,
    )


async def check_agent(loaded: LoadedAgent) -> None:
    """Make sure, before anything runs, that the agent can be asked.

    Raises:
        AgentError: A leaf that says what is wrong, where and how to mend it.
    """
    if isinstance(loaded.agent, Checkable):
        await loaded.agent.check()


def _read_type(where: DocumentPlace) -> str:
    if where.required("apiVersion") != "remit/v1":
        found = where.section["apiVersion"]
        raise where.error("apiVersion", f"apiVersion {found!r} is not known", "Write `apiVersion: remit/v1`.")
    if where.required("kind") != "Agent":
        raise where.error("kind", f"kind {where.section['kind']!r} is not an agent", "Write `kind: Agent`.")
    where.text("name")
    kind = where.text("type")
    if kind not in BUILDERS:
        raise where.error("type", f"agent type {kind!r} is not known", suggest(kind, sorted(BUILDERS), noun="types"))
    return kind


def _is_opaque(agent: Agent) -> bool:
    """Whether it runs elsewhere, or a part of it does, so that it can change behind an unchanged definition."""
    match agent:
        case HttpAgent() | OpenAiChatAgent():
            return True
        case HybridAgent(flow, generation):
            return _is_opaque(flow) or _is_opaque(generation)
        case _:
            return False

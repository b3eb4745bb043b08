"""A contact centre's folder: which policy, agent, tools and suites belong together (`remit.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from remit.errors import SettingsError

FILE = "remit.yaml"


class McpSource(BaseModel):
    """Tools behind an MCP server: a command to start it, or the address where it listens."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = ()
    url: str = ""


class ToolsSource(BaseModel):
    """Where tools live: a world of Python functions, or an MCP server."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    world: str = ""
    mcp: McpSource | None = None


class ContactCentreFile(BaseModel):
    """`remit.yaml` as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    api_version: Annotated[str, Field(alias="apiVersion", pattern="^remit/v1$")]
    kind: Annotated[str, Field(pattern="^ContactCentre$")]
    name: str
    policy: str = "policy.yaml"
    agent: str = "agent.yaml"
    suites: tuple[str, ...] = ("suites",)
    tools: ToolsSource = ToolsSource()
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Centre:
    """A contact centre on disk; all paths are absolute. `examples` are messages to try on the chat page."""

    name: str
    directory: Path
    policy: Path
    agent: Path
    suites: tuple[Path, ...]
    tools: ToolsSource
    examples: tuple[str, ...] = ()


def load_centre(directory: Path) -> Centre:
    """Read `remit.yaml` of a folder.

    Raises:
        SettingsError: There is none, or it does not say what it must.
    """
    path = directory / FILE
    document = _read(path)
    try:
        centre = ContactCentreFile.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "document"
        raise SettingsError(
            f"{path}: {where}: {first['msg']}.\n  See docs/reference/centre.md for its shape."
        ) from None
    root = directory.resolve()
    return Centre(
        name=centre.name,
        directory=root,
        policy=root / centre.policy,
        agent=root / centre.agent,
        suites=tuple(root / suite for suite in centre.suites),
        tools=centre.tools,
        examples=centre.examples,
    )


def _read(path: Path) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        message = f"{path}: cannot be read: {error.strerror}.\n  Run `remit init` to make a contact centre."
        raise SettingsError(message) from None
    try:
        return YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise SettingsError(f"{path}: is not YAML: {error}.\n  Mend the line it names.") from None

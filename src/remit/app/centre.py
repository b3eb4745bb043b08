"""A contact centre's folder: which policy, agent, tools and suites belong together (`remit.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from remit.documents import read_mapping, refusal
from remit.documents.complaints import complaints
from remit.errors import CentreParseError

FILE = "remit.yaml"
_BEGIN = "It begins with `apiVersion: remit/v1` and `kind: ContactCentre`; see docs/reference/centre.md."


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

    api_version: Annotated[Literal["remit/v1"], Field(alias="apiVersion")]
    kind: Literal["ContactCentre"]
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
        CentreParseError: There is none, or it does not say what it must.
    """
    path = directory / FILE
    located = read_mapping(_read(path), path, CentreParseError, _BEGIN)
    try:
        centre = ContactCentreFile.model_validate(located.plain())
    except ValidationError as error:
        raise refusal(CentreParseError, path, complaints(error, located, ContactCentreFile)) from None
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


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CentreParseError(path, None, "is not UTF-8 text", "Save the file as UTF-8.") from None
    except OSError as error:
        problem = f"cannot be read: {error.strerror or error}"
        raise CentreParseError(path, None, problem, "Run `remit init` to make a contact centre.") from None

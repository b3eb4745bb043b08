"""A contact centre's folder: which policy, agent, tools and suites belong together (`remit.yaml`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from remit.adapters.text_files import read_text
from remit.app.contact_centre_file import ContactCentreSection
from remit.documents import read_mapping, refusal
from remit.documents.complaints import complaints
from remit.errors import CentreParseError

FILE = "remit.yaml"
IntentsModel = Literal["words", "embeddings"]
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


class IntentsSource(BaseModel):
    """How customers are understood: by their words, or also by what sentences mean (`remit[embeddings]`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: IntentsModel = "words"


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
    intents: IntentsSource = IntentsSource()
    simulated: bool = False
    examples: tuple[str, ...] = ()
    contact_centre: ContactCentreSection = ContactCentreSection()


@dataclass(frozen=True, slots=True)
class Centre:
    """A contact centre on disk; all paths are absolute. `examples` are messages to try on the chat page.

    `simulated` says that nobody real is served: what suites support is granted without signatures.
    """

    name: str
    directory: Path
    policy: Path
    agent: Path
    suites: tuple[Path, ...]
    tools: ToolsSource
    examples: tuple[str, ...] = ()
    intents: IntentsModel = "words"
    simulated: bool = False
    contact_centre: ContactCentreSection = ContactCentreSection()


def load_centre(directory: Path) -> Centre:
    """Read `remit.yaml` of a folder.

    Raises:
        CentreParseError: There is none, or it does not say what it must.
    """
    path = directory / FILE
    text = read_text(path, CentreParseError, mend="Run `remit init` to make a contact centre.")
    located = read_mapping(text, path, CentreParseError, _BEGIN)
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
        intents=centre.intents.model,
        contact_centre=centre.contact_centre,
        simulated=centre.simulated or bool(centre.tools.world),
    )

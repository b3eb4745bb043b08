"""What every `remit release` command works with: the centre's policy and agent, its releases, and who acts."""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from remit.cli.places import centre_near, policy_place
from remit.cli.stores import open_store
from remit.errors import ReleaseUnknown, SettingsError

if TYPE_CHECKING:
    from remit.adapters.agents.load import LoadedAgent
    from remit.adapters.store import SqliteDatabase
    from remit.app.release_history import History
    from remit.app.releasing import Releasing
    from remit.conversations import AgentName, IntentName
    from remit.identity import Actor
    from remit.policy.model import Policy
    from remit.releases.model import Registration, Release

JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
PolicyOption = Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")]
Reference = Annotated[str, typer.Argument(help="A release id or its beginning, a label, or a definition's file.")]
IntentsOption = Annotated[
    list[str] | None,
    typer.Option("--intent", help="Only this intent; repeatable. Default: every intent of the policy."),
]
ReasonOption = Annotated[str, typer.Option(help="Why, for the audit log.")]


@dataclass(frozen=True, slots=True)
class Named:
    """A release, registered or not, and how people call it."""

    release: "Release"
    label: str


@dataclass(frozen=True, slots=True)
class Desk:
    """What every command here works with."""

    database: "SqliteDatabase"
    policy: "Policy"
    loaded: "LoadedAgent"
    source: Path
    releasing: "Releasing"

    @property
    def agent(self) -> "AgentName":
        """Whose releases."""
        return self.releasing.agent

    def intents(self, wanted: list[str] | None) -> "tuple[IntentName, ...]":
        """Those that are asked for, all of them known to the policy."""
        from remit.documents import suggest

        for one in wanted or ():
            if one not in self.policy.intents:
                mend = suggest(one, list(self.policy.intents), noun="intents")
                raise SettingsError(f"remit release: the policy knows no intent {one!r}.\n  {mend}")
        return tuple(intent for intent in self.policy.intents if not wanted or intent in wanted)

    def find(self, history: "History", reference: str) -> Named:
        """A registered release, or the one that a definition's file would be now."""
        try:
            known = history.find(reference)
        except ReleaseUnknown:
            place = self._place(reference)
            if place is None:
                raise
            return Named(_load(place, self.policy).as_release(), place.stem)
        return Named(known.release, known.label)

    def _place(self, reference: str) -> Path | None:
        beside = [self.source.parent / reference, self.source.parent / f"{reference}.yaml"]
        return next((one for one in (Path(reference), *beside) if one.is_file()), None)

    async def acting(self, needs: Any) -> "Actor":
        """Who does it."""
        from remit.cli.acting import acting

        return await acting(self.database, needs=needs)

    def expect(self, actor: "Actor", role: Any) -> None:
        """Refuse whoever lacks the role."""
        from remit.app.accounts import expect_role

        expect_role(actor, role)


@asynccontextmanager
async def open_desk(
    policy: Path | None, store: Path | None, *, agent: Path | None = None, make: bool = False
) -> AsyncIterator[Desk]:
    """Everything read that a command needs; the store is open.

    Args:
        policy: The policy; the centre's if None.
        store: The store; the setting's if None.
        agent: The definition; the centre's if None.
        make: Whether a store that does not exist is made.

    Raises:
        SettingsError: There is no contact centre here, or no store.
        DocumentError: The policy or the agent cannot be used.
    """
    from secrets import token_hex

    from remit.adapters.formats.suites import read_suites
    from remit.adapters.memory import SystemClock
    from remit.app.gating import clusters_of
    from remit.app.policy_files import read_policy_file
    from remit.app.release_shown import Stores
    from remit.app.releasing import Releasing

    centre = centre_near(agent.parent if agent is not None else None)
    if agent is None and centre is None:
        raise SettingsError(
            "remit release: there is no remit.yaml here, so that nobody knows whose releases are meant.\n"
            "  Go to the contact centre's folder, or name the definition: remit release register agents/first.yaml"
        )
    place = policy or (policy_place(None, "release") if centre is None else centre.policy)
    known = read_policy_file(place)
    source = centre.agent if agent is None and centre is not None else (agent or place)
    loaded = _load(source, known)
    suites = [] if centre is None else [one for place in centre.suites if place.exists() for one in read_suites(place)]
    async with open_store(store, make=make) as database:
        releasing = Releasing(
            stores=Stores.of(database),
            policy=known,
            agent=loaded.name,
            clock=SystemClock(),
            new_salt=lambda: token_hex(8),
            clusters_of=clusters_of(known, suites),
        )
        yield Desk(database, known, loaded, source, releasing)


def _load(source: Path, policy: "Policy") -> "LoadedAgent":
    """The agent of a definition, with its surroundings under the policy; nothing is connected."""
    from remit.adapters.agents.load import load_agent
    from remit.app.surroundings import surroundings_of

    return load_agent(source, environ=os.environ, surroundings=surroundings_of(policy))


def registration_document(one: "Registration") -> dict[str, Any]:
    """A registration for machines."""
    return {
        "release": one.release.id,
        "agent": one.release.agent,
        "label": one.label,
        "registered_at": one.at.isoformat(),
        "by": one.by,
        "source": one.source,
        "predecessor": one.predecessor,
        "opaque": one.release.opaque,
        "n_parts": len(one.release.parts),
    }


def print_json(document: Any) -> None:
    """The one document of a command with `--json`."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))

"""What a contact centre's folder knows, so that nobody has to type it."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.adapters.agents.load import LoadedAgent
    from remit.app.centre import Centre
    from remit.policy.model import Policy


def centre_near(start: Path | None = None) -> "Centre | None":
    """The contact centre whose folder, or a folder in it, this is; None if there is none."""
    from remit.app.centre import FILE, load_centre

    here = (start or Path.cwd()).resolve()
    folder = next((one for one in (here, *here.parents) if (one / FILE).is_file()), None)
    return None if folder is None else load_centre(folder)


def policy_place(given: Path | None, command: str) -> Path:
    """The policy document that is meant.

    Raises:
        SettingsError: None was given and there is no contact centre here.
    """
    if given is not None:
        return given
    centre = centre_near()
    if centre is None:
        raise SettingsError(
            f"remit {command}: --policy must be given, for there is no remit.yaml here.\n"
            f"  Such as: remit {command} --policy policy.yaml"
        )
    return centre.policy


def agent_of(given: Path | None, command: str, *, policy: "Policy | None" = None) -> "LoadedAgent":
    """The agent that is meant; nothing is connected.

    Its release is the one that evaluations and the gateway know only with the `policy` that declares its tools.

    Raises:
        SettingsError: None was given and there is no contact centre here.
        AgentParseError: Its definition cannot be used.
    """
    from remit.adapters.agents.load import load_agent
    from remit.app.surroundings import surroundings_of

    place = given
    if place is None:
        centre = centre_near()
        if centre is None:
            raise SettingsError(
                f"remit {command}: --agent must be given, for there is no remit.yaml here.\n"
                f"  Such as: remit {command} --agent agents/first.yaml --policy policy.yaml"
            )
        place = centre.agent
    surroundings = () if policy is None else surroundings_of(policy)
    return load_agent(place, environ=os.environ, surroundings=surroundings)

"""An actor: somebody, or the controller itself, whose name may stand under a change."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

ActorId = NewType("ActorId", str)


class Role(StrEnum):
    """What a person may see and press, least first; roles do not include each other except through `admin`."""

    VIEWER = "viewer"
    EXPERT = "expert"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


class Proof(StrEnum):
    """How it was shown that the actor is who they say."""

    PASSWORD = "password"  # noqa: S105 - the name of a kind of proof
    API_KEY = "api_key"
    SESSION = "session"
    OWN_PROCESS = "own_process"
    EMPTY_STORE = "empty_store"
    """The first admin of a store without accounts: whoever could write its file."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody whose identity has been proven; made only by authentication, never from a name in a flag.

    Args:
        id: Stable id of the account, or of the controller.
        name: For people to read.
        roles: What they may do.
        functions: Functions of the organisation that they sign for, as the policy's `signoff` names them
            (`operations`, `risk`).
        proof: How the identity was proven.
    """

    id: ActorId
    name: str
    roles: frozenset[Role]
    proof: Proof
    functions: frozenset[str] = frozenset()

    def may(self, role: Role) -> bool:
        """Whether they hold the role; an admin holds each."""
        return role in self.roles or Role.ADMIN in self.roles


CONTROLLER = Actor(ActorId("controller"), "Remit's controller", frozenset(), Proof.OWN_PROCESS)

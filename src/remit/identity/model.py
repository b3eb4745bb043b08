"""Actors and roles."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may see and press."""

    VIEWER = "viewer"
    EXPERT = "expert"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or a service that did something, and how its identity was proven."""

    name: str
    proof: str
    roles: frozenset[Role] = frozenset()

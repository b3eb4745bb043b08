"""Local accounts and their API keys. Secrets are kept as hashes only."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import NewType

from remit.errors import AccountRefused
from remit.identity.model import Actor, ActorId, Proof, Role

KeyId = NewType("KeyId", str)

_NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
_FUNCTION = re.compile(r"[a-z][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can prove who they are.

    Args:
        id: Stable; never given to anybody else.
        name: What they type to log in; unique.
        roles: What they may see and press.
        functions: Functions that they sign for.
        created_at: UTC.
        disabled_at: Since when nothing of the account opens anything, UTC; None while it does.
        password: Argon2id hash in PHC form; empty for an account that has keys only.
    """

    id: ActorId
    name: str
    roles: frozenset[Role]
    functions: frozenset[str]
    created_at: datetime
    disabled_at: datetime | None = None
    password: str = field(default="", repr=False)

    def actor(self, proof: Proof) -> Actor:
        """The account as the one who acts; call it only after the proof was checked."""
        return Actor(self.id, self.name, self.roles, proof, self.functions)

    @property
    def is_active_admin(self) -> bool:
        """Whether it can administer accounts now."""
        return Role.ADMIN in self.roles and self.disabled_at is None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key of an account: its public id, and the digest of its secret.

    Args:
        id: Public part; stands in lists and logs.
        account: Whose key.
        digest: SHA-256 of the whole key, in hex. The secret has 256 random bits: nobody guesses what it was made of.
        label: What it is for, in the owner's words.
        created_at: UTC.
        expires_at: From then on it opens nothing, UTC.
        revoked_at: From then on it opens nothing, UTC; None while not revoked.
        last_used_at: To the minute at best, UTC; None if never used.
    """

    id: KeyId
    account: ActorId
    digest: str = field(repr=False)
    label: str
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def opens(self, now: datetime) -> bool:
        """Whether the key is in force."""
        return self.revoked_at is None and self.created_at <= now < self.expires_at

    def state(self, now: datetime) -> str:
        """In one word, for lists."""
        if self.revoked_at is not None:
            return "revoked"
        return "in force" if self.opens(now) else "expired"


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """A key with its account."""

    account: Account
    key: ApiKey


def check_name(name: str) -> str:
    """The name, if an account can have it.

    Raises:
        AccountRefused: It cannot.
    """
    if not _NAME.fullmatch(name):
        raise AccountRefused(
            name,
            "this is no name for an account",
            "Use 1 to 64 lower-case letters, digits and . _ @ - and begin with a letter or digit.",
        )
    return name


def check_functions(name: str, functions: frozenset[str]) -> frozenset[str]:
    """The functions, if they can stand in a policy's `signoff`.

    Raises:
        AccountRefused: One cannot.
    """
    for function in sorted(functions):
        if not _FUNCTION.fullmatch(function):
            raise AccountRefused(
                name,
                f"{function!r} is no name for a function",
                "Write it as the policy's `signoff` does, such as operations or risk.",
            )
    return functions

"""Ports of identity. Adapters pass one contract suite (tests/contracts)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, TypeVar

from remit.identity.accounts import Account, ApiKey, KeyHolder, KeyId
from remit.identity.model import ActorId
from remit.identity.sessions import Session, SessionHolder, SessionId

Record_contra = TypeVar("Record_contra", contravariant=True)


class Credentials(Protocol):
    """What authentication needs to know."""

    async def account(self, name: str) -> Account | None:
        """The account of that name."""
        ...

    async def holder(self, key: KeyId) -> KeyHolder | None:
        """The key of that id with its account."""
        ...

    async def begin_attempt(self, subject: str, now: datetime) -> float:
        """Count an attempt as wrong before it is looked at; returns 0, or how many seconds it has to wait.

        One that has to wait is not counted. Counting first leaves no room for guesses at the same time.
        """
        ...

    async def attempt_succeeded(self, subject: str) -> None:
        """Forget the wrong attempts."""
        ...

    async def key_used(self, key: KeyId, now: datetime) -> None:
        """Note the use, at most once a minute."""
        ...


class AccountBook(Protocol[Record_contra]):
    """Accounts and keys, each change kept together with its record, or neither.

    The record is what the composition keeps of a change; Remit's adapters take the audit log's.
    """

    async def accounts(self) -> Sequence[Account]:
        """All accounts by name, disabled ones too."""
        ...

    async def keys(self) -> Sequence[ApiKey]:
        """All keys, oldest first."""
        ...

    async def add(self, account: Account, record: Record_contra, *, first: bool) -> None:
        """A new account. Raises AccountRefused if the name is taken, or `first` and there are accounts."""
        ...

    async def change(self, before: Account, after: Account, record: Record_contra) -> None:
        """Replace an account.

        Raises AccountRefused if it is no longer as `before`, or if no active admin would be left.
        """
        ...

    async def keep_key(self, key: ApiKey, record: Record_contra) -> None:
        """A new key, or a known one with another state."""
        ...


class Sessions(Protocol):
    """Logins of browsers."""

    async def holder(self, session: SessionId) -> SessionHolder | None:
        """The session of that id with its account as it is now."""
        ...

    async def start(self, session: Session, ends_at: datetime) -> None:
        """Keep a new session; those that have ended are forgotten."""
        ...

    async def replace(self, before: Session, after: Session, ends_at: datetime) -> bool:
        """Keep it as `after` if it is still as `before`; False if another request was faster, or it has ended."""
        ...

    async def end(self, session: SessionId) -> None:
        """From now on no token opens it."""
        ...

    async def end_all(self, account: ActorId) -> None:
        """The same for every session of an account."""
        ...

"""Sessions, in this process."""

from datetime import datetime

from remit.audit import Change
from remit.identity import AccountBook, ActorId, Session, SessionHolder, SessionId


class MemorySessions:
    """Implements `Sessions` beside a book of accounts.

    Args:
        book: Where the accounts are; a disabled one, or one with another password, has no sessions.
    """

    def __init__(self, book: AccountBook[Change]) -> None:
        self._book = book
        self._sessions: dict[SessionId, tuple[Session, datetime, str]] = {}

    async def holder(self, session: SessionId) -> SessionHolder | None:
        """The session of that id with its account as it is now."""
        if session not in self._sessions:
            return None
        found, _, password = self._sessions[session]
        account = next(one for one in await self._book.accounts() if one.id == found.account)
        if account.disabled_at is not None or account.password != password:
            await self.end_all(account.id)
            return None
        return SessionHolder(account, found)

    async def start(self, session: Session, ends_at: datetime) -> None:
        """Keep a new session; those that have ended are forgotten."""
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept[1] > session.started_at}
        (account,) = [one for one in await self._book.accounts() if one.id == session.account]
        self._sessions[session.id] = (session, ends_at, account.password)

    async def replace(self, before: Session, after: Session, ends_at: datetime) -> bool:
        """Keep it as `after` if it is still as `before`."""
        kept = self._sessions.get(before.id)
        if kept is None or kept[0] != before:
            return False
        self._sessions[before.id] = (after, ends_at, kept[2])
        return True

    async def end(self, session: SessionId) -> None:
        """From now on no token opens it."""
        self._sessions.pop(session, None)

    async def end_all(self, account: ActorId) -> None:
        """The same for every session of an account."""
        self._sessions = {key: kept for key, kept in self._sessions.items() if kept[0].account != account}

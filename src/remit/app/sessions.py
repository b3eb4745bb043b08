"""Logins of browsers: a cookie that opens a session, replaced while it is in use. Pages call this and nothing below."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from remit.identity import Actor, Proof, SessionHolder, SessionId, SessionLimits, Sessions
from remit.identity.sessions import TOKEN_BYTES, Closed, Opened, open_session, start_session
from remit.runtime.ports import Clock

_ATTEMPTS = 3
_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Who a request is by.

    Args:
        actor: With the roles that the account has at this moment.
        cookie: To be set in the answer; empty if the browser's stays.
    """

    actor: Actor
    cookie: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Logins:
    """Starts, opens and ends sessions.

    A cookie is `<session id>.<token>`; set it `HttpOnly`, `Secure`, `SameSite=Strict`, with no date.
    """

    sessions: Sessions
    clock: Clock
    limits: SessionLimits = SessionLimits()
    random_hex: Callable[[int], str] = field(default=secrets.token_hex)

    async def start(self, actor: Actor) -> str:
        """The cookie of somebody who has just proven who they are; never reuse one that was there before."""
        now = self.clock.now()
        session_id, token = SessionId(self.random_hex(16)), self.random_hex(TOKEN_BYTES)
        session = start_session(session_id, actor.id, token, now)
        await self.sessions.start(session, session.ends_at(self.limits))
        return f"{session_id}.{token}"

    async def actor_of(self, cookie: str) -> LoggedIn | None:
        """Who the cookie is of; None if it opens nothing, for whatever reason.

        A token that comes back long after it was replaced ends the session: two browsers hold it.
        """
        session_id, _, token = cookie.partition(".")
        for _ in range(_ATTEMPTS):
            holder = await self.sessions.holder(SessionId(session_id))
            if holder is None or holder.account.disabled_at is not None:
                return None
            next_token = self.random_hex(TOKEN_BYTES)
            match open_session(holder.session, token, self.clock.now(), next_token=next_token, limits=self.limits):
                case Closed(_, is_over):
                    if is_over:
                        await self.sessions.end(holder.session.id)
                    return None
                case Opened() as opened:
                    if await self._kept(holder, opened):
                        fresh = f"{session_id}.{opened.token}" if opened.token else ""
                        return LoggedIn(holder.account.actor(Proof.SESSION), fresh)
        return None

    async def end(self, cookie: str) -> None:
        """Log out; a cookie that opens nothing ends nothing."""
        if await self.actor_of(cookie) is not None:
            await self.sessions.end(SessionId(cookie.partition(".")[0]))

    async def _kept(self, holder: SessionHolder, opened: Opened) -> bool:
        """False if another request of the same browser was faster: then the session is read again.

        A request is noted once a minute: a page with many parts costs no write for each.
        """
        if not opened.token and opened.session.seen_at - holder.session.seen_at < _NOTED_EVERY:
            return True
        return await self.sessions.replace(holder.session, opened.session, opened.session.ends_at(self.limits))

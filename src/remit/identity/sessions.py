"""A browser's session: how long it lasts, when its token is replaced, and which token opens it. Pure.

The token is shown to the browser only; what is kept is its digest. A token is replaced while it is in use, and the one
before it still opens for some seconds, because requests that were under way carry it.
"""

import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NewType

from remit.identity.accounts import Account
from remit.identity.model import ActorId
from remit.identity.proving import digest_of_secret

SessionId = NewType("SessionId", str)

TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long sessions last.

    Args:
        idle: Without a request for so long, it has ended.
        whole: After so long it has ended, whatever happens.
        token: After so long the next request gets a new token.
        grace: How long the token before still opens.
    """

    idle: timedelta = timedelta(minutes=30)
    whole: timedelta = timedelta(hours=12)
    token: timedelta = timedelta(minutes=15)
    grace: timedelta = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Session:
    """One login of an account.

    Args:
        id: Names the row; no secret.
        account: Who logged in.
        digest: SHA-256 of the token in force.
        previous: SHA-256 of the token before it; empty if there was none.
        started_at: Login, UTC.
        issued_at: Since when the token is in force, UTC.
        seen_at: Last request, UTC.
    """

    id: SessionId
    account: ActorId
    digest: str
    previous: str
    started_at: datetime
    issued_at: datetime
    seen_at: datetime

    def ends_at(self, limits: SessionLimits) -> datetime:
        """From this moment on nothing opens it, unless a request comes before."""
        return min(self.seen_at + limits.idle, self.started_at + limits.whole)


@dataclass(frozen=True, slots=True)
class SessionHolder:
    """A session with its account."""

    account: Account
    session: Session


@dataclass(frozen=True, slots=True)
class Opened:
    """The token fits. `session` is to be kept; `token` is the new one for the browser, empty if the old one stays."""

    session: Session
    token: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """The token does not open the session (any more).

    Args:
        why: In a few words for the log, never for the browser.
        is_over: Whether the session has ended or must end; a wrong token alone ends nobody's session.
    """

    why: str
    is_over: bool = True


def start_session(session_id: SessionId, account: ActorId, token: str, now: datetime) -> Session:
    """The session of a login that happens now; always with a new id and token, whatever the browser brought."""
    return Session(session_id, account, digest_of_secret(token), "", now, now, now)


def open_session(
    session: Session, token: str, now: datetime, *, next_token: str, limits: SessionLimits | None = None
) -> Opened | Closed:
    """What a request with this token gets.

    Args:
        session: As it is kept.
        token: What the browser sent.
        now: UTC. A clock that went backwards before the last request counts as that request's time.
        next_token: A fresh random token, used if the present one is due.
        limits: Default: `SessionLimits()`.
    """
    limits = limits or SessionLimits()
    now = max(now, session.seen_at)
    digest = digest_of_secret(token)
    is_current = hmac.compare_digest(digest, session.digest)
    is_previous = bool(session.previous) and hmac.compare_digest(digest, session.previous)
    if now >= session.ends_at(limits):
        return Closed("it has ended")
    if is_previous and not is_current:
        if now - session.issued_at < limits.grace:
            return Opened(replace(session, seen_at=now))
        # Two holders of one session: one of them is not who logged in.
        return Closed("a token came back long after it was replaced; end the session")
    if not is_current:
        return Closed("the token is another", is_over=False)
    if now - session.issued_at < limits.token:
        return Opened(replace(session, seen_at=now))
    renewed = replace(session, digest=digest_of_secret(next_token), previous=session.digest, issued_at=now, seen_at=now)
    return Opened(renewed, next_token)

"""One HTTP request with a deadline, a cap on what comes back, and careful retries; every failure is an AgentError."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from remit.adapters.llm.retry import DEFAULT_RETRY, NOT_BEGUN, OVERLOADED, RetryPolicy, read_retry_after
from remit.errors import AgentError, AgentProtocolError, AgentTimeout, AgentUnreachable
from remit.runtime.ports import Clock

MAX_RESPONSE_BYTES = 4_000_000
# Shorter than the keep-alive of common servers (5 s): a pooled connection that the server closes at the same
# moment would leave us not knowing whether it read the request.
_KEEP_ALIVE_S = 4.0


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. `repeatable` is true if sending it twice does no harm."""

    url: str
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "POST"
    repeatable: bool = False

    @property
    def host(self) -> str:
        """Host and port, for people; no path or query, which may hold secrets."""
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    n_attempts: int = 1


@dataclass(frozen=True, slots=True)
class _Failure:
    error: AgentError
    never_sent: bool


class Transport:
    """Pools connections for one owner. Use and close it in one event loop.

    Args:
        owner: Named in errors.
        clock: What `Retry-After` dates are compared with.
        retry: Cap and pauses.
    """

    def __init__(self, owner: str, clock: Clock, *, retry: RetryPolicy = DEFAULT_RETRY) -> None:
        self._owner = owner
        self._clock = clock
        self._retry = retry
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def send(self, request: Request, *, within_s: float) -> Reply:
        """Send, and again where that is harmless, until there is a reply or the time is over.

        A reply of any status is returned; statuses that ask for patience only after the last attempt.

        Raises:
            AgentTimeout: No whole reply within `within_s`.
            AgentUnreachable: No connection, or it broke.
            AgentProtocolError: More than MAX_RESPONSE_BYTES came back.
        """
        try:
            async with asyncio.timeout(max(within_s, 0.0)) as scope:
                return await self._attempt_until(request, scope.when() or 0.0)
        except TimeoutError as error:
            raise AgentTimeout(
                self._owner,
                f"no whole answer from {request.host} within {within_s:.1f} s",
                "Raise `timeout_s` or the turn's deadline, or make the service faster.",
            ) from error

    async def close(self) -> None:
        """Close the pooled connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _attempt_until(self, request: Request, end: float) -> Reply:
        n_failed = 0
        while True:
            outcome = await self._attempt(request)
            if not self._may_retry(request, outcome):
                break
            n_failed += 1
            asked = outcome.headers.get("Retry-After") if isinstance(outcome, Reply) else None
            pause_s = self._retry.pause_s(n_failed, read_retry_after(asked, self._clock.now()))
            if n_failed > self._retry.max_retries or asyncio.get_running_loop().time() + pause_s >= end:
                n_failed -= 1
                break
            await asyncio.sleep(pause_s)
        if isinstance(outcome, _Failure):
            raise outcome.error
        return Reply(outcome.status, outcome.headers, outcome.body, n_failed + 1)

    def _may_retry(self, request: Request, outcome: Reply | _Failure) -> bool:
        if isinstance(outcome, _Failure):
            return isinstance(outcome.error, AgentUnreachable) and (outcome.never_sent or request.repeatable)
        return outcome.status in (OVERLOADED if request.repeatable else NOT_BEGUN)

    async def _attempt(self, request: Request) -> Reply | _Failure:
        try:
            async with self._open_session().request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                # A redirect would carry the key to another host.
                allow_redirects=False,
            ) as response:
                body = await self._read(response, request)
                return Reply(response.status, response.headers.copy(), body)
        except AgentProtocolError as error:
            return _Failure(error, never_sent=False)
        except (aiohttp.ClientSSLError, aiohttp.InvalidURL) as error:
            return _Failure(self._unreachable(request, f"cannot be used ({type(error).__name__})"), never_sent=False)
        except aiohttp.ClientConnectorError as error:
            return _Failure(self._unreachable(request, f"does not answer ({_reason(error)})"), never_sent=True)
        except (aiohttp.ClientError, ConnectionError) as error:
            problem = f"broke the connection before its answer was whole ({type(error).__name__})"
            return _Failure(self._unreachable(request, problem), never_sent=False)

    async def _read(self, response: aiohttp.ClientResponse, request: Request) -> bytes:
        body = bytearray()
        async for chunk in response.content.iter_chunked(65_536):
            body += chunk
            if len(body) > MAX_RESPONSE_BYTES:
                raise AgentProtocolError(
                    self._owner,
                    f"{request.host} sent more than {MAX_RESPONSE_BYTES // 1_000_000} MB",
                    "Check that the address is the one of the agent.",
                )
        return bytes(body)

    def _unreachable(self, request: Request, problem: str) -> AgentUnreachable:
        return AgentUnreachable(
            self._owner, f"{request.host} {problem}", "Check the address in the definition, and that its service runs."
        )

    def _open_session(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._loop is not loop:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE_S),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
            self._loop = loop
        return self._session


def _reason(error: aiohttp.ClientConnectorError) -> str:
    """The system's words; the library's own repeat the address."""
    number = error.os_error.errno
    if number is not None and number > 0:
        return os.strerror(number)
    return error.os_error.strerror or type(error.os_error).__name__

"""What every request passes before anything is parsed: host, key, origin, size; and what every reply tells browsers.

In this order: a request under a borrowed name learns nothing, one without the key is not read, and one that another
site sends through somebody's browser does nothing.
"""

import base64
import binascii
import ipaddress
import secrets
from http import HTTPStatus
from urllib.parse import urlsplit

from fastapi import HTTPException  # the only kind that FastAPI lets through while it reads a body
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from remit.settings import Settings
from remit.web.gateway.problems import Problem, render

MAX_BODY_BYTES = 4 * 2**20
"""Largest request body; a thousand messages of a client's own history fit."""
_OPEN = ("/healthz", "/static/")
_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
_REPLY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with it browsers send `Origin: null` with the page's own form.
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Door:
    """ASGI middleware in front of the whole gateway.

    Args:
        app: What lies behind.
        settings: The key, if there is one, and the address that is listened on.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._key = settings.api_key
        self._own_names = _own_names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request in, or answer it here."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        careful = _careful(scope["path"], send)
        headers = Headers(scope=scope)
        problem = self._refusal(scope["method"], scope["path"], headers)
        if problem is None:
            await self._app(scope, _bounded(receive), careful)
        else:
            response = render(problem)
            if problem.status is HTTPStatus.UNAUTHORIZED:
                response.headers["WWW-Authenticate"] = 'Basic realm="Remit", charset="UTF-8"'
            await response(scope, receive, careful)

    def _refusal(self, method: str, path: str, headers: Headers) -> Problem | None:
        if path.startswith(_OPEN):
            return None
        if self._own_names and _host_name(headers.get("host", "")) not in self._own_names:
            detail = "Without an API key this gateway answers only under the name of the machine it runs on."
            return Problem(HTTPStatus.MISDIRECTED_REQUEST, f"{detail} Set REMIT_API_KEY to serve it under others.")
        if self._key and not self._knows_key(headers.get("authorization", "")):
            detail = "Send the API key as `Authorization: Bearer ...`; a browser may give it as the password."
            return Problem(HTTPStatus.UNAUTHORIZED, detail)
        if method not in _HARMLESS and _from_another_site(headers):
            return Problem(HTTPStatus.FORBIDDEN, "This request was sent by a page of another site.")
        if _declared_bytes(headers) > MAX_BODY_BYTES:
            return Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
        return None

    def _knows_key(self, authorization: str) -> bool:
        scheme, _, credentials = authorization.partition(" ")
        given = credentials if scheme.lower() == "bearer" else _password(scheme, credentials)
        return secrets.compare_digest(given.encode(), self._key.encode())


_TOO_LARGE = f"The request is larger than {MAX_BODY_BYTES // 2**20} MiB. Send only the newest message."


def _own_names(settings: Settings) -> frozenset[str]:
    """Names under which a gateway that only this machine reaches may be asked; empty if any name will do.

    A page of another site can let its own name point at 127.0.0.1 and then read whatever is served there.
    """
    if settings.api_key or not _is_loopback(settings.host):
        return frozenset()
    return frozenset({settings.host.lower(), "localhost", "127.0.0.1", "::1"})


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _host_name(host: str) -> str:
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _password(scheme: str, credentials: str) -> str:
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _from_another_site(headers: Headers) -> bool:
    """Whether a browser says so. Programs send neither header; a key in a header is nothing a browser adds itself."""
    if headers.get("authorization", "").lower().startswith("bearer "):
        return False
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    return origin is not None and origin.partition("://")[2] != headers.get("host")


def _declared_bytes(headers: Headers) -> int:
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() and len(declared) < 20 else 0


def _bounded(receive: Receive) -> Receive:
    """The body, as long as it is not too large; a client need not say beforehand how much it will send."""
    n_bytes = 0

    async def receive_bounded() -> Message:
        nonlocal n_bytes
        message = await receive()
        n_bytes += len(message.get("body", b""))
        if n_bytes > MAX_BODY_BYTES:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _TOO_LARGE)
        return message

    return receive_bounded


def _careful(path: str, send: Send) -> Send:
    """Replies say nothing to other sites and are kept by no cache; what a route sets itself stays."""

    async def send_carefully(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _REPLY_HEADERS.items():
                headers.setdefault(name, value)
            if not path.startswith("/static/"):
                headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return send_carefully

"""Webhooks: a JSON document by POST, signed, with an idempotency key. Redirects are not followed."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping

import aiohttp

from remit.control.notices import Notice
from remit.errors import NoticeFailed

SIGNATURE = "Remit-Signature"
_KEY = "Idempotency-Key"
_TIMEOUT_S = 15.0
_TRY_AGAIN = frozenset({408, 409, 425, 429})


class WebhookMessenger:
    """Implements `Messenger` for webhooks.

    Args:
        environ: Where the keys are looked up, by the names that the policy gives.
        now: Seconds since 1970, for the signature: a receiver can refuse what is old.
    """

    def __init__(self, environ: Mapping[str, str], *, now: Callable[[], float] = time.time) -> None:
        self._environ = environ
        self._now = now

    async def send(self, notice: Notice) -> None:
        """Once. Raises NoticeFailed."""
        address, name = notice.recipient.address, notice.recipient.secret
        secret = self._environ.get(name, "")
        if not secret:
            raise NoticeFailed(_without_query(address), f"the environment has no {name}, which signs it")
        body = json.dumps({"id": notice.key, **notice.tidings.document()}, ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            _KEY: hashlib.sha256(notice.key.encode()).hexdigest(),
            SIGNATURE: signature_of(body, secret, at=int(self._now())),
        }
        try:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(address, data=body, headers=headers, allow_redirects=False) as answer,
            ):
                _expect_taken(answer.status, _without_query(address))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise NoticeFailed(_without_query(address), f"nobody took it ({type(error).__name__})") from error


def signature_of(body: bytes, secret: str, *, at: int) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hex>`."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _expect_taken(status: int, address: str) -> None:
    if 200 <= status < 300:
        return
    lasting = 300 <= status < 500 and status not in _TRY_AGAIN
    raise NoticeFailed(address, f"it answered {status}", lasting=lasting)


def _without_query(address: str) -> str:
    """Addresses of webhooks often carry a secret behind the question mark."""
    return address.split("?", 1)[0]

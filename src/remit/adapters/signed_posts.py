"""JSON by POST to a system of somebody else's: signed where that is agreed, told apart what no repetition mends.

Shared by the adapters that tell and hand off. Redirects are not followed; no error names a query or a header.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import aiohttp

SIGNATURE = "Remit-Signature"
KEY = "Idempotency-Key"
TIMEOUT_S = 15.0
_TRY_AGAIN = frozenset({408, 409, 425, 429})
_MOST_BYTES = 2**20


class PostFailed(Exception):
    """It was not taken. `lasting`: trying again cannot help. `unsure`: it may have arrived all the same."""

    def __init__(self, problem: str, *, lasting: bool = False, unsure: bool = False) -> None:
        self.problem = problem
        self.lasting = lasting
        self.unsure = unsure
        super().__init__(problem)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status in 200..299, and the document, None if there is none."""

    status: int
    document: Any


def signature_of(body: bytes, secret: str, *, at: int) -> str:
    """`t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>" in hex>`."""
    signed = f"{at}.".encode() + body
    return f"t={at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def signed_headers(body: bytes, secret: str, *, key: str, at: int) -> Mapping[str, str]:
    """Headers of a signed JSON document; the same `key` is the same document to the receiver."""
    return {
        "Content-Type": "application/json",
        KEY: hashlib.sha256(key.encode()).hexdigest(),
        SIGNATURE: signature_of(body, secret, at=at),
    }


async def post(address: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = TIMEOUT_S) -> Answer:
    """Once. Raises PostFailed."""
    return await ask("POST", address, body, headers, timeout_s=timeout_s)


async def ask(
    method: Literal["GET", "POST"],
    address: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    timeout_s: float = TIMEOUT_S,
) -> Answer:
    """One request, once. Raises PostFailed."""
    try:
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(method, address, data=body, headers=headers, allow_redirects=False) as answer,
        ):
            _expect_taken(answer.status)
            return Answer(answer.status, _document(await _body(answer.content)))
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        # A connection that was never made has brought nothing; anything later may have.
        unsure = not isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL)
        raise PostFailed(f"nobody took it ({type(error).__name__})", unsure=unsure) from error


def _expect_taken(status: int) -> None:
    if 200 <= status < 300:
        return
    lasting = 300 <= status < 500 and status not in _TRY_AGAIN
    raise PostFailed(f"it answered {status}", lasting=lasting, unsure=status >= 500)


async def _body(content: aiohttp.StreamReader) -> bytes:
    """As much as an answer of ours may have; more is no answer."""
    body = b""
    async for chunk in content.iter_any():
        body += chunk
        if len(body) > _MOST_BYTES:
            return b""
    return body


def _document(body: bytes) -> Any:
    """None for what is no JSON: an answer that says nothing is as good as none."""
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


def without_query(address: str) -> str:
    """Addresses of webhooks often carry a secret behind the question mark."""
    return address.split("?", 1)[0]

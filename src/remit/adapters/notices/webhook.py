"""Webhooks: a JSON document by POST, signed, with an idempotency key. Redirects are not followed."""

import json
import time
from collections.abc import Callable, Mapping

from remit.adapters.signed_posts import SIGNATURE, PostFailed, post, signature_of, signed_headers, without_query
from remit.control.notices import Notice
from remit.errors import NoticeFailed

__all__ = ["SIGNATURE", "WebhookMessenger", "signature_of"]


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
            raise NoticeFailed(without_query(address), f"the environment has no {name}, which signs it")
        body = json.dumps({"id": notice.key, **notice.tidings.document()}, ensure_ascii=False).encode()
        try:
            await post(address, body, signed_headers(body, secret, key=notice.key, at=int(self._now())))
        except PostFailed as error:
            raise NoticeFailed(without_query(address), error.problem, lasting=error.lasting) from error

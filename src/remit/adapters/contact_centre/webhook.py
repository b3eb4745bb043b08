"""A signed webhook: the whole envelope as JSON, for contact centres that Remit does not know."""

import time
from collections.abc import Callable
from typing import Any

from remit.adapters.contact_centre.platform import as_bytes
from remit.adapters.signed_posts import PostFailed, post, signed_headers, without_query
from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope
from remit.errors import HandoffFailed


class HandoffWebhook:
    """Implements `HandoffDestination`.

    The receiver answers 2xx once it has the handoff, and may name it: `{"reference": "..."}`. The same handoff comes
    with the same `Idempotency-Key`, however often it comes.

    Args:
        url: Where it goes.
        secret: The key that signs it.
        now: Seconds since 1970, for the signature: a receiver can refuse what is old.
    """

    name = "webhook"

    def __init__(self, url: str, secret: str, *, now: Callable[[], float] = time.time) -> None:
        self._url = url
        self._secret = secret
        self._now = now

    def takes(self, conversation: ConversationId) -> bool:
        """All: the envelope has everything in it."""
        return True

    async def carry(self, envelope: Envelope, *, again: bool) -> str:
        """Post it. `again` makes no difference: the key tells the receiver."""
        body = as_bytes({"event": "handoff", "repeated": again, **envelope.document()})
        try:
            headers = signed_headers(body, self._secret, key=envelope.id, at=int(self._now()))
            answer = await post(self._url, body, headers)
        except PostFailed as error:
            problem = f"{without_query(self._url)}: {error.problem}"
            raise HandoffFailed(self.name, problem, lasting=error.lasting) from error
        return _reference(answer.document) or envelope.id

    async def n_waiting(self, queue: str) -> int | None:
        """Nobody says."""
        return None


def _reference(document: Any) -> str:
    named = document.get("reference") if isinstance(document, dict) else None
    return named[:200] if isinstance(named, str) else ""

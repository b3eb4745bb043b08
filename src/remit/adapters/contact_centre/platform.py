"""What the adapters of platforms share: which conversation is meant there, and one request that fails clearly."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from remit.adapters.signed_posts import PostFailed, ask
from remit.conversations import ConversationId
from remit.errors import HandoffFailed

_LOOK_TIMEOUT_S = 1.5
"""Counting a queue happens while a customer waits to hear whether somebody comes."""


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform's address and log-in.

    Args:
        name: As `remit.yaml` calls it.
        url: Without a slash at the end.
        headers: With the log-in; never shown.
        prefix: What a conversation's id begins with if it comes from there; the rest is its id there.
    """

    name: str
    url: str
    headers: Mapping[str, str]
    prefix: str

    def __repr__(self) -> str:
        return f"Platform({self.name!r}, {self.url!r})"

    def takes(self, conversation: ConversationId) -> bool:
        """Whether the conversation came from there."""
        return conversation.startswith(self.prefix) and conversation != self.prefix

    def id_there(self, conversation: ConversationId) -> str:
        """The platform's own id of a conversation. Raises HandoffFailed if it did not come from there."""
        if not self.takes(conversation):
            problem = f"the conversation did not come from there: its id does not begin with {self.prefix!r}"
            raise HandoffFailed(self.name, problem, lasting=True)
        return conversation.removeprefix(self.prefix)

    async def post(self, path: str, document: Mapping[str, Any]) -> Any:
        """One POST of JSON; returns the answer's document. Raises HandoffFailed."""
        body = as_bytes(document)
        try:
            answer = await ask("POST", self.url + path, body, {**self.headers, "Content-Type": "application/json"})
        except PostFailed as error:
            raise self._failed(path, error) from error
        return answer.document

    async def look(self, path: str) -> Any:
        """One GET; returns the answer's document. Raises HandoffFailed."""
        try:
            answer = await ask("GET", self.url + path, None, self.headers, timeout_s=_LOOK_TIMEOUT_S)
        except PostFailed as error:
            raise self._failed(path, error) from error
        return answer.document

    def _failed(self, path: str, error: PostFailed) -> HandoffFailed:
        return HandoffFailed(self.name, f"{path}: {error.problem}", lasting=error.lasting)


def as_bytes(document: Any) -> bytes:
    """JSON in UTF-8; half a character, which customers can send, becomes a question mark."""
    return json.dumps(document, ensure_ascii=False, default=str).encode("utf-8", "replace")


def found_at(document: Any, *names: str) -> Any:
    """What stands in a document under these names, one inside the other; None if it is not there."""
    for name in names:
        document = document.get(name) if isinstance(document, dict) else None
    return document

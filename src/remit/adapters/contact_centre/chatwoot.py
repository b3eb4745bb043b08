"""Chatwoot: the conversation opens for people, is assigned and prioritised, and gets a private note.

In this order: where the note stands, the rest has been done. A repeated attempt looks for it first.
"""

from typing import Literal

from remit.adapters.contact_centre.notes import mark_of, note_of, says_something
from remit.adapters.contact_centre.platform import Platform, found_at
from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope
from remit.conversations.handoff import Priority
from remit.errors import HandoffFailed

_PRIORITIES: dict[Priority, Literal["urgent", "high", "medium", "low"]] = {
    "urgent": "urgent",
    "high": "high",
    "normal": "medium",
    "low": "low",
}


class Chatwoot:
    """Implements `HandoffDestination`.

    Args:
        url: Of the installation, such as `https://app.chatwoot.com`.
        token: An access token of a user or an agent bot.
        account: The account's number.
        teams: The team's number for a queue; others stay unassigned.
        prefix: What ids of conversations from there begin with.
    """

    name = "chatwoot"

    def __init__(self, url: str, token: str, *, account: int, teams: dict[str, int], prefix: str) -> None:
        self._platform = Platform(self.name, url.rstrip("/"), {"api_access_token": token}, prefix)
        self._account = f"/api/v1/accounts/{account}"
        self._teams = teams

    def takes(self, conversation: ConversationId) -> bool:
        """Those that came from there."""
        return self._platform.takes(conversation)

    async def carry(self, envelope: Envelope, *, again: bool) -> str:
        """Open, assign, prioritise, note."""
        there = self._platform.id_there(envelope.conversation)
        conversation = f"{self._account}/conversations/{there}"
        if not says_something(envelope) or (again and await self._has_note(conversation, envelope)):
            return there
        if envelope.kind != "message":
            await self._platform.post(f"{conversation}/toggle_status", {"status": "open"})
            team = self._teams.get(envelope.queue)
            if team is not None:
                await self._platform.post(f"{conversation}/assignments", {"team_id": team})
            await self._platform.post(f"{conversation}/toggle_priority", {"priority": _PRIORITIES[envelope.priority]})
        note = {"content": note_of(envelope), "message_type": "outgoing", "private": True}
        await self._platform.post(f"{conversation}/messages", note)
        return there

    async def n_waiting(self, queue: str) -> int | None:
        """Open conversations that nobody has been assigned, of the queue's team if it has one."""
        team = self._teams.get(queue)
        of_team = "" if team is None else f"&team_id={team}"
        found = await self._platform.look(f"{self._account}/conversations/meta?status=open{of_team}")
        count = found_at(found, "meta", "unassigned_count")
        return count if isinstance(count, int) else None

    async def _has_note(self, conversation: str, envelope: Envelope) -> bool:
        found = await self._platform.look(f"{conversation}/messages")
        messages = found_at(found, "payload")
        if not isinstance(messages, list):
            raise HandoffFailed(self.name, "it did not list the conversation's messages")
        return any(mark_of(envelope) in str(found_at(message, "content")) for message in messages)

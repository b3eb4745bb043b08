"""Intercom: the conversation opens, is assigned and gets a note; it becomes a ticket if nobody can come.

A repeated attempt looks first how far the one before it came: what is there is not done again.
"""

import html
from typing import Any, Literal

from remit.adapters.contact_centre.notes import mark_of, note_of, says_something
from remit.adapters.contact_centre.platform import Platform, found_at
from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope
from remit.errors import HandoffFailed

VERSION = "2.14"
"""Of the interface; asked for by name, so that a workspace's own default changes nothing."""


class Intercom:
    """Implements `HandoffDestination`.

    Args:
        url: `https://api.intercom.io`, or that of the region.
        token: An access token that may read and write conversations.
        admin: Id of the teammate in whose name Remit acts.
        assignees: Id of the team or teammate for a queue.
        assignee: That for every other queue; "0" leaves it unassigned.
        assignee_kind: Whether these are teams or teammates.
        ticket_type: Id of the ticket type; empty if the workspace has no tickets.
        prefix: What ids of conversations from there begin with.
    """

    name = "intercom"

    def __init__(
        self,
        url: str,
        token: str,
        *,
        admin: str,
        assignees: dict[str, str],
        assignee: str,
        assignee_kind: Literal["team", "admin"],
        ticket_type: str,
        prefix: str,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Intercom-Version": VERSION}
        self._platform = Platform(self.name, url.rstrip("/"), headers, prefix)
        self._admin = admin
        self._assignees = assignees
        self._assignee = assignee
        self._assignee_kind = assignee_kind
        self._ticket_type = ticket_type

    def takes(self, conversation: ConversationId) -> bool:
        """Those that came from there."""
        return self._platform.takes(conversation)

    async def carry(self, envelope: Envelope, *, again: bool) -> str:
        """Open, assign, note; the ticket last."""
        there = self._platform.id_there(envelope.conversation)
        if not says_something(envelope):
            return there
        conversation = f"/conversations/{there}"
        before = await self._platform.look(conversation) if again else None
        if not (again and self._has_note(before, envelope)):
            await self._pass_on(conversation, envelope)
        if envelope.kind == "ticket" and self._ticket_type and found_at(before, "ticket") is None:
            return await self._convert(conversation, there)
        return there

    async def _pass_on(self, conversation: str, envelope: Envelope) -> None:
        """The note last: where it stands, the rest has been done."""
        if envelope.kind != "message":
            await self._platform.post(f"{conversation}/parts", {"message_type": "open", "admin_id": self._admin})
            await self._platform.post(f"{conversation}/parts", self._assignment(envelope))
        text = html.escape(note_of(envelope)).replace("\n", "<br>")
        note = {"message_type": "note", "type": "admin", "admin_id": self._admin, "body": text}
        await self._platform.post(f"{conversation}/reply", note)

    async def n_waiting(self, queue: str) -> int | None:
        """The interface does not say."""
        return None

    def _assignment(self, envelope: Envelope) -> dict[str, str]:
        return {
            "message_type": "assignment",
            "type": self._assignee_kind,
            "admin_id": self._admin,
            "assignee_id": self._assignees.get(envelope.queue, self._assignee),
        }

    async def _convert(self, conversation: str, there: str) -> str:
        made = await self._platform.post(f"{conversation}/convert", {"ticket_type_id": self._ticket_type})
        number = made.get("ticket_id") if isinstance(made, dict) else None
        return f"{there} (ticket {number})" if number else there

    def _has_note(self, conversation: Any, envelope: Envelope) -> bool:
        parts = found_at(conversation, "conversation_parts", "conversation_parts")
        if not isinstance(parts, list):
            raise HandoffFailed(self.name, "it did not list the conversation's parts")
        return any(mark_of(envelope) in str(found_at(part, "body")) for part in parts)

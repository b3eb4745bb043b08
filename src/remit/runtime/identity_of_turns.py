"""Which turn is this message? A retried message must be the same turn."""

import hashlib

from remit.conversations import ConversationId, TurnId


def turn_id(conversation: ConversationId, position: int, content: str) -> TurnId:
    """The id of the turn at a 1-based position of a conversation, for a message digest or a client's own key."""
    text = "\x1f".join((conversation, str(position), content))
    return TurnId("t-" + hashlib.sha256(text.encode()).hexdigest()[:24])

"""Ids of conversations as clients may give them, and new ones. On the demo page an id is all it takes to read."""

import hashlib
import secrets
from typing import Annotated

from fastapi import Path

MAX_CHARS = 200
PATTERN = r"^[A-Za-z0-9._:~-]*$"
"""They stand in paths, headers and digests, so nothing that means something there."""
ConversationPath = Annotated[str, Path(min_length=1, max_length=MAX_CHARS, pattern=PATTERN)]


def new_conversation() -> str:
    """An id that nobody guesses: 128 random bits."""
    return f"c-{secrets.token_hex(16)}"


def conversation_of(idempotency_key: str) -> str:
    """The conversation of a client that names none but repeats its key: a retry must not begin another one."""
    return "c-" + hashlib.sha256(idempotency_key.encode()).hexdigest()[:32]

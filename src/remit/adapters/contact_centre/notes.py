"""The note that people read in their own system: the envelope in plain text, its id in the last line."""

from collections.abc import Iterator

from remit.conversations.envelope import Envelope


def note_of(envelope: Envelope) -> str:
    """Plain text; what is empty is left out."""
    return "\n".join(_lines(envelope))


def mark_of(envelope: Envelope) -> str:
    """By which a note is recognised, before it is written a second time."""
    return f"[remit {envelope.id}]"


def says_something(envelope: Envelope) -> bool:
    """Whether people need a note: a further message of the customer is there already, a suggestion is not."""
    return envelope.kind != "message" or bool(envelope.suggested_reply)


def _lines(envelope: Envelope) -> Iterator[str]:
    yield _HEADINGS[envelope.kind].format(priority=envelope.priority, queue=envelope.queue)
    yield f"Reason: {envelope.reason.value} ({envelope.reason.category.value})"
    yield envelope.summary
    for pending in envelope.pending_approvals:
        yield f"Waited for an expert: {pending.what}"
    if envelope.suggested_reply:
        yield f"The agent would have said: {envelope.suggested_reply}"
    if envelope.told:
        yield f"The customer was told: {envelope.told}"
    if envelope.transcript:
        yield f"Transcript: {envelope.transcript}"
    if envelope.return_url:
        yield f"To give it back to the agent, POST to: {envelope.return_url}"
    yield mark_of(envelope)


_HEADINGS = {
    "live": "Handoff: the customer waits. Priority {priority}, queue {queue}.",
    "ticket": "Ticket: the customer was told that people come later. Priority {priority}, queue {queue}.",
    "message": "A further message of the customer. Queue {queue}.",
}

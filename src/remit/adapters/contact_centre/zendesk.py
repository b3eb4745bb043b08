"""Zendesk: control of a messaging conversation passes to the Agent Workspace (Sunshine Conversations).

Zendesk makes a ticket of it, whether people are there or not. `passControl` to a named integration is idempotent by
Zendesk's own word, so a repetition needs no look.
"""

import base64
from collections.abc import Iterator

from remit.adapters.contact_centre.platform import Platform, as_bytes
from remit.conversations import ConversationId
from remit.conversations.envelope import Envelope

MOST_BYTES = 4096
"""Of the metadata, which are flat: text, numbers and truth values."""
_MARGIN = 96
"""Kept free: how Zendesk counts its 4 KB is not said to the byte."""
_Value = str | int | bool


class Zendesk:
    """Implements `HandoffDestination`.

    Args:
        url: Of the interface: `https://{subdomain}.zendesk.com/sc` or `https://api.smooch.io`.
        app: The app's id.
        key_id: Id of the API key.
        secret: Its secret.
        integration: Id or name of the switchboard integration of the people.
        fields: Ids of ticket fields, by the name of what goes into them (`reason`, `category`, `summary`, ...).
        prefix: What ids of conversations from there begin with.
    """

    name = "zendesk"

    def __init__(
        self, url: str, key_id: str, secret: str, *, app: str, integration: str, fields: dict[str, str], prefix: str
    ) -> None:
        log_in = base64.b64encode(f"{key_id}:{secret}".encode()).decode()
        self._platform = Platform(self.name, url.rstrip("/"), {"Authorization": f"Basic {log_in}"}, prefix)
        self._app = app
        self._integration = integration
        self._fields = fields

    def takes(self, conversation: ConversationId) -> bool:
        """Those that came from there."""
        return self._platform.takes(conversation)

    async def carry(self, envelope: Envelope, *, again: bool) -> str:
        """Pass control; a further message is there already."""
        there = self._platform.id_there(envelope.conversation)
        if envelope.kind != "message":
            document = {"switchboardIntegration": self._integration, "metadata": metadata_of(envelope, self._fields)}
            await self._platform.post(f"/v2/apps/{self._app}/conversations/{there}/passControl", document)
        return there

    async def n_waiting(self, queue: str) -> int | None:
        """The interface does not say."""
        return None


def metadata_of(envelope: Envelope, fields: dict[str, str]) -> dict[str, _Value]:
    """The envelope, flat and within MOST_BYTES: what people need first comes first, long texts are cut or left out."""
    facts = dict(_facts(envelope))
    tags = ["remit", f"remit_{envelope.reason.value}", f"remit_{envelope.priority}", f"remit_{envelope.kind}"]
    metadata: dict[str, _Value] = {"dataCapture.systemField.tags": ",".join(tags)}
    room = MOST_BYTES - _MARGIN
    for name, value in facts.items():
        if value == "":
            continue
        _put(metadata, f"remit_{name}", value, room)
        if name in fields:
            _put(metadata, f"dataCapture.ticketField.{fields[name]}", value, room)
    return metadata


FACTS = (
    "handoff", "reason", "category", "kind", "priority", "queue", "conversation", "level", "intents", "trace_id",
    "transcript", "return_url", "customer", "language", "n_before", "summary", "suggested_reply", "pending_approvals",
    "tools_run",
)  # fmt: skip
"""Names of what is passed on, most needed first."""


def _facts(envelope: Envelope) -> Iterator[tuple[str, _Value]]:
    values: dict[str, _Value] = {
        "handoff": envelope.id,
        "reason": envelope.reason.value,
        "category": envelope.reason.category.value,
        "intents": ",".join(envelope.intents),
        "customer": envelope.customer or "",
        "pending_approvals": "; ".join(pending.what for pending in envelope.pending_approvals),
        "tools_run": "; ".join(f"{run.tool} {run.outcome}" for run in envelope.tools_run),
    }
    for name in FACTS:
        value = values[name] if name in values else getattr(envelope, name)
        yield name, value


def _put(metadata: dict[str, _Value], name: str, value: _Value, room: int) -> None:
    """Add it if it fits; of a text, as much as fits."""
    left = room - _size({**metadata, name: ""})
    if isinstance(value, str):
        value = _fitting(value, left)
    if left < 0 or value == "" or _size({**metadata, name: value}) > room:
        return
    metadata[name] = value


def _fitting(text: str, n_bytes: int) -> str:
    """As many characters as their JSON has room for."""
    if _size_of_text(text) <= n_bytes:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if _size_of_text(text[:middle] + "…") <= n_bytes:
            low = middle
        else:
            high = middle - 1
    return text[:low] + "…" if low else ""


def _size_of_text(text: str) -> int:
    return len(as_bytes(text)) - 2


def _size(metadata: dict[str, _Value]) -> int:
    return len(as_bytes(metadata))

"""Contact centres on loopback, each as strict as its documented interface: what does not fit is refused with 4xx.

Looked up in November 2026: Chatwoot's OpenAPI files (`swagger/paths/application/conversation`), the Sunshine
Conversations v2 reference (`SwitchboardActionsApi`, `PassControlBody`), Intercom's OpenAPI 2.14 (`ManageConversation`,
`ReplyConversation`, `convertConversationToTicket`).
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from remit.adapters.contact_centre import Chatwoot, HandoffWebhook, Intercom, Zendesk
from remit.adapters.signed_posts import KEY, SIGNATURE, signature_of
from remit.supervision.ports import HandoffDestination

TOKEN = "t0ken-that-nobody-may-see"
SIGNED_AT = 1_700_000_000


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


Reply = tuple[int, Any]


@dataclass
class Elsewhere:
    """What a contact centre has, and how it misbehaves: `down` answers 503, `deaf` does the work and hangs up."""

    down: bool = False
    deaf: int = 0
    requests: list[Request] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    tickets: list[str] = field(default_factory=list)
    waiting: int = 0
    refusals: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def refuse(self, status: int, why: str) -> Reply:
        self.refusals.append(why)
        return status, {"error": why}


Rule = Callable[[Elsewhere, Request], Reply]


@contextmanager
def standing(rule: Rule) -> Iterator[tuple[str, Elsewhere]]:
    """A server that answers by the rule."""
    state = Elsewhere()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            request = Request(self.command, self.path, dict(self.headers), body)
            state.requests.append(request)
            if state.down:
                status, document = 503, None
            else:
                status, document = rule(state, request)
            if state.deaf and self.command == "POST" and status < 300:
                state.deaf -= 1
                if not state.deaf:
                    self.close_connection = True
                    return
            content = b"" if document is None else json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = _answer  # noqa: N815 - the names are the library's

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# ── what each of them takes ───────────────────────────────────────────────────────────────────────
def webhook_rule(state: Elsewhere, request: Request) -> Reply:
    """Signed, keyed, known by its key: as docs/reference/contact-centre.md asks of receivers."""
    if request.headers.get(SIGNATURE) != signature_of(request.body, TOKEN, at=SIGNED_AT):
        return state.refuse(401, "wrong signature")
    key = request.headers.get(KEY, "")
    if key not in state.facts:
        state.facts[key] = f"W-{len(state.facts) + 1}"
        document = request.json()
        state.notes.append(document["summary"])
        state.taken.append(document["conversation"])
        if document["kind"] == "ticket":
            state.tickets.append(document["conversation"])
    return 200, {"reference": state.facts[key]}


def chatwoot_rule(state: Elsewhere, request: Request) -> Reply:
    if request.headers.get("api_access_token") != TOKEN:
        return state.refuse(401, "Invalid Access Token")
    if request.path.startswith("/api/v1/accounts/7/conversations/meta?status=open"):
        state.facts["asked"] = request.path
        counts = {"mine_count": 0, "unassigned_count": state.waiting, "assigned_count": 4, "all_count": 9}
        return 200, {"meta": counts}
    base = "/api/v1/accounts/7/conversations/42/"
    if not request.path.startswith(base):
        return state.refuse(404, f"Conversation not found: {request.path}")
    return _chatwoot_action(state, request, request.path.removeprefix(base))


def _chatwoot_action(state: Elsewhere, request: Request, action: str) -> Reply:
    sent = request.json()
    if request.method == "GET" and action == "messages":
        return 200, {"meta": {}, "payload": [{"id": n, "content": note} for n, note in enumerate(state.notes)]}
    match action, sent:
        case "toggle_status", {"status": "open" | "resolved" | "pending" | "snoozed" as status}:
            state.facts["status"] = status
            state.taken = ["chatwoot-42"]
            return 200, {"meta": {}, "payload": {"success": True, "current_status": status, "conversation_id": 42}}
        case "assignments", {"team_id": int() as team}:
            state.facts["team"] = team
            return 200, {"id": team}
        case "toggle_priority", {"priority": "urgent" | "high" | "medium" | "low" as priority}:
            state.facts["priority"] = priority
            return 200, None
        case "messages", {"content": str() as content, "message_type": "outgoing", "private": True}:
            state.notes.append(content)
            return 200, {"id": len(state.notes), "content": content, "private": True}
        case _:
            return state.refuse(422, f"{request.method} {action}")


def zendesk_rule(state: Elsewhere, request: Request) -> Reply:
    expected = "Basic " + base64.b64encode(f"key-1:{TOKEN}".encode()).decode()
    if request.headers.get("Authorization") != expected:
        return state.refuse(401, "unauthorized")
    if (request.method, request.path) != ("POST", "/v2/apps/app-1/conversations/abc123/passControl"):
        return state.refuse(404, f"not found: {request.path}")
    sent = request.json()
    metadata = sent.get("metadata", {})
    if not set(sent) <= {"switchboardIntegration", "reason", "metadata"} or not sent.get("switchboardIntegration"):
        return state.refuse(400, "bad request")
    if any(not isinstance(value, str | int | float | bool) for value in metadata.values()):
        return state.refuse(400, "metadata must be flat")
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > 4096:
        return state.refuse(413, "metadata is limited to 4KB")
    # To a named integration it is idempotent: what is active stays active.
    if state.facts.get("active") != sent["switchboardIntegration"]:
        state.facts |= {"active": sent["switchboardIntegration"], "metadata": metadata}
        state.notes.append(metadata.get("remit_summary", ""))
        state.taken.append("zendesk-abc123")
        state.tickets.append("zendesk-abc123")  # the Agent Workspace makes a ticket of every conversation
    return 200, {}


def intercom_rule(state: Elsewhere, request: Request) -> Reply:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        return state.refuse(401, "Access Token Invalid")
    if request.headers.get("Intercom-Version") != "2.14":
        return state.refuse(400, "intercom_version_invalid")
    base = "/conversations/1295"
    if not request.path.startswith(base):
        return state.refuse(404, f"Conversation not found: {request.path}")
    if request.method == "GET":
        return 200, _intercom_conversation(state)
    return _intercom_action(state, request.path.removeprefix(base), request.json())


def _intercom_action(state: Elsewhere, action: str, sent: Any) -> Reply:
    match action, sent:
        case "/parts", {"message_type": "open", "admin_id": str()}:
            state.facts["state"] = "open"
        case "/parts", {
            "message_type": "assignment",
            "type": "admin" | "team",
            "admin_id": str(),
            "assignee_id": str() as assignee,
        }:
            state.facts["assignee"] = assignee
            state.taken = ["intercom-1295"]
        case "/reply", {"message_type": "note", "type": "admin", "admin_id": str(), "body": str() as body}:
            state.notes.append(body)
        case "/convert", {"ticket_type_id": str()}:
            if state.tickets:
                return state.refuse(400, "conversation is a ticket already")
            state.tickets.append("intercom-1295")
            return 200, {"type": "ticket", "id": "1295", "ticket_id": "33"}
        case _:
            return state.refuse(422, f"{action} {sent}")
    return 200, _intercom_conversation(state)


def _intercom_conversation(state: Elsewhere) -> Mapping[str, Any]:
    parts = [{"type": "conversation_part", "part_type": "note", "body": note} for note in state.notes]
    return {
        "type": "conversation",
        "id": "1295",
        "ticket": {"id": "1295"} if state.tickets else None,
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": len(parts),
        },
    }


# ── the adapters beside them ──────────────────────────────────────────────────────────────────────
@dataclass(frozen=True)
class Kind:
    """One contact centre elsewhere: its rule, its adapter, and a conversation that came from there."""

    rule: Rule
    adapter: Callable[[str], HandoffDestination]
    conversation: str


KINDS: Mapping[str, Kind] = {
    "webhook": Kind(webhook_rule, lambda url: HandoffWebhook(url, TOKEN, now=lambda: SIGNED_AT), "c-1"),
    "chatwoot": Kind(
        chatwoot_rule,
        lambda url: Chatwoot(url, TOKEN, account=7, teams={"billing": 5}, prefix="chatwoot-"),
        "chatwoot-42",
    ),
    "zendesk": Kind(
        zendesk_rule,
        lambda url: Zendesk(
            url,
            "key-1",
            TOKEN,
            app="app-1",
            integration="zd:agentWorkspace",
            fields={"reason": "360023540498"},
            prefix="zendesk-",
        ),
        "zendesk-abc123",
    ),
    "intercom": Kind(
        intercom_rule,
        lambda url: Intercom(
            url,
            TOKEN,
            admin="5017691",
            assignees={"billing": "814860"},
            assignee="0",
            assignee_kind="team",
            ticket_type="1234",
            prefix="intercom-",
        ),
        "intercom-1295",
    ),
}

"""The chat page: talk to the agent under the policy, and see each decision. Works without script."""

import hashlib
import secrets
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, Form
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from remit.app.gateway import Gateway
from remit.conversations import ConversationId
from remit.settings import Settings
from remit.web.gateway.conversation_ids import ConversationPath, new_conversation
from remit.web.gateway.problems import Problem
from remit.web.gateway.views import turn_view

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)
REPORT_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}
"""The report is one self-contained file: its own style and nothing else."""
_HERE = Path(__file__).parent


def add_chat_page(app: FastAPI, gateway: Gateway, settings: Settings) -> None:
    """Serve `/` and `/chat/{conversation}`."""
    templates = Environment(
        loader=PackageLoader("remit.web.gateway"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    app.mount("/static", StaticFiles(directory=_HERE / "static"), name="static")

    @app.get("/", include_in_schema=False)
    async def start() -> Response:
        return RedirectResponse(f"/chat/{new_conversation()}", HTTPStatus.SEE_OTHER)

    @app.get("/chat/{conversation}", include_in_schema=False)
    async def chat(conversation: ConversationPath) -> HTMLResponse:
        found = await gateway.conversation(ConversationId(conversation))
        turns = () if found is None else found[1]
        context = _context(gateway, settings, conversation) | {
            "turns": [turn_view(report) | {"said": turn.message.text} for turn, report in turns]
        }
        page = templates.get_template("chat.html").render(context)
        return HTMLResponse(page, headers={"Content-Security-Policy": CONTENT_SECURITY_POLICY})

    @app.get("/report", include_in_schema=False)
    async def report() -> Response:
        if gateway.report is None:
            raise Problem(HTTPStatus.NOT_FOUND, "No evaluation has been run for this page yet: run `remit eval`.")
        return FileResponse(gateway.report, media_type="text/html", headers=REPORT_HEADERS)

    @app.post("/chat/{conversation}", include_in_schema=False)
    async def say(
        conversation: ConversationPath,
        text: Annotated[str, Form()] = "",
        message_id: Annotated[str, Form(max_length=200)] = "",
    ) -> Response:
        words = text.strip()[: settings.max_message_chars]
        if words:
            await gateway.begin(ConversationId(conversation), channel="demo page")
            digest = hashlib.sha256(words.encode()).hexdigest()
            await gateway.answer(ConversationId(conversation), words, digest=digest, key=message_id)
        return RedirectResponse(f"/chat/{conversation}#newest", HTTPStatus.SEE_OTHER)


def _context(gateway: Gateway, settings: Settings, conversation: str) -> dict[str, Any]:
    levels = gateway.levels()
    return {
        "agent": gateway.agent_name,
        "policy": gateway.policy,
        "conversation": conversation,
        "new_conversation": new_conversation(),
        "message_id": secrets.token_hex(8),
        "intents": [
            {"name": name, "description": intent.description, "level": levels.get(name, "shadow")}
            for name, intent in gateway.policy.intents.items()
        ],
        "simulated": gateway.simulated,
        "notice": gateway.notice,
        "examples": gateway.examples,
        "report_url": "/report" if gateway.report else "",
        "max_chars": settings.max_message_chars,
    }

"""The gateway's routes."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Header
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from remit import __version__
from remit.app.gateway import Gateway
from remit.conversations import ConversationId
from remit.settings import Settings
from remit.web.gateway import pages, problems
from remit.web.gateway.conversation_ids import (
    MAX_CHARS,
    PATTERN,
    ConversationPath,
    conversation_of,
    new_conversation,
)
from remit.web.gateway.door import Door
from remit.web.gateway.handoffs import add_handoffs
from remit.web.gateway.openai import ChatRequest, chunks, completion
from remit.web.gateway.problems import Problem
from remit.web.gateway.views import conversation_view, turn_view

IdempotencyKey = Annotated[str, Header(alias="Idempotency-Key", max_length=200)]
ConversationHeader = Annotated[str, Header(alias="Remit-Conversation", max_length=MAX_CHARS, pattern=PATTERN)]


class NewMessage(BaseModel):
    """`POST /v1/conversations/{id}/messages`."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, description="What the customer says.")
    message_id: str = Field(default="", max_length=200, description="The client's own id; a repeated id is a retry.")


def create_app(gateway: Gateway, settings: Settings) -> FastAPI:
    """The gateway as an ASGI application; grants are watched while it runs."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with gateway.running():
            yield

    app = FastAPI(
        title="Remit gateway",
        version=__version__,
        description="Customer messages in, governed replies out. Every turn is durable before its reply.",
        lifespan=lifespan,
        docs_url=None,  # the usual pages load their script from elsewhere
        redoc_url=None,
    )
    app.add_middleware(Door, settings=settings)
    problems.install(app)
    _add_health(app, gateway)
    _add_conversations(app, gateway, settings)
    _add_chat_completions(app, gateway, settings)
    add_handoffs(app, gateway, settings)
    pages.add_chat_page(app, gateway, settings)
    return app


def _add_health(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/healthz", summary="Whether this process can serve turns")
    async def health() -> JSONResponse:
        state = await gateway.grants.state()
        status = "stopped" if state.stopped else "ok"
        content = {
            "status": status,
            "agent": gateway.agent_name,
            "policy": gateway.policy.digest,
            "version": __version__,
        }
        return JSONResponse(content)


def _checked_length(text: str, settings: Settings) -> str:
    if len(text) > settings.max_message_chars:
        detail = f"The message has {len(text)} characters; at most {settings.max_message_chars} are taken."
        raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail)
    return text


def _add_conversations(app: FastAPI, gateway: Gateway, settings: Settings) -> None:
    @app.post("/v1/conversations/{conversation}/messages", summary="Say something in a conversation")
    async def say(
        conversation: ConversationPath, message: NewMessage, idempotency_key: IdempotencyKey = ""
    ) -> dict[str, Any]:
        text = _checked_length(message.text, settings)
        report = await gateway.answer(
            ConversationId(conversation),
            text,
            digest=hashlib.sha256(text.encode()).hexdigest(),
            key=idempotency_key or message.message_id,
        )
        return turn_view(report)

    @app.get("/v1/conversations/{conversation}", summary="A conversation with its transcript and decisions")
    async def read(conversation: ConversationPath) -> dict[str, Any]:
        found = await gateway.conversation(ConversationId(conversation))
        if found is None:
            raise Problem(HTTPStatus.NOT_FOUND, f"There is no conversation {conversation!r}.")
        stored, turns = found
        return conversation_view(stored, (report for _, report in turns))


def _add_chat_completions(app: FastAPI, gateway: Gateway, settings: Settings) -> None:
    @app.post(
        "/v1/chat/completions",
        summary="The same, for clients that speak OpenAI's chat completions",
        response_model=None,
    )
    async def complete(
        chat: ChatRequest, remit_conversation: ConversationHeader = "", idempotency_key: IdempotencyKey = ""
    ) -> JSONResponse | StreamingResponse:
        _refuse_ungoverned(chat, gateway)
        conversation = remit_conversation or chat.conversation
        if not conversation:
            conversation = conversation_of(idempotency_key) if idempotency_key else new_conversation()
        text = _checked_length(chat.newest(), settings)
        report = await gateway.answer(ConversationId(conversation), text, digest=chat.digest(), key=idempotency_key)
        headers = {"Remit-Conversation": conversation, "Remit-Outcome": turn_view(report)["outcome"]}
        if chat.stream:
            events = chunks(report, conversation, chat.model)
            return StreamingResponse(events, media_type="text/event-stream", headers=headers)
        return JSONResponse(completion(report, conversation, chat.model), headers=headers)


def _refuse_ungoverned(chat: ChatRequest, gateway: Gateway) -> None:
    """Tools run only behind the policy: a client cannot bring its own."""
    unknown = [name for name in chat.tool_names() if name not in gateway.policy.tools]
    if unknown:
        detail = (
            f"tools: the policy does not govern {', '.join(repr(name) for name in unknown)}. "
            "Leave `tools` out, or add them to the policy's catalogue."
        )
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)

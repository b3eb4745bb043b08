"""The OpenAI-compatible facade: its request, its reply, its stream. The stored history is the truth."""

import hashlib
import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from remit.runtime.report import TurnReport
from remit.web.gateway.conversation_ids import MAX_CHARS, PATTERN
from remit.web.gateway.problems import Problem
from remit.web.gateway.views import legible, turn_view


class TextPart(BaseModel):
    """A part of a message; only text is understood."""

    type: str
    text: str = ""


class ChatMessage(BaseModel):
    """A message as clients send it; everything but role and content is ignored."""

    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[TextPart] | None = None

    def words(self) -> str:
        """The text of the message."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content if part.type in ("text", "input_text"))
        return self.content or ""


class ChatRequest(BaseModel):
    """`POST /v1/chat/completions`. Parameters of sampling are accepted and ignored: the agent's release holds them."""

    model_config = ConfigDict(extra="ignore")

    messages: list[ChatMessage] = Field(min_length=1, max_length=1000)
    model: str = ""
    stream: bool = False
    conversation: str = Field(default="", max_length=MAX_CHARS, pattern=PATTERN)
    user: str = ""
    tools: list[dict[str, Any]] = Field(default_factory=list)

    def newest(self) -> str:
        """The customer's newest message.

        Raises:
            Problem: The last message is not the customer's, or is empty.
        """
        last = self.messages[-1]
        if last.role != "user" or not last.words().strip():
            detail = "messages: the last one must be the customer's (`role: user`) and must not be empty."
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, detail)
        return last.words()

    def digest(self) -> str:
        """Digest of the messages: a client that sends the very same list again retries."""
        content = [(message.role, message.words()) for message in self.messages]
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()

    def tool_names(self) -> list[str]:
        """Names of the tools that the client declares."""
        declared = [tool.get("function") for tool in self.tools]
        return [str(function.get("name", "")) if isinstance(function, dict) else "" for function in declared]


def completion(report: TurnReport, conversation: str, model: str) -> dict[str, Any]:
    """The reply in OpenAI's form, with the decision beside it under `remit`."""
    return {
        "id": f"chatcmpl-{report.turn}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model or report.release,
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": legible(report.outcome.text)},
                "finish_reason": "stop",
            }
        ],
        "usage": _usage(report),
        "conversation": conversation,
        "remit": turn_view(report),
    }


def chunks(report: TurnReport, conversation: str, model: str) -> Iterator[str]:
    """The same reply as server-sent events; the decision has been made before the first of them."""
    base = {
        "id": f"chatcmpl-{report.turn}",
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": model or report.release,
        "conversation": conversation,
    }
    words: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    words += [{"content": piece} for piece in legible(report.outcome.text).splitlines(keepends=True)]
    for delta in words:
        yield _event(base | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], "remit": turn_view(report)}
    yield _event(base | last)
    yield "data: [DONE]\n\n"


def _event(content: dict[str, Any]) -> str:
    return f"data: {json.dumps(content)}\n\n"


def _usage(report: TurnReport) -> dict[str, int]:
    prompt = sum(step.usage.input_tokens for step in report.steps)
    completion_tokens = sum(step.usage.output_tokens for step in report.steps)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion_tokens,
        "total_tokens": prompt + completion_tokens,
    }

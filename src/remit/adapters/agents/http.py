"""The `http` agent: any service that takes a JSON request and answers with JSON, mapped by a template."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2 import TemplateError

from remit.adapters.agents.calls import AGENT_REASONS
from remit.adapters.agents.document import DocumentPlace, plain
from remit.adapters.agents.endpoint import read_retry, read_url
from remit.adapters.agents.template import Fill, compile_body, look_up, read_pointer
from remit.adapters.llm import Request, Secret, Transport
from remit.adapters.llm.chat import check_address, expect_success
from remit.adapters.llm.strict_json import read_json
from remit.conversations import HandoffReason, JsonObject
from remit.errors import AgentProtocolError
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView, Clock, StepKey

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_SECRET_HEADERS = frozenset({"authorization", "proxy-authorization", "x-api-key", "api-key", "cookie"})
MAX_MEMORY_CHARACTERS = 65_536
_POINTERS = ("text", "hand_off", "reason", "note", "confidence", "memory")


@dataclass(frozen=True, slots=True)
class HttpMapping:
    """How a request is made and where things stand in the answer; a pointer is None if the answer has no such thing."""

    url: str
    method: str
    headers: Mapping[str, str]
    body: Fill
    pointers: Mapping[str, tuple[str, ...] | None]
    timeout_s: float
    repeatable: bool


class HttpAgent:
    """Sends the conversation, reads words, handoff and confidence. Its tools, if any, run on its own side."""

    def __init__(
        self, name: str, mapping: HttpMapping, transport: Transport, environ: Mapping[str, str], clock: Clock
    ) -> None:
        self._name = name
        self._mapping = mapping
        self._transport = transport
        self._environ = environ
        self._clock = clock

    async def propose(self, view: AgentView) -> AgentReply:
        """Its words, or its handoff."""
        left_s = (view.deadline - self._clock.now()).total_seconds()
        request = self._request(view)
        reply = await self._transport.send(request, within_s=min(left_s, self._mapping.timeout_s))
        expect_success(reply, request, owner=self._name)
        try:
            content = read_json(reply.body)
        except ValueError as error:
            raise AgentProtocolError(
                self._name, "its service answered with what is not JSON", "Check `url` and what stands behind it."
            ) from error
        return AgentReply(self._proposal(content), memory=self._memory(content))

    async def check(self) -> None:
        """Raise a leaf of AgentError if nobody answers at the address; nothing is said to the agent."""
        request = Request(self._mapping.url, method="HEAD", headers=self._headers(), repeatable=True)
        await check_address(self._transport, request, owner=self._name, within_s=min(10.0, self._mapping.timeout_s))

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    def _request(self, view: AgentView) -> Request:
        try:
            content = self._mapping.body(_variables(view))
            body = json.dumps(content, ensure_ascii=False).encode("utf-8", errors="replace")
        except (TemplateError, TypeError, ValueError, ArithmeticError, LookupError) as error:
            raise AgentProtocolError(
                self._name, f"the template of its request failed ({type(error).__name__})", "Mend `body`."
            ) from error
        key = {"Idempotency-Key": str(StepKey(view.turn, view.step)), "Content-Type": "application/json"}
        return Request(
            self._mapping.url, body, {**key, **self._headers()}, self._mapping.method, self._mapping.repeatable
        )

    def _headers(self) -> dict[str, str]:
        def secret(found: re.Match[str]) -> str:
            return Secret(found[1], self._environ).value(self._name)

        return {name: _PLACEHOLDER.sub(secret, value) for name, value in self._mapping.headers.items()}

    def _proposal(self, content: Any) -> Proposal:
        if self._flag(content):
            reason = self._find(content, "reason")
            known = reason in [own.value for own in AGENT_REASONS]
            note = self._find(content, "note")
            return ProposedHandoff(
                HandoffReason(reason) if known else HandoffReason.UNSUPPORTED_REQUEST,
                note if isinstance(note, str) else "",
            )
        texts = look_up(content, self._mapping.pointers["text"] or ())
        text = "\n\n".join(item.strip() for item in texts if isinstance(item, str)).strip()
        if not text or not all(isinstance(item, str) for item in texts):
            raise AgentProtocolError(
                self._name, "its answer has no text where `response.text` points", "Compare the pointer with an answer."
            )
        return ProposedAnswer(text, stated_confidence=self._confidence(content), expects_reply=text.endswith("?"))

    def _flag(self, content: Any) -> bool:
        value = self._find(content, "hand_off")
        if value is not None and not isinstance(value, bool):
            raise AgentProtocolError(
                self._name,
                "its answer has something else than true or false where `response.hand_off` points",
                "Point to a boolean; words are not taken for a handoff.",
            )
        return bool(value)

    def _confidence(self, content: Any) -> float | None:
        value = self._find(content, "confidence")
        if value is None:
            return None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not (math.isfinite(value) and 0 <= value <= 1)
        ):
            raise AgentProtocolError(
                self._name,
                "its confidence is not a number from 0 to 1",
                "Point `response.confidence` to one, or drop it.",
            )
        return float(value)

    def _memory(self, content: Any) -> JsonObject:
        memory = self._find(content, "memory")
        if memory is None:
            return {}
        if len(json.dumps(memory)) > MAX_MEMORY_CHARACTERS:
            raise AgentProtocolError(
                self._name,
                f"the state that it wants kept is longer than {MAX_MEMORY_CHARACTERS} characters",
                "Keep it on its own side, and point `response.memory` to a reference.",
            )
        return {"value": memory}

    def _find(self, content: Any, name: str) -> Any:
        pointer = self._mapping.pointers[name]
        found = look_up(content, pointer) if pointer is not None else []
        return found[0] if found else None


def build_http(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> HttpAgent:
    """Builder of `type: http`."""
    del directory
    where.expect_keys("url", "method", "headers", "body", "response", "timeout_s", "max_retries", "repeatable")
    response = where.part("response")
    response.expect_keys(*_POINTERS)
    response.required("text")
    method = where.text("method", default="POST")
    if method not in ("POST", "PUT"):
        raise where.error("method", f"method {method!r} carries no body", "Write POST or PUT.")
    mapping = HttpMapping(
        url=read_url(where, "url"),
        method=method,
        headers=_read_headers(where),
        body=compile_body(plain(where.required("body")), where, "body"),
        pointers={name: read_pointer(response, name) for name in _POINTERS},
        timeout_s=where.number("timeout_s", default=30.0, at_least=0.001, at_most=3600.0),
        repeatable=where.flag("repeatable"),
    )
    del document
    transport = Transport(where.agent, where.clock, retry=read_retry(where))
    return HttpAgent(where.agent, mapping, transport, environ, where.clock)


def _read_headers(where: DocumentPlace) -> Mapping[str, str]:
    headers = where.mapping("headers")
    for name, value in headers.items():
        place = where.part("headers")
        if not isinstance(value, str) or not value.isprintable() or not re.fullmatch(r"[\w-]+", name):
            raise place.error(name, f"header {name!r} must be one line of text", "Put it in quotes.")
        if name.lower() in _SECRET_HEADERS and not _PLACEHOLDER.search(value):
            raise place.error(
                name,
                f"header {name!r} would put a secret into the file",
                "Name an environment variable instead, such as `Authorization: Bearer ${AGENT_TOKEN}`.",
            )
    return {name: str(value) for name, value in headers.items()}


def _variables(view: AgentView) -> Mapping[str, Any]:
    conversation = view.conversation
    messages = [{"speaker": message.speaker, "text": message.text} for message in conversation.messages()]
    return {
        "message": next((item["text"] for item in reversed(messages) if item["speaker"] == "customer"), ""),
        "messages": messages,
        "conversation_id": str(conversation.id),
        "turn_id": str(view.turn),
        "customer": conversation.customer,
        "channel": conversation.channel,
        "language": conversation.language,
        "intent": view.intents.guesses[0].intent if view.intents.guesses else None,
        "memory": conversation.agent_memory.get("value"),
        "coaching": list(view.coaching),
    }

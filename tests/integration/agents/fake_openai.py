"""A real HTTP server on loopback that speaks chat completions, and can be told to misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Behaviour = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class FakeOpenAi:
    """Answers each request with the next behaviour; the last one stays. `requests` are the bodies that came in."""

    behaviours: list[Behaviour]
    base_url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(json.loads(await request.read() or b"{}"))
        self.headers.append(request.headers.copy())
        behaviour = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
        return await behaviour(request)


@asynccontextmanager
async def serving(*behaviours: Behaviour) -> AsyncIterator[FakeOpenAi]:
    """Serve these behaviours at every path until the block ends."""
    fake = FakeOpenAi(list(behaviours))
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", fake.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    fake.base_url = f"http://{host}:{port}/v1"
    try:
        yield fake
    finally:
        await runner.cleanup()


# ── good answers ──────────────────────────────────────────────────────────────────────────────────
def text(content: str, **more: Any) -> Behaviour:
    """A completion that is a text."""
    return completion({"role": "assistant", "content": content}, **more)


def calls(*wanted: tuple[str, Any]) -> Behaviour:
    """A completion that calls functions; arguments are sent as JSON, or as they are if they are a text."""
    tool_calls = [
        {
            "id": f"id-{position}",
            "type": "function",
            "function": {
                "name": name,
                "arguments": arguments if isinstance(arguments, str) else json.dumps(arguments),
            },
        }
        for position, (name, arguments) in enumerate(wanted)
    ]
    return completion({"role": "assistant", "content": None, "tool_calls": tool_calls}, finish_reason="tool_calls")


def completion(message: Mapping[str, Any], *, finish_reason: str = "stop", **more: Any) -> Behaviour:
    """A completion around a message."""
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    usage = {"prompt_tokens": 1000, "completion_tokens": 200}
    return answer({"object": "chat.completion", "choices": [choice], "usage": usage, **more})


def answer(content: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Behaviour:
    """Any JSON with any status."""

    async def behave(_request: web.Request) -> web.StreamResponse:
        return web.json_response(content, status=status, headers=headers)

    return behave


# ── faults ────────────────────────────────────────────────────────────────────────────────────────
def refuse(status: int, code: str = "", *, retry_after: str | None = None) -> Behaviour:
    """An error status, with the customer's words in its sentence, as services do."""
    headers = {"Retry-After": retry_after} if retry_after is not None else None
    error = {"error": {"message": "cannot read: my card is 4111", "code": code}}
    return answer(error, status=status, headers=headers)


def raw(body: bytes) -> Behaviour:
    """Status 200 with these bytes."""

    async def behave(_request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="application/json")

    return behave


async def hang(_request: web.Request) -> web.StreamResponse:
    """Never answers."""
    await asyncio.Event().wait()
    raise AssertionError("the event is never set")


async def drop(request: web.Request) -> web.StreamResponse:
    """Closes the connection before any answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def drop_mid_body(request: web.Request) -> web.StreamResponse:
    """Promises 1,000 bytes, sends a few and closes the connection."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"choices": [')
    assert request.transport is not None
    request.transport.close()
    return response


async def drip(request: web.Request) -> web.StreamResponse:
    """Sends one byte after the other, without end."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.02)


async def flood(request: web.Request) -> web.StreamResponse:
    """Sends far more than anybody wants to read."""
    response = web.StreamResponse()
    await response.prepare(request)
    for _ in range(20):
        await response.write(b" " * 1_000_000)
    return response

"""The client of chat completions: one answer at a time, within a deadline, with its cost."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from remit.adapters.llm.completion import Completion, completion_of, parse_answer, usage_of
from remit.adapters.llm.endpoint import ChatEndpoint
from remit.adapters.llm.retry import DEFAULT_RETRY, RetryPolicy
from remit.adapters.llm.transport import Reply, Request, Transport
from remit.errors import AgentRefused
from remit.runtime.ports import Clock, Usage

_CODE = re.compile(r"[\w.:-]{1,64}")
_MENDS = {
    400: "Look at `model` and `parameters`; the conversation may be longer than the model takes.",
    401: "Check the key in the environment variable that `api_key_env` names.",
    403: "Check what the key may do.",
    404: "Check `base_url` and `model`.",
    429: "Ask the provider for a higher limit, or lower the concurrency.",
}


class ChatClient:
    """Asks one endpoint. Errors are leaves of AgentError that name the owner and hold no customer text.

    Args:
        endpoint: What is asked.
        owner: Whose client it is, for errors.
        clock: What deadlines are measured with.
        retry: Cap and pauses.
    """

    def __init__(self, endpoint: ChatEndpoint, *, owner: str, clock: Clock, retry: RetryPolicy = DEFAULT_RETRY) -> None:
        self._endpoint = endpoint
        self._owner = owner
        self._clock = clock
        self._transport = Transport(owner, clock, retry=retry)
        self._spent = Usage()

    @property
    def spent(self) -> Usage:
        """Everything so far, answers that could not be used included."""
        return self._spent

    async def complete(
        self,
        messages: Sequence[Mapping[str, Any]],
        *,
        deadline: datetime,
        tools: Sequence[Mapping[str, Any]] = (),
        fields: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Completion:
        """One completion.

        Args:
            messages: As the protocol has them.
            deadline: Absolute, UTC; the endpoint's own timeout may be sooner.
            tools: Function declarations; none are sent if empty.
            fields: Further fields of the request, over the endpoint's parameters.
            headers: Further headers.
            repeatable: False if the endpoint acts when it is asked; then only what was surely not begun is retried.

        Raises:
            AgentTimeout: The deadline passed.
            AgentUnreachable: No connection, or it broke.
            AgentRefused: An error status, or the key is missing.
            AgentProtocolError: An answer that is no usable completion.
        """
        endpoint = self._endpoint
        content = {**endpoint.parameters, **(fields or {}), "model": endpoint.model, "messages": list(messages)}
        if tools:
            content["tools"] = list(tools)
        request = Request(
            url=f"{endpoint.base_url.rstrip('/')}/chat/completions",
            body=json.dumps(content, ensure_ascii=False).encode("utf-8", errors="replace"),
            headers={"Content-Type": "application/json", **self._headers(), **(headers or {})},
            repeatable=repeatable,
        )
        left_s = (deadline - self._clock.now()).total_seconds()
        reply = await self._transport.send(request, within_s=min(left_s, endpoint.timeout_s))
        expect_success(reply, request, owner=self._owner)
        answer = parse_answer(reply.body, owner=self._owner)
        usage = usage_of(answer, endpoint.prices)
        self._account(usage)
        return completion_of(answer, usage, owner=self._owner)

    async def check(self) -> None:
        """Raise a leaf of AgentError if the endpoint cannot be asked now; costs no tokens.

        Services need not list their models: any status but 401, 403 and 5xx shows that somebody is there.
        """
        request = Request(
            url=f"{self._endpoint.base_url.rstrip('/')}/models", method="GET", headers=self._headers(), repeatable=True
        )
        await check_address(self._transport, request, owner=self._owner, within_s=min(10.0, self._endpoint.timeout_s))

    async def close(self) -> None:
        """Close the connections, in the event loop that asked."""
        await self._transport.close()

    def _headers(self) -> dict[str, str]:
        key = self._endpoint.api_key
        bearer = {"Authorization": f"Bearer {key.value(self._owner)}"} if key.name else {}
        return {**self._endpoint.headers, **bearer}

    def _account(self, usage: Usage) -> None:
        self._spent = Usage(
            self._spent.input_tokens + usage.input_tokens,
            self._spent.output_tokens + usage.output_tokens,
            self._spent.cost_eur + usage.cost_eur,
        )


async def check_address(transport: Transport, request: Request, *, owner: str, within_s: float) -> None:
    """Raise AgentUnreachable, AgentTimeout or AgentRefused unless somebody there lets us in."""
    reply = await transport.send(request, within_s=within_s)
    if reply.status in (401, 403) or reply.status >= 500:
        expect_success(reply, request, owner=owner)


def expect_success(reply: Reply, request: Request, *, owner: str) -> None:
    """Raise AgentRefused for every status but 2xx, with the service's error code if it gives one."""
    if 200 <= reply.status < 300:
        return
    code = _error_code(reply.body)
    tries = f" after {reply.n_attempts} attempts" if reply.n_attempts > 1 else ""
    mend = _MENDS.get(reply.status, "Look at the service's own log and status page.")
    if 300 <= reply.status < 400:
        mend = "Write the address that it redirects to; redirects are not followed, so that no key leaves the host."
    raise AgentRefused(owner, f"{request.host} answered {reply.status}{code}{tries}", mend)


def _error_code(body: bytes) -> str:
    """The machine-readable code of an error body; its sentence may quote the customer and is left out."""
    try:
        error = json.loads(body).get("error")
    except (ValueError, AttributeError, RecursionError):
        return ""
    named = (error.get("code") or error.get("type")) if isinstance(error, dict) else error
    return f" ({named})" if isinstance(named, str) and _CODE.fullmatch(named) else ""

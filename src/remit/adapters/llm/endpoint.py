"""Where a model is asked, with which key, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from remit.errors import AgentRefused
from remit.runtime.ports import Usage


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret by the name of its environment variable; `name` empty means that none is needed."""

    name: str = ""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    def value(self, owner: str) -> str:
        """The secret, without the line end that copying often adds.

        Raises:
            AgentRefused: The variable is not set, or holds what no header can carry.
        """
        value = self.environ.get(self.name, "").strip()
        if not value:
            raise AgentRefused(
                owner,
                f"the environment variable {self.name!r} with its secret is not set",
                f"Set {self.name} and retry.",
            )
        if not value.isprintable():
            raise AgentRefused(
                owner, f"the environment variable {self.name!r} holds a line break or control character", "Set it anew."
            )
        return value


@dataclass(frozen=True, slots=True)
class Prices:
    """Euro per million tokens. `cached_input` None: cached tokens cost as much as others."""

    input: float = 0.0
    output: float = 0.0
    cached_input: float | None = None

    def usage(self, input_tokens: int, output_tokens: int, cached_tokens: int) -> Usage:
        """What these tokens cost; `cached_tokens` are among the input tokens."""
        cached = min(cached_tokens, input_tokens)
        cached_price = self.input if self.cached_input is None else self.cached_input
        cost = (input_tokens - cached) * self.input + cached * cached_price + output_tokens * self.output
        return Usage(input_tokens, output_tokens, cost / 1e6)


@dataclass(frozen=True, slots=True)
class ChatEndpoint:
    """One model behind one address.

    Args:
        base_url: Such as `https://host/v1`; `/chat/completions` is added.
        model: As the service names it.
        api_key: Sent as a bearer token if it has a name.
        parameters: Further fields of the request, such as `temperature`.
        prices: For the cost of each completion.
        timeout_s: The longest a completion may take, retries included; the turn's deadline may be sooner.
        headers: Further headers.
    """

    base_url: str
    model: str
    api_key: Secret = Secret()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    prices: Prices = Prices()
    timeout_s: float = 30.0
    headers: Mapping[str, str] = field(default_factory=dict)

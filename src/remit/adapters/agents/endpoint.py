"""The keys that agents behind a chat-completions endpoint share."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from remit.adapters.agents.document import DocumentPlace
from remit.adapters.llm import ChatClient, ChatEndpoint, Prices, RetryPolicy, Secret
from remit.releases.model import PartKind

ENDPOINT_KEYS = ("base_url", "model", "api_key_env", "parameters", "prices", "timeout_s", "max_retries")
_OURS = frozenset({"model", "messages", "tools", "tool_choice", "functions", "stream", "n"})


def read_client(where: DocumentPlace, environ: Mapping[str, str]) -> ChatClient:
    """The client that a section declares; nothing is connected. Model and address are parts."""
    model = {"model": where.text("model"), "parameters": where.mapping("parameters")}
    where.state(PartKind.MODEL, "model", model)
    where.state(PartKind.ENDPOINT, "address", where.text("base_url"))
    where.leave_out("model", "parameters", "base_url")
    endpoint = ChatEndpoint(
        base_url=read_url(where, "base_url"),
        model=where.text("model"),
        api_key=Secret(where.text("api_key_env", default=""), environ),
        parameters=_read_parameters(where),
        prices=_read_prices(where),
        timeout_s=where.number("timeout_s", default=30.0, at_least=0.001, at_most=3600.0),
    )
    return ChatClient(endpoint, owner=where.agent, clock=where.clock, retry=read_retry(where))


def read_retry(where: DocumentPlace) -> RetryPolicy:
    """How often a request may be sent again."""
    return RetryPolicy(max_retries=int(where.number("max_retries", default=2, at_most=10)))


def read_url(where: DocumentPlace, key: str) -> str:
    """An absolute http or https address without a password in it."""
    url = where.text(key)
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise where.error(key, f"{url!r} is not an address", "Write it whole, such as `https://host/v1`.")
    if parts.username or parts.password:
        raise where.error(
            key, f"{where.name_of(key)!r} holds a user name or password", "Name an environment variable instead."
        )
    return url


def _read_parameters(where: DocumentPlace) -> Mapping[str, Any]:
    parameters = where.mapping("parameters")
    for name in sorted(_OURS & set(parameters)):
        raise where.part("parameters").error(name, f"parameter {name!r} is set by Remit", "Remove the line.")
    return parameters


def _read_prices(where: DocumentPlace) -> Prices:
    if where.section.get("prices") is None:
        return Prices()
    place = where.part("prices")
    names = ("input_eur_per_million", "output_eur_per_million", "cached_input_eur_per_million")
    place.expect_keys(*names)
    own = {name: place.number(name, default=0.0) for name in names if name in place.section}
    return Prices(own.get(names[0], 0.0), own.get(names[1], 0.0), own.get(names[2]))

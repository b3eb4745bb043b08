"""What a chat-completions service answers, read strictly where it matters and leniently elsewhere."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from remit.adapters.llm.endpoint import Prices
from remit.adapters.llm.strict_json import expect_json, read_json
from remit.errors import AgentProtocolError
from remit.runtime.ports import Usage


@dataclass(frozen=True, slots=True)
class CompletionCall:
    """A function the model wants to be called; the arguments are a JSON object, not yet checked."""

    id: str
    name: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """One whole answer of a model: a text, or calls, or both.

    `mean_token_probability` is exp(mean log-probability) of the text's tokens, None if the service gave none.
    """

    text: str
    calls: tuple[CompletionCall, ...]
    usage: Usage
    mean_token_probability: float | None = None


class _Function(BaseModel):
    name: str
    arguments: str | dict[str, Any] | None = None


class _Call(BaseModel):
    id: str | None = None
    function: _Function


class _Part(BaseModel):
    type: str = "text"
    text: str = ""


class _Message(BaseModel):
    content: str | list[_Part] | None = None
    refusal: str | None = None
    tool_calls: list[_Call] | None = None


class _Token(BaseModel):
    logprob: float


class _Logprobs(BaseModel):
    content: list[_Token] | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _InputDetails(BaseModel):
    cached_tokens: int | None = Field(None, ge=0)


class _Usage(BaseModel):
    prompt_tokens: int | None = Field(None, ge=0)
    completion_tokens: int | None = Field(None, ge=0)
    prompt_tokens_details: _InputDetails | None = None


class Answer(BaseModel):
    """An answer of status 200 that has the shape of a completion."""

    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


def parse_answer(body: bytes, *, owner: str) -> Answer:
    """Read the shape of an answer of status 200.

    Raises:
        AgentProtocolError: It is no chat completion.
    """
    try:
        return Answer.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise AgentProtocolError(
            owner,
            f"its service answered 200 with what is no chat completion ({first['type']} at {place})",
            "Check that base_url ends where `/chat/completions` begins.",
        ) from error


def usage_of(answer: Answer, prices: Prices) -> Usage:
    """What an answer cost, even if nothing else in it can be used; zero where the service does not say."""
    usage = answer.usage
    if usage is None:
        return Usage()
    cached = (usage.prompt_tokens_details.cached_tokens if usage.prompt_tokens_details else None) or 0
    return prices.usage(usage.prompt_tokens or 0, usage.completion_tokens or 0, cached)


def completion_of(answer: Answer, usage: Usage, *, owner: str) -> Completion:
    """The first choice of an answer.

    Raises:
        AgentProtocolError: Cut off, filtered, refused, empty, or with calls that are not JSON.
    """
    choice = answer.choices[0]
    _expect_whole(choice, owner)
    calls = tuple(_read_call(call, position, owner) for position, call in enumerate(choice.message.tool_calls or ()))
    text = _text(choice.message)
    if not calls and not text.strip():
        raise AgentProtocolError(owner, "its model answered nothing", "Look at the prompt and at max_tokens.")
    _expect_unicode(text, owner)
    return Completion(text, calls, usage, _mean_probability(choice.logprobs))


def _expect_whole(choice: _Choice, owner: str) -> None:
    if choice.finish_reason == "length":
        raise AgentProtocolError(
            owner, "its model's answer was cut off at the token limit", "Raise `max_tokens`, or ask for less."
        )
    if choice.finish_reason == "content_filter":
        raise AgentProtocolError(
            owner, "its service withheld the answer (content filter)", "Look at the filter's settings there."
        )
    if choice.message.refusal:
        raise AgentProtocolError(owner, "its model refused to answer", "Look at the prompt for what it may not do.")


def _read_call(call: _Call, position: int, owner: str) -> CompletionCall:
    arguments = call.function.arguments
    if isinstance(arguments, str):
        try:
            arguments = read_json(arguments or "{}")
        except ValueError as error:
            raise AgentProtocolError(
                owner,
                f"its model called {call.function.name!r} with arguments that are not JSON",
                "A model that often does this needs another prompt, or is too small for tools.",
            ) from error
    if arguments is None:
        arguments = {}
    if not isinstance(arguments, dict):
        raise AgentProtocolError(
            owner, f"its model called {call.function.name!r} with arguments that are not an object", "See the prompt."
        )
    return CompletionCall(call.id or f"call_{position}", call.function.name, arguments)


def _text(message: _Message) -> str:
    if isinstance(message.content, list):
        return "".join(part.text for part in message.content if part.type == "text")
    return message.content or ""


def _expect_unicode(text: str, owner: str) -> None:
    try:
        expect_json(text)
    except ValueError as error:
        raise AgentProtocolError(owner, "its model wrote half a character (a lone surrogate)", "Ask again.") from error


def _mean_probability(logprobs: _Logprobs | None) -> float | None:
    if logprobs is None or not logprobs.content:
        return None
    mean = math.fsum(token.logprob for token in logprobs.content) / len(logprobs.content)
    return math.exp(min(mean, 0.0))

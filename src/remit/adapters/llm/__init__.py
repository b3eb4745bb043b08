"""The one client of OpenAI-compatible chat completions, and the HTTP transport below it."""

from remit.adapters.llm.chat import ChatClient
from remit.adapters.llm.completion import Completion, CompletionCall
from remit.adapters.llm.endpoint import ChatEndpoint, Prices, Secret
from remit.adapters.llm.retry import RetryPolicy
from remit.adapters.llm.transport import Reply, Request, Transport

__all__ = [
    "ChatClient",
    "ChatEndpoint",
    "Completion",
    "CompletionCall",
    "Prices",
    "Reply",
    "Request",
    "RetryPolicy",
    "Secret",
    "Transport",
]

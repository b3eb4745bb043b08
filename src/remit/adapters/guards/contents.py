"""The texts inside a tool's result."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_DEPTH = 32


def texts_in(content: Any, *, depth: int = _DEPTH) -> Iterator[str]:
    """Every string in a JSON value, keys included.

    Raises:
        ValueError: Nested deeper than a tool's result has any business to be; the caller fails closed.
    """
    if depth == 0:
        raise ValueError(f"a tool's result is nested more than {_DEPTH} deep")
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | Mapping):  # the exact type first: asking an abstract class costs more
        for key, value in content.items():
            yield str(key)
            yield from texts_in(value, depth=depth - 1)
    elif isinstance(content, list | Sequence):
        for value in content:
            yield from texts_in(value, depth=depth - 1)

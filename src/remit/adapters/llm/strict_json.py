"""JSON from strangers: what Python reads and no store can keep is refused here."""

import json
from typing import Any, NoReturn


def read_json(content: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: Not JSON: NaN and infinities, half of a surrogate pair, and nesting without end included.
    """
    try:
        value = json.loads(content, parse_constant=_refuse_constant)
        # Half a surrogate pair is legal in JSON's escapes and can be neither stored nor sent.
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def expect_json(value: Any) -> None:
    """Raise ValueError unless the value can be kept as JSON."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (TypeError, RecursionError) as error:
        raise ValueError(type(error).__name__) from error


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")

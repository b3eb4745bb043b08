"""Frozen dataclasses that a turn makes by the dozen, made in half the time."""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

T = TypeVar("T")


def quickly_made(made: type[T]) -> type[T]:
    """The same frozen, slotted dataclass with an `__init__` that fills the slots directly.

    The one that `dataclass(frozen=True)` writes looks up `object.__setattr__` and the slot for each field, which was
    a sixth of a trial's time. Everything else about the class stays: it is frozen, equal, hashable and replaceable.

    Raises:
        TypeError: The class has something that this does not know: `__post_init__`, fields that are keyword-only or
            not given to `__init__`.
    """
    own: tuple[Field[Any], ...] = fields(made)  # type: ignore[arg-type]
    if hasattr(made, "__post_init__") or not all(each.init and not each.kw_only for each in own):
        raise TypeError(f"{made.__name__} is more than a plain dataclass; leave `quickly_made` out")
    known: dict[str, Any] = {"_MISSING": MISSING}
    parameters, statements = ["self"], ["pass"]
    for each in own:
        known[f"_set_{each.name}"] = getattr(made, each.name).__set__
        known[f"_default_{each.name}"] = each.default if each.default_factory is MISSING else each.default_factory
        has_default = each.default is not MISSING
        made_anew = each.default_factory is not MISSING
        default = f"=_default_{each.name}" if has_default else "=_MISSING" if made_anew else ""
        value = f"_default_{each.name}() if {each.name} is _MISSING else {each.name}" if made_anew else each.name
        parameters.append(each.name + default)
        statements.append(f"_set_{each.name}(self, {value})")
    exec(f"def __init__({', '.join(parameters)}):\n    " + "\n    ".join(statements), known)  # noqa: S102 - names of fields only, as `dataclasses` itself does
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{made.__qualname__}.__init__"
    init.__annotations__ = made.__init__.__annotations__
    made.__init__ = init  # type: ignore[method-assign]
    return made

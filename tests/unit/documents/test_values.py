import copy
import inspect
import pickle
from collections.abc import Mapping
from dataclasses import FrozenInstanceError, dataclass, field, replace

import pytest

from remit.documents.values import quickly_made


@dataclass(frozen=True, slots=True)
class Slow:
    name: str
    count: int = 3
    details: Mapping[str, int] = field(default_factory=dict)


@quickly_made
@dataclass(frozen=True, slots=True)
class Quick:
    name: str
    count: int = 3
    details: Mapping[str, int] = field(default_factory=dict)


def test_a_value_is_made_as_before() -> None:
    for arguments, named in ((("a",), {}), (("a", 4, {"x": 1}), {}), ((), {"details": {}, "name": "b"})):
        slow, quick = Slow(*arguments, **named), Quick(*arguments, **named)  # type: ignore[arg-type]
        assert repr(quick) == repr(slow).replace("Slow", "Quick")
    assert inspect.signature(Quick.__init__).parameters.keys() == inspect.signature(Slow.__init__).parameters.keys()


def test_what_is_missing_or_too_much_is_refused() -> None:
    with pytest.raises(TypeError, match="name"):
        Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="unknown"):
        Quick("a", unknown=1)  # type: ignore[call-arg]


def test_each_value_has_a_default_of_its_own() -> None:
    assert Quick("a").details is not Quick("a").details


def test_it_is_as_frozen_equal_and_replaceable_as_before() -> None:
    value = Quick("a", 4)
    with pytest.raises(FrozenInstanceError):
        value.count = 5  # type: ignore[misc]
    assert replace(value, count=5) == Quick("a", 5, {})
    assert copy.deepcopy(value) == pickle.loads(pickle.dumps(value)) == value
    assert Quick("a") != Quick("b")


def test_more_than_a_plain_dataclass_is_refused() -> None:
    @dataclass(frozen=True, slots=True)
    class Checked:
        name: str

        def __post_init__(self) -> None:
            assert self.name

    @dataclass(frozen=True, slots=True)
    class Named:
        name: str = field(kw_only=True)

    for one in (Checked, Named):
        with pytest.raises(TypeError, match="quickly_made"):
            quickly_made(one)

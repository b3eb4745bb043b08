"""Whatever is wrong in a file of these formats, the importer says so or goes on: it never breaks."""

import asyncio
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remit.adapters.formats.tau import read_results, read_tasks
from remit.app.replay import GateStatement, replay_file
from remit.app.replay_results import replay_document
from remit.errors import ImportFormatError
from unit.tau.small_shop import ANA, good_conversation, hears, refusal_conversation, results, shop_folder, tasks, write
from unit.tau.test_importing_tau1 import called, row

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "x", "###STOP###", "0", "{}", "null"]),
    st.sampled_from([[], {}, [1], [None], {"a": 1}, [[]], [{}]]),
)
TAU2 = results([good_conversation(), refusal_conversation()], num_trials=2, git_commit="abc")
TAU1 = [row([hears("Hello"), *called("get_user_details", "{}", user_id=ANA), hears("Bye ###STOP###")])]


def places(content: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside a JSON value."""
    pairs = content.items() if isinstance(content, dict) else enumerate(content) if isinstance(content, list) else ()
    for key, inner in pairs:
        yield (*path, key)
        yield from places(inner, (*path, key))


def damaged(content: Any, path: tuple[Any, ...], value: Any, *, remove: bool) -> Any:
    """A copy with one value replaced or taken out."""
    whole = copy.deepcopy(content)
    place = whole
    for key in path[:-1]:
        place = place[key]
    if remove:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return whole


@pytest.mark.parametrize("content", [TAU2, TAU1], ids=["tau2", "tau1"])
def test_one_damaged_value_never_breaks_import_and_replay(content: Any, tmp_path: Path) -> None:
    shop_folder(tmp_path)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(list(places(content))), ODD, st.booleans())
    def read_and_replay(path: tuple[Any, ...], value: Any, remove: bool) -> None:
        file = write(tmp_path, damaged(content, path, value, remove=remove))
        try:
            run = read_results(file)
            # A first-edition file needs tables that the small shop does not have: it is kept as published.
            data = tmp_path if run.format == "tau2" else None
            replay = asyncio.run(replay_file(file, data=data, gate=GateStatement(1, 0.9)))
        except ImportFormatError:
            return
        json.dumps(replay_document(replay))

    read_and_replay()


def test_one_damaged_value_never_breaks_reading_tasks(tmp_path: Path) -> None:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.sampled_from(list(places(tasks()))), ODD, st.booleans())
    def read(path: tuple[Any, ...], value: Any, remove: bool) -> None:
        file = write(tmp_path, damaged(tasks(), path, value, remove=remove))
        try:
            read_tasks(file)
        except ImportFormatError:
            return

    read()

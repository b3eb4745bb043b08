"""Finding a world by its reference."""

import asyncio
from pathlib import Path

import pytest

from remit.adapters.worlds import load_world
from remit.errors import SettingsError

WORLD = """
from remit.adapters.worlds import JsonState, WorldDefinition
from .words import NAME
world = WorldDefinition(NAME, [], JsonState({}))
number = 5

def made():
    return world

def failing():
    raise ZeroDivisionError("boom")

def nothing():
    return None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "places").mkdir()
    (tmp_path / "places" / "larder.py").write_text(WORLD)
    (tmp_path / "places" / "words.py").write_text("NAME = 'larder'")
    (tmp_path / "places" / "broken.py").write_text("import no_such_module")
    return tmp_path


def test_a_file_is_found_beside_the_document_and_may_import_its_neighbours(folder: Path) -> None:
    assert asyncio.run(load_world("places/larder.py:world", folder).catalogue()) == {}


def test_the_same_file_is_the_same_world(folder: Path) -> None:
    assert load_world("places/larder.py:world", folder) is load_world("larder.py:world", folder / "places")


def test_a_function_may_make_the_world(folder: Path) -> None:
    assert load_world("places/larder.py:made", folder) is load_world("places/larder.py:world", folder)


def test_two_folders_may_hold_files_of_one_name(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "words.py").write_text("NAME = 'other'")
    (tmp_path / "other" / "larder.py").write_text(WORLD)
    first, second = load_world("places/larder.py:world", folder), load_world("other/larder.py:world", tmp_path)
    assert (first.name, second.name) == ("larder", "other")  # type: ignore[attr-defined]


def test_an_installed_module_is_found_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="'JsonState' is no world but of type type"):
        load_world("remit.adapters.worlds:JsonState", tmp_path)


@pytest.mark.parametrize(
    ("reference", "says"),
    [
        ("places/larder.py", "does not name an attribute"),
        ("places/nothing.py:world", "there is no file"),
        ("places/larder.py:wold", "has no 'wold'.\n  It has: .*world"),
        ("places/larder.py:number", "'number' is no world but of type int"),
        ("places/larder.py:failing", "making it raised ZeroDivisionError: boom"),
        ("places/larder.py:nothing", "'nothing' is no world but of type NoneType"),
        ("places/broken.py:world", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("no_such_package.shop:world", "ModuleNotFoundError"),
    ],
)
def test_a_reference_that_leads_nowhere_is_one_clear_error(folder: Path, reference: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says) as caught:
        load_world(reference, folder)
    assert repr(reference) in str(caught.value)

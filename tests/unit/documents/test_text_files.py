"""A file that cannot be read is one sentence, whoever reads it."""

from pathlib import Path

import pytest

from remit.adapters.text_files import read_text
from remit.errors import ScenarioParseError


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfname: \xc3\xa9")

    assert read_text(tmp_path / "a.yaml", ScenarioParseError) == "name: é"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("none.yaml", r"none\.yaml: there is no such file\.\n  Check --suite\."),
        ("folder", "is a folder"),
        ("binary.yaml", "is not UTF-8 text"),
        ("binary.yaml/inner.yaml", "cannot be read: Not a directory"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(ScenarioParseError, match=says):
        read_text(tmp_path / name, ScenarioParseError, mend="Check --suite.")

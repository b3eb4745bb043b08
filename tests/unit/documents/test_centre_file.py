"""What is wrong in a contact centre's file is said with its line."""

from pathlib import Path

import pytest

from remit.app.centre import load_centre
from remit.errors import CentreParseError

CENTRE = "apiVersion: remit/v1\nkind: ContactCentre\nname: shop\nsuites: [suites]\ntools: {world: world.py:shop}\n"


def test_paths_are_meant_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / "remit.yaml").write_text(CENTRE)

    centre = load_centre(tmp_path)

    assert (centre.name, centre.policy, centre.suites) == ("shop", tmp_path / "policy.yaml", (tmp_path / "suites",))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("name:", "nmae:", 3, "Did you mean `name`?"),
        ("world:", "wrld:", 5, "Did you mean `world`?"),
        ("remit/v1", "remit/v2", 1, "`apiVersion` is 'remit/v2', which is none of its values"),
        ("kind: ContactCentre", "kind: Policy", 2, "Known values: `ContactCentre`"),
        ("[suites]", "{a: b}", 4, "`suites` is {'a': 'b'}, it must be a list"),
        ("[suites]", "[suites, 7]", 4, "`suites.1` is 7, it must be text"),
        ("name: shop", "name: [shop", 4, "is not YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_mend(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    (tmp_path / "remit.yaml").write_text(CENTRE.replace(old, new))

    with pytest.raises(CentreParseError) as raised:
        load_centre(tmp_path)

    assert says in str(raised.value)
    assert line in {raised.value.line, *(other.line for other in raised.value.others)}


def test_a_folder_that_is_no_contact_centre_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(CentreParseError, match="remit init"):
        load_centre(tmp_path)

"""An agent definition is read whole or refused with its line."""

from pathlib import Path

import pytest

from remit.adapters.agents import load_agent
from remit.errors import AgentParseError

DEFINITION = """\
apiVersion: remit/v1
kind: Agent
name: echo
type: python
description: says it again
python:
  module: agent.py
  callable: propose
"""
SOURCE = "def propose(view):\n    return view.conversation.messages()[-1].text\n"


def written(folder: Path, *, definition: str = DEFINITION, source: str = SOURCE) -> Path:
    (folder / "agent.py").write_text(source, encoding="utf-8")
    path = folder / "agent.yaml"
    path.write_text(definition, encoding="utf-8")
    return path


def refused(folder: Path, definition: str, *, source: str = SOURCE) -> AgentParseError:
    with pytest.raises(AgentParseError) as caught:
        load_agent(written(folder, definition=definition, source=source))
    return caught.value


def test_a_definition_becomes_an_agent_with_a_release(tmp_path: Path) -> None:
    loaded = load_agent(written(tmp_path))

    assert (loaded.name, loaded.type, loaded.opaque, loaded.description) == ("echo", "python", False, "says it again")
    assert loaded.release.startswith("r-")
    assert len(loaded.release) == 14


def test_comments_order_and_description_do_not_make_a_new_release(tmp_path: Path) -> None:
    first = load_agent(written(tmp_path)).release
    shuffled = "# a note\ntype: python\nkind: Agent\nname: echo\napiVersion: remit/v1\n" + DEFINITION.partition(
        "again\n"
    )[2].replace("module: agent.py", "module: 'agent.py'  # here")

    assert load_agent(written(tmp_path, definition=shuffled)).release == first


def test_a_changed_source_is_a_new_release(tmp_path: Path) -> None:
    first = load_agent(written(tmp_path)).release

    assert load_agent(written(tmp_path, source=SOURCE + "\n# changed\n")).release != first


def test_a_changed_file_in_a_named_folder_is_a_new_release(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("one")
    definition = DEFINITION + "  files: [data]\n"
    first = load_agent(written(tmp_path, definition=definition)).release
    (tmp_path / "data" / "a.txt").write_text("two")

    assert load_agent(written(tmp_path, definition=definition)).release != first


def test_the_release_does_not_depend_on_where_the_folder_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert load_agent(written(tmp_path / "a")).release == load_agent(written(tmp_path / "b")).release


@pytest.mark.parametrize(
    ("change", "to", "line", "says"),
    [
        ("remit/v1", "remit/v9", 1, "Write `apiVersion: remit/v1`"),
        ("kind: Agent", "kind: Policy", 2, "Write `kind: Agent`"),
        ("name: echo", "name: ''", 3, "must be a text"),
        ("type: python", "type: pyton", 4, "Known types:"),
        ("description:", "descripton:", 5, "Did you mean `description`?"),
        ("module: agent.py", "module: missing.py", 7, "not a file"),
        ("callable: propose", "callable: purpose", 8, "no function 'purpose'"),
        ("  callable:", "  callabel:", 8, "Did you mean `callable`?"),
        ("python:\n", "pithon:\n", 6, "Did you mean `python`?"),
        ("name: echo", "name: [echo", None, "not YAML"),
        ("name: echo", "name: echo\nname: other", 4, "key 'name' stands twice"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_its_mend(
    tmp_path: Path, change: str, to: str, line: int | None, says: str
) -> None:
    error = refused(tmp_path, DEFINITION.replace(change, to))

    assert says in str(error)
    if line is not None:
        assert error.line == line


def test_a_module_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, DEFINITION, source="raise SystemExit(1)\n")

    assert "agent.py cannot be imported: SystemExit" in str(error)


@pytest.mark.parametrize("content", [b"", b"- a\n- b\n", b"\xff\xfe\x00", b"a: *nobody\n", b"x: \x07\n"])
def test_what_is_not_a_definition_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "agent.yaml"
    path.write_bytes(content)

    with pytest.raises(AgentParseError):
        load_agent(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(AgentParseError, match="no such file"):
        load_agent(tmp_path / "nothing.yaml")


def test_a_document_that_grows_by_aliases_is_refused(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    path = tmp_path / "agent.yaml"
    path.write_text("\n".join(lines))

    with pytest.raises(AgentParseError, match="unfolds beyond 200000 values"):
        load_agent(path)

"""The documentation cannot drift: settings, links, commands and targets are held against the code."""

import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import typer

from remit.adapters.store.migrate import HEAD
from remit.app.centre import ContactCentreFile
from remit.cli import app
from remit.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/**/*.md")]
    if "node_modules" not in page.parts
)
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
COMMAND = re.compile(r"^\s*(?:\$ )?remit ((?:[a-z-]+ ?){1,2})", re.MULTILINE)


def rows(page: Path) -> dict[str, list[str]]:
    """The cells of a page's tables, by the code in their first cell."""
    table: dict[str, list[str]] = {}
    for line in page.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) > 1:
            table[cells[0].strip("`")] = cells[1:]
    return table


def test_every_setting_is_documented_with_its_default_and_description() -> None:
    documented = rows(ROOT / "docs/reference/settings.md")
    assert set(documented) == {PREFIX + item.name.upper() for item in fields(Settings)}
    for item in fields(Settings):
        default, description = documented[PREFIX + item.name.upper()]
        assert default == (f"`{item.default}`" if item.default != "" else "empty")
        assert description == item.metadata["description"]


def test_every_key_of_the_centres_file_is_documented() -> None:
    documented = {name.split(".")[0] for name in rows(ROOT / "docs/reference/centre.md")}
    keys = {item.alias or name for name, item in ContactCentreFile.model_fields.items()}
    assert documented == keys


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_project_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target or target.startswith(("#", "mailto:")):
            continue
        assert (page.parent / target.split("#")[0]).exists(), f"{page.name}: {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_examples_exist(page: Path) -> None:
    known = {name for name, _ in commands_of(typer.main.get_command(app))}
    text = page.read_text(encoding="utf-8")
    for block in re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL):
        for words in COMMAND.findall(block):
            first, *second = words.split()
            assert first in known or " ".join([first, *second]) in known, f"{page.name}: remit {words}"


def commands_of(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name; groups too."""
    for name, command in getattr(group, "commands", {}).items():
        yield prefix + name, command
        yield from commands_of(command, f"{prefix}{name} ")


def test_every_command_has_a_help_text_and_is_in_the_reference() -> None:
    reference = (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    commands = dict(commands_of(typer.main.get_command(app)))
    assert "demo" in commands
    for name, command in commands.items():
        assert command.help, name
        assert f"`remit {name}`" in reference, name


def test_every_direct_dependency_has_its_reason() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.search(r"^dependencies = \[(.*?)^\]", project, re.DOTALL | re.MULTILINE)
    assert listed is not None
    names = re.findall(r'"([a-z0-9-]+)[<>=\[]', listed[1])
    reasons = (ROOT / "docs/design/dependencies.md").read_text(encoding="utf-8")
    assert names
    for name in names:
        assert re.search(rf"(?<![\w-]){re.escape(name.removesuffix('.yaml'))}(?![\w-])", reasons), name


def test_the_locks_name_no_address() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name


def test_the_newest_migration_is_the_one_that_the_code_knows() -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(ROOT / "src/remit/adapters/store/migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD

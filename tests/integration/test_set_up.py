"""scripts/set-up and scripts/test-needs on machines that lack something: what they say."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "cksum", "dirname", "pwd", "id", "printf", "mkdir")
FINDS_VERSION = """#!/bin/sh
case "$*" in
    *version_info*) exit 0 ;;
    *--version*) echo "Python 3.12.1" ;;
    *) exit 1 ;;
esac
"""
TOO_OLD = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout with the script and a PATH that has next to nothing on it."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "bin").mkdir()
    for name in ("set-up", "test-needs"):
        shutil.copy(ROOT / "scripts" / name, tmp_path / "scripts" / name)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "run.txt").write_text("")
    (tmp_path / "pyproject.toml").write_text("")
    for name in TOOLS:
        if found := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(found)
    return tmp_path


def put(machine: Path, name: str, script: str) -> None:
    place = machine / "bin" / name
    place.write_text(script)
    place.chmod(0o755)


def run(machine: Path, script: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine / "bin")} | more
    command = [str(machine / "bin" / "sh"), str(machine / "scripts" / script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("python", [None, TOO_OLD])
def test_without_a_python_that_is_new_enough_it_says_how_to_get_one(machine: Path, python: str | None) -> None:
    if python is not None:
        put(machine, "python3", python)

    ran = run(machine, "set-up")

    assert ran.returncode == 3
    assert "no Python 3.11 or newer was found" in ran.stderr
    assert "make PYTHON=/path/to/python3.12 run" in ran.stderr
    assert not (machine / ".venv").exists()


def test_without_pip_and_ensurepip_it_says_what_to_install_with_root_and_without(machine: Path) -> None:
    put(machine, "python3", FINDS_VERSION)

    ran = run(machine, "set-up")

    assert ran.returncode == 3
    assert "neither pip nor ensurepip" in ran.stderr
    assert "apt install python3-venv" in ran.stderr
    assert "Without root: install uv" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (machine / ".venv").exists()


def test_what_is_set_up_already_is_left_alone(machine: Path) -> None:
    put(machine, "python3", TOO_OLD)
    (machine / ".venv").mkdir()
    wanted = subprocess.run(["cksum"], input="", capture_output=True, text=True, check=True).stdout.strip()
    (machine / ".venv" / ".remit-run").write_text(wanted)

    ran = run(machine, "set-up")

    assert (ran.returncode, ran.stderr) == (0, "")


def test_the_tests_needs_can_be_said_without_installing_anything(machine: Path) -> None:
    put(machine, "apt-get", "#!/bin/sh\necho installed >&2\n")

    ran = run(machine, "test-needs", TEST_NEEDS_NO_INSTALL="1")

    assert ran.returncode == 0
    assert "the page tests will be skipped" in ran.stderr
    assert "installed" not in ran.stderr


def test_continuous_integration_does_not_skip_the_page_tests(machine: Path) -> None:
    ran = run(machine, "test-needs", TEST_NEEDS_NO_INSTALL="1", CI="true")

    assert ran.returncode == 1
    assert "Chromium is missing" in ran.stderr

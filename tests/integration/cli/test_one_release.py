"""Every command names the same release for the same files: else evidence, grants and certificates miss it."""

import shutil
from pathlib import Path

import pytest

from integration.identity.terminal import Terminal
from remit.adapters.memory import SystemClock
from remit.app.centre import load_centre
from remit.app.demo import example_centre
from remit.app.policy_files import read_policy_file
from remit.app.preparing import EvaluationRequest, prepare
from remit.cli.calibrate import _request
from remit.cli.places import agent_of


def test_every_command_names_the_same_release_of_the_shop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(example_centre(), tmp_path / "shop")
    terminal = Terminal(tmp_path / "shop", monkeypatch, capsys)
    terminal.first_admin()
    centre = load_centre(Path.cwd())
    policy = read_policy_file(centre.policy)
    evaluated = prepare(
        EvaluationRequest(centre.agent, centre.policy, centre.suites), environ={}, clock=SystemClock()
    ).loaded.release
    assert {
        "release": terminal.json("release", "show", str(centre.agent))["release"],
        "calibrate": _request(None, None, "", None, None).release,
        "gate, grant, attest": agent_of(None, "gate", policy=policy).release,
    } == dict.fromkeys(["release", "calibrate", "gate, grant, attest"], evaluated)

"""Fixtures of identity, audit and stops at the terminal."""

from pathlib import Path

import pytest

from integration.identity.terminal import Terminal


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    return Terminal(tmp_path, monkeypatch, capsys)

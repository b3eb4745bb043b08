"""A store at a terminal: commands run in one folder, with a key or without."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from remit.cli import run

PASSWORD = "three unrelated words"


class Terminal:
    """Runs commands and remembers what was said."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.store = folder / ".remit" / "remit.db"
        self.out = self.err = self.admin_key = ""
        monkeypatch.chdir(folder)
        monkeypatch.delenv("REMIT_ACCOUNT_KEY", raising=False)
        self.type("")

    def type(self, text: str) -> None:
        """What stands on standard input for the next command."""
        self._monkeypatch.setattr("sys.stdin", io.StringIO(text))

    def act_with(self, key: str) -> None:
        """From now on with this key."""
        self._monkeypatch.setenv("REMIT_ACCOUNT_KEY", key)

    def run(self, *words: str) -> int:
        code = run(words)
        told = self._capsys.readouterr()
        self.out, self.err = told.out, told.err
        assert "unexpected" not in self.err
        return code

    def json(self, *words: str) -> Any:
        assert self.run(*words, "--json") in (0, 1, 2), self.err
        return json.loads(self.out)

    def first_admin(self, name: str = "ana") -> str:
        """Makes the first admin, acts with its key from now on, and returns the key."""
        self.type(PASSWORD + "\n")
        assert self.run("account", "create", name, "--first-admin", "--password-stdin", "--with-key") == 0, self.err
        self.admin_key = self.out.strip()
        self.act_with(self.admin_key)
        return self.admin_key

    def account(self, name: str, *roles: str) -> str:
        """Makes a further account as the present actor and returns its key; the actor stays."""
        words = [word for role in roles for word in ("--role", role)]
        assert self.run("account", "create", name, *words, "--no-password", "--with-key") == 0, self.err
        return self.out.strip()

"""Who acts at the terminal. A name is never taken from a flag: an API key or a password proves it."""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

import typer

from remit.errors import NotAuthenticated
from remit.settings import Settings

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.identity import Actor, Role
    from remit.runtime.ports import Clock


class Ask(Protocol):
    """Asks a person for a line."""

    def __call__(self, what: str, *, hidden: bool) -> str:
        """What they typed; `hidden` keeps it off the screen."""
        ...


async def acting(
    database: "SqliteDatabase",
    *,
    needs: "Role | None",
    clock: "Clock | None" = None,
    environ: Mapping[str, str] | None = None,
    ask: Ask | None = None,
) -> "Actor":
    """The authenticated person behind a command that changes something.

    The key of `REMIT_ACCOUNT_KEY` decides; without one a terminal asks for name and password.

    Args:
        database: Open; holds the accounts.
        needs: The role that the command asks for; None if who it is decides later.
        clock: Default: the machine's.
        environ: Default: the process's.
        ask: Default: the terminal, if there is one.

    Raises:
        NotAuthenticated: No proof, or a wrong one, or there are no accounts yet.
        LoginThrottled: Too many wrong passwords.
        NotPermitted: The role is missing.
    """
    # Loaded here: commands that change nothing should not wait for it.
    from remit.adapters.memory import SystemClock
    from remit.adapters.store.accounts import SqliteAccounts
    from remit.app.accounts import Authentication, expect_role

    accounts = SqliteAccounts(database)
    authentication = Authentication(accounts, clock or SystemClock())
    key = Settings.from_environ(os.environ if environ is None else environ).account_key
    if not await accounts.accounts():
        raise NotAuthenticated(
            f"the store {str(database.path)!r} has no accounts yet",
            "Make the first one: remit account create NAME --first-admin",
        )
    if key:
        actor = await authentication.by_key(key)
    else:
        ask = ask or _terminal()
        name = await asyncio.to_thread(ask, "Account", hidden=False)
        password = await asyncio.to_thread(ask, "Password", hidden=True)
        actor = await authentication.by_password(name, password)
    return actor if needs is None else expect_role(actor, needs)


def _terminal() -> Ask:
    if not sys.stdin.isatty():
        raise NotAuthenticated(
            "nobody is at the terminal to ask", "Set REMIT_ACCOUNT_KEY to your API key (remit account key create)."
        )
    return _ask


def _ask(what: str, *, hidden: bool) -> str:
    answer: str = typer.prompt(what, hide_input=hidden, err=True)
    return answer

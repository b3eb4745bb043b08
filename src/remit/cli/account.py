"""`remit account`: who may come in, with which roles, and with which keys."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store
from remit.documents import suggest
from remit.errors import SettingsError
from remit.identity import KeyId, Proof, Role

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.app.accounts import Administration
    from remit.identity import Account, Actor, ApiKey
    from remit.identity.proving import NewKey

_FIRST_KEY_DAYS = 90
_ROLES = ", ".join(role.value for role in Role)

account = typer.Typer(help="Accounts, their roles and keys. Every change is by an authenticated person and audited.")
key = typer.Typer(help="API keys of accounts: shown once, kept as a hash.")
account.add_typer(key, name="key")

NameArgument = Annotated[str, typer.Argument(help="The account's name.")]
ReasonOption = Annotated[str, typer.Option(help="Why; it stands in the audit log.", show_default=False)]
RequiredReason = Annotated[str, typer.Option("--reason", help="Why; it stands in the audit log.")]
RoleOption = Annotated[list[str] | None, typer.Option("--role", help=f"A role: {_ROLES}; repeatable.")]
FunctionOption = Annotated[
    list[str] | None, typer.Option("--function", help="A function that they sign for, such as risk; repeatable.")
]
StdinOption = Annotated[bool, typer.Option("--password-stdin", help="Read the new password from standard input.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@account.callback(invoke_without_command=True)
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@key.callback(invoke_without_command=True)
def _key_group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


# ── accounts ──────────────────────────────────────────────────────────────────────────────────────
@account.command("create")
def create(
    name: NameArgument,
    *,
    first_admin: Annotated[bool, typer.Option("--first-admin", help="The first account of an empty store.")] = False,
    role: RoleOption = None,
    function: FunctionOption = None,
    no_password: Annotated[bool, typer.Option("--no-password", help="For a service: keys only.")] = False,
    password_stdin: StdinOption = False,
    with_key: Annotated[bool, typer.Option("--with-key", help="Also make a key for 90 days, and print it.")] = False,
    reason: ReasonOption = "",
    store: StoreOption = None,
) -> None:
    """Make an account. The first one of an empty store is an admin; further ones are made by an admin."""
    roles, functions = _roles(role), frozenset(function or ())
    if first_admin and (roles or functions or no_password):
        raise SettingsError(
            "remit account create --first-admin: this account is an admin with a password, and nothing else.\n"
            "  Leave --role, --function and --no-password out; `remit account role` adds them later."
        )
    if not first_admin and not roles:
        raise SettingsError(f"remit account create {name}: an account needs a role.\n  Add --role; known: {_ROLES}.")

    async def made() -> "tuple[Account, NewKey | None]":
        if first_admin:
            # Asked before the store is made: somebody who gives up leaves nothing behind.
            password = _new_password(from_stdin=password_stdin)
            async with open_store(store, make=True) as database:
                administration = _administration(database)
                new = await administration.create_first_admin(name, password)
                return new, await _first_key(administration, new.actor(Proof.EMPTY_STORE), new, wanted=with_key)
        async with _administering(store, needs=Role.ADMIN) as (by, administration):
            password = "" if no_password else _new_password(from_stdin=password_stdin)
            new = await administration.create(by, name, password, roles, functions, reason=reason)
            return new, await _first_key(administration, by, new, wanted=with_key)

    new, first_key = asyncio.run(made())
    told = screen(stderr=first_key is not None)
    told.print(f"Account {new.name!r} was made: {_held(new)}.")
    if first_key is None:
        told.print(f"Next:   remit account key create {new.name} --label terminal")
    else:
        _show_once(first_key, _FIRST_KEY_DAYS)


async def _first_key(administration: "Administration", by: "Actor", of: "Account", *, wanted: bool) -> "NewKey | None":
    if not wanted:
        return None
    lifetime = timedelta(days=_FIRST_KEY_DAYS)
    return await administration.create_key(
        by, of.name, label="first", lifetime=lifetime, reason="made with the account"
    )


@account.command("list")
def list_accounts(*, as_json: JsonOption = False, store: StoreOption = None) -> None:
    """List accounts with their roles, functions and keys; secrets are nowhere to be listed from."""

    async def read() -> "tuple[Sequence[Account], Sequence[ApiKey]]":
        from remit.adapters.store import SqliteAccounts

        async with open_store(store) as database:
            book = SqliteAccounts(database)
            return await book.accounts(), await book.keys()

    accounts, keys = asyncio.run(read())
    now = datetime.now(UTC)
    if as_json:
        _print_json({"accounts": [_account_document(one, keys, now) for one in accounts]})
    elif accounts:
        console = screen()
        console.print(_account_table(accounts, keys, now))
        console.print(f"{counted(len(accounts), 'account')}, {counted(len(keys), 'key')}.")
        console.print("Next:   remit audit show --subject account/")
    else:
        screen().print("There are no accounts yet. Next:   remit account create NAME --first-admin")


@account.command("disable")
def disable(name: NameArgument, *, reason: RequiredReason, store: StoreOption = None) -> None:
    """Close an account: neither its password nor its keys open anything."""
    changed = _set_disabled(name, reason, store, disabled=True)
    screen().print(f"Account {changed.name!r} is disabled. Next:   remit account list")


@account.command("enable")
def enable(name: NameArgument, *, reason: RequiredReason, store: StoreOption = None) -> None:
    """Open a disabled account again, with the roles and keys it had."""
    changed = _set_disabled(name, reason, store, disabled=False)
    screen().print(f"Account {changed.name!r} is enabled: {_held(changed)}. Next:   remit account list")


def _set_disabled(name: str, reason: str, store: Path | None, *, disabled: bool) -> "Account":
    async def change() -> "Account":
        async with _administering(store, needs=Role.ADMIN) as (by, administration):
            return await administration.disable(by, name, disabled=disabled, reason=reason)

    return asyncio.run(change())


@account.command("role")
def role(
    name: NameArgument,
    *,
    reason: RequiredReason,
    add: Annotated[list[str] | None, typer.Option(help=f"A role to add: {_ROLES}; repeatable.")] = None,
    remove: Annotated[list[str] | None, typer.Option(help="A role to take away; repeatable.")] = None,
    add_function: Annotated[list[str] | None, typer.Option(help="A function to sign for; repeatable.")] = None,
    remove_function: Annotated[list[str] | None, typer.Option(help="A function to take away; repeatable.")] = None,
    store: StoreOption = None,
) -> None:
    """Add and take away roles, and functions that the account signs for."""
    added, removed = _roles(add), _roles(remove)

    async def change() -> "Account":
        async with _administering(store, needs=Role.ADMIN) as (by, administration):
            before = await administration.known(name)
            return await administration.assign(
                by,
                name,
                (before.roles | added) - removed,
                (before.functions | frozenset(add_function or ())) - frozenset(remove_function or ()),
                reason=reason,
            )

    changed = asyncio.run(change())
    screen().print(f"Account {changed.name!r}: {_held(changed)}. Next:   remit account list")


@account.command("password")
def password(
    name: Annotated[str, typer.Argument(help="Whose; default: your own.")] = "",
    *,
    password_stdin: StdinOption = False,
    reason: ReasonOption = "",
    store: StoreOption = None,
) -> None:
    """Set a new password: your own, or anybody's as an admin."""

    async def change() -> "Account":
        async with _administering(store, needs=None) as (by, administration):
            new = _new_password(from_stdin=password_stdin)
            return await administration.set_password(by, name or by.name, new, reason=reason)

    changed = asyncio.run(change())
    screen().print(f"Account {changed.name!r} has a new password. Next:   remit account list")


# ── keys ──────────────────────────────────────────────────────────────────────────────────────────
@key.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="Whose; default: your own.")] = "",
    *,
    label: Annotated[str, typer.Option(help="What it is for.")],
    days: Annotated[int, typer.Option(min=1, max=3650, help="How long it is in force.")] = 90,
    reason: ReasonOption = "",
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> None:
    """Make a key. It is shown once; put it into REMIT_ACCOUNT_KEY."""

    async def make() -> "NewKey":
        async with _administering(store, needs=None) as (by, administration):
            return await administration.create_key(
                by, name or by.name, label=label, lifetime=timedelta(days=days), reason=reason
            )

    new = asyncio.run(make())
    if as_json:
        _print_json({"id": new.id, "key": new.text, "days": days})
        return
    _show_once(new, days)


@key.command("revoke")
def revoke_key(
    key_id: Annotated[str, typer.Argument(metavar="KEY", help="The key's public id, from remit account list.")],
    *,
    reason: RequiredReason,
    store: StoreOption = None,
) -> None:
    """Revoke a key: your own, or anybody's as an admin. It opens nothing from this moment."""

    async def change() -> "ApiKey":
        async with _administering(store, needs=None) as (by, administration):
            return await administration.revoke_key(by, KeyId(key_id), reason=reason)

    revoked = asyncio.run(change())
    screen().print(f"Key {revoked.id} ({revoked.label}) is revoked. Next:   remit account list")


def _show_once(new: "NewKey", days: int) -> None:
    # The key alone on standard output, so that a shell can take it: export REMIT_ACCOUNT_KEY=$(remit account ...)
    typer.echo(new.text)
    screen(stderr=True).print(
        f"Key {new.id} is in force for {counted(days, 'day')}; it is not shown again.\n"
        "Next:   export REMIT_ACCOUNT_KEY=... in the shell that acts for this account"
    )


# ── what commands share ───────────────────────────────────────────────────────────────────────────
@asynccontextmanager
async def _administering(store: Path | None, *, needs: Role | None) -> "AsyncIterator[tuple[Actor, Administration]]":
    from remit.cli.acting import acting

    async with open_store(store) as database:
        yield await acting(database, needs=needs), _administration(database)


def _administration(database: "SqliteDatabase") -> "Administration":
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteAccounts
    from remit.app.accounts import Administration

    return Administration(SqliteAccounts(database), SystemClock())


def _new_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise SettingsError(
            "nobody is at the terminal to ask for the new password.\n"
            "  Pipe it in with --password-stdin, or run the command in a terminal."
        )
    entered: str = typer.prompt("New password", hide_input=True, confirmation_prompt="Once more", err=True)
    return entered


def _roles(names: list[str] | None) -> frozenset[Role]:
    roles = set()
    for name in names or ():
        try:
            roles.add(Role(name))
        except ValueError:
            known = [one.value for one in Role]
            raise SettingsError(f"role {name!r} is unknown.\n  {suggest(name, known, noun='roles')}") from None
    return frozenset(roles)


def _held(one: "Account") -> str:
    roles = ", ".join(sorted(role.value for role in one.roles)) or "no role"
    return roles + (f"; signs for {', '.join(sorted(one.functions))}" if one.functions else "")


def _account_document(one: "Account", keys: "Sequence[ApiKey]", now: datetime) -> dict[str, Any]:
    return {
        "name": one.name,
        "id": one.id,
        "roles": sorted(role.value for role in one.roles),
        "functions": sorted(one.functions),
        "enabled": one.disabled_at is None,
        "has_password": bool(one.password),
        "keys": [
            {
                "id": held.id,
                "label": held.label,
                "state": held.state(now),
                "expires_at": held.expires_at.isoformat(),
                "last_used_at": None if held.last_used_at is None else held.last_used_at.isoformat(),
            }
            for held in keys
            if held.account == one.id
        ],
    }


def _account_table(accounts: "Sequence[Account]", keys: "Sequence[ApiKey]", now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for heading in ("account", "state", "roles", "signs for"):
        table.add_column(heading, overflow="fold")
    table.add_column("keys", overflow="fold")
    for one in accounts:
        table.add_row(
            one.name,
            "enabled" if one.disabled_at is None else "disabled",
            ", ".join(sorted(role.value for role in one.roles)),
            ", ".join(sorted(one.functions)),
            "\n".join(
                f"{held.id} {held.label}: {held.state(now)}, until {held.expires_at:%Y-%m-%d}"
                for held in keys
                if held.account == one.id
            ),
        )
    return table


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))

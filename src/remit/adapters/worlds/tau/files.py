"""Reads the published databases of the tau benchmarks, as their repositories lay them out.

The second edition is one `db.json`; the first one is a file for each table. The second edition's file is
completed the way its data model does it (optional fields become null, balances become decimal numbers),
so that the raw file of the repository and a normalised copy give the same world.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from remit.adapters.worlds.definition import WorldDefinition
from remit.adapters.worlds.json_state import State
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.world import TABLES, Domain, Tables, make_world
from remit.errors import ImportFormatError

_ORDER_FIELDS = (
    "cancel_reason",
    "exchange_items",
    "exchange_new_items",
    "exchange_payment_method_id",
    "exchange_price_difference",
    "return_items",
    "return_payment_method_id",
)


def load_tau_worlds(
    folder: Path, domain: Domain, edition: Edition, *, checks_arguments: bool = True
) -> Mapping[str, WorldDefinition[State]]:
    """The worlds that the folder's database can make, by the name of their variant, newest first.

    There is one, called `current`, save where the folder keeps an older table beside the current one
    (`users_2024-11.json` makes the variant `2024-11`).

    Raises:
        ImportFormatError: A file is missing, is not JSON or is not such a database.
    """
    schemas = _read_schemas(folder / "tools.json")
    if edition is Edition.TAU2:
        variants = {"current": _complete(_tables(_read(folder / "db.json"), folder / "db.json", domain), domain)}
    else:
        variants = _read_tables(folder, domain)
    return {
        name: make_world(domain, edition, tables, schemas=schemas, checks_arguments=checks_arguments)
        for name, tables in variants.items()
    }


def tau_world(folder: Path, domain: Domain, edition: Edition = Edition.TAU2) -> WorldDefinition[State]:
    """The current world of a folder, to be served or played in: arguments are checked against the schemas.

    Two lines make a file that `remit world serve` takes: import this, and `world = tau_world(Path(...), "retail")`.

    Raises:
        ImportFormatError: A file is missing, is not JSON or is not such a database.
    """
    return load_tau_worlds(folder, domain, edition)["current"]


def has_tau_database(folder: Path, edition: Edition) -> bool:
    """Whether `load_tau_worlds` finds a database of the edition in this folder."""
    if edition is Edition.TAU2:
        return (folder / "db.json").is_file()
    return any((place / "users.json").is_file() for place in _table_places(folder))


def _table_places(folder: Path) -> tuple[Path, ...]:
    return (folder / "db", folder / "data", folder)


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ImportFormatError(
            path, None, "there is no such file", "Point --tasks at the benchmark's data."
        ) from error
    except OSError as error:
        raise ImportFormatError(path, None, f"cannot be read: {error.strerror}") from error
    except ValueError as error:
        line = getattr(error, "lineno", None)
        raise ImportFormatError(path, line, "is not JSON", "Fetch the file again.") from error


def _read_schemas(path: Path) -> list[Mapping[str, Any]]:
    if not path.is_file():
        return []
    content = _read(path)
    tools = content.get("tools", []) if isinstance(content, dict) else content
    return [tool for tool in tools if isinstance(tool, dict) and "name" in tool.get("function", {})]


def _read_tables(folder: Path, domain: Domain) -> dict[str, Tables]:
    places = _table_places(folder)
    place = next((each for each in places if (each / f"{TABLES[domain][0]}.json").is_file()), places[0])
    current = {table: _read(place / f"{table}.json") for table in TABLES[domain]}
    variants = {"current": _tables(current, place, domain)}
    for path in sorted(place.glob("*_*.json")):
        table, _, variant = path.stem.partition("_")
        if table in current:
            variants[variant] = _tables(dict(variants.get(variant, current)) | {table: _read(path)}, path, domain)
    return variants


def _tables(content: Any, path: Path, domain: Domain) -> Tables:
    if not isinstance(content, dict):
        raise ImportFormatError(path, None, "is not a database of this benchmark: it is not an object of tables")
    for table in TABLES[domain]:
        if not isinstance(content.get(table), dict):
            raise ImportFormatError(path, None, f"has no table {table!r}", f"It should be the {domain} database.")
    return {table: content[table] for table in TABLES[domain]}


def _complete(tables: Tables, domain: Domain) -> Tables:
    users = {key: _with_decimal_balances(user) for key, user in tables["users"].items()}
    if domain == "airline":
        reservations = {key: {**each, "status": each.get("status")} for key, each in tables["reservations"].items()}
        return {**tables, "users": users, "reservations": reservations}
    empty = dict.fromkeys(_ORDER_FIELDS)
    orders = {key: {**order, **{field: order.get(field) for field in empty}} for key, order in tables["orders"].items()}
    return {**tables, "users": users, "orders": orders}


def _with_decimal_balances(user: Mapping[str, Any]) -> dict[str, Any]:
    methods = {
        key: {field: float(value) if field in ("amount", "balance") else value for field, value in method.items()}
        for key, method in user["payment_methods"].items()
    }
    return {**user, "payment_methods": methods}

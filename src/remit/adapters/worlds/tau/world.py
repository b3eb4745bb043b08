"""Makes the worlds: the service desks of the airline and the shop over tables of records."""

import inspect
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

from remit.adapters.worlds.definition import ToolRefusal, WorldDefinition, WorldTool
from remit.adapters.worlds.json_state import JsonState, State
from remit.adapters.worlds.tau.airline import Airline
from remit.adapters.worlds.tau.desk import Desk
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.retail import Retail
from remit.tools import Effect, ToolName, ToolSpec

Domain = Literal["airline", "retail"]
Tables = Mapping[str, Mapping[str, Any]]

TABLES: Mapping[Domain, tuple[str, ...]] = {
    "airline": ("flights", "reservations", "users"),
    "retail": ("orders", "products", "users"),
}
HANDOFF_TOOL = ToolName("transfer_to_human_agents")

_DESKS: Mapping[Domain, type[Desk]] = {"airline": Airline, "retail": Retail}
_UNDOABLE = ("modify_user_address", "modify_pending_order_address", "modify_pending_order_payment")
_FINAL = (
    "book_reservation",
    "cancel_reservation",
    "send_certificate",
    "update_reservation_baggages",
    "update_reservation_flights",
    "update_reservation_passengers",
    "cancel_pending_order",
    "exchange_delivered_order_items",
    "modify_pending_order_items",
    "return_delivered_order_items",
)


def make_world(
    domain: Domain,
    edition: Edition,
    tables: Tables,
    *,
    schemas: Sequence[Mapping[str, Any]] = (),
    checks_arguments: bool = True,
) -> WorldDefinition[State]:
    """The world of a domain.

    Args:
        domain: Which service desk.
        edition: Whose rules and wording.
        tables: Records by table and id; kept, never changed.
        schemas: The published function schemas; a tool without one gets the schema of its Python signature.
        checks_arguments: False for replays: the recorded environments checked no schema before they ran a tool.
    """
    published = {schema["function"]["name"]: schema["function"] for schema in schemas}
    desk = _DESKS[domain]
    # An empty state is enough to ask which tools there are.
    methods = desk(State({}, {}, {}), edition).tools()
    tools = [
        WorldTool(_spec(name, method, published.get(name, {}), checks_arguments), _runner(desk, edition, name))
        for name, method in methods.items()
    ]
    return WorldDefinition(f"{edition.value} {domain}", tools, JsonState(tables))


def writing_tools() -> frozenset[ToolName]:
    """Every tool of both worlds that changes something."""
    return frozenset(ToolName(name) for name in (*_UNDOABLE, *_FINAL))


def _runner(desk: type[Desk], edition: Edition, name: str) -> Callable[..., Any]:
    def run(state: State, /, **arguments: Any) -> Any:
        try:
            return desk(state, edition).tools()[name](**arguments)
        except ToolRefusal as refusal:
            raise ToolRefusal(edition.refusal(str(refusal))) from refusal
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # As in the published environments: arguments that make no sense are answered with an error.
            raise ToolRefusal(str(error)) from error

    return run


def _spec(name: str, method: Callable[..., Any], published: Mapping[str, Any], checks_arguments: bool) -> ToolSpec:  # noqa: FBT001
    description = str(published.get("description") or inspect.getdoc(method) or name)
    parameters = published.get("parameters") or _signature_schema(method)
    return ToolSpec(ToolName(name), description, parameters if checks_arguments else {"type": "object"}, _effect(name))


def _effect(name: str) -> Effect:
    if name in _FINAL:
        return Effect.IRREVERSIBLE_WRITE
    return Effect.REVERSIBLE_WRITE if name in _UNDOABLE else Effect.READ


def _signature_schema(method: Callable[..., Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(method)
    names = list(inspect.signature(method).parameters)
    properties = {name: _type_schema(hints[name]) for name in names}
    return {"type": "object", "properties": properties, "required": names, "additionalProperties": False}


def _type_schema(hint: Any) -> dict[str, Any]:
    plain: dict[Any, str] = {str: "string", int: "integer", float: "number"}
    if hint in plain:
        return {"type": plain[hint]}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None and not isinstance(origin, types.UnionType) and issubclass(origin, Mapping):
        return {"type": "object"}
    return {"type": "array", "items": _type_schema(arguments[0])}

"""A parcel desk: orders that can be looked at and cancelled."""

from typing import Any

from remit.adapters.worlds.definition import ToolRefusal, WorldDefinition, tool
from remit.adapters.worlds.json_state import JsonState, State
from remit.tools import Effect

ORDERS = {
    "W1": {"status": "shipped", "total": 20.0},
    "W2": {"status": "open", "total": 35.5},
    "W3": {"status": "delivered", "total": 9.0},
}
_ORDER = {"order": {"type": "string"}}


@tool(Effect.READ, _ORDER)
def find_order(state: State, order: str) -> Any:
    """An order."""
    return {"order": state.read("orders", order) | {"order_id": order}}


@tool(Effect.REVERSIBLE_WRITE, _ORDER)
def cancel_order(state: State, order: str) -> Any:
    """Cancel an order that is open."""
    record = state.write("orders", order)
    if record["status"] != "open":
        raise ToolRefusal(f"order {order} is {record['status']}")
    record["status"] = "cancelled"
    return {"cancelled": order}


@tool(Effect.REVERSIBLE_WRITE, _ORDER)
def break_down(state: State, order: str) -> Any:
    """A tool that breaks."""
    raise RuntimeError(order)


world = WorldDefinition("parcels", [find_order, cancel_order, break_down], JsonState({"orders": ORDERS}))

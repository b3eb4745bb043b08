"""The tools of a world's session, for one trial or for the demo."""

from collections.abc import Mapping
from dataclasses import replace

from remit.errors import RemitError
from remit.runtime.ports import StepKey
from remit.scenarios.ports import WorldSession
from remit.tools import Effect, ToolCall, ToolFailed, ToolName, ToolOutcomeUnknown, ToolResult, ToolSpec, is_write


class WorldToolbox:
    """Runs calls on one copy of a world.

    Args:
        session: The copy; who started it closes it.
        specs: The tools of the world.
        effects: The policy's word on effects, where it says one; a tool it does not name keeps the world's.
    """

    def __init__(
        self,
        session: WorldSession,
        specs: Mapping[ToolName, ToolSpec],
        *,
        effects: Mapping[ToolName, Effect] | None = None,
    ) -> None:
        self._session = session
        self._specs = specs if effects is None else _under_policy(specs, effects)

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        """Every tool of the world."""
        return self._specs

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        """Run it; an error of the world's own is a doubt if the tool writes."""
        try:
            return await self._session.call(call, str(key))
        except RemitError as error:
            spec = self._specs.get(call.tool)
            if spec is None or is_write(spec.effect):
                return ToolOutcomeUnknown(str(error))
            return ToolFailed(str(error), crashed=True)


def _under_policy(specs: Mapping[ToolName, ToolSpec], effects: Mapping[ToolName, Effect]) -> dict[ToolName, ToolSpec]:
    return {name: replace(spec, effect=effects.get(name, spec.effect)) for name, spec in specs.items()}

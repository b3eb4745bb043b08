"""A scenario's own reference solution, run once on a fresh world before any agent is judged by it."""

from collections.abc import Collection
from dataclasses import dataclass

from remit.conversations import ToolExchange
from remit.errors import RemitError, ScenarioReferenceError
from remit.evaluation.checks import Ending, check_ending
from remit.evaluation.ports import Stage
from remit.scenarios.model import CallCheck, Scenario, StateChange, StateCheck
from remit.scenarios.ports import WorldSession
from remit.tools import ToolFailed, ToolName, ToolOutcomeUnknown

MAY_FAIL = "reference_calls_may_fail"
"""In `Scenario.extra`: a call of the reference may be refused, as in imported benchmarks."""


@dataclass(frozen=True, slots=True)
class ReferenceRun:
    """What the reference did. `problem` says why no agent can be judged by the scenario; empty if all is well."""

    changes: tuple[StateChange, ...] | None
    problem: str = ""


async def run_reference(scenario: Scenario, stage: Stage) -> ReferenceRun:
    """Run the reference on a fresh world and hold it against the scenario's own state and call checks.

    Never raises but for cancellation. Of a scenario without a reference only the names of tools are looked at.
    """
    try:
        unknown = _unknown_tools(scenario, await stage.tools(scenario))
        if unknown or not scenario.has_reference:
            return ReferenceRun(None, unknown)
        world = await stage.fresh_world(scenario)
        try:
            return await _examine(scenario, world, stage)
        finally:
            await world.close()
    except ScenarioReferenceError as error:
        return ReferenceRun(None, error.problem)
    except RemitError as error:
        return ReferenceRun(None, str(error))
    except Exception as error:  # noqa: BLE001 - the border of a trial: a world that breaks is reported, not scored
        return ReferenceRun(None, f"the world broke: {type(error).__name__}: {error}")


def _unknown_tools(scenario: Scenario, known: Collection[ToolName]) -> str:
    named = [call.tool for call in scenario.reference]
    named += [check.tool for check in scenario.checks if isinstance(check, CallCheck)]
    unknown = sorted({tool for tool in named if tool not in known})
    if not unknown:
        return ""
    return f"its world has no tool {', '.join(map(repr, unknown))} (it has: {', '.join(sorted(known)) or 'none'})"


async def _examine(scenario: Scenario, world: WorldSession, stage: Stage) -> ReferenceRun:
    exchanges: list[ToolExchange] = []
    may_fail = bool(scenario.extra.get(MAY_FAIL))
    for number, call in enumerate(scenario.reference, start=1):
        result = await world.call(call, f"reference/{number}")
        exchanges.append(ToolExchange(call, result, stage.clock.now()))
        if isinstance(result, ToolOutcomeUnknown) or (isinstance(result, ToolFailed) and not may_fail):
            return ReferenceRun(None, f"its call {number}, {call.tool}, failed: {result.message}")
    changes = await world.changes()
    ending = Ending(changes, tuple(exchanges), (), None)
    results = zip(scenario.checks, check_ending(scenario, ending, changes), strict=True)
    problems = [
        f"{result.check}: {result.detail}"
        for check, result in results
        if isinstance(check, StateCheck | CallCheck) and not result.held
    ]
    return ReferenceRun(changes, "; ".join(problems))

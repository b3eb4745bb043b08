"""Simulated months: folding days at once equals the way by event, and what is promised of false promotions holds."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from remit.adapters.memory import MemoryGrantBook
from remit.app.simulating import Centre, SimulationRequest, centre_by_day, centre_by_event, simulate
from remit.control.events import CanaryWatch
from remit.control.rates import Watched
from remit.conversations import ReleaseId
from remit.evidence import LedgerFollower
from remit.gates.draws import Drawn
from remit.gates.live_counts import LiveCounts
from remit.gates.origins import Origins
from remit.policy.document import parse_policy
from remit.simulation.by_day import ByDay
from remit.simulation.course import Kind
from remit.simulation.evidence import ByEvent
from remit.simulation.run import REMIT
from remit.simulation.scenarios import Scenario, story_of
from remit.simulation.served import AGENT
from remit.simulation.world import Traffic
from remit.statistics import ErrorOrigin

QUICK = """\
apiVersion: remit/v1
kind: Policy
name: quick
intents:
  order_status: {tools: []}
  delivery: {tools: []}
  returns: {tools: []}
  product_advice: {tools: []}
levels:
  supervised_answers: {risk: {error_at_most: 0.1}}
  tools_with_approval: {risk: {error_at_most: 0.1}}
gates:
  supervised_answers: &earned
    - live: bad_outcome
      at_most: 0.1
      evidence: {labels: human_confirmed, matured_after: 3d, cluster: [day, customer]SAMPLING}
      min_days: 5
  tools_with_approval: *earned
rollback:
  - when: {change_detected: bad_outcome, days_between_false_alarms: 90}
    do: demote
  - when: {budget: burned}
    do: demote
  - when: {canary_worse_than: stable}
    do: rollback
"""
DRAWN_ALIKE = ", sampling: {all: 0.6}"
FOLDED = LiveCounts | Origins | Drawn | Watched | CanaryWatch
NOTHING = (LiveCounts(), Origins(), Drawn(), CanaryWatch(ReleaseId(""), ErrorOrigin.canary_worse()))
GUIDED = ", sampling: {flagged: 0.9, other: 0.4}"


def lived(centre: Centre) -> Any:
    return asyncio.run(centre.desk.run())


def kept(follower: LedgerFollower) -> Mapping[str, Any]:
    """Decoded states of a follower that kept them as text."""
    reducers = {one.name: one for one in follower._reducers.values()}

    async def states() -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for reducer in reducers.values():
            found |= {f"{reducer.name}:{key}": state for key, state in (await follower.states(reducer)).items()}
        return found

    return asyncio.run(states())


def book_of(centre: Centre) -> Any:
    """The grants, without the ids of the verdicts that they rest on: these are digests of rows."""
    book = centre.around.book
    assert isinstance(book, MemoryGrantBook)
    remit = book.remit_now(AGENT)
    return replace(remit, grants={key: replace(grant, evidence=()) for key, grant in remit.grants.items()})


def changes_of(centre: Centre) -> list[tuple[str, ...]]:
    """The audit log: every change with its reason and the figures in it."""

    async def read() -> list[tuple[str, ...]]:
        book = centre.around.book
        assert isinstance(book, MemoryGrantBook)
        entries = [entry.change async for entry in book.audit.entries()]
        return [
            (one.key, one.action, one.subject, one.reason, str(one.before), str(one.after["level"])) for one in entries
        ]

    return asyncio.run(read())


def comparable(state: Any) -> Any:
    """Without what a day folded at once does not keep: digests of rows, and comparisons of what nobody compares."""
    if isinstance(state, Origins):
        cells = {name: one for name, one in state.cells.items() if "|bad_outcome|" in name}
        return replace(state, digest="", cells=cells)
    return replace(state, digest="") if isinstance(state, LiveCounts | Drawn) else state


def numbers(state: Any) -> Any:
    """Nested values with every float rounded to nine digits: closed forms add up in another order."""
    match state:
        case bool() | int() | str() | None:
            return state
        case float():
            return float(f"{state:.9g}")
        case dict():
            return {str(key): numbers(one) for key, one in sorted(state.items(), key=lambda item: str(item[0]))}
        case list() | tuple():
            return [numbers(one) for one in state]
        case _:
            return {name: numbers(getattr(state, name)) for name in state.__dataclass_fields__}


@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("scenario", "sampling", "days", "seed"),
    [
        (Scenario.BAD_RELEASE, "", 48, 1),
        (Scenario.BAD_RELEASE, DRAWN_ALIKE, 36, 2),
        (Scenario.DRIFT, "", 48, 3),
        (Scenario.DAILY_EDITS, "", 24, 4),
        (Scenario.AT_TARGET, "", 30, 5),
        (Scenario.HEALTHY, GUIDED, 24, 6),
    ],
)
def test_days_folded_at_once_give_the_states_and_decisions_of_the_way_by_event(
    scenario: Scenario, sampling: str, days: int, seed: int
) -> None:
    policy = parse_policy(QUICK.replace("SAMPLING", sampling), source="quick")
    story = story_of(scenario, policy, seed=seed, days=days, per_day=160.0)
    by_day, by_event = centre_by_day(story, Traffic(story.world)), centre_by_event(story, Traffic(story.world))
    assert numbers(lived(by_day)) == numbers(lived(by_event))

    assert book_of(by_day) == book_of(by_event)
    assert changes_of(by_day) == changes_of(by_event)

    folded, followed = by_day.around.evidence, by_event.around.evidence
    assert isinstance(folded, ByDay)
    assert isinstance(followed, ByEvent)
    real = {**kept(followed.gates), **kept(followed.followers[0])}
    quick = {name: state for name, state in folded.states.items() if isinstance(state, FOLDED)}
    assert quick
    for name, state in quick.items():
        assert numbers(comparable(state)) == numbers(comparable(real[name])), name
    speaking = {
        name for name in real if not name.endswith(("|started", "|sampled")) and comparable(real[name]) not in NOTHING
    }
    assert speaking <= set(quick)

"""Simulated months: folding days at once equals the way by event, and what is promised of false promotions holds."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from scipy.stats import binom

from remit.adapters.memory import MemoryGrantBook
from remit.app.gating import GateRequest, look
from remit.app.simulating import Centre, SimulationRequest, centre_by_day, centre_by_event, simulate
from remit.control.events import CanaryWatch
from remit.control.rates import Watched
from remit.conversations import ReleaseId
from remit.evidence import LedgerFollower
from remit.gates.draws import Drawn
from remit.gates.live_counts import LiveCounts
from remit.gates.origins import Origins
from remit.gates.verdicts import grants_from
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


def test_the_worlds_above_are_eventful() -> None:
    """Equality would be worth little if nothing happened in them."""
    policy = parse_policy(QUICK.replace("SAMPLING", ""), source="quick")
    kinds: set[Kind] = set()
    for scenario, seed in ((Scenario.BAD_RELEASE, 1), (Scenario.DRIFT, 3)):
        story = story_of(scenario, policy, seed=seed, days=48, per_day=160.0)
        kinds |= {move.kind for course in lived(centre_by_day(story, Traffic(story.world))) for move in course.moves}
    assert kinds >= {Kind.PROMOTED, Kind.DEMOTED, Kind.CANARY_TAKEN_BACK}


@pytest.mark.timeout(240)
def test_remit_gate_gives_the_verdicts_that_a_simulated_promotion_rests_on() -> None:
    policy = parse_policy(QUICK.replace("SAMPLING", ""), source="quick")
    story = story_of(Scenario.HEALTHY, policy, seed=8, days=24, per_day=200.0)
    centre = centre_by_event(story, Traffic(story.world))
    courses = lived(centre)
    reached = {course.intent: course.levels[-1] for course in courses}
    assert any(reached.values())
    evidence = centre.around.evidence
    assert isinstance(evidence, ByEvent)
    request = GateRequest(policy, AGENT, story.world.first, centre.around.clock.now())
    looked = asyncio.run(look(request, evidence.ledger, evidence.states, centre.around.records))
    supported = grants_from(policy, looked.verdicts)
    assert {intent: int(level) for intent, level in supported.items()} == reached


# ── what is promised ──────────────────────────────────────────────────────────────────────────────
@pytest.mark.statistical
@pytest.mark.timeout(300)
def test_agents_exactly_at_their_budget_are_promoted_no_more_often_than_promised() -> None:
    """Two releases, the second no better: the share of intents ever promoted is at most alpha = 0.05."""
    policy = parse_policy(QUICK.replace("SAMPLING", ""), source="quick")
    first_seed, n_worlds = 500, 20
    print(f"seeds {first_seed} to {first_seed + n_worlds - 1}")
    promoted, n = 0, 0
    for seed in range(first_seed, first_seed + n_worlds):
        story = story_of(Scenario.AT_TARGET, policy, seed=seed, days=80, per_day=160.0)
        for course in lived(centre_by_day(story, Traffic(story.world))):
            if course.truth == "exactly the budget":
                n += 1
                promoted += course.n_false(Kind.PROMOTED) > 0
    assert n == 2 * n_worlds
    # Fails by chance less than once in a million times if the promise is just kept.
    assert promoted <= binom.ppf(1 - 1e-6, n, 0.05)


@pytest.mark.statistical
@pytest.mark.timeout(240)
def test_a_team_that_edits_an_article_every_working_day_still_graduates_its_other_intents() -> None:
    policy = parse_policy(QUICK.replace("SAMPLING", ""), source="quick")
    print("seeds 40 to 42")
    for seed in range(40, 43):
        edited, calm = (
            story_of(scenario, policy, seed=seed, days=60, per_day=160.0)
            for scenario in (Scenario.DAILY_EDITS, Scenario.HEALTHY)
        )
        assert len(edited.releases) > 40
        own, *others = lived(centre_by_day(edited, Traffic(edited.world)))
        undisturbed = lived(centre_by_day(calm, Traffic(calm.world)))
        assert own.truth == "its article is edited daily"
        assert own.levels[-1] == 0
        assert [one.day_of(1) for one in others] == [one.day_of(1) for one in undisturbed[1:]]
        assert any(one.day_of(2) is not None for one in others)


@pytest.mark.statistical
@pytest.mark.timeout(240)
def test_a_bad_release_is_taken_back_and_its_intents_keep_their_levels() -> None:
    policy = parse_policy(QUICK.replace("SAMPLING", ""), source="quick")
    print("seeds 70 to 73")
    tried, taken_back = 0, 0
    for seed in range(70, 74):
        story = story_of(Scenario.BAD_RELEASE, policy, seed=seed, days=90, per_day=480.0)
        (offered,) = story.world.successors
        for course in lived(centre_by_day(story, Traffic(story.world))):
            kinds = [move.kind for move in course.moves]
            if course.truth == "release at 2.5 budgets" and course.levels[offered - 1] > 0:
                tried += 1
                taken_back += Kind.CANARY_TAKEN_BACK in kinds
                assert Kind.CANARY_MADE_STABLE not in kinds
                assert course.levels[-1] >= course.levels[offered - 1]
                assert course.n_exposed < 0.1 * course.n_carried
    assert taken_back == tried > 1


def test_the_rules_of_others_meet_the_same_traffic_and_promote_what_does_not_deserve_it() -> None:
    request = SimulationRequest(scenarios=(Scenario.AT_TARGET,), worlds=2, days=90, processes=1)
    figures = simulate(request)
    rows = figures.of(Scenario.AT_TARGET)["exactly the budget"]
    assert {row.n_intents for row in rows.values()} == {4}
    assert rows["fixed sample"].promoted_falsely.n >= 3
    assert rows[REMIT].promoted_falsely.n <= 1

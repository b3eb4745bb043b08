"""The rules of others climb the same ladder on the same traffic, and begin anew with every release."""

from dataclasses import replace

from remit.simulation.course import Course, Kind
from remit.simulation.default_policy import default_policy
from remit.simulation.rivals import run_rule
from remit.simulation.rules_of_others import RULE_WORDS, RULES
from remit.simulation.run import ALL_RULES, others
from remit.simulation.scenarios import Scenario, Story, story_of
from remit.simulation.world import SimulatedIntent, Traffic

POLICY = default_policy()


def a_story(scenario: Scenario, *, days: int = 100, rate: float | None = None) -> Story:
    story = story_of(scenario, POLICY, seed=11, days=days, per_day=400.0)
    if rate is None:
        return story
    intents = {
        name: SimulatedIntent(one.share, dict.fromkeys(one.error_rates, rate))
        for name, one in story.world.intents.items()
    }
    return replace(story, world=replace(story.world, intents=intents))


def kinds(courses: tuple[Course, ...]) -> set[Kind]:
    return {move.kind for course in courses for move in course.moves}


def test_an_agent_without_errors_climbs_under_every_rule_and_never_falls() -> None:
    story = a_story(Scenario.HEALTHY, rate=0.0)
    for name, courses in others(story, Traffic(story.world)).items():
        assert kinds(courses) == {Kind.PROMOTED}, name
        assert all(course.levels[-1] >= 3 for course in courses), name
        assert all(course.n_exposed == 0 for course in courses), name


def test_an_agent_that_is_always_wrong_never_leaves_shadow() -> None:
    story = a_story(Scenario.HEALTHY, rate=1.0)
    for name, courses in others(story, Traffic(story.world)).items():
        assert kinds(courses) == set(), name
        assert all(course.n_carried == 0 for course in courses), name


def test_nothing_is_seen_before_its_label_has_matured() -> None:
    story = a_story(Scenario.HEALTHY, rate=0.0)
    for courses in others(story, Traffic(story.world)).values():
        first = min(move.day for course in courses for move in course.moves)
        assert first >= story.world.window_days


def test_a_canary_that_always_fails_is_taken_back_and_what_it_carried_is_counted() -> None:
    story = a_story(Scenario.BAD_RELEASE)
    first = story.world.first
    intents = {
        name: SimulatedIntent(one.share, {release: 0.0 if release == first else 1.0 for release in one.error_rates})
        for name, one in story.world.intents.items()
    }
    story = replace(story, world=replace(story.world, intents=intents, day_variation=0.0))
    for name, courses in others(story, Traffic(story.world)).items():
        assert Kind.CANARY_TAKEN_BACK in kinds(courses), name
        assert all(course.n_harmed == course.n_exposed > 0 for course in courses), name


def test_a_release_each_working_day_leaves_no_rule_time_to_decide() -> None:
    story = a_story(Scenario.DAILY_EDITS)
    courses = run_rule(story, Traffic(story.world), RULES["failure limit"])
    assert all(course.levels[-1] == 0 for course in courses)


def test_every_rule_has_its_words() -> None:
    assert set(RULE_WORDS) == set(RULES) == set(ALL_RULES[1:])

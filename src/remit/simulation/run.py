"""One world under every rule, as a value that can be sent between processes."""

from collections.abc import Mapping
from dataclasses import dataclass

from remit.simulation.course import Course
from remit.simulation.rivals import run_rule
from remit.simulation.rules_of_others import RULES
from remit.simulation.scenarios import Scenario, Story
from remit.simulation.world import Traffic

REMIT = "Remit"
ALL_RULES = (REMIT, *RULES)


@dataclass(frozen=True, slots=True)
class Lived:
    """What one world came to.

    Args:
        scenario: Which.
        seed: Of the world: the same for every rule.
        n_conversations: All that came in.
        courses: What became of each intent, by rule.
    """

    scenario: Scenario
    seed: int
    n_conversations: int
    courses: Mapping[str, tuple[Course, ...]]


def others(story: Story, traffic: Traffic) -> Mapping[str, tuple[Course, ...]]:
    """The world under the rules of others."""
    return {name: run_rule(story, traffic, make) for name, make in RULES.items()}

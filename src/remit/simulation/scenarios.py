"""The worlds that rules are tried in: what is true of each intent, and which releases come when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import cycle
from math import ceil

from remit.control.monitors import window_of
from remit.conversations import IntentName, ReleaseId
from remit.documents import digest_of
from remit.policy.model import Policy
from remit.releases.model import Part, PartKind, Release, release_id
from remit.releases.reach import only
from remit.simulation.budgets import strictest_budget
from remit.simulation.served import AGENT
from remit.simulation.world import Drift, SimulatedIntent, World

WORKING_DAYS = 5


class Scenario(StrEnum):
    """What happens in a world."""

    HEALTHY = "healthy"
    AT_TARGET = "at-target"
    BAD_RELEASE = "bad-release"
    DRIFT = "drift"
    DAILY_EDITS = "daily-edits"


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of one intent, as figures group it.

    Args:
        label: In words.
        first: Error rate of the first release, in budgets.
        later: Error rate of releases after it, in budgets.
        reached: Whether later releases change what it rests on.
    """

    label: str
    first: float
    later: float
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Story:
    """One world with its releases.

    Args:
        scenario: Which.
        world: The truth.
        truths: By intent, in words.
        releases: Every release of the world, in the order in which they are offered.
        policy: In force.
    """

    scenario: Scenario
    world: World
    truths: Mapping[IntentName, str]
    releases: Mapping[ReleaseId, Release]
    policy: Policy


_HALF = Truth("half the budget", 0.5, 0.5)
_TRUTHS: Mapping[Scenario, Sequence[Truth]] = {
    Scenario.HEALTHY: (_HALF,),
    Scenario.AT_TARGET: (
        Truth("exactly the budget", 1.0, 1.0),
        Truth("exactly the budget", 1.0, 1.0),
        Truth("1.5 times the budget", 1.5, 1.5),
        Truth("twice the budget", 2.0, 2.0),
    ),
    Scenario.BAD_RELEASE: (
        Truth("release at 2.5 budgets", 0.5, 2.5),
        Truth("release at 1.5 budgets", 0.5, 1.5),
        Truth("harmless release", 0.5, 0.5),
        Truth("release does not reach it", 0.5, 0.5, reached=False),
    ),
    Scenario.DRIFT: (Truth("drift to twice the budget", 0.5, 0.5),),
    Scenario.DAILY_EDITS: (
        Truth("its article is edited daily", 0.5, 0.5),
        Truth("other articles are edited", 0.5, 0.5, reached=False),
        Truth("other articles are edited", 0.5, 0.5, reached=False),
        Truth("other articles are edited", 0.5, 0.5, reached=False),
    ),
}


def story_of(scenario: Scenario, policy: Policy, *, seed: int, days: int = 180, per_day: float = 500.0) -> Story:
    """One seeded world.

    Every intent of the policy has an equal share. Error rates are multiples of the policy's strictest budget. A bad
    release comes on day 60 (or a third of the time), drift multiplies error rates by 4 on day 120 (or two thirds),
    new releases that are no better come every 45 days where nobody is good enough.
    """
    truths = dict(zip(policy.intents, cycle(_TRUTHS[scenario]), strict=False))
    versions = _versions(scenario, days)
    made = {day: _release(policy, truths, version) for version, day in enumerate((0, *versions))}
    releases = {release.id: release for release in made.values()}
    first = made.pop(0).id
    eps = strictest_budget(policy)
    world = World(
        seed=seed,
        intents={
            intent: SimulatedIntent(
                share=1.0 / len(truths),
                error_rates={release: eps * (truth.first if release == first else truth.later) for release in releases},
            )
            for intent, truth in truths.items()
        },
        first=first,
        successors={day: release.id for day, release in made.items()},
        days=days,
        per_day=per_day,
        window_days=max(1, ceil(window_of(policy, "bad_outcome") / 86_400.0)),
        drift=(Drift(_at(days, 120), 4.0),) if scenario is Scenario.DRIFT else (),
    )
    return Story(scenario, world, {intent: truth.label for intent, truth in truths.items()}, releases, policy)


def event_day(scenario: Scenario, days: int) -> int | None:
    """The day on which something changes for the worse; None where nothing does."""
    match scenario:
        case Scenario.BAD_RELEASE:
            return _at(days, 60)
        case Scenario.DRIFT:
            return _at(days, 120)
        case _:
            return None


def _versions(scenario: Scenario, days: int) -> Sequence[int]:
    match scenario:
        case Scenario.AT_TARGET:
            return range(45, days, 45)
        case Scenario.BAD_RELEASE:
            return (_at(days, 60),)
        case Scenario.DAILY_EDITS:
            return [day for day in range(1, days) if day % 7 < WORKING_DAYS]
        case Scenario.HEALTHY | Scenario.DRIFT:
            return ()


def _at(days: int, day: int) -> int:
    """The day, or the same part of a shorter time."""
    return day if days >= 180 else max(1, days * day // 180)


def _release(policy: Policy, truths: Mapping[IntentName, Truth], version: int) -> Release:
    """One article an intent; a new version changes the articles of the intents that it reaches."""
    parts = [Part(PartKind.MODEL, "model", digest_of("simulated"))]
    for intent in policy.intents:
        edition = version if truths[intent].reached else 0
        digest = digest_of([intent, edition])
        parts.append(Part(PartKind.ARTICLE, intent, digest, only(intent), "only this intent cites it"))
    return Release(release_id(AGENT, parts), AGENT, tuple(parts))


def can_rise_falsely(scenario: Scenario, truth: str) -> bool:
    """Whether an intent of this truth is ever at or above its budget."""
    known = _named(scenario, truth)
    return scenario is Scenario.DRIFT or max(known.first, known.later) >= 1.0


def can_lose_falsely(scenario: Scenario, truth: str) -> bool:
    """Whether an intent of this truth is ever within its budget."""
    known = _named(scenario, truth)
    return min(known.first, known.later) <= 1.0


def _named(scenario: Scenario, label: str) -> Truth:
    return next(one for one in _TRUTHS[scenario] if one.label == label)

"""Two releases on the scenarios that both have played, read from the ledger: every trial of both takes part."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from remit.app.release_history import ALPHA, History
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import Ledger, Observation, Outcome, Selection, Source
from remit.releases.comparison import (
    DIFFERING,
    BeforeTheRun,
    Comparison,
    before_the_run,
    compare,
    earlier_candidates,
    pairs_of,
)
from remit.releases.diff import ReleaseDiff, compare_parts
from remit.statistics import AlphaLedger

_TOLERANCE = 1e-6
_TRIALS = (Source.SCENARIO_TRIAL, Source.REPLAYED_TRIAL, Source.PUBLISHED_RESULT)


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison over all scenarios and one for each intent that has pairs.

    Args:
        suite: The suite's metric, such as `suite:journeys`; `all suites` if trials of several took part.
        overall: All scenarios.
        by_intent: Those of each intent, each with an error level of its own.
        diff: What changed; None if one of the two is not registered.
        simulated: Whether every trial is of a simulated world.
    """

    suite: str
    overall: Comparison
    by_intent: Mapping[IntentName, Comparison]
    diff: ReleaseDiff | None
    simulated: bool


async def compare_in_ledger(
    ledger: Ledger,
    history: History,
    old: ReleaseId,
    new: ReleaseId,
    *,
    suite: str = "",
    intent: IntentName | None = None,
    differing: float = DIFFERING,
    names: Mapping[ReleaseId, AgentName] | None = None,
    as_published: bool = False,
) -> Compared:
    """Pair the trials of two releases of one agent.

    Args:
        ledger: Where the trials are.
        history: Which releases are proven, so that they do not count as failed candidates.
        old: The release that is compared with.
        new: The candidate.
        suite: Only this one.
        intent: Only this one.
        differing: Share of scenarios expected to differ, for what can be shown.
        names: Agents of releases that are published under a name of their own; the history's agent for others.
        as_published: Count every trial as its publisher scored it, also those that say nothing of the agent here.
    """
    wanted = _metrics(suite)
    agents = {release: (names or {}).get(release, history.agent) for release in (old, new)}
    trials = [
        one
        for agent in dict.fromkeys(agents.values())
        for one in await _trials(ledger, agent, intent)
        if not wanted or one.metric in wanted
    ]
    if as_published:
        trials = [_as_published(one) for one in trials]
    before, after = (
        [one for one in trials if (one.agent, one.release) == (agents[release], release)] for release in (old, new)
    )
    pairs, n_unpaired = pairs_of(before, after)
    proven = [release for line in history.lines.values() for release in line.held_by]
    n_earlier = earlier_candidates(trials, old=old, new=new, proven=proven)

    def look(own: Sequence[str]) -> Comparison:
        chosen = [pair for pair in pairs if pair.intent in own]
        return compare(old, new, chosen, alpha=ALPHA, n_earlier=n_earlier, n_unpaired=n_unpaired, differing=differing)

    intents = tuple(dict.fromkeys(pair.intent for pair in pairs))
    metrics = sorted({one.metric for one in (*before, *after)})
    return Compared(
        suite=metrics[0] if len(metrics) == 1 else suite or "all suites",
        overall=look(intents),
        by_intent={one: look([one]) for one in intents},
        diff=_diff(history, old, new),
        simulated=all(one.strength.name == "SIMULATED" for one in (*before, *after)),
    )


def planned(n_scenarios: int, *, n_earlier: int = 0, differing: float = DIFFERING) -> BeforeTheRun:
    """What a comparison on so many scenarios will be able to show; for before anything has run."""
    return before_the_run(n_scenarios, alpha=AlphaLedger(ALPHA, n_earlier).share, differing=differing)


async def _trials(ledger: Ledger, agent: AgentName, intent: IntentName | None) -> list[Observation]:
    found = ledger.select(Selection(agent=agent, intent=intent))
    return [one async for one in found if one.source in _TRIALS]


def _as_published(one: Observation) -> Observation:
    reward = one.details.get("published_reward")
    if not isinstance(reward, int | float):
        return one
    return replace(one, outcome=Outcome.PASSED if reward >= 1.0 - _TOLERANCE else Outcome.FAILED)


def _metrics(suite: str) -> tuple[str, ...]:
    return (f"suite:{suite}", f"published:{suite}", suite) if suite else ()


def _diff(history: History, old: ReleaseId, new: ReleaseId) -> ReleaseDiff | None:
    known = {one.id: one for one in history.releases()}
    return compare_parts(known[old], known[new]) if old in known and new in known else None

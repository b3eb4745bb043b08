"""Live conversations as the ledger sees them, for tests of budgets."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.evidence import Observation, Outcome, Recorded
from remit.evidence.live import (
    Subject,
    bad_outcome,
    came_back,
    critical_action,
    csat,
    ended,
    matured_from,
    sampled,
    stayed_away,
    turn,
)
from remit.slo import BudgetCounting, BudgetCounts, Objective

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
DAY = timedelta(days=1)
REFUND = IntentName("refund")


def objective(metric: str = "critical_action", target: float = 0.98, **changes: Any) -> Objective:
    return Objective(name=f"{metric.replace('_', '-')}-slo", service="shop", metric=metric, target=target, **changes)


def subject(number: int, *, day: int = 0, **changes: Any) -> Subject:
    given: dict[str, Any] = {
        "conversation": ConversationId(f"c{number}"),
        "agent": AgentName("shop"),
        "release": ReleaseId("r-1"),
        "intent": REFUND,
        "level": "tools_within_limits",
        "policy": "p-1",
        "started_at": START + day * DAY,
    }
    return Subject(**{**given, **changes})


def write(number: int, *, failed: bool, day: int = 0, **changes: Any) -> Observation:
    """A governed write: known at once."""
    who = subject(number, day=day, **changes)
    outcome = Outcome.FAILED if failed else Outcome.PASSED
    return critical_action(
        who, step="1", at=who.started_at, tool="issue_refund", outcome=outcome, intent=who.intent, level=who.level
    )


def answered(number: int, *, failed: bool, at: datetime) -> Observation:
    fault = "agent_error" if failed else ""
    return turn(subject(number, started_at=at), turn_id=f"t{number}", at=at, latency_ms=400.0, fault=fault)


def survey(number: int, score: float, *, day: int = 0) -> Observation:
    who = subject(number, day=day)
    return csat(who, at=who.started_at, score=score)


def contained(number: int, *, handoff: str = "", day: int = 0) -> Observation:
    who = subject(number, day=day)
    return ended(who, at=who.started_at, n_turns=2, handoff=handoff, recontact_until=who.started_at + 7 * DAY)


def drawn(number: int, *, stratum: str, probability: float, was_drawn: bool, day: int = 0) -> Observation:
    who = subject(number, day=day)
    return sampled(who, at=who.started_at, stratum=stratum, probability=probability, drawn=was_drawn)


def labelled(draw: Observation, number: int, *, failed: bool, day: int = 0) -> tuple[Observation, Observation]:
    """An expert's label a day later, and its closing seven days later."""
    who = subject(number, day=day)
    first = bad_outcome(
        draw,
        who,
        at=who.started_at + DAY,
        outcome=Outcome.FAILED if failed else Outcome.PASSED,
        loss=float(failed),
        matures_at=who.started_at + 7 * DAY,
    )
    return first, matured_from(first, first, at=who.started_at + 7 * DAY)


def recontact(number: int, *, failed: bool, day: int = 0) -> tuple[Observation, ...]:
    who = subject(number, day=day)
    until = who.started_at + 7 * DAY
    if not failed:
        return (stayed_away(who, at=until),)
    first = came_back(who, at=who.started_at + 2 * DAY, until=until)
    return first, matured_from(first, first, at=until)


def recorded(observations: Iterable[Observation]) -> Iterator[Recorded]:
    for position, observation in enumerate(observations, start=1):
        yield Recorded(position, observation)


def fold(counting: BudgetCounting, observations: Iterable[Observation]) -> dict[str, BudgetCounts]:
    """States by key, each step through JSON and back as a store would."""
    states: dict[str, BudgetCounts] = {}
    for one in recorded(observations):
        key = counting.key_of(one.observation)
        if key is not None:
            states[key] = counting.add(states.get(key, counting.start(key)), one)
    return states


def today(day: int = 0) -> date:
    return (START + day * DAY).date()

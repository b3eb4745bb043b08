"""Live conversations in a few words, and what gates make of them."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Recorded, Reducer, Source, Strength
from remit.evidence.verdicts import GateVerdict
from remit.gates.answer import answer
from remit.gates.question import COUNTING, Body, Question, body_of, draws_for
from remit.policy.gates import AtMost, Gate, LiveEvidence, LiveGate
from remit.policy.levels import AutonomyLevel

AGENT, RELEASE, REFUND = AgentName("shop"), ReleaseId("r1"), IntentName("refund")
ANSWERS, APPROVAL = AutonomyLevel.SUPERVISED_ANSWERS, AutonomyLevel.TOOLS_WITH_APPROVAL
NOW = datetime(2026, 11, 1, tzinfo=UTC)
FIRST = date(2026, 9, 1)
BAD = LiveGate("bad_outcome", AtMost(0.02))
GUIDED = LiveGate("bad_outcome", AtMost(0.02), LiveEvidence(sampling={"flagged": 0.5, "other": 0.1}))


def row(key: str, *, day: int = 0, failed: bool = False, **changes: Any) -> Observation:
    """One confirmed outcome of a contained conversation, at supervised_answers."""
    on = FIRST + timedelta(days=day)
    content: dict[str, Any] = {
        "key": ObservationKey(key),
        "at": datetime(on.year, on.month, on.day, 12, tzinfo=UTC),
        "agent": AGENT,
        "release": RELEASE,
        "intent": REFUND,
        "level": ANSWERS.label,
        "source": Source.LIVE_OUTCOME,
        "strength": Strength.LIVE,
        "metric": "bad_outcome",
        "outcome": Outcome.FAILED if failed else Outcome.PASSED,
        "cluster": on.isoformat(),
        "conversation": key,
        "customer": f"customer-{key}",
        "label": LabelSource.HUMAN_CONFIRMED,
    }
    return Observation(**{**content, **changes})


def days(n_days: int, per_day: int, errors: Sequence[int] = (), **changes: Any) -> list[Observation]:
    """Even days of outcomes; `errors` are numbers of conversations that failed."""
    wrong = set(errors)
    return [
        row(f"c{number}", day=number // per_day, failed=number in wrong, **changes)
        for number in range(n_days * per_day)
    ]


def question(gate: Gate = BAD, level: AutonomyLevel = APPROVAL, **changes: Any) -> Question:
    """About the release, for the level above the one at which the rows were seen."""
    content: dict[str, Any] = {"release": RELEASE, "releases": (RELEASE,), "intent": REFUND, "now": NOW, **changes}
    return Question(gate=gate, agent=AGENT, level=level, **content)


def states(
    rows: Iterable[Observation], reducers: Iterable[Reducer[Any]], *, through_json: bool = False
) -> dict[str, Any]:
    """Folded states by name; `through_json` keeps and reads each state between any two rows."""
    held: dict[str, Any] = {}
    every = list(reducers)
    for position, one in enumerate(rows, start=1):
        for reducer in every:
            key = reducer.key_of(one)
            if key is None:
                continue
            name = f"{reducer.name}:{key}"
            before = held.get(name, reducer.start(key))
            after = reducer.add(before, Recorded(position, one))
            held[name] = reducer.decode(reducer.encode(after)) if through_json else after
    return held


def body(rows: Sequence[Observation], gate: Gate = BAD) -> Body:
    """The body of evidence that the rows make for a gate."""
    counting = draws_for(gate)
    reducers: list[Reducer[Any]] = [*COUNTING, *([] if counting is None else [counting])]
    return body_of(states(rows, reducers), position=len(rows))


def judged(
    rows: Sequence[Observation], gate: Gate = BAD, level: AutonomyLevel = APPROVAL, **changes: Any
) -> GateVerdict:
    """The verdict on these rows."""
    return answer(question(gate, level, **changes), body(rows, gate))

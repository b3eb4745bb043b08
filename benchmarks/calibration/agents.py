"""Published conversations of real LLM agents: the track record of a journey as a signal; judges against the state."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from benchmarks.calibration.data import SHARED
from numpy.typing import NDArray

from remit.calibration.fitting import Columns, fit, score
from remit.calibration.judges import JudgedCase, JudgeValidation, validate_judge
from remit.calibration.labels import LabelledProposal
from remit.calibration.signals import Signals
from remit.calibration.track_record import TrackRecords
from remit.conversations import IntentName
from remit.statistics.thresholds import Definition, SelectedThreshold, select_threshold

TAU = SHARED / "tau"
N_FOLDS = 5
DEFINITIONS: tuple[Definition, ...] = ("error_per_contained", "error_per_conversation")


@dataclass(frozen=True, slots=True)
class Run:
    """One published conversation.

    Args:
        agent: Whose.
        journey: Benchmark, domain and task: what another agent can have tried too.
        right: Whether the published reward is 1.
        signals: What can be seen at its end: length, tool calls, failed tools, whether it was transferred.
    """

    agent: str
    journey: str
    right: bool
    signals: Signals


def runs() -> list[Run]:
    """All 570 conversations."""
    return [*_tau2(), *_tau1()]


def _tau2() -> Iterator[Run]:
    for file in sorted((TAU / "trajectories/tau2").glob("*.json")):
        agent, _, suite = file.stem.partition("__")
        domain = suite.partition("_")[0]
        for one in json.loads(file.read_text(encoding="utf-8"))["simulations"]:
            right = one["reward_info"]["reward"] >= 1.0
            yield Run(agent, f"tau2/{domain}/{one['task_id']}", right, _signals(one["messages"]))


def _tau1() -> Iterator[Run]:
    for file in sorted((TAU / "trajectories/tau1").glob("*.json")):
        agent, _, suite = file.stem.partition("__")
        domain = suite.partition("_")[0]
        for one in json.loads(file.read_text(encoding="utf-8")):
            yield Run(agent, f"tau1/{domain}/{one['task_id']}", one["reward"] >= 1.0, _signals(one["traj"]))


def _signals(messages: Sequence[dict[str, Any]]) -> Signals:
    calls = [call for each in messages if each["role"] == "assistant" for call in each.get("tool_calls") or ()]
    names = [call.get("name") or call.get("function", {}).get("name", "") for call in calls]
    results = [each for each in messages if each["role"] == "tool"]
    n_failed = sum(bool(each.get("error")) or str(each.get("content", "")).startswith("Error") for each in results)
    return Signals(
        tool_errors=float(n_failed),
        tool_successes=float(len(results) - n_failed),
        others={
            "n_messages": float(len(messages)),
            "transferred": float(any("transfer_to_human" in name for name in names)),
        },
    )


# ── what a track record says ──────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Discrimination:
    """Areas under the curve on the conversations whose journey others have tried: 0.5 says nothing, 1 everything."""

    n: int
    at_the_end: float
    track_record: float
    both: float


def discrimination(chosen: Sequence[Run]) -> Discrimination:
    """Each conversation is judged by a fit that saw no conversation of its journey."""
    records = TrackRecords.of((each.journey, each.right) for each in chosen)
    known = [each for each in chosen if records.signal(each.journey, own=each.right) is not None]
    right = np.array([each.right for each in known])
    record = np.array([records.signal(each.journey, own=each.right) or 0.0 for each in known])
    return Discrimination(
        n=len(known),
        at_the_end=area(right, _by_folds(known, None)),
        track_record=area(right, record),
        both=area(right, _by_folds(known, record)),
    )


def _by_folds(known: Sequence[Run], record: NDArray[np.float64] | None) -> NDArray[np.float64]:
    journeys = sorted({each.journey for each in known})
    fold_of = {journey: number % N_FOLDS for number, journey in enumerate(journeys)}
    folds = np.array([fold_of[each.journey] for each in known])
    labels = [_label(each, number, None if record is None else record[number]) for number, each in enumerate(known)]
    columns, wrong = Columns.of(labels), np.array([each.wrong for each in labels])
    found = np.empty(len(labels))
    for fold in range(N_FOLDS):
        learned = np.flatnonzero(folds != fold)
        order = np.random.default_rng(0).permutation(learned)
        model = fit(columns.at(order), wrong[order]).model
        held = np.flatnonzero(folds == fold)
        found[held] = score(model, columns.at(held))
    return found


def _label(run: Run, number: int, record: float | None) -> LabelledProposal:
    signals = Signals.of({**run.signals.present(), **({} if record is None else {"track_record": record})})
    return LabelledProposal(f"{run.agent}/{number}", IntentName(run.journey), signals, not run.right, simulated=True)


def area(right: NDArray[np.bool_], probability: NDArray[np.float64]) -> float:
    """Chance that a right one ranks above a wrong one; ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(probability)
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    return float((ranks[right].sum() - n_right * (n_right + 1) / 2) / (n_right * n_wrong))


# ── learned on some agents, certified on others ───────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Certified:
    """What one target left; `selected` is None where no threshold is shown."""

    definition: Definition
    error_at_most: float
    selected: SelectedThreshold | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Before: everything is contained. After: only what clears the certified threshold, if there is one."""

    certified_on: str
    with_record: bool
    n: int
    n_errors_before: int
    area: float
    results: tuple[Certified, ...]


def transfer(everything: Sequence[Run], certified_on: str, targets: Sequence[float], *, with_record: bool) -> Transfer:
    """Track records and calibration from the other agents; the threshold from this one, whose labels neither saw."""
    own = [each for each in everything if each.agent == certified_on and each.journey.startswith("tau2/")]
    others = [each for each in everything if each.agent != certified_on]
    records = TrackRecords.of((each.journey, each.right) for each in others if with_record)
    learned = [
        _label(each, number, records.signal(each.journey, own=each.right) if with_record else None)
        for number, each in enumerate(others)
    ]
    learned = [learned[number] for number in np.random.default_rng(0).permutation(len(learned))]
    model = fit(Columns.of(learned), np.array([each.wrong for each in learned])).model
    asked = [_label(each, number, records.signal(each.journey)) for number, each in enumerate(own)]
    scores, wrong = score(model, Columns.of(asked)), np.array([each.wrong for each in asked])
    results = []
    for definition in DEFINITIONS:
        for target in targets:
            found = select_threshold(scores, wrong, error_at_most=target, delta=0.05, definition=definition)
            selected = found if isinstance(found, SelectedThreshold) else None
            results.append(Certified(definition, target, selected))
    return Transfer(certified_on, with_record, len(own), int(wrong.sum()), area(~wrong, scores), tuple(results))


# ── judges ────────────────────────────────────────────────────────────────────────────────────────
def judges() -> dict[tuple[str, str], JudgeValidation]:
    """Each of four judge prompts in two domains; any word but pass and fail is no verdict."""
    found: dict[tuple[str, str], JudgeValidation] = {}
    for domain in ("airline", "telecom"):
        cases: dict[str, list[JudgedCase]] = {}
        for line in (TAU / f"judges/{domain}_verdicts.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            said = {"pass": "passed", "fail": "failed"}.get(str(row["verdict"]))
            case = JudgedCase(IntentName(domain), said, row["reward"] >= 1.0)  # type: ignore[arg-type]
            cases.setdefault(row["judge_prompt_name"], []).append(case)
        for prompt, own in sorted(cases.items()):
            found[domain, prompt] = validate_judge(own)[IntentName(domain)]
    return found

"""The numbers that the tutorial on published agents prints are those of a replay."""

import asyncio
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from integration.tau.shared_data import tau_data
from remit.app.replay import Replay, parse_gate, replay_file
from remit.app.replay_results import summary

pytestmark = pytest.mark.shared

TUTORIAL = Path(__file__).parents[3] / "docs" / "tutorials" / "judging-published-agents.md"
ROW = re.compile(
    r"^\| `(\w+)`.*? \| ([0-9.]+) \| ([0-9.]+) \| (\d+) / (\d+) \| ([0-9.]+) to ([0-9.]+) \| (\w+) \|$", re.MULTILINE
)


@functools.cache
def replayed(name: str) -> Replay:
    """A published results file, replayed with the tutorial's gate."""
    folder = tau_data()
    path = folder / "trajectories" / f"{name}.json"
    return asyncio.run(replay_file(path, data=folder, gate=parse_gate("pass^4>=0.9")))


def printed_rows(replay: Replay) -> Iterator[tuple[str, ...]]:
    """Verdicts as the tutorial's table writes them."""
    for verdict in replay.verdicts:
        if verdict.interval is not None:
            rates = (f"{verdict.pass_1:.2f}", f"{verdict.estimate:.2f}")
            bounds = (f"{verdict.interval.low:.2f}", f"{verdict.interval.high:.2f}")
            counts = (str(verdict.n_scenarios), str(verdict.n_trials))
            yield (verdict.intent, *rates, *counts, *bounds, verdict.finding.value)


def test_the_table_of_the_four_trial_agent_is_reproduced() -> None:
    replay = replayed("tau1/gpt-4o__airline_50x4")
    shown = ROW.findall(TUTORIAL.read_text(encoding="utf-8"))

    assert len(shown) == 6
    assert set(shown) <= set(printed_rows(replay))
    by_silence = [each for each in replay.run.trials if each.intent == "no_write"]
    assert sum(each.details["recomputed_reward"] == 1.0 for each in by_silence) == 57
    assert replay.run.baselines[0].by_intent[by_silence[0].intent] == (19, 20)


@pytest.mark.parametrize(("name", "n_shown"), [("tau1/gpt-4o__airline_50x4", 2), ("tau2/gpt-4.1__airline_test20", 4)])
def test_the_sentences_below_the_tables_are_reproduced(name: str, n_shown: int) -> None:
    page = " ".join(TUTORIAL.read_text(encoding="utf-8").split())

    sentences = summary(replayed(name))[:n_shown]

    assert len(sentences) == n_shown
    assert [sentence for sentence in sentences if sentence not in page] == []

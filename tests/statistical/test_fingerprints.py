"""A fingerprint calls an unchanged agent drifted at most as often as it says, and finds an agent that changed."""

from datetime import UTC, datetime
from random import Random

import pytest

from remit.conversations import AgentName, ReleaseId
from remit.errors import StatisticsError
from remit.releases.fingerprint import Fingerprint, Reply, check_drift
from statistical.simulation import allowed

NOW = datetime(2026, 11, 23, tzinfo=UTC)
SEED = 20_261_124


def reply(random: Random, probe: int, *, drifted: float) -> Reply:
    """An agent whose wording varies: six of its eight words for the probe, or of another eight once it has changed."""
    which = "new" if random.random() < drifted else "old"
    words = random.sample([f"{which}-{probe}-{place}" for place in range(8)], 6)
    kind = "answer" if random.random() < 0.9 else "hand_off:out_of_scope"
    return Reply(kind, frozenset(words))


def fingerprint(random: Random, *, n_probes: int, rounds: int, drifted: float = 0.0) -> Fingerprint:
    replies = {
        f"p{probe}": tuple(reply(random, probe, drifted=drifted) for _ in range(rounds)) for probe in range(n_probes)
    }
    return Fingerprint(AgentName("vendor"), ReleaseId("r-1"), NOW, replies)


@pytest.mark.parametrize("alpha", [0.05, 0.2])
def test_an_unchanged_agent_is_suspected_at_most_as_often_as_alpha_says(alpha: float) -> None:
    print(f"seed {SEED}")
    random, runs, n_suspected = Random(SEED), 100, 0
    for run in range(runs):
        baseline = fingerprint(random, n_probes=6, rounds=3)
        now = fingerprint(random, n_probes=6, rounds=2)
        n_suspected += check_drift(baseline, now, seed=run, alpha=alpha, draws=999).suspected
    assert n_suspected <= allowed(runs, alpha)


def test_an_agent_that_says_half_of_it_otherwise_is_suspected_in_most_runs() -> None:
    print(f"seed {SEED + 1}")
    random, runs = Random(SEED + 1), 20
    n_suspected = sum(
        check_drift(
            fingerprint(random, n_probes=12, rounds=4),
            fingerprint(random, n_probes=12, rounds=2, drifted=0.5),
            seed=run,
        ).suspected
        for run in range(runs)
    )
    assert n_suspected >= 0.8 * runs


def test_a_deterministic_agent_that_changed_one_answer_in_three_is_suspected() -> None:
    same = {f"p{probe}": (Reply("answer", frozenset({f"w{probe}"})),) * 4 for probe in range(12)}
    baseline = Fingerprint(AgentName("vendor"), ReleaseId("r-1"), NOW, same)
    now = {
        name: (Reply("answer", frozenset({"new"})),) * 2 if place % 3 == 0 else said[:2]
        for place, (name, said) in enumerate(same.items())
    }
    changed = Fingerprint(AgentName("vendor"), ReleaseId("r-1"), NOW, now)
    unchanged = Fingerprint(AgentName("vendor"), ReleaseId("r-1"), NOW, {name: said[:2] for name, said in same.items()})

    found = check_drift(baseline, changed, seed=1)

    assert (found.suspected, found.n_changed) == (True, 4)
    assert check_drift(baseline, unchanged, seed=1).p_value == 1.0


def test_too_few_probes_can_suspect_nothing_and_say_so() -> None:
    random = Random(1)
    one = check_drift(
        fingerprint(random, n_probes=1, rounds=3), fingerprint(random, n_probes=1, rounds=1, drifted=1.0), seed=1
    )
    assert (one.suspected, one.can_suspect) == (False, False)


def test_without_a_common_probe_or_two_rounds_of_baseline_there_is_no_check() -> None:
    random = Random(1)
    whole, short = fingerprint(random, n_probes=3, rounds=3), fingerprint(random, n_probes=3, rounds=1)
    with pytest.raises(StatisticsError, match="two rounds"):
        check_drift(short, whole, seed=1)
    with pytest.raises(StatisticsError, match="0 probes in common"):
        check_drift(whole, Fingerprint(AgentName("v"), ReleaseId("r"), NOW, {}), seed=1)

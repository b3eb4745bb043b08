"""A comparison of releases promotes by luck at most as often as it says, also the best of many candidates."""

from random import Random

from remit.conversations import IntentName, ReleaseId
from remit.releases.comparison import Advice, Pair, compare
from statistical.simulation import allowed

OLD, NEW, REFUND = ReleaseId("r-old"), ReleaseId("r-new"), IntentName("refund")
RUNS = 300
SEED = 20_261_123


def scenario(random: Random, place: int, *, old_rate: float, new_rate: float, n_trials: int) -> Pair:
    old = sum(random.random() < old_rate for _ in range(n_trials))
    new = sum(random.random() < new_rate for _ in range(n_trials))
    return Pair(f"s-{place}", REFUND, old, n_trials, new, n_trials)


def advised(pairs: list[Pair], *, n_earlier: int = 0) -> set[Advice]:
    """Everything that somebody who looks after every five scenarios is told."""
    looks = (compare(OLD, NEW, pairs[:n], n_earlier=n_earlier) for n in range(5, len(pairs) + 1, 5))
    return {look.advice for look in looks}


def test_an_equal_release_is_promoted_by_luck_at_most_as_often_as_alpha_says() -> None:
    print(f"seed {SEED}")
    random, n_promoted, n_rolled_back = Random(SEED), 0, 0
    for _ in range(RUNS):
        pairs = [scenario(random, place, old_rate=0.7, new_rate=0.7, n_trials=2) for place in range(60)]
        found = advised(pairs)
        n_promoted += Advice.PROMOTE in found
        n_rolled_back += Advice.ROLL_BACK in found
    assert n_promoted <= allowed(RUNS, 0.0304)
    assert n_rolled_back <= allowed(RUNS, 0.0304)


def test_the_best_of_twenty_equal_candidates_does_not_pass_for_a_better_one() -> None:
    print(f"seed {SEED + 1}")
    random, n_promoted, runs = Random(SEED + 1), 0, 120
    for _ in range(runs):
        for candidate in range(20):
            pairs = [scenario(random, place, old_rate=0.7, new_rate=0.7, n_trials=1) for place in range(40)]
            if compare(OLD, NEW, pairs, n_earlier=candidate).advice is Advice.PROMOTE:
                n_promoted += 1
                break
    assert n_promoted <= allowed(runs, 0.05)


def test_a_better_release_is_promoted_and_a_worse_one_rolled_back() -> None:
    print(f"seed {SEED + 2}")
    random = Random(SEED + 2)
    better = [scenario(random, place, old_rate=0.5, new_rate=0.9, n_trials=1) for place in range(80)]
    worse = [scenario(random, place, old_rate=0.9, new_rate=0.5, n_trials=1) for place in range(80)]
    assert compare(OLD, NEW, better).advice is Advice.PROMOTE
    assert compare(OLD, NEW, worse).advice is Advice.ROLL_BACK

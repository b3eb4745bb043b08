"""Has an agent that runs elsewhere changed behind its digest? A fixed set of messages, asked again and again.

Replies are compared with those of a baseline by a permutation test, which is exact: whatever the agent's own
randomness, a round of an unchanged agent is called drift with probability at most alpha.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from random import Random

from remit.conversations import AgentName, ReleaseId
from remit.documents import digest_of
from remit.errors import StatisticsError

ALPHA = 1.0 / 365.0
"""Asked every day, an unchanged agent is suspected at most once a year on average."""
DRAWS = 9_999


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent did with a probe, without its words.

    Args:
        kind: `answer`, `call:<tool>` or `hand_off:<reason>`.
        words: Digests of the words it used, or of the arguments; compared as a set.
    """

    kind: str
    words: frozenset[str] = frozenset()

    def distance(self, other: "Reply") -> float:
        """0 for the same words, 1 for another kind of reply or none in common."""
        if self.kind != other.kind:
            return 1.0
        union = self.words | other.words
        return 1.0 - len(self.words & other.words) / len(union) if union else 0.0


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """How an agent behaved: for each probe, by its digest, one reply a round."""

    agent: AgentName
    release: ReleaseId
    at: datetime
    replies: Mapping[str, tuple[Reply, ...]]

    @property
    def n_rounds(self) -> int:
        """Replies to each probe; the least if they differ."""
        return min((len(one) for one in self.replies.values()), default=0)


@dataclass(frozen=True, slots=True)
class DriftCheck:
    """One comparison with the baseline.

    Args:
        p_value: How often replies of an unchanged agent would lie at least so far apart.
        alpha: False-alarm probability of this check.
        n_probes: Messages that both were asked.
        n_changed: Probes of which no reply of now is like any of the baseline.
        least_p_value: The least that so few probes and rounds could give.
    """

    p_value: float
    alpha: float
    n_probes: int
    n_changed: int
    least_p_value: float

    @property
    def suspected(self) -> bool:
        """Whether promotion freezes."""
        return self.p_value <= self.alpha

    @property
    def can_suspect(self) -> bool:
        """Whether any replies at all could raise suspicion: else more probes or rounds are needed."""
        return self.least_p_value <= self.alpha


def probe_digest(message: str) -> str:
    """How a probe is named; its words are kept by whoever asks."""
    return digest_of(message)[:12]


def check_drift(
    baseline: Fingerprint, now: Fingerprint, *, seed: int, alpha: float = ALPHA, draws: int = DRAWS
) -> DriftCheck:
    """Compare a round with the baseline.

    Under "nothing changed" the replies to a probe are exchangeable between baseline and now; within each probe they
    are shuffled and the sum over probes of (mean distance across - mean distance within) is compared. Assumption:
    replies to a probe do not depend on the day in another way (no dates in them). Held by
    tests/statistical/test_fingerprints.py.

    Args:
        baseline: At least two rounds.
        now: At least one round of the same probes.
        seed: Of the shuffles.
        alpha: False-alarm probability, in (0, 1).
        draws: Shuffles; no p-value is below 1 / (draws + 1).

    Raises:
        StatisticsError: They share no probe, the baseline has fewer than two rounds, or alpha is impossible.

    Source:
        Energy statistic: Szekely & Rizzo (2013), JSPI 143:1249-1272; p-value: Phipson & Smyth (2010), SAGMB 9(1):39.
    """
    if not 0.0 < alpha < 1.0:
        raise StatisticsError(f"alpha is {alpha!r}; it must lie strictly between 0 and 1.")
    shared = sorted(baseline.replies.keys() & now.replies.keys())
    if not shared or baseline.n_rounds < 2 or now.n_rounds < 1:
        raise StatisticsError(
            f"{len(shared)} probes in common, {baseline.n_rounds} and {now.n_rounds} rounds: need at least one probe, "
            "two rounds of baseline and one of now."
        )
    tables = [_Probe.of(baseline.replies[probe], now.replies[probe]) for probe in shared]
    observed = sum(table.statistic(table.now) for table in tables)
    random = Random(seed)  # noqa: S311 - shuffles of a test, not a secret
    n_ways = 1
    for table in tables:
        n_ways = min(n_ways * len(table.ways), draws + 1)
    n_as_far = sum(sum(random.choice(table.statistics) for table in tables) >= observed - 1e-12 for _ in range(draws))
    changed = sum(
        all(one.distance(other) > 0.5 for one in now.replies[probe] for other in baseline.replies[probe])
        for probe in shared
    )
    return DriftCheck(
        p_value=(n_as_far + 1) / (draws + 1),
        alpha=alpha,
        n_probes=len(shared),
        n_changed=changed,
        least_p_value=1.0 / n_ways,
    )


@dataclass(frozen=True, slots=True)
class _Probe:
    """All replies to one probe with their distances, and the statistic of every way to call some of them `now`."""

    distances: tuple[tuple[float, ...], ...]
    now: tuple[int, ...]
    ways: tuple[tuple[int, ...], ...]
    statistics: tuple[float, ...]

    @classmethod
    def of(cls, baseline: Sequence[Reply], now: Sequence[Reply]) -> "_Probe":
        replies = [*baseline, *now]
        distances = tuple(tuple(one.distance(other) for other in replies) for one in replies)
        actual = tuple(range(len(baseline), len(replies)))
        ways = tuple(combinations(range(len(replies)), len(now)))
        statistics = tuple(_apart(distances, way) for way in ways)
        return cls(distances, actual, ways, statistics)

    def statistic(self, way: tuple[int, ...]) -> float:
        """How far this part of the replies lies from the rest."""
        return _apart(self.distances, way)


def _apart(distances: Sequence[Sequence[float]], way: tuple[int, ...]) -> float:
    inside = set(way)
    rest = [place for place in range(len(distances)) if place not in inside]
    across = [distances[one][other] for one in way for other in rest]
    within = [distances[one][other] for group in (way, rest) for one, other in combinations(group, 2)]
    return sum(across) / len(across) - (sum(within) / len(within) if within else 0.0)

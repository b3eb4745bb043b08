"""From many worlds to figures, each with its count and interval. Everything here is simulated.

Order: a `Tally` takes in worlds one by one, `figures` makes of it what tables, pages and plots show.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil, exp, inf, lgamma, log

from remit.simulation.course import Course, Kind
from remit.simulation.run import ALL_RULES, Lived
from remit.simulation.scenarios import Scenario
from remit.statistics import clopper_pearson

DELTA = 0.05
CUTS = tuple(cut / 20 for cut in range(21))
"""Parts of the intents at which the distribution of exposure is kept."""
LEVELS = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many, with the exact 95 % binomial interval (Clopper-Pearson)."""

    n: int
    of: int
    low: float
    high: float

    @classmethod
    def counted(cls, n: int, of: int) -> "Share":
        """With its interval."""
        bounds = clopper_pearson(n, of, delta=DELTA)
        return cls(n, of, bounds.low, bounds.high)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a number that may not have been reached, with a 95 % interval from order statistics.

    None stands for "not within the simulated time": beyond every number.
    """

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class DaysTo:
    """Days until a level was reached for the first time."""

    level: int
    n_reached: int
    of: int
    median: Quantile
    p90: Quantile


@dataclass(frozen=True, slots=True)
class Row:
    """What one rule did with all intents of one truth.

    Args:
        scenario: Which worlds.
        truth: What is true of these intents, in words.
        rule: Who decided.
        n_intents: Intents, over all worlds.
        promoted_falsely: Intents that were promoted at least once while at or above the budget.
        n_false_promotions: All such promotions.
        narrowed_falsely: Intents that lost a level, or a canary, at least once without deserving it.
        n_false_demotions: All levels that were lost so.
        n_false_canaries: All canaries that were taken back so.
        canaries_stable: Intents whose canary became the stable release.
        exposed_median: Conversations an intent that a release above its budget carried on its own.
        exposed_p90: The same for nine of ten intents.
        exposed: The distribution at `CUTS`.
        n_exposed: All of them.
        n_harmed: Those that went wrong.
        n_carried: All conversations that the agent carried.
        days_to: By level.
        mean_levels: Mean level by day.
    """

    scenario: str
    truth: str
    rule: str
    n_intents: int
    promoted_falsely: Share
    n_false_promotions: int
    narrowed_falsely: Share
    n_false_demotions: int
    n_false_canaries: int
    canaries_stable: Share
    exposed_median: Quantile
    exposed_p90: Quantile
    exposed: tuple[int, ...]
    n_exposed: int
    n_harmed: int
    n_carried: int
    days_to: tuple[DaysTo, ...]
    mean_levels: tuple[float, ...]


@dataclass(slots=True)
class _Group:
    n_intents: int = 0
    n_promoted_falsely: int = 0
    n_false_promotions: int = 0
    n_narrowed_falsely: int = 0
    n_false_demotions: int = 0
    n_false_canaries: int = 0
    n_stable: int = 0
    exposed: list[int] = field(default_factory=list)
    n_harmed: int = 0
    n_carried: int = 0
    days: dict[int, list[int | None]] = field(default_factory=lambda: {level: [] for level in LEVELS})
    levels: list[int] = field(default_factory=list)

    def add(self, course: Course) -> None:
        self.n_intents += 1
        up = course.n_false(Kind.PROMOTED)
        down, canaries = course.n_false(Kind.DEMOTED), course.n_false(Kind.CANARY_TAKEN_BACK)
        self.n_promoted_falsely += up > 0
        self.n_false_promotions += up
        self.n_narrowed_falsely += down + canaries > 0
        self.n_false_demotions += down
        self.n_false_canaries += canaries
        self.n_stable += any(one.kind is Kind.CANARY_MADE_STABLE for one in course.moves)
        self.exposed.append(course.n_exposed)
        self.n_harmed += course.n_harmed
        self.n_carried += course.n_carried
        for level in LEVELS:
            self.days[level].append(course.day_of(level))
        self.levels = self.levels or [0] * len(course.levels)
        for day, level in enumerate(course.levels):
            self.levels[day] += level


class Tally:
    """Adds worlds up; the order of worlds does not matter."""

    def __init__(self) -> None:
        self._groups: dict[tuple[Scenario, str, str], _Group] = {}
        self.n_worlds = 0
        self.n_conversations = 0

    def add(self, lived: Lived) -> None:
        """One world more."""
        self.n_worlds += 1
        self.n_conversations += lived.n_conversations
        for rule, courses in lived.courses.items():
            for course in courses:
                self._groups.setdefault((lived.scenario, course.truth, rule), _Group()).add(course)

    def rows(self) -> tuple[Row, ...]:
        """By scenario, truth and rule."""
        truths = dict.fromkeys((scenario, truth) for scenario, truth, _ in self._groups)
        ordered = sorted(truths, key=lambda one: (list(Scenario).index(one[0]), list(truths).index(one)))
        return tuple(
            _row(scenario, truth, rule, self._groups[scenario, truth, rule])
            for scenario, truth in ordered
            for rule in ALL_RULES
            if (scenario, truth, rule) in self._groups
        )


def _row(scenario: Scenario, truth: str, rule: str, group: _Group) -> Row:
    n = group.n_intents
    exposed = sorted(group.exposed)
    return Row(
        scenario=scenario.value,
        truth=truth,
        rule=rule,
        n_intents=n,
        promoted_falsely=Share.counted(group.n_promoted_falsely, n),
        n_false_promotions=group.n_false_promotions,
        narrowed_falsely=Share.counted(group.n_narrowed_falsely, n),
        n_false_demotions=group.n_false_demotions,
        n_false_canaries=group.n_false_canaries,
        canaries_stable=Share.counted(group.n_stable, n),
        exposed_median=quantile(exposed, 0.5),
        exposed_p90=quantile(exposed, 0.9),
        exposed=tuple(exposed[min(n - 1, max(0, ceil(cut * n) - 1))] for cut in CUTS),
        n_exposed=sum(exposed),
        n_harmed=group.n_harmed,
        n_carried=group.n_carried,
        days_to=tuple(_days_to(level, group.days[level]) for level in LEVELS),
        mean_levels=tuple(round(held / n, 4) for held in group.levels),
    )


def _days_to(level: int, days: Sequence[int | None]) -> DaysTo:
    n_reached = sum(day is not None for day in days)
    return DaysTo(level, n_reached, len(days), quantile(days, 0.5), quantile(days, 0.9))


def quantile(values: Iterable[int | None], part: float) -> Quantile:
    """The smallest number that so large a part does not exceed; None counts as larger than every number.

    The interval is between order statistics: each side is missed with probability at most 2.5 %, whatever the
    distribution; where there are too few values the high side is open (None), the low side the smallest value.
    """
    ordered = sorted(inf if one is None else float(one) for one in values)
    n = len(ordered)
    if not n:
        return Quantile(None, None, None)
    below = _cumulative(n, part)
    # X_(j) lies above the quantile with probability P(Bin(n, part) < j): take the last j that keeps it small.
    low = max((j for j in range(1, n + 1) if below[j - 1] <= DELTA / 2), default=0)
    high = next((j for j in range(1, n + 1) if 1.0 - below[j - 1] <= DELTA / 2), n + 1)
    return Quantile(
        _number(ordered[ceil(part * n) - 1]),
        _number(ordered[low - 1]) if low else _number(ordered[0]),
        _number(ordered[high - 1]) if high <= n else None,
    )


def _cumulative(n: int, part: float) -> Sequence[float]:
    """P(Bin(n, part) <= k) for k = 0 to n."""
    total, cumulative = 0.0, []
    for k in range(n + 1):
        ways = lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)
        total += exp(ways + k * log(part) + (n - k) * log(1.0 - part))
        cumulative.append(min(1.0, total))
    return cumulative


def _number(value: float) -> float | None:
    return None if value == inf else value


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything that a run came to; simulated.

    Args:
        scenarios: Which worlds.
        worlds: How many of each.
        seed: The first; worlds have seeds `seed` to `seed + worlds - 1`.
        days: Of each world.
        per_day: Expected conversations a day, over all intents.
        policy: Its name.
        policy_digest: What it was.
        eps: Its strictest budget, in which error rates are counted.
        alpha: Promised share of false promotions.
        not_simulated: What of the policy takes no part.
        n_conversations: All that came in.
        rows: The figures.
    """

    scenarios: tuple[str, ...]
    worlds: int
    seed: int
    days: int
    per_day: float
    policy: str
    policy_digest: str
    eps: float
    alpha: float
    not_simulated: tuple[str, ...]
    n_conversations: int
    rows: tuple[Row, ...]

    def of(self, scenario: Scenario, truth: str | None = None) -> Mapping[str, Mapping[str, Row]]:
        """Rows of one scenario by truth and rule."""
        found: dict[str, dict[str, Row]] = {}
        for row in self.rows:
            if row.scenario == scenario.value and truth in (None, row.truth):
                found.setdefault(row.truth, {})[row.rule] = row
        return found

    @property
    def broken_promises(self) -> tuple[Row, ...]:
        """Where Remit promoted intents at or above the budget more often than alpha allows, beyond doubt.

        Only truths that never deserve a promotion are held against the promise; one that drifts deserved it before.
        """
        return tuple(
            row
            for row in self.rows
            if row.rule == ALL_RULES[0]
            and row.scenario == Scenario.AT_TARGET.value
            and row.promoted_falsely.low > self.alpha
        )

"""Figures in words and cells, the same on the terminal, in the report and on the page: every number with its count."""

from collections.abc import Sequence
from dataclasses import dataclass

from remit.gates.words import counted
from remit.simulation.figures import DaysTo, Figures, Quantile, Row, Share
from remit.simulation.run import REMIT
from remit.simulation.scenarios import Scenario, can_lose_falsely, can_rise_falsely

SAFETY = (
    "rule",
    "promoted at or above the budget",
    "lost a level or a canary undeservedly",
    "carried above the budget: median / p90, wrong ones",
)
DAYS = ("rule", "level 1", "level 2", "level 3", "level 4")

WORDS = {
    Scenario.HEALTHY: "one release, errs at half the budget",
    Scenario.AT_TARGET: "never good enough, and a new release, no better, every 45 days",
    Scenario.BAD_RELEASE: "a release at half the budget; on day 60 another one is offered",
    Scenario.DRIFT: "half the budget, and four times as many errors from day 120 on",
    Scenario.DAILY_EDITS: "half the budget, and one article is edited on every working day",
}


@dataclass(frozen=True, slots=True)
class Group:
    """All rules on one truth.

    Args:
        scenario: Which worlds.
        truth: What is true of the intents, in words.
        n_intents: How many.
        rows: One a rule, Remit first.
    """

    scenario: Scenario
    truth: str
    n_intents: int
    rows: tuple[Row, ...]

    @property
    def heading(self) -> str:
        """`drift: drift to twice the budget (240 intents)`."""
        return f"{self.scenario.value}: {self.truth} ({counted(self.n_intents, 'intent')})"


def groups(figures: Figures) -> tuple[Group, ...]:
    """By scenario and truth, in the order of the figures."""
    found: dict[tuple[str, str], list[Row]] = {}
    for row in figures.rows:
        found.setdefault((row.scenario, row.truth), []).append(row)
    return tuple(
        Group(Scenario(scenario), truth, rows[0].n_intents, tuple(rows)) for (scenario, truth), rows in found.items()
    )


def safety_cells(group: Group, row: Row) -> tuple[str, ...]:
    """One line of the table of errors; what cannot happen to this truth is a dash."""
    up = share_words(row.promoted_falsely) if can_rise_falsely(group.scenario, group.truth) else "-"
    down = "-"
    if can_lose_falsely(group.scenario, group.truth):
        times = row.n_false_demotions + row.n_false_canaries
        down = share_words(row.narrowed_falsely) + (f", {counted(times, 'time')}" if times else "")
    carried = f"{number(row.exposed_median)} / {number(row.exposed_p90)}, {row.n_harmed:,} wrong"
    return (row.rule, up, down, carried if row.n_exposed else "-")


def days_cells(row: Row, days: int) -> tuple[str, ...]:
    """One line of the table of days: median and 90 %, and how many got there."""
    return (row.rule, *(days_words(one, days) for one in row.days_to))


def share_words(share: Share) -> str:
    """`3 of 400 (0.2 to 2.2 %)`."""
    return f"{share.n} of {share.of} ({100 * share.low:.1f} to {100 * share.high:.1f} %)"


def days_words(one: DaysTo, days: int) -> str:
    """`30 [28, 33] / 46, 232 of 240`."""
    if not one.n_reached:
        return f"0 of {one.of}"
    low, high = (_or_later(bound, days) for bound in (one.median.low, one.median.high))
    median = _or_later(one.median.value, days)
    return f"{median} [{low}, {high}] / {_or_later(one.p90.value, days)}, {one.n_reached} of {one.of}"


def number(quantile: Quantile) -> str:
    """With thousands apart."""
    return "-" if quantile.value is None else f"{quantile.value:,.0f}"


def _or_later(value: float | None, days: int) -> str:
    return f">{days}" if value is None else f"{value:g}"


def conditions(figures: Figures) -> tuple[str, ...]:
    """What was run, in sentences."""
    last = figures.seed + figures.worlds - 1
    seeds = f"seed {last}" if figures.worlds == 1 else f"seeds {figures.seed} to {last}"
    return (
        (
            f"{counted(figures.worlds, 'world')} of each scenario, {seeds}, {figures.days} days, {figures.per_day:g} "
            f"conversations a day ({figures.n_conversations:,} in all), the same for every rule."
        ),
        f"Policy {figures.policy!r} ({figures.policy_digest[:12]}); its strictest error budget is {figures.eps:g}.",
        *(f"Not simulated: {one}." for one in figures.not_simulated),
    )


def conclusions(figures: Figures) -> tuple[str, ...]:
    """What the promise came to, and where the rules of others did better than Remit."""
    return (*_promise(figures), *_better(groups(figures)))


def _promise(figures: Figures) -> tuple[str, ...]:
    undeserving = [row for row in figures.rows if row.scenario == Scenario.AT_TARGET.value and row.rule == REMIT]
    if not undeserving:
        return ()
    words = "; ".join(f"{row.truth}: {share_words(row.promoted_falsely)}" for row in undeserving)
    kept = "broken" if figures.broken_promises else "not contradicted"
    return (f"Promoted by Remit without deserving it, at most {figures.alpha:.0%} promised and {kept}: {words}.",)


def _better(every: Sequence[Group]) -> tuple[str, ...]:
    """Where another rule was faster to level 1, or let a bad release carry less."""
    said = []
    for group in every:
        own = next((row for row in group.rows if row.rule == REMIT), None)
        if own is None:
            continue
        faster = [row for row in group.rows if _sooner(row.days_to[0].median, own.days_to[0].median)]
        if faster and group.scenario is Scenario.HEALTHY:
            days = ", ".join(f"{row.rule} {number(row.days_to[0].median)} days" for row in faster)
            said.append(
                f"Faster than Remit to level 1 ({group.truth}, medians): {days}; Remit {number(own.days_to[0].median)}."
            )
        less = [row for row in group.rows if row.n_exposed < own.n_exposed]
        if less and group.scenario in (Scenario.BAD_RELEASE, Scenario.DRIFT):
            carried = ", ".join(f"{row.rule} {row.n_exposed:,}" for row in less)
            said.append(
                f"Carried fewer conversations above the budget than Remit ({group.truth}, all intents together): "
                f"{carried}; Remit {own.n_exposed:,}."
            )
    return tuple(said)


def _sooner(one: Quantile, other: Quantile) -> bool:
    return one.value is not None and (other.value is None or one.value < other.value)

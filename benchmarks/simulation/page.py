"""The page of figures, made of the stored results and nothing else (tests/unit/simulation/test_page.py)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from remit.gates.words import counted
from remit.simulation.documents import figures_of
from remit.simulation.figures import Figures, Row
from remit.simulation.rules_of_others import RULE_WORDS
from remit.simulation.scenarios import Scenario
from remit.simulation.tables import (
    DAYS,
    SAFETY,
    WORDS,
    conclusions,
    days_cells,
    groups,
    safety_cells,
    share_words,
)

_HEAD = """\
# Simulated months: false promotions, bad releases, days to each level

**Everything on this page is SIMULATED.** No conversation was real; the truth of every agent is known, which is the
point: only then can one count how often a rule promotes an agent that does not deserve it. The page is written by
`python -m benchmarks.simulation` from the results beside that command, and held against them by a test.

## What runs

`remit simulate` gives every intent of a contact centre a true error rate, draws conversations day by day (the rate
varies from day to day with a coefficient of variation of 0.5; failures show late, half of them within a day, the last
within seven), and lets **the real parts of Remit** decide: the live gates and their alpha ledger, verdict records, the
book of grants, the monitors and the controller, the dependency diff, inheritance, canary draws and canary steps. Days
are folded at once, in closed form where rows are alike; that this gives the same states and the same decisions as
feeding every row through the ledger and its followers is a test
([test_simulation.py](../../tests/statistical/test_simulation.py)), on smaller worlds.

```sh
remit simulate --scenario bad-release --worlds 20 --html simulation.html
```

The other rules climb the same ladder and the same canary steps, on the same conversations with the same labels:
"""

_COUNTED = """
## How it is counted

- *Promoted at or above the budget*: intents that were promoted at least once on a day on which their true rate was at
  or above the error budget (2 %). Exactly at the budget counts as an error: the gate's promise is about it.
- *Lost a level or a canary undeservedly*: intents that were demoted at least once while within the budget, or whose
  canary was taken back while it was within the budget and no worse than the stable release.
- *Carried above the budget*: conversations that an agent above its budget handled on its own, counted by
  intent: median and 90 % quantile. The wrong ones among them are over all intents of the group.
- Shares come with exact 95 % intervals (Clopper-Pearson); days with the median, its 95 % interval from order
  statistics, the 90 % quantile, and how many intents got there within the time. `>180` is "not within the time".
- Everybody acts once, at the end of a day. Live, Remit's monitors act at every observation; all exposure is therefore
  overstated here, for every rule alike.
- Whoever lost a level for a cause, or was refuted or held at a gate, asks again under Remit only with another release.
  The other rules try again at once, because nothing in them says otherwise; with one try each they would promote
  fewer. They begin anew with each release, because nothing in them says which earlier evidence still counts.
- A drift shows only when labels come: a promotion just after it rests on conversations from before it, and counts as
  one above the budget for every rule. Who stands lower, or is in shadow, carries less of a bad release: part of what
  Remit's agents do not carry, they do not carry because they have not climbed as far.
- Nobody has to sign in a simulated world, and every conversation gets a confirmed label within seven days.
"""

_LIMITS = """
## What this does not show

- Real traffic. Rates here change from day to day and by drift, not by weekday, campaign or topic; labels are right.
- The rules of others as their vendors would set them for you. These are plain readings of published practice, with
  numbers that we chose; each can be made slower and safer, or faster and less safe.
- A quick way for a harmless release. Canaries are compared by errors, and few errors mean few comparisons: with error
  rates of one in a hundred many harmless releases wait at the half-way step until the end, because non-inferiority is
  asked for there. Two tests, each at 5 %, can take such a canary back.
- Small intents. At 125 conversations a day and a budget of 2 % a level takes weeks; `remit plan` says how many for
  yours.
"""


def page_of_results(folder: Path) -> str:
    """The page, from every result that is there.

    Raises:
        FileNotFoundError: A scenario has no result: run `python -m benchmarks.simulation`.
    """
    documents = {one: json.loads((folder / f"{one.value}.json").read_text(encoding="utf-8")) for one in Scenario}
    figures = {scenario: figures_of(without_time(document)) for scenario, document in documents.items()}
    lines = [_HEAD, *(f"- **{name}**: {words}." for name, words in RULE_WORDS.items()), "", "## What it comes to", ""]
    for one in figures.values():
        lines += [f"- {said}" for said in conclusions(one)]
    lines.append(_COUNTED)
    for scenario, one in figures.items():
        lines += _section(scenario, one, documents[scenario]["took"])
    lines.append(_LIMITS)
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def without_time(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The figures alone; how long they took belongs to the machine."""
    return {name: value for name, value in document.items() if name != "took"}


def _section(scenario: Scenario, figures: Figures, took: Mapping[str, Any]) -> Iterator[str]:
    last = figures.seed + figures.worlds - 1
    per_world = took["cpu_s"] / figures.worlds
    yield f"## {scenario.value}: {WORDS[scenario]}"
    yield ""
    yield (
        f"Simulated: {counted(figures.worlds, 'world')}, seeds {figures.seed} to {last}, {figures.days} days, "
        f"{figures.per_day:g} conversations a day ({figures.n_conversations:,} in all); {per_world:.1f} s of CPU a "
        f"world for all five rules, {took['wall_s']} s in all with {took['processes']} processes on a machine that "
        "others used too."
    )
    for group in groups(figures):
        yield ""
        yield f"### {group.heading}"
        yield ""
        yield from _table(SAFETY, [safety_cells(group, row) for row in group.rows])
        if any(day.n_reached for row in group.rows for day in row.days_to):
            yield ""
            yield "Days to each level, median [95 % interval] / p90, how many got there:"
            yield ""
            yield from _table(DAYS, [days_cells(row, figures.days) for row in group.rows])
        if scenario is Scenario.BAD_RELEASE:
            yield from _canaries(group.rows)
    yield ""


def _canaries(rows: Sequence[Row]) -> Iterator[str]:
    made = "; ".join(f"{row.rule} {share_words(row.canaries_stable)}" for row in rows)
    yield ""
    yield f"Intents in which the later release became the stable one: {made}."


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield f"| {' | '.join(columns)} |"
    yield "|---" * len(columns) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)

"""The page of simulated figures says what the stored results say, and labels them."""

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from remit.simulation.documents import figures_of
from remit.simulation.run import ALL_RULES
from remit.simulation.scenarios import Scenario

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "explanation" / "simulated-months.md"
RESULTS = ROOT / "benchmarks" / "simulation" / "results"


@pytest.fixture
def page_of_results(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], str]]:
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.simulation.page import page_of_results as made

    yield made
    for name in [one for one in sys.modules if one.startswith("benchmarks") and one not in before]:
        del sys.modules[name]


def test_the_page_is_what_the_stored_results_make_of_it(page_of_results: Callable[[Path], str]) -> None:
    assert PAGE.read_text(encoding="utf-8") == page_of_results(RESULTS)


def test_a_page_of_other_results_is_another_page(page_of_results: Callable[[Path], str], tmp_path: Path) -> None:
    for scenario in Scenario:
        document = json.loads((RESULTS / f"{scenario.value}.json").read_text(encoding="utf-8"))
        document["rows"][0]["n_harmed"] += 1
        document["rows"][0]["n_exposed"] += 1
        (tmp_path / f"{scenario.value}.json").write_text(json.dumps(document), encoding="utf-8")
    assert page_of_results(tmp_path) != PAGE.read_text(encoding="utf-8")


def test_the_page_says_that_it_is_simulated_and_names_its_seeds() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert "SIMULATED" in text
    assert text.count("Simulated: ") == len(Scenario)
    assert text.count("seeds 0 to ") == len(Scenario)


def test_without_a_result_there_is_no_page(page_of_results: Callable[[Path], str], tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="healthy"):
        page_of_results(tmp_path)


@pytest.mark.parametrize("scenario", list(Scenario))
def test_stored_results_have_every_rule_on_the_same_intents(scenario: Scenario) -> None:
    document = json.loads((RESULTS / f"{scenario.value}.json").read_text(encoding="utf-8"))
    del document["took"]
    rows = figures_of(document).rows
    assert {row.rule for row in rows} == set(ALL_RULES)
    assert len({(row.truth, row.n_intents) for row in rows}) == len({row.truth for row in rows})


def test_the_benchmarks_overview_says_what_the_results_say() -> None:
    document = json.loads((RESULTS / "at-target.json").read_text(encoding="utf-8"))
    del document["took"]
    rows = [row for row in figures_of(document).rows if row.truth == "exactly the budget"]
    counts = {row.rule: row.promoted_falsely for row in rows}
    row = next(
        line for line in (ROOT / "benchmarks" / "README.md").read_text("utf-8").splitlines() if "SIMULATED" in line
    )
    assert f"of {counts['Remit'].of}: Remit {counts['Remit'].n}, a fixed sample {counts['fixed sample'].n}, " in row
    assert f"a failure limit {counts['failure limit'].n}, " in row
    assert f"burn-rate alerts {counts['burn-rate alerts'].n};" in row

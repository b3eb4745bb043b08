"""The figures of the page on evidence are computed, not remembered."""

import re
from math import log
from pathlib import Path

import pytest

from remit.statistics import clopper_pearson, log_e_value

PAGE = (Path(__file__).parents[2] / "docs" / "explanation" / "evidence-and-verdicts.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| at least (0\.\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, flags=re.MULTILINE)


def supports(n: int, n_failed: int, at_least: float) -> bool:
    return log_e_value(n, n_failed, eps=round(1 - at_least, 6), side="promote") >= log(20)


def test_the_table_has_its_rows() -> None:
    assert len(ROWS) == 6


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_what_evidence_costs(row: tuple[str, ...]) -> None:
    for n_failed, n in enumerate(map(int, row[1:])):
        assert supports(n, n_failed, float(row[0]))
        assert not supports(n - 1, n_failed, float(row[0]))


def test_ten_of_ten_supports_no_more_than_the_page_says() -> None:
    assert "no more than 74 %" in PAGE
    assert f"{1 - clopper_pearson(0, 10, delta=0.1).high:.2f}" == "0.74"

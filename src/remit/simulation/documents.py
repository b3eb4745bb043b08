"""Figures as JSON values, and back: what `--json` prints and what the page of figures is made from."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from remit.simulation.figures import DaysTo, Figures, Quantile, Row, Share

LABEL = "SIMULATED: no conversation here was real"


def document_of(figures: Figures) -> dict[str, Any]:
    """For machines; says first of all that it is simulated."""
    return {"simulated": True, "label": LABEL, **asdict(figures)}


def figures_of(document: Mapping[str, Any]) -> Figures:
    """The figures that `document_of` made this from."""
    known = {name: value for name, value in document.items() if name not in ("simulated", "label")}
    known["rows"] = tuple(_row(row) for row in known["rows"])
    for name in ("scenarios", "not_simulated"):
        known[name] = tuple(known[name])
    return Figures(**known)


def _row(document: Mapping[str, Any]) -> Row:
    row = dict(document)
    for name in ("promoted_falsely", "narrowed_falsely", "canaries_stable"):
        row[name] = Share(**row[name])
    for name in ("exposed_median", "exposed_p90"):
        row[name] = Quantile(**row[name])
    row["days_to"] = tuple(
        DaysTo(one["level"], one["n_reached"], one["of"], Quantile(**one["median"]), Quantile(**one["p90"]))
        for one in row["days_to"]
    )
    for name in ("exposed", "mean_levels"):
        row[name] = tuple(row[name])
    return Row(**row)

"""A calibration as a table on the terminal."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from remit.adapters.formats.calibration.words import remarks as all_remarks
from remit.adapters.formats.calibration.words import row_of
from remit.calibration.certifying import TooFewLabels
from remit.calibration.running import Calibration
from remit.evidence.verdicts import Finding

MOST_REMARKS = 12
_STYLES = {Finding.SUPPORTED: "green", Finding.REFUTED: "red", Finding.UNDECIDED: "yellow"}


def calibration_table(found: Calibration) -> Table:
    """One row for each intent or pool that has labels enough, and each target."""
    table = Table(caption="labels: fitted + certified; intervals: exact, 95 %", caption_justify="left")
    for head in ("intent or pool", "errors\nat most", "labels", "send", "ask", "contained", "errors", "verdict"):
        table.add_column(head, overflow="fold")
    for result in found.results:
        if isinstance(result.found, TooFewLabels):
            continue
        row = row_of(result)
        verdict = Text(row.finding.value, style=_STYLES[row.finding])
        contained = row.containment.replace(" (", "\n").replace(")", "")
        labels = row.labels.replace(" + ", " +\n")
        target = row.target.replace(" % ", " %\n")
        table.add_row(row.name, target, labels, row.send, row.ask, contained, row.errors, verdict)
    return table


def remarks(found: Calibration) -> Iterator[str]:
    """The remarks that fit on a screen, and how many do not."""
    every = list(all_remarks(found))
    yield from every[:MOST_REMARKS]
    if len(every) > MOST_REMARKS:
        yield f"{len(every) - MOST_REMARKS} more remarks in the report: --html calibration.html"

"""A calibration as a table on the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table
from rich.text import Text

from remit.adapters.formats.calibration.words import percent, row_of
from remit.adapters.formats.calibration.words import remarks as all_remarks
from remit.app.calibrating import KeptStatus
from remit.calibration.certificate import Valid, Void
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


def status_table(found: Sequence[KeptStatus]) -> Table:
    """One row for each certificate in force."""
    table = Table(caption="void: provisional thresholds at level supervised_answers decide", caption_justify="left")
    for head in ("certificate", "for", "errors at most", "send", "ask", "labels", "status"):
        table.add_column(head, overflow="fold")
    for each in found:
        own = each.certificate
        send = "nothing" if own.thresholds.send is None else f"{own.thresholds.send:.4f}"
        match each.status:
            case Valid(until):
                status = Text(f"holds until {until:%Y-%m-%d}", style="green")
            case Void(_, why):
                status = Text(f"void: {why}", style="red")
        simulated = " (simulated)" if own.sample.simulated else ""
        names = own.pool or ", ".join(own.intents)
        target, ask = percent(own.target.error_at_most), f"{own.thresholds.ask:.4f}"
        table.add_row(own.id, names, target, send, ask, f"{own.sample.n}{simulated}", status)
    return table


def status_document(found: Sequence[KeptStatus]) -> list[dict[str, Any]]:
    """The same as JSON values."""
    rows = []
    for each in found:
        own = each.certificate
        void = each.status if isinstance(each.status, Void) else None
        rows.append(
            {
                "id": own.id,
                "pool": own.pool,
                "intents": list(own.intents),
                "target": asdict(own.target),
                "thresholds": asdict(own.thresholds),
                "n_labels": own.sample.n,
                "simulated": own.sample.simulated,
                "expires_at": own.expires_at.isoformat(),
                "holds": void is None,
                "cause": None if void is None else void.cause.value,
                "why": "" if void is None else void.why,
            }
        )
    return rows

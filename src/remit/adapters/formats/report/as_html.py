"""The report as one self-contained HTML file: no script, no address outside, nothing of a customer's unescaped."""

from markupsafe import Markup

from remit.adapters.formats.report.model import Report
from remit.adapters.formats.report.page import compose
from remit.adapters.formats.report.plots import interval_plot, rate_bar
from remit.adapters.formats.report.scores import not_rounded_to_certainty
from remit.adapters.formats.sealed_page import sealed_page
from remit.evidence.verdicts import Finding, GateVerdict

SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✕", Finding.UNDECIDED: "?"}


def render_html(report: Report) -> str:
    """One page that can be mailed, printed and opened offline.

    It carries a content security policy of its own that allows exactly its one style sheet, so that
    even text which slipped through the escaping could neither run nor load anything.
    """
    sealed = sealed_page("remit.adapters.formats.report", "report.css")
    sealed.environment.filters.update(
        two=_two,
        words=_words,
        plot=_plot,
        diff_class=_diff_class,
        confidence=not_rounded_to_certainty,
        unbroken=_unbroken,
    )
    sealed.environment.globals.update(symbols=SYMBOLS, findings=list(Finding), rate_bar=rate_bar)
    return sealed.render("report.html.j2", page=compose(report))


def _two(value: float) -> str:
    return f"{value:.2f}"


def _words(name: str) -> str:
    return name.replace("_", " ")


def _unbroken(gate: str) -> str:
    """A gate whose sign and number stay on one line."""
    return gate.replace(">= ", ">=\u00a0").replace("<= ", "<=\u00a0")


def _plot(verdict: GateVerdict) -> Markup:
    interval = verdict.interval
    return interval_plot(
        low=None if interval is None else interval.low,
        high=None if interval is None else interval.high,
        estimate=verdict.estimate,
        threshold=verdict.threshold,
        finding=verdict.finding,
    )


def _diff_class(line: str) -> str:
    return {"+": "added", "-": "removed"}.get(line[:1], "same")

"""The report as one self-contained HTML file: no script, no address outside, nothing of a customer's unescaped."""

import base64
import hashlib
import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from remit.adapters.formats.report.model import Report
from remit.adapters.formats.report.page import compose
from remit.adapters.formats.report.plots import interval_plot, rate_bar
from remit.adapters.formats.report.scores import not_rounded_to_certainty
from remit.evidence.verdicts import Finding, GateVerdict

SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✕", Finding.UNDECIDED: "?"}
# Control characters have no business in a page; bidirectional overrides could show a sentence backwards.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def render_html(report: Report) -> str:
    """One page that can be mailed, printed and opened offline.

    It carries a content security policy of its own that allows exactly its one style sheet, so that
    even text which slipped through the escaping could neither run nor load anything.
    """
    loader = PackageLoader("remit.adapters.formats.report", "templates")
    environment = _environment(loader)
    style, _, _ = loader.get_source(environment, "report.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("report.html.j2").render(
        page=compose(report),
        style=Markup(style),  # noqa: S704 - our own file, whose digest the page's policy allows
        style_digest=digest,
    )


def plain(value: Any) -> Any:
    """Text without characters that a page must not hold; everything else as it is."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNWANTED.sub("\ufffd", value)
    return value


def _environment(loader: PackageLoader) -> Environment:
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=True,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        two=_two,
        words=_words,
        plot=_plot,
        diff_class=_diff_class,
        confidence=not_rounded_to_certainty,
        unbroken=_unbroken,
    )
    environment.globals.update(symbols=SYMBOLS, findings=list(Finding), rate_bar=rate_bar)
    return environment


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

"""The calibration as one self-contained HTML file: no script, no address outside, nothing of others unescaped."""

import base64
import hashlib

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from remit.adapters.formats.calibration.plots import reliability_plot, risk_coverage_plot
from remit.adapters.formats.calibration.words import left_out, other_rows, percent, remarks, row_of
from remit.adapters.formats.report.as_html import plain
from remit.calibration.certifying import Calibrated
from remit.calibration.running import Calibration
from remit.evidence.verdicts import Finding
from remit.statistics.thresholds import SelectedThreshold

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✕", Finding.UNDECIDED: "?"}


def render_html(found: Calibration) -> str:
    """One page that can be mailed, printed and opened offline; its policy allows its one style sheet and no more."""
    loader = PackageLoader("remit.adapters.formats.calibration", "templates")
    environment = Environment(
        loader=loader,
        undefined=StrictUndefined,
        autoescape=True,
        finalize=plain,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style, _, _ = loader.get_source(environment, "calibration.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return environment.get_template("calibration.html.j2").render(
        found=found,
        rows=[row_of(result) for result in found.results if isinstance(result.found, Calibrated)],
        calibrated=[(result, result.found) for result in found.results if isinstance(result.found, Calibrated)],
        remarks=list(remarks(found)),
        left_out=list(left_out(found)),
        symbols=_SYMBOLS,
        other_rows=other_rows,
        percent=percent,
        curve=_curve,
        reliability=reliability_plot,
        style=Markup(style),  # noqa: S704 - our own file, whose digest the page's policy allows
        style_digest=digest,
    )


def _curve(found: Calibrated) -> Markup:
    selected = found.result.n_contained if isinstance(found.result, SelectedThreshold) else None
    return risk_coverage_plot(found.curve, error_at_most=found.target.error_at_most, n_contained=selected)

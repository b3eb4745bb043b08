"""The calibration as one self-contained HTML file: no script, no address outside, nothing of others unescaped."""

from markupsafe import Markup

from remit.adapters.formats.calibration.plots import reliability_plot, risk_coverage_plot
from remit.adapters.formats.calibration.words import left_out, other_rows, percent, remarks, row_of
from remit.adapters.formats.sealed_page import sealed_page
from remit.calibration.certifying import Calibrated
from remit.calibration.running import Calibration
from remit.evidence.verdicts import Finding
from remit.statistics.thresholds import SelectedThreshold

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✕", Finding.UNDECIDED: "?"}


def render_html(found: Calibration) -> str:
    """One page that can be mailed, printed and opened offline; its policy allows its one style sheet and no more."""
    return sealed_page("remit.adapters.formats.calibration", "calibration.css").render(
        "calibration.html.j2",
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
    )


def _curve(found: Calibrated) -> Markup:
    selected = found.result.n_contained if isinstance(found.result, SelectedThreshold) else None
    return risk_coverage_plot(found.curve, error_at_most=found.target.error_at_most, n_contained=selected)

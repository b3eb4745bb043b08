"""Plots of a calibration, drawn as SVG with presentation classes only: no script, no style, no outside address."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from remit.calibration.reliability import Reliability
from remit.calibration.risk_coverage import CurvePoint

_WIDTH, _HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 14, 14, 44
_TICKS = 5


def risk_coverage_plot(curve: Sequence[CurvePoint], *, error_at_most: float, n_contained: int | None) -> Markup:
    """Errors among what is contained, against the share contained, with a band and the target as a dashed line.

    The numbers stand in the table beside it, so that the picture is hidden from screen readers.

    Args:
        curve: From the surest down; the last point contains everything.
        error_at_most: The target.
        n_contained: Where the certified threshold lies; None if there is none.
    """
    total = curve[-1].n_contained
    # The first few proposals have intervals up to 1; they would flatten everything that can be read.
    shown = [point for point in curve if point.n_contained >= total * 0.02] or list(curve)
    highest = max(2.0 * error_at_most, *(point.n_errors / point.n_contained for point in shown)) * 1.15
    highest = min(1.0, highest)
    frame = _Frame(highest)
    shares = [point.n_contained / total for point in shown]
    lows = [frame.point(x, point.interval.low) for x, point in zip(shares, shown, strict=True)]
    highs = [frame.point(x, point.interval.high) for x, point in zip(shares, shown, strict=True)]
    means = [frame.point(x, point.n_errors / point.n_contained) for x, point in zip(shares, shown, strict=True)]
    parts = [
        frame.axes("share contained", "errors among them"),
        f'<polygon class="band" points="{" ".join([*highs, *reversed(lows)])}"/>',
        f'<polyline class="curve" points="{" ".join(means)}"/>',
        frame.level(error_at_most),
    ]
    if n_contained is not None:
        nearest = min(curve, key=lambda point: abs(point.n_contained - n_contained))
        x, y = frame.point(n_contained / total, nearest.n_errors / nearest.n_contained).split(",")
        parts.append(f'<circle class="mark" cx="{x}" cy="{y}" r="6"/>')
    return _svg(parts)


def reliability_plot(found: Reliability) -> Markup:
    """What was promised against what came true: a perfect calibration lies on the dashed diagonal."""
    frame = _Frame(1.0)
    parts = [frame.axes("promised probability", "share that was right"), frame.diagonal()]
    for each in found.bins:
        x, y = frame.point(each.mean_probability, each.share_right).split(",")
        _, low = frame.point(each.mean_probability, each.interval.low).split(",")
        _, high = frame.point(each.mean_probability, each.interval.high).split(",")
        parts.append(f'<line class="whisker" x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>')
        parts.append(f'<circle class="mark" cx="{x}" cy="{y}" r="4.5"/>')
    return _svg(parts)


class _Frame:
    """Axes from 0 to 1 across and from 0 to `highest` up."""

    def __init__(self, highest: float) -> None:
        self.highest = highest

    def point(self, x: float, y: float) -> str:
        """`x,y` in the picture; what is outside the frame lies on its border."""
        across = _LEFT + min(max(x, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)
        up = _HEIGHT - _BOTTOM - min(max(y / self.highest, 0.0), 1.0) * (_HEIGHT - _TOP - _BOTTOM)
        return f"{across:.1f},{up:.1f}"

    def axes(self, across: str, up: str) -> str:
        """Grid, ticks and what they count."""
        parts = []
        for number in range(_TICKS + 1):
            share = number / _TICKS
            x, _ = self.point(share, 0.0).split(",")
            _, y = self.point(0.0, share * self.highest).split(",")
            parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
            parts.append(
                f'<text class="tick" x="{x}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">{share:g}</text>'
            )
            parts.append(
                f'<text class="tick" x="{_LEFT - 7}" y="{float(y) + 4:.1f}" text-anchor="end">'
                f"{share * self.highest:.2g}</text>"
            )
        middle = (_LEFT + _WIDTH - _RIGHT) / 2
        parts.append(f'<text class="axis" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{across}</text>')
        parts.append(f'<text class="axis" x="{_LEFT + 6}" y="{_TOP + 10}">{up}</text>')
        return "".join(parts)

    def level(self, y: float) -> str:
        """A dashed line at one height."""
        _, at = self.point(0.0, y).split(",")
        return f'<line class="target" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{at}" y2="{at}"/>'

    def diagonal(self) -> str:
        """Where both axes say the same."""
        (x1, y1), (x2, y2) = self.point(0.0, 0.0).split(","), self.point(1.0, 1.0).split(",")
        return f'<line class="target" x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}"/>'


def _svg(parts: Iterable[str]) -> Markup:
    return Markup(  # noqa: S704 - built from our own numbers and words only, no text of anybody
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )

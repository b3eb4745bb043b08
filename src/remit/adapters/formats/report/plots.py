"""Interval plots, drawn as SVG with presentation classes only: no script, no inline style, no outside address."""

from markupsafe import Markup

from remit.evidence.verdicts import Finding

_WIDTH, _HEIGHT, _MARGIN = 220, 30, 8
_MIDDLE = _HEIGHT / 2


def interval_plot(
    *, low: float | None, high: float | None, estimate: float | None, threshold: float | None, finding: Finding
) -> Markup:
    """One row of a forest plot over [0, 1]: interval, estimate, and the gate as a dashed line.

    The numbers stand in the table beside it, so that the picture is hidden from screen readers. The
    finding shows in the shape of the mark (disc, cross, ring), not in its colour alone.
    """
    parts = [_line(0.0, 1.0, "axis")]
    parts += [_tick(at) for at in (0.0, 0.25, 0.5, 0.75, 1.0)]
    if low is not None and high is not None:
        parts += [_line(low, high, "bar"), _cap(low), _cap(high)]
    if threshold is not None:
        parts.append(_vertical(threshold, 2, _HEIGHT - 2, "gate"))
    if estimate is not None:
        parts.append(_mark(estimate, finding))
    return Markup(  # noqa: S704 - built from our own numbers only, no text of anybody
        f'<svg class="plot {finding.value}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def rate_bar(value: float, low: float, high: float, *, baseline: bool = False) -> Markup:
    """A rate as a bar with its interval as a whisker, over [0, 1]."""
    x, right, name = _x(0.0), _x(value), "plot rate baseline" if baseline else "plot rate"
    return Markup(  # noqa: S704 - built from our own numbers only, no text of anybody
        f'<svg class="{name}" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true" focusable="false">'
        f'<rect class="track" x="{x}" y="9" width="{_x(1.0) - x:.1f}" height="12" rx="3"/>'
        f'<rect class="fill" x="{x}" y="9" width="{right - x:.1f}" height="12" rx="3"/>'
        f"{_line(low, high, 'whisker')}{_cap(low)}{_cap(high)}</svg>"
    )


def _x(rate: float) -> float:
    return round(_MARGIN + rate * (_WIDTH - 2 * _MARGIN), 1)


def _line(low: float, high: float, name: str) -> str:
    return f'<line class="{name}" x1="{_x(low)}" x2="{_x(high)}" y1="{_MIDDLE}" y2="{_MIDDLE}"/>'


def _vertical(at: float, top: float, bottom: float, name: str) -> str:
    return f'<line class="{name}" x1="{_x(at)}" x2="{_x(at)}" y1="{top}" y2="{bottom}"/>'


def _tick(at: float) -> str:
    return _vertical(at, _MIDDLE - 2, _MIDDLE + 2, "axis")


def _cap(at: float) -> str:
    return _vertical(at, _MIDDLE - 4, _MIDDLE + 4, "cap")


def _mark(estimate: float, finding: Finding) -> str:
    x = _x(estimate)
    match finding:
        case Finding.SUPPORTED:
            return f'<circle class="mark" cx="{x}" cy="{_MIDDLE}" r="5"/>'
        case Finding.REFUTED:
            left, right, top, bottom = round(x - 4.5, 1), round(x + 4.5, 1), _MIDDLE - 4.5, _MIDDLE + 4.5
            d = f"M{left} {top}L{right} {bottom}M{left} {bottom}L{right} {top}"
            return f'<path class="mark" d="{d}"/>'
        case Finding.UNDECIDED:
            return f'<circle class="mark" cx="{x}" cy="{_MIDDLE}" r="4.5"/>'

"""Plots of simulated months as SVG: presentation classes only, no script and no style; the tables hold the numbers."""

from collections.abc import Sequence
from html import escape

from remit.simulation.figures import CUTS
from remit.simulation.tables import Group

_WIDTH, _HEIGHT = 640, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 14, 16, 46
_TICKS = 4
LEVEL_NAMES = ("shadow", "L1", "L2", "L3", "L4")


def ladder_plot(group: Group) -> str:
    """Mean level over days, a line for each rule."""
    days = len(group.rows[0].mean_levels)
    lines = [[(day / max(1, days - 1), level / 4.0) for day, level in enumerate(row.mean_levels)] for row in group.rows]
    across = [(share, f"{share * days:.0f}") for share in _parts()]
    up = [(level / 4.0, name) for level, name in enumerate(LEVEL_NAMES)]
    return _plot(lines, across, up, "day", "mean level")


def exposure_plot(group: Group) -> str:
    """Conversations that a release above its budget carried, by part of the intents; from few to many."""
    highest = max(1, *(row.exposed[-1] for row in group.rows))
    # Square roots, so that a few bad worlds do not flatten everything else.
    lines = [
        [(cut, (value / highest) ** 0.5) for cut, value in zip(CUTS, row.exposed, strict=True)] for row in group.rows
    ]
    across = [(share, f"{share:.0%}") for share in _parts()]
    up = [(share, f"{share * share * highest:,.0f}") for share in _parts()]
    return _plot(lines, across, up, "part of the intents", "conversations above the budget (square root scale)")


def legend(group: Group) -> str:
    """A key of the lines, in words."""
    items = "".join(
        f'<li><svg class="key" viewBox="0 0 34 10" width="34" height="10" aria-hidden="true">'
        f'<line class="rule{number}" x1="0" x2="34" y1="5" y2="5"/></svg> {escape(row.rule)}</li>'
        for number, row in enumerate(group.rows)
    )
    return f'<ul class="legend">{items}</ul>'


def _parts() -> Sequence[float]:
    return [number / _TICKS for number in range(_TICKS + 1)]


def _plot(
    lines: Sequence[Sequence[tuple[float, float]]],
    across: Sequence[tuple[float, str]],
    up: Sequence[tuple[float, str]],
    across_words: str,
    up_words: str,
) -> str:
    parts = []
    for share, words in up:
        _, y = _point(0.0, share)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>')
        parts.append(f'<text class="tick" x="{_LEFT - 7}" y="{float(y) + 4:.1f}" text-anchor="end">{words}</text>')
    for share, words in across:
        x, _ = _point(share, 0.0)
        parts.append(f'<text class="tick" x="{x}" y="{_HEIGHT - _BOTTOM + 17}" text-anchor="middle">{words}</text>')
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    parts.append(f'<text class="axis" x="{middle}" y="{_HEIGHT - 6}" text-anchor="middle">{across_words}</text>')
    parts.append(f'<text class="axis" x="{_LEFT + 6}" y="{_TOP - 4}">{up_words}</text>')
    # Remit's line last, above the others.
    for number in reversed(range(len(lines))):
        points = " ".join(",".join(_point(*point)) for point in lines[number])
        parts.append(f'<polyline class="rule{number}" points="{points}"/>')
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
    )


def _point(x: float, y: float) -> tuple[str, str]:
    across = _LEFT + min(max(x, 0.0), 1.0) * (_WIDTH - _LEFT - _RIGHT)
    up = _HEIGHT - _BOTTOM - min(max(y, 0.0), 1.0) * (_HEIGHT - _TOP - _BOTTOM)
    return f"{across:.1f}", f"{up:.1f}"

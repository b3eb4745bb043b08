"""The report of a simulation as one self-contained HTML file: no script, nothing from outside, every table in words."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from remit.simulation.documents import LABEL
from remit.simulation.figures import Figures
from remit.simulation.plots import exposure_plot, ladder_plot, legend
from remit.simulation.rules_of_others import RULE_WORDS
from remit.simulation.tables import (
    DAYS,
    SAFETY,
    WORDS,
    Group,
    conclusions,
    conditions,
    days_cells,
    groups,
    safety_cells,
)

_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem; color: #1b1f24;
  background: #fff; }
.simulated { background: #fff4ce; border: 1px solid #8a6d00; padding: .4rem .8rem; font-weight: 600; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; font-size: .9rem; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { text-align: left; padding: .25rem .6rem .25rem 0; border-bottom: 1px solid #d0d4da; vertical-align: top; }
.wide { overflow-x: auto; }
.plot { max-width: 100%; height: auto; }
.grid { stroke: #d0d4da; } .tick { font-size: 12px; fill: #4a5058; } .axis { font-size: 12px; fill: #1b1f24; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; }
polyline, .key line { fill: none; stroke-width: 2; }
.rule0 { stroke: #0b5cad; stroke-width: 3.5; } .rule1 { stroke: #a33b00; stroke-dasharray: 8 3; }
.rule2 { stroke: #4f7a00; stroke-dasharray: 3 3; } .rule3 { stroke: #7b2d8b; stroke-dasharray: 10 3 2 3; }
.rule4 { stroke: #5c5c5c; stroke-dasharray: 1 3; }
"""


def render_html(figures: Figures) -> str:
    """One page that can be mailed, printed and opened offline; its policy allows its one style sheet and no more."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'"
    body = "\n".join(_body(figures))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Simulated months: Remit and other rules</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _body(figures: Figures) -> Iterator[str]:
    yield "<h1>Simulated months: Remit and other rules</h1>"
    yield f'<p class="simulated">{LABEL}.</p>'
    yield from (f"<p>{escape(one)}</p>" for one in conditions(figures))
    yield "<h2>What it comes to</h2>"
    yield from (f"<p>{escape(one)}</p>" for one in conclusions(figures))
    yield "<h2>The rules of others</h2><dl>"
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(words)}.</dd>" for name, words in RULE_WORDS.items())
    yield "</dl>"
    for group in groups(figures):
        yield f"<h2>{escape(group.heading)}</h2>"
        yield f"<p>{escape(WORDS[group.scenario])}.</p>"
        yield legend(group)
        yield f"<figure>{ladder_plot(group)}<figcaption>Simulated: mean level by day.</figcaption></figure>"
        if any(row.n_exposed for row in group.rows):
            words = "Simulated: conversations that a release above its budget carried, over the intents."
            yield f"<figure>{exposure_plot(group)}<figcaption>{words}</figcaption></figure>"
        yield _table("Errors (simulated)", SAFETY, [safety_cells(group, row) for row in group.rows])
        caption = "Days to each level (simulated): median [95 % interval] / p90, how many got there"
        yield _table(caption, DAYS, [days_cells(row, figures.days) for row in group.rows])
        yield _levels(group)


def _levels(group: Group) -> str:
    """The numbers behind the picture, every thirtieth day."""
    days = range(0, len(group.rows[0].mean_levels), 30)
    rows = [(row.rule, *(f"{row.mean_levels[day]:.2f}" for day in days)) for row in group.rows]
    return _table("Mean level by day (simulated)", ("rule", *(f"day {day}" for day in days)), rows)


def _table(caption: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f'<th scope="col">{escape(one)}</th>' for one in columns)
    body = "".join(
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in rows
    )
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )

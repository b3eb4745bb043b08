"""The calibration as Markdown, for pull requests and chats. Names of others are escaped."""

import re
from collections.abc import Iterable

from remit.adapters.formats.calibration.words import left_out, other_rows, remarks, row_of
from remit.calibration.certifying import Calibrated
from remit.calibration.running import Calibration

_SPECIAL = re.compile(r"([\\`*_\[\]#|~@<>&])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def render_markdown(found: Calibration) -> str:
    """The same findings as the page; ends with one newline."""
    blocks = [*_head(found), *_results(found), *_others(found)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text of anybody on one line, without any meaning in Markdown."""
    return _SPECIAL.sub(r"\\\1", _CONTROL.sub(" ", text))


def _head(found: Calibration) -> Iterable[str]:
    request = found.request
    yield f"# Calibration{' of ' + escaped(request.agent) if request.agent else ''}"
    label = " **Simulated customers:** nobody real took part." if found.simulated else ""
    release = f"Release `{request.release}`, " if request.release else ""
    yield (
        f"{release}{found.n_read} labelled proposals in {escaped(found.source)}, "
        f"{found.made_at:%Y-%m-%d %H:%M} UTC.{label}"
    )
    if lines := [f"- {escaped(line)}." for line in left_out(found)]:
        yield "\n".join(lines)


def _results(found: Calibration) -> Iterable[str]:
    yield "## Thresholds"
    heads = (
        "intent or pool",
        "verdict",
        "errors at most",
        "labels fitted + certified",
        "calibration error",
        "send",
        "ask",
        "contained",
        "errors",
    )
    lines = [_row(heads), _row(["---"] * len(heads))]
    for row in (row_of(result) for result in found.results if isinstance(result.found, Calibrated)):
        cells = (row.target, row.labels, row.calibration_error, row.send, row.ask, row.containment, row.errors)
        lines.append(_row((escaped(row.name), row.finding.value, *cells)))
    yield "\n".join(lines)
    if said := [f"- {escaped(line)}." for line in remarks(found)]:
        yield "\n".join(said)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _others(found: Calibration) -> Iterable[str]:
    for result in found.results:
        if isinstance(result.found, Calibrated):
            yield f"### What other error targets would cost: {escaped(result.scope.name)}"
            rows = [
                f"| {target}{' (asked for)' if chosen else ''} | {containment} | {errors} |"
                for target, containment, errors, chosen in other_rows(result.found)
            ]
            yield "\n".join(["| errors at most | contained | errors |", "|---|---|---|", *rows])

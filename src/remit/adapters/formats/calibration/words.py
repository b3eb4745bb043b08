"""What a calibration says, in words: numbers with their n, interval and method, the same in every form."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from remit.calibration.certifying import Calibrated, TooFewLabels
from remit.calibration.risk_coverage import labels_for_threshold
from remit.calibration.running import Calibration, ScopeResult
from remit.evidence.verdicts import Finding
from remit.statistics import Bounds, clopper_pearson
from remit.statistics.thresholds import NoThreshold, SelectedThreshold

NAMES_SHOWN = 6
DEFINITIONS = {
    "error_per_contained": "of what is contained",
    "error_per_conversation": "of all that comes in",
}


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One intent or pool and one target, as a row of a table."""

    name: str
    target: str
    labels: str
    calibration_error: str
    send: str
    ask: str
    containment: str
    errors: str
    finding: Finding


def row_of(result: ScopeResult) -> ResultRow:
    """The row of a result."""
    found, target = result.found, result.target
    wanted = f"{percent(target.error_at_most)} {DEFINITIONS[target.definition]}"
    if isinstance(found, TooFewLabels):
        labels = f"{found.n} of at least {found.n_least}"
        return ResultRow(result.scope.name, wanted, labels, "-", "-", "-", "-", "-", result.finding)
    held = found.held_out
    calibration = f"{held.calibration_error:.3f} ({held.by_chance:.3f} by chance)"
    labels = f"{found.n_fitted} + {found.n_certified}"
    match found.result:
        case SelectedThreshold() as selected:
            containment = clopper_pearson(selected.n_contained, selected.n, delta=0.05)
            return ResultRow(
                name=result.scope.name,
                target=wanted,
                labels=labels,
                calibration_error=calibration,
                send=f"{selected.threshold:.4f}",
                ask=f"{found.thresholds.ask:.4f}",
                containment=f"{selected.n_contained} of {selected.n} ({interval(containment)})",
                errors=f"{selected.n_errors} of {selected.n_contained}",
                finding=result.finding,
            )
        case NoThreshold():
            return ResultRow(
                result.scope.name,
                wanted,
                labels,
                calibration,
                "none",
                f"{found.thresholds.ask:.4f}",
                f"0 of {found.n_certified}",
                "-",
                result.finding,
            )


def remarks(found: Calibration) -> Iterator[str]:
    """What has to be known beside the rows, one clause each; what holds for several levels is said once."""
    every = [
        remark
        for result in found.results
        if isinstance(result.found, Calibrated)
        for remark in _remarks(result.scope.name, result, result.found)
    ]
    yield from dict.fromkeys([*every, *_too_few(found)])


def _too_few(found: Calibration) -> Iterator[str]:
    """Scopes without labels enough, together: there may be many."""
    few = {each.scope.name: each.found for each in found.results if isinstance(each.found, TooFewLabels)}
    if not few:
        return
    least, recommended = min(each.n_least for each in few.values()), min(each.n_recommended for each in few.values())
    names = [f"{name} {each.n}" for name, each in list(few.items())[:NAMES_SHOWN]]
    more = f" and {len(few) - NAMES_SHOWN} more" if len(few) > NAMES_SHOWN else ""
    yield (f"too few labels, {least} are needed and {recommended:,} are better: {', '.join(names)}{more}")


def _remarks(name: str, result: ScopeResult, found: Calibrated) -> Iterator[str]:
    if isinstance(found.result, NoThreshold):
        yield f"{name}: {_why_none(found.result, found)}"
    else:
        yield f"{name}: asking from {found.thresholds.ask:.4f}: {found.thresholds.ask_rule}"
        others = [f"{target} {containment.partition(' (')[0]}" for target, containment, _, _ in other_rows(found)]
        yield f"{name}: other targets would contain: {', '.join(others).replace('no threshold is shown', 'nothing')}"
    if result.scope.pool:
        parts = ", ".join(f"{intent} {each.n_errors} of {each.n_contained}" for intent, each in found.by_intent.items())
        yield f"pool {name}: the threshold holds for all of it together; errors by intent: {parts}"
    for intent in found.excluded:
        yield f"pool {name}: {intent!r} misses the target by itself; nothing of it is sent"


def _why_none(result: NoThreshold, found: Calibrated) -> str:
    target = found.target
    if result.reason == "too_few_labels":
        return f"{result.n} labels cannot show {percent(target.error_at_most)}, even without an error"
    said = (
        f"no threshold: {result.n_errors_first} errors among the surest {result.n_first} "
        f"({interval(clopper_pearson(result.n_errors_first, result.n_first, delta=0.05))}, Clopper-Pearson)"
    )
    wanted = labels_for_threshold(found.curve, error_at_most=target.error_at_most, delta=target.delta)
    if wanted is None:
        return f"{said}; more labels alone will not show {percent(target.error_at_most)}"
    return f"{said}; at this rate about {_rounded(wanted)} certified labels would show {percent(target.error_at_most)}"


def left_out(found: Calibration) -> Iterator[str]:
    """Labels that do not count, by reason."""
    for reason, n in found.excluded.items():
        yield f"{n} not counted: {reason}"
    if found.n_thinned:
        yield f"{found.n_thinned} left out so that each conversation had the same chance to be among the rest"


def other_rows(found: Calibrated) -> Sequence[tuple[str, str, str, bool]]:
    """What other targets would leave: target, containment, errors, whether it is the policy's."""
    rows = []
    for other in found.others:
        chosen = other.error_at_most == found.target.error_at_most
        if other.selected is None:
            rows.append((percent(other.error_at_most), "no threshold is shown", "-", chosen))
            continue
        n, total = other.selected.n_contained, other.selected.n
        bounds = clopper_pearson(n, total, delta=0.05)
        rows.append(
            (
                percent(other.error_at_most),
                f"{n} of {total} ({interval(bounds)})",
                f"{other.selected.n_errors} of {n}",
                chosen,
            )
        )
    return rows


def percent(rate: float) -> str:
    """`2 %`, `0.5 %`."""
    return f"{rate * 100:g} %"


def interval(bounds: Bounds) -> str:
    """A 95 % interval in per cent, never rounded to certainty by itself."""
    return f"{bounds.low * 100:.1f} % to {bounds.high * 100:.1f} %"


def _rounded(n: int) -> str:
    return f"{round(n, -2):,}" if n >= 1000 else str(n)

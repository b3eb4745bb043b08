"""Gates as statements that a person can read."""

from collections.abc import Iterator, Mapping
from typing import Any

from remit.policy.gates import AttackGate, AttestationGate, Gate, LiveGate, SuiteGate

_BOUNDS = {"at_most": "<=", "at_least": ">=", "no_worse_than": "no worse than"}
_SHORT = ("per", "min_days")
_USUAL_CONFIDENCE = 0.95


def in_words(gate: Gate, *, every_detail: bool = False) -> str:
    """The gate as a statement, whether it is only observed included.

    `every_detail` adds a confidence other than 0.95 and, for a live gate, which evidence counts.
    """
    words = statement(gate, every_detail=every_detail)
    if every_detail and isinstance(gate, SuiteGate | AttackGate) and gate.confidence != _USUAL_CONFIDENCE:
        words += f" at confidence {gate.confidence:g}"
    return words + (" (observed only)" if gate.mode == "observe" else "")


def statement(gate: Gate, *, every_detail: bool = False) -> str:
    """What has to be shown, such as `pass^4 of journeys >= 0.90`, and not how much depends on it; verdicts carry it."""
    match gate:
        case SuiteGate():
            return f"pass^{gate.k} of {gate.suite} >= {_rate(gate.at_least)}"
        case AttackGate():
            return f"attack success in {gate.suite} <= {_rate(gate.at_most)}"
        case LiveGate():
            return " ".join(["live", gate.metric, *_live_words(gate.parameters, every_detail=every_detail)])
        case AttestationGate():
            return f"attested: {', '.join(sorted(gate.attestations))}"


def _live_words(parameters: Mapping[str, Any], *, every_detail: bool) -> Iterator[str]:
    for key, sign in _BOUNDS.items():
        if key in parameters:
            yield f"{sign} {_shown(parameters[key])}"
    for key in _SHORT:
        if key in parameters:
            yield f"{key.replace('_', ' ')} {parameters[key]}"
    if every_detail:
        rest = {key: value for key, value in parameters.items() if key not in _BOUNDS and key not in _SHORT}
        yield from (f"{key} {_shown(value)}" for key, value in sorted(rest.items()))


def _rate(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) == value else repr(value)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return "(" + ", ".join(f"{key}: {_shown(item)}" for key, item in sorted(value.items())) + ")"
    if isinstance(value, list | tuple):
        return "/".join(map(str, value))
    return str(value)

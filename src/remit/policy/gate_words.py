"""Gates as statements that a person can read."""

from collections.abc import Iterator

from remit.policy.gates import (
    NON_INFERIORITY_RATIO,
    AtLeast,
    AtMost,
    AttackGate,
    AttestationGate,
    Gate,
    LiveEvidence,
    LiveGate,
    LoadGate,
    NoWorseThan,
    SuiteGate,
)

_USUAL_CONFIDENCE = 0.95


def in_words(gate: Gate, *, every_detail: bool = False) -> str:
    """The gate as a statement, whether it is only observed included.

    `every_detail` adds a confidence other than 0.95 and, for a live gate, which evidence counts.
    """
    words = statement(gate, every_detail=every_detail)
    confidence = _USUAL_CONFIDENCE if isinstance(gate, AttestationGate) else gate.confidence
    if every_detail and confidence != _USUAL_CONFIDENCE:
        words += f" at confidence {confidence:g}"
    return words + (" (observed only)" if gate.mode == "observe" else "")


def statement(gate: Gate, *, every_detail: bool = False) -> str:
    """What has to be shown, such as `pass^4 of journeys >= 0.90`, and not how much depends on it; verdicts carry it."""
    match gate:
        case SuiteGate():
            return f"pass^{gate.k} of {gate.suite} >= {_rate(gate.at_least)}"
        case AttackGate():
            return f"attack success in {gate.suite} <= {_rate(gate.at_most)}"
        case LiveGate():
            return " ".join(["live", gate.metric, _bound(gate), *_live_words(gate, every_detail=every_detail)])
        case LoadGate():
            return f"load {gate.load}: p99 <= {_seconds(gate.p99_at_most_s)}, errors <= {_rate(gate.errors_at_most)}"
        case AttestationGate():
            by = f" by {gate.by}" if gate.by else ""
            return f"attested{by}: {', '.join(sorted(gate.attestations))}"


def _bound(gate: LiveGate) -> str:
    match gate.bound:
        case AtMost(rate):
            return f"<= {_rate(rate)}"
        case AtLeast(rate):
            return f">= {_rate(rate)}"
        case NoWorseThan(reference, ratio):
            times = "" if ratio == NON_INFERIORITY_RATIO else f" times {ratio:g}"
            return f"no worse than {reference}{times}"


def _live_words(gate: LiveGate, *, every_detail: bool) -> Iterator[str]:
    yield f"min days {gate.min_days}"
    if not every_detail:
        return
    if gate.min_conversations:
        yield f"min conversations {gate.min_conversations}"
    if gate.conversations_at_most is not None:
        yield f"max conversations {gate.conversations_at_most}"
    yield from _evidence_words(gate.evidence)


def _evidence_words(evidence: LiveEvidence) -> Iterator[str]:
    yield f"labels {evidence.labels}"
    if evidence.sampling:
        yield "sampling " + ", ".join(f"{name} {share:g}" for name, share in sorted(evidence.sampling.items()))
    if evidence.matured_after_s:
        yield f"matured after {_seconds(evidence.matured_after_s)}"
    yield f"cluster {'/'.join(evidence.cluster)}"


def _rate(value: float) -> str:
    return f"{value:.2f}" if round(value, 2) == value else repr(value)


def _seconds(value: float) -> str:
    return f"{value / 86_400:g} d" if value >= 86_400 else f"{value:g} s"

"""Gates as documents again: a verdict keeps the gate that it was given on, whatever the policy says later."""

from typing import Any

from pydantic import TypeAdapter

from remit.documents import canonical_json
from remit.policy.assembly import assemble_gate
from remit.policy.gates import (
    AtLeast,
    AtMost,
    AttackGate,
    AttestationGate,
    Gate,
    LiveGate,
    LoadGate,
    NoWorseThan,
    SuiteGate,
)
from remit.policy.schema import GateDocument


def gate_document(gate: Gate) -> str:
    """JSON in the policy's own form, with every default written out; `read_gate` makes the same gate of it."""
    return canonical_json({**_content(gate), "mode": gate.mode})


def read_gate(text: str) -> Gate:
    """The gate that `gate_document` made this from."""
    form: TypeAdapter[GateDocument] = TypeAdapter(GateDocument)
    return assemble_gate(form.validate_json(text))


def _content(gate: Gate) -> dict[str, Any]:
    match gate:
        case SuiteGate():
            passing = {"k": gate.k, "at_least": gate.at_least, "confidence": gate.confidence}
            return {"suite": gate.suite, "pass_hat_k": passing}
        case AttackGate():
            return {"suite": gate.suite, "attack_success": {"at_most": gate.at_most, "confidence": gate.confidence}}
        case LiveGate():
            return _live(gate)
        case LoadGate():
            return {
                "load": gate.load,
                "p99_at_most": f"{gate.p99_at_most_s!r}s",
                "errors_at_most": gate.errors_at_most,
                "confidence": gate.confidence,
            }
        case AttestationGate():
            return {"attest": list(gate.attestations), **({"by": gate.by} if gate.by else {})}


def _live(gate: LiveGate) -> dict[str, Any]:
    evidence = gate.evidence
    return {
        "live": gate.metric,
        **_bound(gate),
        "evidence": {
            "labels": evidence.labels,
            "sampling": dict(evidence.sampling),
            "matured_after": f"{evidence.matured_after_s!r}s",
            "cluster": list(evidence.cluster),
        },
        "min_days": gate.min_days,
        "min_conversations": gate.min_conversations,
        "max_conversations": gate.max_conversations,
        "confidence": gate.confidence,
    }


def _bound(gate: LiveGate) -> dict[str, Any]:
    match gate.bound:
        case AtMost(rate):
            return {"at_most": rate}
        case AtLeast(rate):
            return {"at_least": rate}
        case NoWorseThan(reference, ratio):
            return {"no_worse_than": reference, "ratio": ratio}

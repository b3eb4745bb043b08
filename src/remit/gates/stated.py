"""Gates on what was said as a whole: results of load runs, and attestations with an owner and an expiry."""

from datetime import datetime

from remit.evidence import Outcome
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.question import SAID, Body, Question
from remit.gates.statements import ATTESTATION, LOAD, Said, statements_key
from remit.gates.words import joined, rate
from remit.policy.gate_words import statement
from remit.policy.gates import AttestationGate, LoadGate
from remit.statistics import clopper_pearson

LOAD_METHOD = "order statistics of latencies and exact binomial bound of failures, of the latest load run"
ATTESTATION_METHOD = "attestation by authenticated persons"


def load_verdict(question: Question, gate: LoadGate, body: Body) -> GateVerdict:
    """Judge the latest load run of the release.

    A load result says `n` turns, `n_failed`, and bounds of the 99th percentile in milliseconds (`p99_low_ms`,
    `p99_high_ms`, see `remit.gates.latencies`). Supported when the upper bound is within the limit and so is the exact
    upper bound of the share of failures; refuted when a lower one is beyond its limit. One look at one run.
    """
    runs = _said(question, LOAD + gate.load, body)
    usable = [run for run in runs if run.outcome.counts and _is_load(run)]
    if not usable:
        left = f" {len(runs)} results do not say `n`, `n_failed`, `p99_low_ms` and `p99_high_ms`." if runs else ""
        why = f"No load run {gate.load} of this release is in the ledger.{left}"
        return _verdict(question, gate, Finding.UNDECIDED, why, method=LOAD_METHOD)
    latest = usable[-1]
    n, failed = int(latest.details["n"]), int(latest.details["n_failed"])
    low, high = float(latest.details["p99_low_ms"]), float(latest.details["p99_high_ms"])
    alpha, limit = round(1.0 - gate.confidence, 12), gate.p99_at_most_s * 1000.0
    errors = clopper_pearson(failed, n, delta=2.0 * alpha)
    finding = Finding.UNDECIDED
    if low > limit or errors.low > gate.errors_at_most:
        finding = Finding.REFUTED
    elif high <= limit and errors.high <= gate.errors_at_most:
        finding = Finding.SUPPORTED
    why = (
        f"Load {gate.load} of {latest.at:%Y-%m-%d %H:%M}: p99 between {low:g} and {high:g} ms (limit {limit:g} ms), "
        f"{failed} of {n} turns failed (at most {rate(errors.high)} with confidence {gate.confidence:g}, limit "
        f"{rate(gate.errors_at_most)})."
    )
    if finding is Finding.UNDECIDED:
        why = joined(why, "The limits lie inside these bounds: a longer run would decide.")
    return _verdict(question, gate, finding, why, method=LOAD_METHOD, estimate=failed / n, alpha=alpha)


def attestation_verdict(question: Question, gate: AttestationGate, body: Body) -> GateVerdict:
    """Supported when each thing is attested by somebody of the right function and has not expired; never refuted."""
    held = {name: _standing(question, gate, name, body) for name in gate.attestations}
    missing = {name: why for name, why in held.items() if why}
    if not missing:
        return _verdict(question, gate, Finding.SUPPORTED, _who(question, gate, body), method=ATTESTATION_METHOD)
    nobody = [name for name, why in missing.items() if why == _NOBODY]
    sentences = [f"Nobody has attested {', '.join(nobody)} for this release yet."] if nobody else []
    sentences += [f"{name}: {why}." for name, why in missing.items() if why != _NOBODY]
    return _verdict(question, gate, Finding.UNDECIDED, " ".join(sentences), method=ATTESTATION_METHOD)


_NOBODY = "nobody"


def _standing(question: Question, gate: AttestationGate, name: str, body: Body) -> str:
    """Empty if it stands, else why it does not."""
    said = [one for one in _said(question, ATTESTATION + name, body) if one.at <= question.now]
    fitting = [one for one in said if not gate.by or gate.by in str(one.details.get("functions", "")).split(",")]
    if not said:
        return _NOBODY
    if not fitting:
        return f"attested, but not by {gate.by}, for whom the policy asks"
    latest = fitting[-1]
    if latest.outcome is not Outcome.PASSED:
        return f"withdrawn by {latest.details.get('by', 'its owner')} on {latest.at:%Y-%m-%d}"
    expires = _expiry(latest)
    if expires is not None and expires <= question.now:
        return f"attested by {latest.details.get('by')} and expired on {expires:%Y-%m-%d}; it does not count any more"
    return ""


def _who(question: Question, gate: AttestationGate, body: Body) -> str:
    sentences = []
    for name in gate.attestations:
        said = [one for one in _said(question, ATTESTATION + name, body) if one.at <= question.now]
        latest = [one for one in said if not gate.by or gate.by in str(one.details.get("functions", "")).split(",")][-1]
        expires = _expiry(latest)
        until = f" until {expires:%Y-%m-%d}" if expires is not None else ""
        sentences.append(f"{name} by {latest.details.get('by')} on {latest.at:%Y-%m-%d}{until}")
    return f"Attested: {'; '.join(sentences)}."


def _expiry(said: Said) -> datetime | None:
    expires = said.details.get("expires")
    return datetime.fromisoformat(expires) if isinstance(expires, str) and expires else None


def _said(question: Question, metric: str, body: Body) -> list[Said]:
    keys = (statements_key(question.agent, release, metric) for release in question.releases)
    names = (f"{SAID.name}:{key}" for key in keys)
    return sorted((one for name in names if name in body.said for one in body.said[name].rows), key=lambda one: one.at)


def _is_load(run: Said) -> bool:
    details = run.details
    whole = all(isinstance(details.get(name), int) for name in ("n", "n_failed"))
    measured = all(isinstance(details.get(name), int | float) for name in ("p99_low_ms", "p99_high_ms"))
    return whole and measured and 0 <= details["n_failed"] <= details["n"] and details["n"] > 0


def _verdict(
    question: Question,
    gate: LoadGate | AttestationGate,
    finding: Finding,
    why: str,
    *,
    method: str,
    estimate: float | None = None,
    alpha: float = 0.05,
) -> GateVerdict:
    return GateVerdict(
        gate=statement(gate),
        level=question.level.label,
        intent=question.intent,
        finding=finding,
        estimate=estimate,
        method=method,
        alpha=alpha,
        observed_only=gate.mode == "observe",
        why=why,
    )

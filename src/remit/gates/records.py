"""Verdicts for good: how a record is made, what an earlier one settles, and how one is computed again."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from remit.conversations import IntentName, ReleaseId
from remit.evidence.verdict_codec import id_of, with_id
from remit.evidence.verdicts import Finding, GateVerdict, VerdictId, VerdictRecord
from remit.gates.answer import METHOD_VERSION, answer
from remit.gates.question import Body, Question
from remit.gates.words import joined
from remit.policy.gate_documents import gate_document, read_gate
from remit.policy.gate_words import statement
from remit.policy.gates import LiveGate
from remit.policy.levels import AutonomyLevel


def record_of(question: Question, body: Body, verdict: GateVerdict, *, policy: str) -> VerdictRecord:
    """The record of a verdict; `policy` is the digest of the policy in force."""
    return with_id(
        VerdictRecord(
            id=VerdictId(""),
            at=question.now,
            agent=question.agent,
            release=question.release,
            releases=question.releases,
            policy=policy,
            gate=gate_document(question.gate),
            method_version=METHOD_VERSION,
            position=body.position,
            data_digest=body.digest(question),
            clusters=question.clusters,
            baseline=question.baseline,
            n_failed_attempts=question.n_failed_attempts,
            verdict=verdict,
        )
    )


def question_of(record: VerdictRecord) -> Question:
    """What was asked when the record was made."""
    return Question(
        gate=read_gate(record.gate),
        agent=record.agent,
        release=record.release,
        releases=record.releases,
        intent=record.verdict.intent,
        level=AutonomyLevel.named(record.verdict.level),
        now=record.at,
        n_failed_attempts=record.n_failed_attempts,
        clusters=record.clusters,
        baseline=record.baseline,
    )


def already_recorded(question: Question, body: Body, earlier: VerdictRecord, *, policy: str) -> bool:
    """Whether `earlier`, which settled the question's live gate, is the record that this very evidence makes.

    A verdict follows from the question and from the rows behind the digest. Only what is still needed also depends on
    how fast conversations come in, and nothing is where a gate is settled.
    """
    return (
        earlier.data_digest == body.digest(question)
        and earlier.method_version == METHOD_VERSION
        and earlier.policy == policy
        and earlier.releases == question.releases
        and earlier.baseline == question.baseline
        and earlier.n_failed_attempts == question.n_failed_attempts
    )


# ── what was settled before ───────────────────────────────────────────────────────────────────────
def earlier_of(question: Question, decisive: Iterable[VerdictRecord]) -> VerdictRecord | None:
    """The record that settled the same live gate for the same release, the worst finding first; None if none did."""
    if not isinstance(question.gate, LiveGate):
        return None
    same = [
        one
        for one in decisive
        if one.release == question.release
        and one.verdict.intent == question.intent
        and one.verdict.level == question.level.label
        and one.verdict.gate == statement(question.gate)
        and not one.verdict.settled_by
    ]
    if same:
        gate = gate_document(question.gate)
        same = [one for one in same if one.gate == gate]
    return min(same, key=lambda one: _WORST_FIRST[one.verdict.finding], default=None)


_WORST_FIRST = {Finding.REFUTED: 0, Finding.UNDECIDED: 1, Finding.SUPPORTED: 2}


def settled(verdict: GateVerdict, earlier: VerdictRecord | None) -> GateVerdict:
    """What holds after an earlier look that settled the gate: a line that was crossed stays crossed.

    Supported stays supported while it is not refuted; refuted, and held at the most conversations, stay so for the
    release. A release that comes after it may try again, with its share of the alpha ledger.
    """
    if earlier is None:
        return verdict
    was = earlier.verdict
    if verdict.finding is Finding.REFUTED and was.finding is not Finding.REFUTED:
        return verdict
    live = verdict.live
    if was.finding is Finding.UNDECIDED and live is not None:
        live = replace(live, held=True)
    word = {Finding.SUPPORTED: "Supported", Finding.REFUTED: "Refuted", Finding.UNDECIDED: "Not earned"}[was.finding]
    since = f"{word} since {earlier.at:%Y-%m-%d} ({earlier.id})."
    return replace(
        verdict, finding=was.finding, needed=None, live=live, settled_by=earlier.id, why=joined(since, verdict.why)
    )


def failed_attempts(
    decisive: Iterable[VerdictRecord], *, release: ReleaseId
) -> Mapping[tuple[IntentName, AutonomyLevel], int]:
    """How many other releases have failed at each promotion: refuted, or held, on an enforcing live gate."""
    failed: dict[tuple[IntentName, AutonomyLevel], set[ReleaseId]] = {}
    for one in decisive:
        verdict = one.verdict
        if one.release == release or verdict.live is None or verdict.observed_only:
            continue
        if verdict.finding is not Finding.SUPPORTED:
            failed.setdefault((verdict.intent, AutonomyLevel.named(verdict.level)), set()).add(one.release)
    return {promotion: len(releases) for promotion, releases in failed.items()}


# ── computing again ───────────────────────────────────────────────────────────────────────────────
def differences(record: VerdictRecord, body: Body, earlier: VerdictRecord | None) -> Sequence[str]:
    """In words, what the ledger says otherwise than the record; nothing if all is as it was written.

    Args:
        record: As it is kept.
        body: Folded anew from the beginning up to the record's position.
        earlier: The record that settled it before, if it names one.
    """
    found = []
    if id_of(record) != record.id:
        found.append("the record itself was changed: its content does not give its id")
    if record.verdict.settled_by and earlier is None:
        found.append(f"the earlier record {record.verdict.settled_by} on which it rests is gone")
    question = question_of(record)
    if body.digest(question) != record.data_digest:
        found.append("rows of the ledger that were counted have been changed, added or removed")
    again = settled(answer(question, body), earlier)
    found += _other_numbers(record.verdict, again)
    if found and record.method_version != METHOD_VERSION:
        found.append(f"it was computed with methods of version {record.method_version}, now it is {METHOD_VERSION}")
    return found


def _other_numbers(was: GateVerdict, now: GateVerdict) -> list[str]:
    before, after = _flat(asdict(was)), _flat(asdict(now))
    changed = [name for name in before | after if before.get(name) != after.get(name) and name != "why"]
    return [f"{name} was {_shown(before.get(name))}, the ledger gives {_shown(after.get(name))}" for name in changed]


def _flat(content: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in content.items():
        if isinstance(value, Mapping):
            flat.update({f"{name}.{inner}": one for inner, one in value.items()})
        else:
            flat[name] = value
    return flat


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, default=str)

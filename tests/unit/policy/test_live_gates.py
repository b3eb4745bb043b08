"""Live gates in the policy: read in full, refused with a line, and written out again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.policy.gate_documents import gate_document, read_gate
from remit.policy.gates import (
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
from remit.policy.levels import AutonomyLevel
from unit.policy.sample import changed, read, refusal

CSAT = "    - live: csat\n      no_worse_than: stable\n      mode: observe\n"


def with_gate(text: str) -> str:
    return changed(CSAT, text)


def test_every_part_of_a_live_gate_is_read() -> None:
    gate = """\
    - live: recontact
      no_worse_than: human_baseline
      ratio: 1.2
      per: contained_conversation
      evidence: {matured_after: 10d, cluster: [customer, day]}
      min_days: 21
      min_conversations: 200
      max_conversations: 5000
      confidence: 0.9
"""
    text = with_gate(gate).replace("{from: history/2026-q2.jsonl}", "{rates: {recontact: {n: 1200, failed: 54}}}")
    _, found = read(text).gates[AutonomyLevel.TOOLS_WITH_APPROVAL]

    assert found == LiveGate(
        "recontact",
        NoWorseThan("human_baseline", 1.2),
        LiveEvidence(matured_after_s=864_000.0, cluster=("day", "customer")),
        min_days=21,
        min_conversations=200,
        max_conversations=5000,
        confidence=0.9,
    )


def test_a_load_gate_and_an_owner_of_an_attestation_are_read() -> None:
    text = with_gate("    - load: monday-peak\n      p99_at_most: 3s\n    - attest: [legal_review]\n      by: legal\n")

    assert read(text).gates[AutonomyLevel.TOOLS_WITH_APPROVAL][1:] == (
        LoadGate("monday-peak", 3.0),
        AttestationGate(("legal_review",), by="legal"),
    )


@pytest.mark.parametrize(
    ("gate", "line", "problem", "mend"),
    [
        ("- live: contanment\n      at_least: 0.5", 42, "unknown live metric 'contanment'", "`containment`"),
        ("- live: csat\n      at_least: 0.5", 42, "can be no absolute gate", "no_worse_than: stable"),
        ("- live: recontact\n      no_worse_than: human_baseline", 43, "baseline has no counts", "rates: {recontact"),
        ("- live: csat\n      no_worse_than: human_baseline", 43, "measured at another time", "`stable`"),
        ("- live: containment\n      at_least: 0.5\n      per: turn", 44, "counted per conversation", "per: conv"),
        ("- live: recontact\n      at_most: 0.1\n      evidence: {labels: judge}", 44, "no labels by a judge", "Leave"),
        ("- live: turn\n      at_most: 0.1\n      evidence: {sampling: {a: 0.5}}", 44, "nothing is sampled", "Remove"),
        ("- live: containment\n      at_least: 0.5\n      ratio: 2.0", 44, "stands without `no_worse_than`", "Remove"),
        ("- live: turn\n      at_most: 0.1\n      at_least: 0.1", 42, "has 2 bounds", "Write one of"),
        (
            "- live: turn\n      at_most: 0.1\n      min_conversations: 9\n      max_conversations: 8",
            45,
            "below `min_conversations` 9",
            "Raise it",
        ),
        (
            "- live: bad_outcome\n      no_worse_than: stable\n      evidence: {sampling: {a: 0.5, b: 0.2}}",
            44,
            "only be weighed for `at_most`",
            "Declare one share",
        ),
        ("- live: bad_outcome\n      at_most: 0.02\n      min_days: 14", 42, "state the same", "Keep one"),
        ("- live: turn\n      at_most: 0.1\n      evidence: {cluster: [week]}", 44, "none of its values", "`day`"),
    ],
)
def test_what_could_never_be_settled_is_refused_with_its_line(gate: str, line: int, problem: str, mend: str) -> None:
    error = refusal(with_gate(f"    {gate}\n"))

    assert (error.line, problem in error.problem, mend in error.mend) == (line, True, True), str(error)


@pytest.mark.parametrize(
    ("level", "metric", "problem"),
    [("supervised_answers", "recontact", "no source in shadow"), ("shadow", "bad_outcome", "nothing is live before")],
)
def test_a_metric_without_a_source_at_its_level_is_refused(level: str, metric: str, problem: str) -> None:
    text = with_gate(CSAT).replace("gates:\n", f"gates:\n  {level}x:\n    - live: {metric}\n      at_most: 0.1\n")
    if level == "supervised_answers":
        text = text.replace("  supervised_answersx:\n", "").replace(
            "    - live: recontact\n      at_most: 0.1\n  supervised_answers:\n",
            "  supervised_answers:\n    - live: recontact\n      at_most: 0.1\n",
        )
    error = refusal(text.replace("shadowx", "shadow"))

    assert problem in error.problem


rates = st.sampled_from([0.001, 0.02, 0.1, 0.55])
bounds = st.one_of(
    rates.map(AtMost),
    rates.map(AtLeast),
    st.builds(NoWorseThan, st.sampled_from(["stable", "human_baseline"]), st.sampled_from([1.0, 1.5, 3.0])),
)
modes = st.sampled_from(["enforce", "observe"])
evidence = st.builds(
    LiveEvidence,
    st.sampled_from(["human_confirmed", "judge", "any"]),
    st.dictionaries(st.sampled_from(["flagged", "other"]), st.sampled_from([0.1, 0.5, 1.0])),
    st.sampled_from([0.0, 604_800.0, 0.5]),
    st.sampled_from([("day",), ("day", "customer"), ("customer",)]),
)
gates: st.SearchStrategy[Gate] = st.one_of(
    st.builds(SuiteGate, st.just("journeys"), st.integers(1, 8), rates, rates, modes),
    st.builds(AttackGate, st.just("red-team"), rates, rates, modes),
    st.builds(
        LiveGate,
        st.sampled_from(["containment", "bad_outcome"]),
        bounds,
        evidence,
        st.integers(1, 90),
        st.integers(0, 50),
        st.one_of(st.none(), st.integers(50, 9999)),
        rates,
        modes,
    ),
    st.builds(LoadGate, st.just("peak"), st.sampled_from([0.5, 3.0, 12.25]), rates, rates, modes),
    st.builds(AttestationGate, st.just(("a", "b")), st.sampled_from(["", "risk"]), modes),
)


@given(gates)
def test_a_gate_that_is_written_out_is_read_as_the_same(gate: Gate) -> None:
    assert read_gate(gate_document(gate)) == gate

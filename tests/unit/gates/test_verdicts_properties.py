"""Rules that hold for every body of evidence and every ladder of gates."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import Aggregate
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.verdicts import grants_from, judge, steps_to_the_first_not_earned
from remit.policy.gate_words import statement
from remit.policy.gates import AtMost, AttackGate, AttestationGate, Gate, LiveGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy

AGENT, RELEASE, INTENT = AgentName("shop"), ReleaseId("r1"), IntentName("refund")
WORST_FIRST = [Finding.REFUTED, Finding.UNDECIDED, Finding.SUPPORTED]

gates: st.SearchStrategy[Gate] = st.one_of(
    st.builds(SuiteGate, st.just("journeys"), st.integers(1, 4), st.sampled_from([0.5, 0.7, 0.9])),
    st.builds(AttackGate, st.just("red-team"), st.sampled_from([0.1, 0.3])),
    st.just(LiveGate(metric="bad_outcome", bound=AtMost(0.02))),
    st.just(LiveGate(metric="csat", bound=NoWorseThan("stable"), mode="observe")),
    st.just(AttestationGate(attestations=("security_review",))),
)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    ladder = draw(st.dictionaries(st.sampled_from(AutonomyLevel), st.lists(gates, max_size=3).map(tuple)))
    intent = IntentPolicy(name=INTENT, ceiling=draw(st.sampled_from(AutonomyLevel)))
    return Policy(name="p", problem="", digest="", tools={}, intents={INTENT: intent}, levels={}, gates=ladder)


@st.composite
def bodies_of_evidence(draw: st.DrawFn) -> list[Aggregate]:
    rows = st.tuples(st.sampled_from(["journeys", "red-team"]), st.integers(0, 8), st.integers(0, 2), st.integers(0, 1))
    return [
        Aggregate(AGENT, RELEASE, INTENT, "autonomous", f"suite:{suite}", f"s{index}", passed, failed, excluded)
        for index, (suite, passed, failed, excluded) in enumerate(draw(st.lists(rows, max_size=40)))
    ]


def look(policy: Policy, evidence: list[Aggregate]) -> tuple[GateVerdict, ...]:
    return judge(policy, evidence, agent=AGENT, release=RELEASE)


@given(policies(), bodies_of_evidence(), st.randoms(use_true_random=False))
def test_the_order_of_the_evidence_does_not_matter(policy: Policy, evidence: list[Aggregate], random: object) -> None:
    shuffled = sorted(evidence, key=lambda _: random.random())  # type: ignore[attr-defined]

    before, after = look(policy, evidence), look(policy, shuffled)

    assert [(one.gate, one.finding, one.needed) for one in before] == [
        (one.gate, one.finding, one.needed) for one in after
    ]


@given(policies(), bodies_of_evidence())
def test_a_failure_that_had_been_a_pass_never_makes_a_verdict_worse(policy: Policy, evidence: list[Aggregate]) -> None:
    better = [replace(one, n_passed=one.n_passed + one.n_failed, n_failed=0) for one in evidence]

    for was, now in zip(look(policy, evidence), look(policy, better), strict=True):
        assert WORST_FIRST.index(now.finding) >= WORST_FIRST.index(was.finding)


@given(policies(), bodies_of_evidence())
def test_a_grant_has_every_enforcing_gate_on_its_way_supported(policy: Policy, evidence: list[Aggregate]) -> None:
    verdicts = look(policy, evidence)
    supported = {(one.level, one.gate) for one in verdicts if one.finding is Finding.SUPPORTED}

    earned = grants_from(policy, verdicts)[INTENT]

    assert earned <= policy.intents[INTENT].ceiling
    for level in AutonomyLevel:
        if AutonomyLevel.SHADOW < level <= earned:
            enforcing = [gate for gate in policy.gates.get(level, ()) if gate.mode == "enforce"]
            assert enforcing
            assert all((level.label, statement(gate)) in supported for gate in enforcing)


@given(policies())
def test_without_evidence_nothing_is_supported_and_nothing_earned(policy: Policy) -> None:
    verdicts = look(policy, [])

    assert {one.finding for one in verdicts} <= {Finding.UNDECIDED}
    assert grants_from(policy, verdicts) == {INTENT: AutonomyLevel.SHADOW}


@given(policies(), bodies_of_evidence())
def test_a_verdict_says_what_is_needed_exactly_when_it_is_undecided(policy: Policy, evidence: list[Aggregate]) -> None:
    for one in look(policy, evidence):
        if one.finding is not Finding.UNDECIDED:
            assert one.needed is None
        elif one.settled_by_trials:
            assert one.needed is not None
            assert one.needed.trials > 0


@given(policies(), bodies_of_evidence())
def test_the_steps_shown_end_at_the_first_level_not_earned(policy: Policy, evidence: list[Aggregate]) -> None:
    verdicts = look(policy, evidence)
    shown = steps_to_the_first_not_earned(verdicts)

    assert shown == verdicts[: len(shown)]
    open_levels = [one.level for one in shown if one.finding is not Finding.SUPPORTED and not one.observed_only]
    assert len(set(open_levels)) <= 1

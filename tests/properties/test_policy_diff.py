"""A change of policy that grants nothing lets no agent do more."""

import json
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from properties.policy_strategies import autonomy_levels, probabilities
from remit.conversations import IntentName
from remit.policy.assembly import assemble
from remit.policy.changes import Direction
from remit.policy.decide import decide, freedom
from remit.policy.diff import describe_changes
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.policy.schema import PolicyDocument
from remit.tools import Effect, ToolCall, ToolName

REFUND = IntentName("refund")
TOOLS = ("find_order", "issue_refund")
LIMITS = ("amount <= 50", "amount <= 100", "amount <= 100 && order.paid", "amount <= 50 || order.paid", "true")
LEVELS = tuple(level.label for level in AutonomyLevel)


@dataclass(frozen=True, slots=True)
class Revision:
    """A policy before and after a change."""

    old: Policy
    new: Policy


def grants() -> st.SearchStrategy[dict[str, Any]]:
    effects = {"effect": st.just(Effect.IRREVERSIBLE_WRITE.value)}
    return st.fixed_dictionaries({}, optional={"limits": st.sampled_from(LIMITS), **effects})


def gates() -> st.SearchStrategy[dict[str, Any]]:
    bound = st.sampled_from([0.8, 0.9])
    mode = {"mode": st.sampled_from(["enforce", "observe"])}
    passing = st.fixed_dictionaries({"k": st.integers(1, 3), "at_least": bound})
    return st.one_of(
        st.fixed_dictionaries({"suite": st.sampled_from(["a", "b"]), "pass_hat_k": passing}, optional=mode),
        st.fixed_dictionaries({"live": st.just("bad_outcome"), "at_most": bound}, optional=mode),
        st.fixed_dictionaries({"attest": st.lists(st.sampled_from(["x", "y"]), min_size=1)}, optional=mode),
    )


def documents() -> st.SearchStrategy[dict[str, Any]]:
    effects = st.sampled_from([effect.value for effect in Effect])
    level = st.fixed_dictionaries(
        {"risk": st.fixed_dictionaries({"error_at_most": st.sampled_from([0.05, 0.1, 0.3])})},
        optional={"ask_from": st.sampled_from([0.5, 0.7])},
    )
    return st.fixed_dictionaries(
        {
            "tools": st.fixed_dictionaries({tool: st.fixed_dictionaries({"effect": effects}) for tool in TOOLS}),
            "grants": st.dictionaries(st.sampled_from(TOOLS), grants()),
            "ceiling": st.sampled_from(LEVELS),
            "levels": st.fixed_dictionaries({"supervised_answers": level}, optional={"autonomous": level}),
            "gates": st.dictionaries(
                st.sampled_from(LEVELS), st.lists(gates(), max_size=3, unique_by=json.dumps), max_size=2
            ),
            "signoff": st.dictionaries(st.sampled_from(LEVELS), st.lists(st.sampled_from(["risk", "legal"]))),
        }
    )


def policy_of(parts: dict[str, Any]) -> Policy:
    document = {
        "apiVersion": "remit/v1",
        "kind": "Policy",
        "name": "drawn",
        "intents": {"refund": {"tools": parts["grants"], "ceiling": parts["ceiling"]}},
        **{key: parts[key] for key in ("tools", "levels", "gates", "signoff")},
    }
    return assemble(PolicyDocument.model_validate(document), "drawn.yaml")


@st.composite
def revisions(draw: st.DrawFn) -> Revision:
    """A policy and one that differs from it in one or two parts."""
    parts, others = draw(documents()), draw(documents())
    changed = draw(st.sets(st.sampled_from(sorted(parts)), min_size=0, max_size=2))
    return Revision(policy_of(parts), policy_of({**parts, **{key: others[key] for key in changed}}))


def proposals() -> st.SearchStrategy[Proposal]:
    calls = st.builds(
        ToolCall,
        st.sampled_from([ToolName(tool) for tool in TOOLS]),
        st.fixed_dictionaries({"amount": st.sampled_from([40, 80, 120])}),
    )
    return st.one_of(st.just(ProposedAnswer("hello")), st.builds(ProposedCall, calls))


@given(revisions())
def test_changes_are_described_exactly_if_the_digests_differ(revision: Revision) -> None:
    assert bool(describe_changes(revision.old, revision.new)) == (revision.old.digest != revision.new.digest)


@given(revisions(), autonomy_levels(), probabilities(), proposals(), st.booleans())
def test_a_change_that_grants_nothing_never_makes_a_decision_freer(
    revision: Revision, level: AutonomyLevel, confidence: float, proposal: Proposal, paid: bool
) -> None:
    for old, new in permutations([revision.old, revision.new]):
        if Direction.GRANTS not in directions(old, new):
            before, after = (
                decide(rule_at(policy, REFUND, level), confidence, proposal, facts={"order": {"paid": paid}})
                for policy in (old, new)
            )
            assert freedom(after) <= freedom(before)


@given(revisions())
def test_what_only_takes_would_grant_on_the_way_back(revision: Revision) -> None:
    for old, new in permutations([revision.old, revision.new]):
        if directions(old, new) == {Direction.TAKES}:
            assert Direction.GRANTS in directions(new, old)


def directions(old: Policy, new: Policy) -> set[Direction]:
    return {change.direction for change in describe_changes(old, new)}

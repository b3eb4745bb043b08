"""The same promises over every combination of a small grid, so that no chance of the draw hides a corner."""

from collections.abc import Iterator
from itertools import pairwise, product

from properties.policy_strategies import FixedLimits, at
from remit.conversations import IntentName
from remit.policy.decide import decide, freedom, strictest
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule, ToolRule
from remit.tools import Effect, ToolCall, ToolName

TOOL = ToolName("issue_refund")
PROPOSALS: tuple[Proposal, ...] = (ProposedAnswer("hello"), ProposedCall(ToolCall(TOOL)))
CONFIDENCES = (0.0, 0.4, 0.5, 0.6, 0.75, 1.0)


def every_rule() -> Iterator[IntentRule]:
    effects = (Effect.READ, Effect.IRREVERSIBLE_WRITE)
    grants = [
        {},
        *({TOOL: ToolRule(*pair)} for pair in product(effects, (None, FixedLimits(True), FixedLimits(False)))),
    ]
    thresholds = ((0.4, 0.5), (0.5, 0.75))
    for level, (ask, send), tools in product(AutonomyLevel, thresholds, grants):
        yield IntentRule(IntentName("refund"), level, send_threshold=send, ask_threshold=ask, tools=tools)


def test_the_strictest_of_every_pair_is_never_freer_than_either() -> None:
    cases = tuple(product(CONFIDENCES[1:5], PROPOSALS))
    rules = [(rule, [freedom(decide(rule, *case)) for case in cases]) for rule in every_rule()]
    for (one, one_is_free), (other, other_is_free) in product(rules, rules):
        both = strictest([one, other])
        for case, alone, also in zip(cases, one_is_free, other_is_free, strict=True):
            assert freedom(decide(both, *case)) <= min(alone, also), (one, other, case)


def test_freedom_grows_with_level_and_with_confidence_for_every_rule() -> None:
    for rule, proposal in product(every_rule(), PROPOSALS):
        by_level = [[freedom(decide(at(rule, level), c, proposal)) for level in AutonomyLevel] for c in CONFIDENCES]
        assert all(low <= high for levels in by_level for low, high in pairwise(levels))
        assert all(low <= high for column in zip(*by_level, strict=True) for low, high in pairwise(column))

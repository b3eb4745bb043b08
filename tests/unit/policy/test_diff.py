"""What a change of policy is said to grant and to take."""

import pytest

from remit.policy.changes import Direction, PolicyChange
from remit.policy.diff import describe_changes
from remit.policy.limit_changes import LimitComparison, compare_limits
from unit.policy.sample import EXAMPLE, changed, read

GRANTS, TAKES, NEUTRAL = Direction.GRANTS, Direction.TAKES, Direction.NEUTRAL


def changes(old: str, new: str) -> list[PolicyChange]:
    return list(describe_changes(read(), read(changed(old, new))))


def test_the_same_policy_has_no_changes() -> None:
    assert list(describe_changes(read(), read("# comment\n" + EXAMPLE))) == []


def test_a_widened_limit_is_named_with_both_texts() -> None:
    (change,) = changes("amount <= 100.0 && order.delivered", "amount <= 200.0 && order.delivered")
    assert change == PolicyChange(
        "intents.refund",
        GRANTS,
        "issue_refund limit widened from `amount <= 100.0 && order.delivered` to `amount <= 200.0 && order.delivered`",
    )


def test_a_limit_that_cannot_be_compared_counts_as_granting_and_says_so() -> None:
    (change,) = changes("amount <= 100.0 && order.delivered", "amount <= order.total / 2.0")
    assert change.direction is GRANTS
    assert change.what.endswith(": cannot be compared, treated as granting")


@pytest.mark.parametrize(
    ("old", "new", "where", "direction", "words"),
    [
        ("name: shop-support", "name: shop", "name", NEUTRAL, "shop-support"),
        (
            "  track_shipment: {effect: read}\n",
            "  track_shipment: {effect: read}\n  new_tool: {effect: read}\n",
            "tools.new_tool",
            NEUTRAL,
            "new tool",
        ),
        (
            "    tools: [find_order, track_shipment]",
            "    tools: [find_order]",
            "intents.order_status",
            TAKES,
            "track_shipment is no longer granted",
        ),
        (
            "    tools: [find_order, track_shipment]",
            "    tools: [find_order, track_shipment, issue_refund]",
            "intents.order_status",
            GRANTS,
            "issue_refund is granted (irreversible_write, without limits)",
        ),
        ("    ceiling: tools_within_limits\n", "", "intents.refund", GRANTS, "from tools_within_limits to autonomous"),
        ("    ceiling: tools_within_limits\n", "    ceiling: shadow\n", "intents.refund", TAKES, "to shadow"),
        (
            "      find_order:\n",
            "      find_order: {effect: reversible_write}\n",
            "intents.refund",
            TAKES,
            "counts as reversible_write instead of read",
        ),
        ("has it shipped", "has it been sent", "intents.order_status", NEUTRAL, "examples changed (1 new, 1 gone)"),
        (
            '        limits: "amount <= 100.0 && order.delivered"',
            "        effect: irreversible_write",
            "intents.refund",
            TAKES,
            "each write waits for an expert now",
        ),
        (
            "  refund:\n    examples",
            "  complaint: {}\n  refund:\n    examples",
            "intents.complaint",
            GRANTS,
            "new intent, up to level autonomous",
        ),
        (
            "error_at_most: 0.01}",
            "error_at_most: 0.015}",
            "levels.autonomous",
            GRANTS,
            "accepted error rate changed from 0.01 to 0.015",
        ),
        ("ask_from: 0.5", "ask_from: 0.6", "levels.autonomous", TAKES, "asking threshold changed from 0.5 to 0.6"),
        (
            "sample: 0.10",
            "sample: 0.05",
            "levels.supervised_answers, tools_with_approval, tools_within_limits",
            GRANTS,
            "share that experts review",
        ),
        (
            "k: 4, at_least: 0.90",
            "k: 4, at_least: 0.80",
            "gates.supervised_answers",
            GRANTS,
            "pass^4 of journeys >= 0.90 to pass^4 of journeys >= 0.80",
        ),
        ("k: 4, at_least: 0.90", "k: 5, at_least: 0.90", "gates.supervised_answers", TAKES, "to pass^5"),
        (
            "k: 4, at_least: 0.90",
            "k: 5, at_least: 0.80",
            "gates.supervised_answers",
            GRANTS,
            "cannot be compared, treated as granting",
        ),
        (
            "    - attest: [security_review, privacy_review]\n",
            "",
            "gates.supervised_answers",
            GRANTS,
            "gate removed: attested",
        ),
        (
            "[security_review, privacy_review]",
            "[security_review]",
            "gates.supervised_answers",
            GRANTS,
            "to attested: security_review",
        ),
        (
            "attack_success: {at_most: 0.01}",
            "attack_success: {at_most: 0.02}",
            "gates.supervised_answers",
            GRANTS,
            "<= 0.02",
        ),
        (
            "      no_worse_than: stable\n      mode: observe",
            "      no_worse_than: stable",
            "gates.tools_with_approval",
            TAKES,
            "(observed only) to",
        ),
        ("min_days: 14", "min_days: 7", "gates.tools_with_approval", GRANTS, "min days 7"),
        (
            "matured_after: 7d",
            "matured_after: 1d",
            "gates.tools_with_approval",
            GRANTS,
            "cannot be compared, treated as granting",
        ),
        (
            "    - live: csat\n      no_worse_than: stable\n      mode: observe\n",
            "",
            "gates.tools_with_approval",
            NEUTRAL,
            "gate removed: live csat",
        ),
        ("do: stop", "do: rollback", "rollback", GRANTS, "rollback instead of stop"),
        (
            "  - when: {guardrail_breach: critical}\n    do: stop\n",
            "",
            "rollback",
            GRANTS,
            "nothing happens any more when one critical event is confirmed",
        ),
        ("[operations, risk]", "[operations]", "signoff.tools_within_limits", GRANTS, "no longer signed by risk"),
        (
            "[operations, risk]",
            "[operations, risk, legal]",
            "signoff.tools_within_limits",
            TAKES,
            "must also be signed by legal",
        ),
        ("max_steps: 6", "max_steps: 4", "turn", TAKES, "from 6 to 4"),
        ("deadline: 20s", "deadline: 30s", "turn", NEUTRAL, "from 20 s to 30 s"),
    ],
)
def test_each_change_says_where_it_is_and_which_way_it_points(
    old: str, new: str, where: str, direction: Direction, words: str
) -> None:
    (change,) = changes(old, new)
    assert (change.where, change.direction) == (where, direction)
    assert words in change.what


def test_a_weaker_effect_is_said_in_the_catalogue_and_where_it_counts() -> None:
    found = changes("issue_refund: {effect: irreversible_write}", "issue_refund: {effect: read}")
    assert [(change.where, change.direction) for change in found] == [
        ("tools.issue_refund", GRANTS),
        ("intents.refund", GRANTS),
    ]


def test_a_removed_intent_takes() -> None:
    before = read(changed("  refund:\n    examples", "  complaint: {}\n  refund:\n    examples"))
    (change,) = describe_changes(before, read())
    assert (change.where, change.direction) == ("intents.complaint", TAKES)


def test_a_limit_on_a_write_that_had_none_lets_it_run_alone() -> None:
    before = read(changed('        limits: "amount <= 100.0 && order.delivered"', "        effect: irreversible_write"))
    (change,) = describe_changes(before, read())
    assert change.direction is GRANTS
    assert "may now run alone" in change.what


@pytest.mark.parametrize(
    ("before", "after", "direction", "comparable"),
    [
        ("a <= 5", "a<=5.0", NEUTRAL, True),
        ("a && b", "b && a", NEUTRAL, True),
        ("a <= 5", "a <= 6", GRANTS, True),
        ("a <= 5 && b >= 2", "a <= 4 && b >= 3", TAKES, True),
        ("a <= 5 && b >= 2", "a <= 4 && b >= 1", GRANTS, False),
        ("a <= 5", "a <= 5 && b", TAKES, True),
        ("a <= 5 && b", "a <= 5", GRANTS, True),
        ("a <= 5 || b", "a <= 5 || b && c", GRANTS, False),
        ("a <= 5 && (b || c)", "a <= 4 && (b || c)", TAKES, True),
        ("a < 5", "a <= 5", GRANTS, False),
        ("a == 5", "a == 6", GRANTS, False),
        ("a <= 5", "true", GRANTS, False),
        ("a <= nan", "a <= inf", GRANTS, False),
        ("order.total <= 5", "order.total <= 4.5", TAKES, True),
    ],
)
def test_limits_are_compared_clause_by_clause(
    before: str, after: str, direction: Direction, *, comparable: bool
) -> None:
    assert compare_limits(before, after) == LimitComparison(direction, comparable=comparable)


def test_who_may_sign_for_several_is_a_change_in_words() -> None:
    one, several = read(), read(EXAMPLE + "\none_signs_for_several: true\n")
    (freer,), (stricter,) = describe_changes(one, several), describe_changes(several, one)
    assert freer == PolicyChange("signoff", GRANTS, "one person may sign for several functions")
    assert stricter == PolicyChange("signoff", TAKES, "each function must be signed by a person of its own")
    assert one.digest != several.digest

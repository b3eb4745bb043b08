"""Reading a policy: what it becomes, and what a mistake in it gets told."""

import pytest

from remit.conversations import IntentName
from remit.policy.document import parse_policy, rule_at
from remit.policy.gates import AttackGate, AttestationGate, LiveGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.tools import Effect, ToolName
from unit.policy.sample import EXAMPLE, changed, read, refusal

REFUND = IntentName("refund")


# ── what it becomes ───────────────────────────────────────────────────────────────────────────────
def test_an_intent_takes_the_effect_from_the_catalogue() -> None:
    grants = read().intents[REFUND].tools
    assert grants[ToolName("find_order")].effect is Effect.READ
    assert grants[ToolName("issue_refund")].effect is Effect.IRREVERSIBLE_WRITE


def test_a_grant_may_be_stricter_than_the_catalogue() -> None:
    policy = read(changed("      find_order:\n", "      find_order: {effect: reversible_write}\n"))
    assert policy.intents[REFUND].tools[ToolName("find_order")].effect is Effect.REVERSIBLE_WRITE


def test_limits_are_compiled_when_the_policy_is_read() -> None:
    limits = read().intents[REFUND].tools[ToolName("issue_refund")].limits
    assert limits is not None
    assert limits.allow({"amount": 50}, {"order": {"delivered": True}})
    assert not limits.allow({"amount": 150}, {"order": {"delivered": True}})


def test_a_level_that_is_left_out_takes_over_from_the_next_lower_one() -> None:
    levels = read().levels
    assert levels[AutonomyLevel.TOOLS_WITHIN_LIMITS] == levels[AutonomyLevel.SUPERVISED_ANSWERS]
    assert levels[AutonomyLevel.AUTONOMOUS].risk.error_at_most == 0.01


def test_thresholds_follow_from_the_accepted_error_rate() -> None:
    level = read().levels[AutonomyLevel.SUPERVISED_ANSWERS]
    assert (level.send_threshold, level.ask_threshold) == (0.98, 0.9)


def test_a_level_may_say_from_where_experts_are_asked() -> None:
    assert read().levels[AutonomyLevel.AUTONOMOUS].ask_threshold == 0.5


def test_a_generous_error_rate_asks_experts_about_everything_else() -> None:
    policy = read(changed("error_at_most: 0.02", "error_at_most: 0.3"))
    assert policy.levels[AutonomyLevel.SUPERVISED_ANSWERS].ask_threshold == 0.0


def test_every_kind_of_gate_is_read() -> None:
    gates = read().gates
    assert gates[AutonomyLevel.SUPERVISED_ANSWERS] == (
        SuiteGate("journeys", 4, 0.9),
        AttackGate("red-team", 0.01),
        AttestationGate(("security_review", "privacy_review")),
    )
    live, csat = gates[AutonomyLevel.TOOLS_WITH_APPROVAL]
    assert isinstance(live, LiveGate)
    assert live.evidence.matured_after_s == 7 * 86_400
    assert csat == LiveGate("csat", NoWorseThan("stable"), mode="observe")


def test_durations_become_seconds() -> None:
    policy = read(changed("deadline: 20s", "deadline: 1500ms"))
    assert policy.turn.deadline_s == 1.5
    assert policy.levels[AutonomyLevel.SUPERVISED_ANSWERS].review.wait_s == 90.0


# ── the rule of an intent ─────────────────────────────────────────────────────────────────────────
def test_a_rule_carries_the_thresholds_of_its_level() -> None:
    rule = rule_at(read(), IntentName("order_status"), AutonomyLevel.AUTONOMOUS)
    assert (rule.level, rule.send_threshold, rule.ask_threshold) == (AutonomyLevel.AUTONOMOUS, 0.99, 0.5)
    assert set(rule.tools) == {"find_order", "track_shipment"}


def test_a_rule_never_stands_above_the_ceiling() -> None:
    assert rule_at(read(), REFUND, AutonomyLevel.AUTONOMOUS).level is AutonomyLevel.TOOLS_WITHIN_LIMITS


def test_in_shadow_no_threshold_can_be_reached_by_chance() -> None:
    rule = rule_at(read(), REFUND, AutonomyLevel.SHADOW)
    assert (rule.level, rule.send_threshold) == (AutonomyLevel.SHADOW, 1.0)


def test_a_rule_of_an_unknown_intent_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        rule_at(read(), IntentName("weather"), AutonomyLevel.SHADOW)


# ── the digest ────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n" + EXAMPLE,
        EXAMPLE.replace("# CEL", ""),
        EXAMPLE.replace("wait: 90s", "wait: 1.5m"),
        EXAMPLE.replace("error_at_most: 0.02, confidence: 0.95", "confidence: 0.95, error_at_most: 2.0e-2"),
        EXAMPLE.replace("[find_order, track_shipment]", "{track_shipment: {}, find_order: {effect: read}}"),
        EXAMPLE.replace("[operations, risk]", "[risk, operations]"),
        EXAMPLE.replace("name: shop-support\n", "").replace("kind: Policy\n", "name: 'shop-support'\nkind: Policy\n"),
        EXAMPLE.replace("    review: {sample: 0.10, wait: 90s}\n", ""),
        EXAMPLE.replace("wait: 90s}\n", "wait: 90s}\n    ask_from: 0.9\n"),
        EXAMPLE.replace(
            "  autonomous:\n    risk", "  tools_with_approval: {risk: {error_at_most: 0.02}}\n  autonomous:\n    risk"
        ),
    ],
)
def test_the_digest_does_not_see_comments_order_or_spelling(same: str) -> None:
    assert same != EXAMPLE
    assert read(same).digest == read().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("amount <= 100.0", "amount <= 101.0"),
        ("at_least: 0.90", "at_least: 0.91"),
        ("    ceiling: tools_within_limits\n", ""),
        ("has it shipped", "has it been shipped"),
        ("[operations, risk]", "[operations]"),
        ("do: stop", "do: rollback"),
        ("mode: observe", "mode: enforce"),
        ("wait: 90s", "wait: 91s"),
    ],
)
def test_the_digest_sees_every_change_of_content(old: str, new: str) -> None:
    assert read(changed(old, new)).digest != read().digest


def test_the_digest_does_not_depend_on_where_the_file_lies() -> None:
    assert parse_policy(EXAMPLE, source="elsewhere.yaml").digest == read().digest


# ── mistakes ──────────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("old", "new", "line", "problem", "mend"),
    [
        (
            "tools: [find_order, track",
            "tool: [find_order, track",
            14,
            "unknown key 'tool' in `intents.order_status`",
            "Did you mean `tools`?",
        ),
        ("name: shop-support", "naem: shop-support", 1, "key 'name' is missing", "Add it"),
        (
            "track_shipment]",
            "track_shipmnt]",
            14,
            "intent 'order_status' grants tool 'track_shipmnt', which the catalogue does not have",
            "Did you mean `track_shipment`?",
        ),
        (
            "      issue_refund:\n",
            "      issue_refnd:\n",
            19,
            "grants tool 'issue_refnd', which the catalogue does not have",
            "Did you mean `issue_refund`?",
        ),
        (
            "[find_order, track_shipment]",
            "[find_order, find_order]",
            14,
            "grants tool 'find_order' twice",
            "Remove one",
        ),
        ("amount <= 100.0 &&", "amount <= &&", 20, "does not compile", "Limits are CEL"),
        ("amount <= 100.0 &&", "amont() <= 100.0 &&", 20, "calls `amont`", "Known"),
        (
            "        limits:",
            "        effect: read\n        limits:",
            20,
            "the catalogue calls it irreversible_write",
            "only be stricter",
        ),
        (
            "issue_refund: {effect: irreversible_write}",
            "issue_refund: {effect: write}",
            9,
            "none of its values",
            "irreversible_write",
        ),
        (
            "issue_refund: {effect: irreversible_write}",
            "issue_refund:",
            9,
            "`tools.issue_refund` is empty, it must be a mapping",
            "",
        ),
        ("error_at_most: 0.02", "error_at_most: 1.0", 24, "it must be below 1", "0.02 for 2 %"),
        ("error_at_most: 0.02", "error_at_most: 0", 24, "it must be above 0", "0.02 for 2 %"),
        ("error_at_most: 0.02", "error_at_most: 2 %", 24, "it must be a number", "0.02 for 2 %"),
        ("wait: 90s", "wait: 90", 25, "90 is no duration", "90s"),
        ("deadline: 20s", "deadline: 20 s", 52, "'20 s' is no duration", "90s"),
        ("ask_from: 0.5", "ask_from: 0.995", 28, "above the sending threshold 0.99", "Lower it"),
        (
            "  supervised_answers:\n    risk",
            "  supervised_anwers:\n    risk",
            23,
            "unknown name 'supervised_anwers' in `levels`",
            "Did you mean `supervised_answers`?",
        ),
        (
            "  tools_with_approval:\n",
            "  tools_with_aproval:\n",
            36,
            "unknown name 'tools_with_aproval' in `gates`",
            "Did you mean `tools_with_approval`?",
        ),
        (
            "signoff: {tools_within",
            "signoff: {tool_within",
            51,
            "unknown name 'tool_within_limits' in `signoff`",
            "`tools_within_limits`",
        ),
        ("ceiling: tools_within_limits", "ceiling: L3", 21, "none of its values", "Known values: `shadow`"),
        ("k: 4, at_least: 0.90", "k: 0, at_least: 0.90", 32, "it must be at least 1", ""),
        ("k: 4, at_least: 0.90", "k: 4, at_least: 1.0", 32, "it must be below 1", ""),
        ("- live: csat", "- love: csat", 42, "is no gate", "begins with `suite:`, `live:` or `attest:`"),
        ("      no_worse_than: stable\n", "", 42, "has 0 bounds", "Write one of"),
        (
            "{guardrail_breach: critical}",
            "{guardrail_breach: critical, canary_worse_than: stable}",
            49,
            "has 2 conditions",
            "one rule for each",
        ),
        (
            "{guardrail_breach: critical}",
            "{guardrail_breach: critical, days_between_false_alarms: 3}",
            49,
            "without `change_detected`",
            "Remove it",
        ),
        (
            "{guardrail_breach: critical}",
            "{guardrail_breach: critical, confidence: 0.9}",
            49,
            "`confidence` stands without `canary_worse_than` or `budget`",
            "Remove it",
        ),
        (
            "{guardrail_breach: critical}",
            "{budget: burned, pool: money}",
            49,
            "`pool` names 'money'",
            "pools",
        ),
        ("{guardrail_breach: critical}", "{change_detected: csat}", 49, "'csat' has no error budget", "bad_outcome"),
        (
            "{guardrail_breach: critical}",
            "{change_detected: recontact}",
            49,
            "how large the budget",
            "`live: recontact`",
        ),
        ("{guardrail_breach: critical}", "{budget: brned}", 49, "none of its values", "`burned`"),
        (
            "signoff: {",
            "staffing: {experts_at_peak: 3, volume: {refnd: {per_day: 9, per_peak_hour: 2}}}\nsignoff: {",
            51,
            "counts contacts of intent 'refnd'",
            "Did you mean",
        ),
        (
            "signoff: {",
            "exposure: {money: {per_day: 900, arguments: {issue_refnd: amount}}}\nsignoff: {",
            51,
            "counts the money of tool 'issue_refnd'",
            "Did you mean",
        ),
        (
            "signoff: {",
            "freeze: [{begins: 2026-12-01, ends: 2026-11-20}]\nsignoff: {",
            51,
            "ends (2026-11-20 00:00) before it begins (2026-12-01 00:00)",
            "first moment behind",
        ),
        ("signoff: {", "freeze: [{begins: soon, ends: 2026-11-20}]\nsignoff: {", 51, "is no date", "2026-11-20"),
        ("signoff: {", "recipients: [{on: [stop]}]\nsignoff: {", 51, "exactly one of `email` and `webhook`", "each"),
        ("signoff: {", "recipients: [{webhook: 'https://a.example/x'}]\nsignoff: {", 51, "without `secret`", "secret:"),
        ("do: stop", "do: halt", 50, "none of its values", "Known values: `demote`"),
        ("apiVersion: remit/v1", "apiVersion: remit/v2", 1, "none of its values", "remit/v1"),
        ("  refund:\n", "  give me money:\n", 15, "it must be a name", "letters, digits"),
        ("examples: [where is", "examples: [5, where is", 13, "is 5, it must be text", "quotes"),
        ("[find_order, track_shipment]", "5", 14, "neither a list of tools nor a map", "[find_order]"),
        ("max_steps: 6", "max_steps: 6.5", 52, "it must be a whole number", ""),
    ],
)
def test_a_mistake_is_named_with_its_line_and_how_to_mend_it(
    old: str, new: str, line: int, problem: str, mend: str
) -> None:
    error = refusal(changed(old, new))
    assert error.line == line
    assert problem in error.problem
    assert mend in error.mend
    assert str(error).startswith(f"policy.yaml:{line}: ")


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("", 1, "is empty"),
        ("# only a comment\n", 1, "is empty"),
        ("- a\n- b\n", 1, "is not a mapping"),
        ("just words", 1, "is not a mapping"),
        ("name: [1, 2\n", 2, "is not YAML"),
        ("name: a\n\tkind: b\n", 2, "a tab stands where YAML wants spaces"),
        ("name: a\n---\nname: b\n", 2, "a second document begins here"),
        ("name: a\nname: b\n", 2, "key 'name' stands twice"),
        ("name: !!python/object:os.system x\n", 1, "cannot be read as"),
        ("name: &n {a: *n}\n", 1, "unfolds beyond"),
        ("name: \x07\n", None, "is not YAML"),
    ],
)
def test_text_that_is_no_document_is_refused_in_one_sentence(text: str, line: int | None, problem: str) -> None:
    error = refusal(text)
    assert error.line == line
    assert problem in error.problem
    assert error.mend


def test_all_mistakes_are_listed_at_once_in_the_order_of_the_file() -> None:
    text = changed("wait: 90s", "wait: 90").replace("do: stop", "do: halt").replace("k: 4", "k: 0")
    error = refusal(text)
    assert [error.line, *(other.line for other in error.others)] == [25, 32, 50]
    assert str(error).count("policy.yaml:") == 3


def test_a_policy_without_the_lowest_acting_level_says_which_one_is_missing() -> None:
    text = changed("  supervised_answers:\n    risk", "  tools_with_approval:\n    risk")
    error = refusal(text)
    assert "supervised_answers" in error.problem
    assert error.line == 22


def test_an_anchored_block_may_be_used_again() -> None:
    text = changed("[find_order, track_shipment]", "&reads {find_order: {}, track_shipment: {}}")
    text = text.replace("      find_order:\n      issue", "      <<: *reads\n      issue")
    assert set(read(text).intents[REFUND].tools) == {"find_order", "track_shipment", "issue_refund"}


def test_an_intent_without_examples_is_no_mistake() -> None:
    assert read(changed("    examples: [i want my money back]\n", "")).intents[REFUND].examples == ()

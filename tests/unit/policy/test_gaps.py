"""What a valid policy leaves open is said, and nothing else."""

import pytest

from remit.policy.gaps import describe_gaps
from unit.policy.sample import EXAMPLE, changed, read

GUARDED = EXAMPLE.replace(
    "objectives:", "  tools_within_limits: [{attest: [risk]}]\n  autonomous: [{attest: [risk]}]\nobjectives:"
)


def test_a_policy_that_says_everything_has_no_gaps() -> None:
    assert describe_gaps(read(GUARDED)) == ()


def test_a_level_that_an_intent_may_reach_without_proof_is_named() -> None:
    gaps = describe_gaps(read())
    assert [gap.split(":")[0] for gap in gaps] == [
        "no gate guards tools_within_limits",
        "no gate guards autonomous",
    ]


def test_a_level_above_every_ceiling_needs_no_gate() -> None:
    capped = read(changed("    tools: [find_order, track_shipment]", "    tools: [find_order]\n    ceiling: shadow"))
    assert not any("autonomous" in gap for gap in describe_gaps(capped))


def test_a_gate_that_only_observes_guards_nothing() -> None:
    observing = GUARDED.replace("autonomous: [{attest: [risk]}]", "autonomous: [{attest: [risk], mode: observe}]")
    assert describe_gaps(read(observing)) == (
        "no gate guards autonomous: nothing has to be proven before an intent reaches it",
    )


@pytest.mark.parametrize(
    ("old", "new", "gap"),
    [
        ("problem: Where-is-my-order", "# problem: Where-is-my-order", "`problem` is empty"),
        ("    examples: [i want my money back]\n", "", "no examples for `refund`"),
        ("[find_order, track_shipment]", "[find_order]", "no intent is granted `track_shipment`"),
        (
            '        limits: "amount <= 100.0 && order.delivered"',
            "        effect: irreversible_write",
            "refund declares no limits for `issue_refund`",
        ),
    ],
)
def test_each_gap_is_one_sentence(old: str, new: str, gap: str) -> None:
    (found,) = describe_gaps(read(GUARDED.replace(old, new)))
    assert found.startswith(gap)

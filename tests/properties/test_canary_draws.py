"""Who draws the canary: stable for a customer, growing with the share, apart between canaries, as declared."""

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from remit.conversations import AgentName, ConversationId, CustomerId, IntentName, ReleaseId
from remit.releases.canary import RunningCanary, assign, draw, ratio_is_off, running_canaries, sample_ratio
from remit.releases.life import Line
from remit.releases.stages import Canary, CanaryStep, Stable
from remit.statistics import Arm, SampleRatio

NAMES = st.text(min_size=1, max_size=12)
REFUND, STATUS = IntentName("refund"), IntentName("order_status")
R1, R2 = ReleaseId("r-1"), ReleaseId("r-2")


def canary(share: float, salt: str = "pepper", intent: IntentName = REFUND) -> RunningCanary:
    return RunningCanary(intent, R2, share, salt)


@given(NAMES, NAMES, NAMES, st.floats(0.0, 1.0))
def test_a_customer_gets_the_same_arm_in_every_conversation(who: str, one: str, other: str, share: float) -> None:
    customer = CustomerId(who)
    first = assign(canary(share), customer, ConversationId(one))
    assert first == assign(canary(share), customer, ConversationId(other))


@given(NAMES, st.floats(0.0, 1.0), st.floats(0.0, 1.0))
def test_a_wider_canary_only_gains_customers(who: str, one: float, other: float) -> None:
    narrow, wide = sorted([one, other])
    if assign(canary(narrow), CustomerId(who), ConversationId("c")) == "canary":
        assert assign(canary(wide), CustomerId(who), ConversationId("c")) == "canary"


@given(NAMES)
def test_no_share_is_nobody_and_a_whole_share_everybody(who: str) -> None:
    assert assign(canary(0.0), CustomerId(who), ConversationId("c")) == "stable"
    assert assign(canary(1.0), CustomerId(who), ConversationId("c")) == "canary"


def test_draws_follow_the_share_and_another_salt_is_another_draw() -> None:
    customers = [CustomerId(f"customer {n}") for n in range(20_000)]
    drawn = {
        salt: [assign(canary(0.25, salt), one, ConversationId("c")) == "canary" for one in customers]
        for salt in ("pepper", "chilli")
    }
    both = sum(one and other for one, other in zip(*drawn.values(), strict=True))
    # 20,000 draws at 1/4 have a standard deviation of 61, at 1/16 of 34; five of them are a chance of 6e-7.
    assert all(abs(sum(one) - 5_000) < 310 for one in drawn.values())
    assert abs(both - 1_250) < 170


def drawn(intents: list[IntentName], canaries: dict[IntentName, RunningCanary]) -> tuple[IntentName, float] | None:
    one = draw(
        canaries,
        intents,
        agent=AgentName("shop"),
        customer=None,
        conversation=ConversationId("c"),
        at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    return None if one is None else (one.intent, one.share)


def test_the_surest_intent_with_a_canary_draws_and_without_one_nobody_does() -> None:
    canaries = {REFUND: canary(0.05), STATUS: canary(0.5, intent=STATUS)}
    assert drawn([IntentName("advice"), STATUS, REFUND], canaries) == (STATUS, 0.5)
    assert drawn([IntentName("advice")], canaries) is None
    assert drawn([], canaries) is None


def test_running_canaries_are_those_of_the_lines() -> None:
    refund = Line(AgentName("shop"), REFUND, {R1: Stable(), R2: Canary(CanaryStep.HALF, "pepper")}, (R1,))
    status = Line(AgentName("shop"), STATUS, {R1: Stable()}, (R1,))
    assert running_canaries([refund, status]) == {REFUND: canary(0.5)}


@given(
    st.dictionaries(st.tuples(st.sampled_from(["canary", "stable"]), st.sampled_from([0.05, 0.5])), st.integers(0, 9))
)
def test_the_sample_ratio_over_counts_is_that_of_customers_one_by_one(counts: dict[tuple[Arm, float], int]) -> None:
    one_by_one = SampleRatio()
    for (arm, share), n in counts.items():
        for _ in range(n):
            one_by_one = one_by_one.after(arm, share)
    assert sample_ratio(counts).n == one_by_one.n
    assert abs(sample_ratio(counts).log_e - one_by_one.log_e) < 1e-9


def test_a_canary_that_gets_twice_its_share_is_found_and_a_true_one_is_not() -> None:
    random = Random(20_261_123)
    customers = [assign(canary(0.05), CustomerId(str(random.random())), ConversationId("c")) for _ in range(5_000)]
    n = customers.count("canary")
    assert not ratio_is_off({("canary", 0.05): n, ("stable", 0.05): 5_000 - n})
    assert ratio_is_off({("canary", 0.05): 2 * n, ("stable", 0.05): 5_000 - 2 * n})

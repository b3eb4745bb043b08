"""Trials of the parcel desk's agents, through the same turn as live: who is blamed for what, and what is kept."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from remit.adapters.memory import FixedClock, MemoryLedger
from remit.app.evaluation import Evaluation, EvaluationRequest, Prepared, evaluate, prepare
from remit.errors import PolicyParseError, ScenarioParseError, SettingsError, StoreUnavailable
from remit.evaluation.model import Trial
from remit.evaluation.run import BATCH
from remit.evaluation.trial import TrialLimits
from remit.evidence import Observation, ObservationKey, Outcome, Selection
from remit.policy.levels import AutonomyLevel
from remit.tools import ToolSucceeded

CENTRE = Path(__file__).parent / "centre"
CLOCK = FixedClock(datetime(2026, 11, 1, 9, 0, tzinfo=UTC))


def prepared(agent: str = "careful", *, suite: Path = CENTRE / "suite.yaml", **more: object) -> Prepared:
    request = EvaluationRequest(CENTRE / f"{agent}.yaml", CENTRE / "policy.yaml", (suite,), n_trials=2)
    return prepare(replace(request, **more), environ={}, clock=CLOCK)  # type: ignore[arg-type]


def run(plan: Prepared, ledger: MemoryLedger | None = None) -> Evaluation:
    return asyncio.run(evaluate(plan, ledger or MemoryLedger(), CLOCK))


def trials(evaluation: Evaluation) -> tuple[Trial, ...]:
    return evaluation.results[0].run.trials


def outcomes(evaluation: Evaluation) -> set[Outcome]:
    return {trial.outcome for trial in trials(evaluation)}


def changed_suite(tmp_path: Path, old: str, new: str) -> Path:
    text = (CENTRE / "suite.yaml").read_text()
    assert old in text
    suite = tmp_path / "suite.yaml"
    suite.write_text(text.replace("world.py:world", f"{CENTRE / 'world.py'}:world").replace(old, new))
    return suite


# ── who is blamed ─────────────────────────────────────────────────────────────────────────────────
def test_a_careful_agent_passes_every_trial() -> None:
    evaluation = run(prepared())

    assert outcomes(evaluation) == {Outcome.PASSED}
    assert [trial.scenario for trial in trials(evaluation)][::2] == [
        "order_status[1]",
        "order_status[2]",
        "cancel",
        "person",
    ]


def test_a_trial_is_a_real_conversation_with_the_worlds_tools() -> None:
    cancel = next(trial for trial in trials(run(prepared())) if trial.scenario == "cancel")

    assert [step.result for step in cancel.turns[-1].steps if step.result] == [ToolSucceeded({"cancelled": "W2"})]
    assert [(change.pointer, change.after) for change in cancel.changes] == [("/orders/W2/status", "cancelled")]
    assert [speaker for speaker, _ in cancel.transcript] == ["customer", "agent", "customer", "tool", "agent"]


def test_an_agent_that_does_the_wrong_thing_fails_with_a_readable_difference() -> None:
    failed = next(trial for trial in trials(run(prepared("eager"))) if trial.scenario == "cancel")

    assert (failed.outcome, failed.attributed_to) == (Outcome.FAILED, "agent")
    state = next(check for check in failed.checks if check.check == "state")
    assert state.detail.splitlines()[0] == '/orders/W2/status: expected "cancelled", got no change'


def test_an_agent_that_does_not_answer_in_time_has_failed() -> None:
    assert outcomes(run(prepared("slow"))) == {Outcome.FAILED}


@pytest.mark.parametrize("agent", ["unreachable", "breaking"])
def test_an_agent_out_of_reach_and_a_world_that_breaks_are_no_failures_of_the_agent(agent: str) -> None:
    evaluation = run(prepared(agent))

    assert outcomes(evaluation) == {Outcome.INFRASTRUCTURE_ERROR}
    assert all(trial.error and trial.attributed_to == "infrastructure" for trial in trials(evaluation))
    assert evaluation.exit_code == 2


def test_a_trial_without_end_is_ours_not_the_agents() -> None:
    evaluation = run(prepared("stuck", limits=TrialLimits(trial_s=0.02)))

    assert outcomes(evaluation) == {Outcome.INFRASTRUCTURE_ERROR}
    assert "did not end within 0.02 s" in trials(evaluation)[0].error


def test_a_customer_who_never_stops_is_the_customers_error() -> None:
    evaluation = run(prepared(limits=TrialLimits(max_turns=1)))

    assert {trial.scenario: trial.attributed_to for trial in trials(evaluation)} == {
        "order_status[1]": None,
        "order_status[2]": None,
        "cancel": "customer",
        "person": "customer",
    }


# ── scenarios that are wrong ──────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("reference: [cancel_order: {order: W2}]", "reference: [cancel_order: {order: W1}]", "order W1 is shipped"),
        ("calls: [cancel_order: {order: W2}]", "calls: [cancel_order: {order: W9}]", 'cancel_order(order="W9")'),
        ("calls: [cancel_order: {order: W2}]", "calls: [cancel_all]", "has no tool 'cancel_all'"),
        ("    knows: {order number: W2}", "    start: {changes: {/orders/W2/status/x: 1}}", "start state"),
    ],
)
def test_a_reference_that_fails_is_an_error_of_the_scenario_and_the_others_still_run(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    evaluation = run(prepared(suite=changed_suite(tmp_path, old, new)))

    assert evaluation.exit_code == 3
    assert list(evaluation.results[0].scenario_errors) == ["cancel"]
    assert said in next(iter(evaluation.results[0].scenario_errors.values()))
    assert {trial.scenario: trial.outcome for trial in trials(evaluation)} == {
        "order_status[1]": Outcome.PASSED,
        "order_status[2]": Outcome.PASSED,
        "cancel": Outcome.SCENARIO_ERROR,
        "person": Outcome.PASSED,
    }


def test_a_scenario_of_an_unknown_intent_is_refused_before_anything_runs(tmp_path: Path) -> None:
    suite = changed_suite(tmp_path, "intent: cancel_order", "intent: cancel_ordr")

    with pytest.raises(ScenarioParseError, match=r"suite\.yaml:19: (?s:.*)Did you mean `cancel_order`\?") as raised:
        prepared(suite=suite)
    assert raised.value.line == 19


def test_a_filter_that_fits_nothing_is_an_error() -> None:
    with pytest.raises(SettingsError, match="no scenario fits"):
        prepared(wanted=("refund*",))


def test_a_missing_policy_is_an_error_that_names_it() -> None:
    with pytest.raises(PolicyParseError, match="nowhere"):
        prepared(policy=Path("nowhere.yaml"))


# ── baselines and level ───────────────────────────────────────────────────────────────────────────
def test_doing_nothing_and_always_handing_off_stand_beside_the_score(tmp_path: Path) -> None:
    suite = changed_suite(tmp_path, "checks: {handoff: customer_request}", "checks: {handoff: expected}")
    do_nothing, hand_off = run(prepared(suite=suite)).results[0].run.baselines

    assert (do_nothing.n_passed, do_nothing.n_scenarios) == (0, 4)
    assert (hand_off.n_passed, hand_off.n_scenarios) == (1, 4)
    assert hand_off.by_intent == {"order_status": (1, 3), "cancel_order": (0, 1)}


def test_at_a_lower_level_a_write_waits_for_the_scenarios_expert(tmp_path: Path) -> None:
    suite = changed_suite(
        tmp_path, "    knows: {order number: W2}", "    knows: {order number: W2}\n    expert: approves"
    )
    level = AutonomyLevel.TOOLS_WITH_APPROVAL
    policy = tmp_path / "policy.yaml"
    text = (CENTRE / "policy.yaml").read_text()
    policy.write_text(text.replace("  tools_within_limits:\n    risk", "  tools_with_approval:\n    risk", 1))

    with_expert = run(prepared(suite=suite, policy=policy, level=level))
    alone = run(prepared(policy=policy, level=level))

    def cancelled(evaluation: Evaluation) -> set[Outcome]:
        return {trial.outcome for trial in trials(evaluation) if trial.scenario == "cancel"}

    assert cancelled(with_expert) == {Outcome.PASSED}
    assert cancelled(alone) == {Outcome.FAILED}


# ── the ledger ────────────────────────────────────────────────────────────────────────────────────
class FullDisk(MemoryLedger):
    """Keeps so many batches and no more."""

    def __init__(self, n_batches: int) -> None:
        super().__init__()
        self.left = n_batches

    async def append(self, observations: Sequence[Observation]) -> int:
        if self.left == 0:
            raise StoreUnavailable("ledger.db", "the disk is full")
        self.left -= 1
        return await super().append(observations)


async def seen(ledger: MemoryLedger) -> list[Observation]:
    return [one async for one in ledger.select(Selection())]


def test_what_the_ledger_holds_is_not_run_again() -> None:
    ledger = MemoryLedger()
    first = run(prepared(n_trials=1), ledger)
    second = run(prepared(n_trials=3), ledger)
    third = run(prepared(n_trials=3), ledger)

    assert [first.results[0].n_resumed, second.results[0].n_resumed, third.results[0].n_resumed] == [0, 4, 12]
    assert [len(trials(one)) for one in (first, second, third)] == [4, 12, 12]
    assert len(asyncio.run(seen(ledger))) == 12
    assert [one.estimate for one in second.verdicts] == [one.estimate for one in third.verdicts]


def test_another_seed_or_level_is_another_trial() -> None:
    ledger = MemoryLedger()
    run(prepared(), ledger)

    assert run(prepared(seed=1), ledger).results[0].n_resumed == 0
    assert run(prepared(level=AutonomyLevel.SUPERVISED_ANSWERS), ledger).results[0].n_resumed == 0


def test_a_run_that_went_well_does_not_replace_those_that_did_not() -> None:
    ledger = MemoryLedger()
    first = run(prepared(seed=0), ledger)
    asyncio.run(_as_if_failed(ledger, of_seed=1))
    best = run(prepared(seed=2), ledger)

    assert outcomes(best) == {Outcome.PASSED}
    mine = {(one.intent, one.gate): one for one in first.verdicts}
    for verdict in best.verdicts:
        alone = mine[verdict.intent, verdict.gate]
        assert verdict.n_passed == 2 * alone.n_passed, "both good runs, and no better than that"
        assert verdict.n_trials == 3 * alone.n_trials, "every run that the ledger holds"


async def _as_if_failed(ledger: MemoryLedger, *, of_seed: int) -> None:
    """A run of another seed, every trial of which failed."""
    rows = [one async for one in ledger.select(Selection())]
    await ledger.append(
        [
            replace(one, key=ObservationKey(f"{one.key}-{of_seed}"), outcome=Outcome.FAILED)
            for one in rows
            if one.outcome is Outcome.PASSED
        ]
    )


def test_a_changed_scenario_begins_anew(tmp_path: Path) -> None:
    ledger = MemoryLedger()
    run(prepared(suite=changed_suite(tmp_path, "where is my order {order}", "where is my order {order}")), ledger)
    again = run(prepared(suite=changed_suite(tmp_path, "where is my order {order}", "track order {order}")), ledger)

    assert again.results[0].n_resumed == 4
    assert {one.n_trials for one in again.verdicts if one.intent == "order_status"} == {6}


def test_an_interrupted_run_goes_on_where_it_stopped() -> None:
    ledger = FullDisk(n_batches=2)
    with pytest.raises(StoreUnavailable):
        run(prepared(n_trials=70), ledger)
    kept = len(asyncio.run(seen(ledger)))
    ledger.left = 100
    finished = run(prepared(n_trials=70), ledger)

    assert kept == 1 + BATCH  # the first by itself, then as many as fit
    assert finished.results[0].n_resumed == kept
    assert len(asyncio.run(seen(ledger))) == len(trials(finished)) == 280


def test_trials_that_take_their_time_are_kept_one_by_one() -> None:
    class Ticking(FixedClock):
        def now(self) -> datetime:
            self.advance(timedelta(milliseconds=200))
            return super().now()

    class Counting(MemoryLedger):
        def __init__(self) -> None:
            super().__init__()
            self.batches: list[int] = []

        async def append(self, observations: Sequence[Observation]) -> int:
            self.batches.append(len(observations))
            return await super().append(observations)

    ledger = Counting()
    asyncio.run(evaluate(prepared(n_trials=3), ledger, Ticking(CLOCK.now())))

    assert ledger.batches == [1] * 12


def test_what_did_not_count_is_tried_again_and_then_weighs_no_more() -> None:
    ledger = MemoryLedger()
    broken = run(prepared(limits=TrialLimits(max_turns=1)), ledger)
    mended = run(prepared(), ledger)

    assert {one.n_excluded for one in broken.verdicts} == {2}
    assert mended.results[0].n_resumed == 4
    assert {one.n_excluded for one in mended.verdicts} == {0}
    assert len(asyncio.run(seen(ledger))) == 12


def test_the_ledger_holds_no_words_of_a_customer() -> None:
    ledger = MemoryLedger()
    run(prepared(), ledger)

    assert "where is my order" not in repr(asyncio.run(seen(ledger)))


def test_the_same_seed_gives_the_same_conversations() -> None:
    first, again = ([trial.transcript for trial in trials(run(prepared()))] for _ in range(2))

    assert first == again


def test_only_failures_and_a_sample_of_the_rest_keep_their_words() -> None:
    evaluation = run(prepared(n_trials=20))
    kept = [trial for trial in trials(evaluation) if trial.transcript]

    assert len(trials(evaluation)) == 80
    assert [trial.scenario for trial in kept] == ["order_status[1]", "order_status[2]", "cancel", "person"]


def test_several_processes_see_what_one_sees() -> None:
    alone, together = run(prepared()), run(prepared(n_processes=2))

    def essence(evaluation: Evaluation) -> list[object]:
        return [(one.scenario, one.index, one.seed, one.outcome, one.transcript) for one in trials(evaluation)]

    assert essence(together) == essence(alone)

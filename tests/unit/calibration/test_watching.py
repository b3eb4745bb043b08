"""Live proposals through a follower: drift asks once, with the proposal at which it begins."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.calibration.drift import DriftMonitor
from remit.calibration.labels import details_of
from remit.calibration.signals import Signals
from remit.calibration.watching import DriftWatch, ErrorWatch, drifted, erring
from remit.conversations import AgentName, IntentName
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Recorded, Source, Strength
from remit.evidence.following import LedgerFollower
from unit.calibration.samples import AGENT, ISSUED, POLICY, REFUND, RELEASE, certificate

OWN = certificate()


def proposal(number: int, *, probability: float = 0.01, intent: IntentName = REFUND) -> Observation:
    return Observation(
        key=ObservationKey(f"live:c-{number}:proposed"),
        at=ISSUED + timedelta(seconds=number),
        agent=AGENT,
        release=RELEASE,
        intent=intent,
        level="supervised_answers",
        source=Source.LIVE_OUTCOME,
        strength=Strength.LIVE,
        metric="proposed",
        outcome=Outcome.PASSED,
        cluster="2026-11-01",
        policy=POLICY,
        details=dict(details_of(Signals(intent_probability=probability, out_of_scope_probability=0.05))),
        label=LabelSource.EVENT,
    )


def test_drift_is_acted_on_once() -> None:
    async def story() -> None:
        ledger, states, watch = MemoryLedger(), MemoryRunningStates(), DriftWatch(OWN)
        follower = LedgerFollower("drift", [watch], ledger, states)
        await ledger.append([proposal(number) for number in range(150)])
        await follower.catch_up(batch=7)
        await ledger.append([proposal(number) for number in range(150, 400)])
        await follower.catch_up()
        pending = await states.pending_actions("drift")
        assert list(pending) == [drifted(OWN.id)]
        assert "has grown" in pending[drifted(OWN.id)]
        assert (await follower.states(watch))[OWN.id].n_seen == 400

    asyncio.run(story())


def test_proposals_that_the_certificate_does_not_speak_of_are_left_out() -> None:
    watch = DriftWatch(OWN)
    assert watch.key_of(proposal(1)) == OWN.id
    assert watch.key_of(proposal(1, intent=IntentName("order_status"))) is None
    assert watch.key_of(replace(proposal(1), agent=AgentName("another"))) is None
    assert watch.key_of(replace(proposal(1), metric="containment")) is None
    assert watch.key_of(replace(proposal(1), at=ISSUED - timedelta(seconds=1))) is None


def test_a_proposal_without_signals_moves_nothing() -> None:
    watch = DriftWatch(OWN)
    before = watch.start(OWN.id)
    assert watch.add(before, Recorded(1, replace(proposal(1), details={}))) == before


def test_a_state_that_was_kept_goes_on() -> None:
    watch = DriftWatch(OWN)
    state = watch.start(OWN.id)
    assert isinstance(state, DriftMonitor)
    assert watch.decode(watch.encode(state)) == state


# ── errors ────────────────────────────────────────────────────────────────────────────────────────
def labelled(number: int, *, wrong: bool, probability: float = 0.99, chance: float = 1.0) -> Observation:
    return replace(
        proposal(number, probability=probability),
        key=ObservationKey(f"live:c-{number}:proposal"),
        metric="proposal",
        outcome=Outcome.FAILED if wrong else Outcome.PASSED,
        label=LabelSource.HUMAN_CONFIRMED,
        sampling_probability=chance,
    )


def asked_for(rows: list[Observation]) -> list[str]:
    async def story() -> list[str]:
        ledger, states = MemoryLedger(), MemoryRunningStates()
        follower = LedgerFollower("errors", [ErrorWatch(OWN)], ledger, states)
        await ledger.append(rows)
        await follower.catch_up(batch=7)
        return list(await states.pending_actions("errors"))

    return asyncio.run(story())


def test_errors_beyond_the_certified_rate_end_a_certificate_once() -> None:
    assert asked_for([labelled(number, wrong=number % 4 == 0) for number in range(200)]) == [erring(OWN.id)]


def test_errors_at_half_of_the_certified_rate_do_not() -> None:
    assert asked_for([labelled(number, wrong=number % 40 == 0) for number in range(400)]) == []


def test_what_would_not_be_sent_is_no_error_of_what_is_certified() -> None:
    assert asked_for([labelled(number, wrong=True, probability=0.01) for number in range(200)]) == []


def test_labels_are_thinned_to_the_chance_of_the_sample() -> None:
    own = replace(OWN, sample=replace(OWN.sample, sampling_probability=0.1))
    watch = ErrorWatch(own)
    rows = [labelled(number, wrong=True, chance=0.5) for number in range(2_000)]
    n_kept = sum(watch.key_of(row) is not None for row in rows)
    assert 320 < n_kept < 480  # 400 expected, 18 a standard deviation
    assert watch.key_of(replace(labelled(1, wrong=True, chance=0.1), strength=Strength.SIMULATED)) is None

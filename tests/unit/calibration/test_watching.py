"""Live proposals through a follower: drift asks once, with the proposal at which it begins."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.calibration.drift import DriftMonitor
from remit.calibration.labels import details_of
from remit.calibration.signals import Signals
from remit.calibration.watching import DriftWatch, drifted
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

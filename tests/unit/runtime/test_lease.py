"""How long an unfinished turn stays with the process that took it."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from properties.turn_fakes import ProcessDied, Stage
from remit.conversations import Answered
from remit.errors import TurnInProgress
from remit.policy.proposals import ProposedAnswer
from remit.runtime.turn import handle_turn


def test_a_turn_that_broke_off_is_taken_over_when_the_lease_of_its_ports_has_run_out() -> None:
    stage = Stage([ProposedAnswer("Your money is on its way.")])
    ports = replace(stage.ports(), lease_s=5.0)
    stage.recorder.dies_at = 1
    with pytest.raises(ProcessDied):
        asyncio.run(handle_turn(stage.turn(), ports))

    stage.clock.advance(timedelta(seconds=4))
    with pytest.raises(TurnInProgress):
        asyncio.run(handle_turn(stage.turn(), ports))
    stage.clock.advance(timedelta(seconds=1))

    assert isinstance(asyncio.run(handle_turn(stage.turn(), ports)).outcome, Answered)

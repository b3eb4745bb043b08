"""Leaf of a turn: what is the customer told, now that people must take over?"""

from dataclasses import replace

from remit.conversations import Conversation, HandedOff, Turn
from remit.runtime.deadlines import Deadline
from remit.runtime.ports import RECEIVE_WITHIN_S, TurnPorts
from remit.runtime.words import NOT_REACHED_TEXT


def receiving_s(ports: TurnPorts) -> float:
    """How long the reception has: a part of the time for the handoff, so that the turn's lease holds for both."""
    return 0.0 if ports.reception is None else min(RECEIVE_WITHIN_S, ports.hand_off_within_s / 4)


async def receive(turn: Turn, before: Conversation, outcome: HandedOff, ports: TurnPorts) -> HandedOff:
    """The handoff with the truth in it. A reception that cannot say whether people come promises nothing."""
    if ports.reception is None:
        return outcome
    try:
        with Deadline(receiving_s(ports)):
            return await ports.reception.receive(turn, before, outcome)
    except Exception as error:  # noqa: BLE001 - the turn hands off all the same: it is recorded, and nothing is promised
        return replace(outcome, text=NOT_REACHED_TEXT, error=outcome.error or type(error).__name__)

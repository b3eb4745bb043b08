"""Leaf of a turn: what is the customer told, now that people must take over?"""

from dataclasses import replace

from remit.conversations import Conversation, HandedOff, Turn
from remit.runtime.deadlines import Deadline
from remit.runtime.ports import RECEIVE_WITHIN_S, TurnPorts
from remit.runtime.words import NOT_REACHED_TEXT


async def receive(turn: Turn, before: Conversation, outcome: HandedOff, ports: TurnPorts) -> HandedOff:
    """The handoff with the truth in it. A reception that cannot say whether people come promises nothing."""
    if ports.reception is None:
        return outcome
    try:
        with Deadline(min(RECEIVE_WITHIN_S, ports.hand_off_within_s)):
            return await ports.reception.receive(turn, before, outcome)
    except Exception as error:  # noqa: BLE001 - the turn hands off all the same: it is recorded, and nothing is promised
        return replace(outcome, text=NOT_REACHED_TEXT, error=outcome.error or type(error).__name__)

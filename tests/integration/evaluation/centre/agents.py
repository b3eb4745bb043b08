"""Agents of the parcel desk, from perfect to out of reach."""

import asyncio
import re

from remit.conversations import HandoffReason, Message, ToolExchange
from remit.errors import AgentTimeout, AgentUnreachable
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentView
from remit.tools import ToolCall, ToolName, ToolSucceeded

SURE = {"deterministic": 1.0}


async def careful(view: AgentView) -> Proposal:
    """Looks the order up and does what is asked."""
    said = " ".join(one.text for one in view.conversation.messages() if one.speaker == "customer")
    if "person" in said:
        return ProposedHandoff(HandoffReason.CUSTOMER_REQUEST)
    order = re.search(r"W\d", said)
    if order is None:
        return ProposedAnswer("What is your order number?", signals=SURE, expects_reply=True)
    last = view.conversation.entries[-1]
    if isinstance(last, ToolExchange):
        return _report(last)
    tool = "cancel_order" if "cancel" in said else "find_order"
    return ProposedCall(ToolCall(ToolName(tool), {"order": order[0]}), signals=SURE)


def _report(exchange: ToolExchange) -> Proposal:
    if not isinstance(exchange.result, ToolSucceeded):
        return ProposedAnswer(f"Sorry, that is not possible: {exchange.result.message}.", signals=SURE)
    if exchange.call.tool == "cancel_order":
        return ProposedAnswer("It is cancelled.", signals=SURE)
    return ProposedAnswer(f"It is {exchange.result.content['order']['status']}.", signals=SURE)


async def eager(view: AgentView) -> Proposal:
    """Cancels whatever order it hears of."""
    last = view.conversation.entries[-1]
    if isinstance(last, Message) and (order := re.search(r"W\d", last.text)):
        return ProposedCall(ToolCall(ToolName("cancel_order"), {"order": order[0]}), signals=SURE)
    return ProposedAnswer("It is shipped.", signals=SURE)


async def breaking(view: AgentView) -> Proposal:
    """Calls a tool that breaks."""
    return ProposedCall(ToolCall(ToolName("break_down"), {"order": "W1"}), signals=SURE)


async def unreachable(view: AgentView) -> Proposal:
    """Nobody answers."""
    raise AgentUnreachable("parcels", "nobody answered at http://127.0.0.1:9")


async def slow(view: AgentView) -> Proposal:
    """Never answers in time."""
    raise AgentTimeout("parcels", "no answer within 30 s")


async def stuck(view: AgentView) -> Proposal:
    """Never answers at all."""
    await asyncio.Event().wait()
    return ProposedAnswer("too late")

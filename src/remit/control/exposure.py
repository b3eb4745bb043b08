"""Exposure caps: what the agent may do on its own in a day, over all intents and processes. Fails closed."""

from collections import OrderedDict
from typing import Any

from remit.control.controller import Clock
from remit.control.ports import ExposureCounters
from remit.conversations import AgentName, ConversationId, HandoffReason
from remit.errors import StoreError
from remit.policy.decisions import AskExpert, HandOff, RunTool, Send
from remit.policy.operating import Exposure, MoneyCap
from remit.policy.proposals import ProposedCall
from remit.runtime.ports import StepKey
from remit.tools import ToolCall

CONVERSATIONS = "conversations"
MONEY = "money"
_MOST_REMEMBERED = 10_000


class ExposureCaps:
    """Implements `remit.runtime.ports.Exposure`: one counter a cap, asked before the effect.

    A conversation counts with the first thing that the agent does in it alone; money counts when the call is let
    through, whether or not it then succeeds. What an expert approves is theirs and counts as nothing.

    Args:
        exposure: The policy's caps.
        counters: Sums of the day, shared by all processes.
        clock: The day is that of UTC.
    """

    def __init__(self, exposure: Exposure, counters: ExposureCounters, clock: Clock) -> None:
        self._exposure = exposure
        self._counters = counters
        self._clock = clock
        # A conversation that was let in today is not asked for again by the process that let it in.
        self._let_in: OrderedDict[tuple[str, ConversationId], None] = OrderedDict()

    async def admit(
        self, agent: AgentName, conversation: ConversationId, decision: Send | RunTool, key: StepKey
    ) -> Send | RunTool | AskExpert | HandOff:
        """The decision, or a less free one with the reason."""
        day = self._clock.now().date().isoformat()
        try:
            return await self._admit(agent, conversation, decision, key, day)
        except StoreError as error:
            why = f"what the agent has done today could not be confirmed ({type(error).__name__})"
            return HandOff(HandoffReason.BUDGET_EXHAUSTED, why)

    async def _admit(
        self, agent: AgentName, conversation: ConversationId, decision: Send | RunTool, key: StepKey, day: str
    ) -> Send | RunTool | AskExpert | HandOff:
        money = self._exposure.money
        if isinstance(decision, RunTool) and money is not None and decision.call.tool in money.arguments:
            amount = amount_of(decision.call, money)
            if amount is None:
                name = money.arguments[decision.call.tool]
                why = f"argument {name!r} of tool {decision.call.tool!r} is no amount that can be counted"
                return AskExpert(ProposedCall(decision.call), why)
            if not await self._counters.reserve(agent, day, MONEY, amount, cap=money.per_day, key=str(key)):
                why = f"with {amount:g} more the agent would move more than the {money.per_day:g} of a day"
                return AskExpert(ProposedCall(decision.call), why)
        if not await self._lets_in(agent, conversation, day):
            cap = self._exposure.conversations_per_day
            why = f"the agent has acted alone in {cap} conversations today, the policy's cap over all intents"
            return HandOff(HandoffReason.BUDGET_EXHAUSTED, why)
        return decision

    async def _lets_in(self, agent: AgentName, conversation: ConversationId, day: str) -> bool:
        cap = self._exposure.conversations_per_day
        if cap is None or (day, conversation) in self._let_in:
            return True
        granted = await self._counters.reserve(agent, day, CONVERSATIONS, 1.0, cap=cap, key=conversation)
        if granted:
            self._let_in[day, conversation] = None
            if len(self._let_in) > _MOST_REMEMBERED:
                self._let_in.popitem(last=False)
        return granted


def amount_of(call: ToolCall, money: MoneyCap) -> float | None:
    """What the call would move; None if its argument is no finite number. A sum with a sign counts by its size."""
    found: Any = call.arguments.get(money.arguments[call.tool])
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    amount = abs(float(found))
    return amount if amount < float("inf") else None

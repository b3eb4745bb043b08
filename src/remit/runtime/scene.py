"""Everything that stays the same while a turn is carried."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remit.conversations import Conversation, IntentName, ToolExchange, Turn
from remit.documents.values import quickly_made
from remit.policy.rules import IntentRule
from remit.runtime.journal import Journal
from remit.runtime.ports import AgentView, IntentEstimate, Permit, TurnPorts
from remit.tools import ToolName, ToolSpec, is_write


@quickly_made
@dataclass(frozen=True, slots=True)
class Understood:
    """What the customer wants and the rule that follows: the strictest of the intents' rules."""

    estimate: IntentEstimate
    intents: tuple[IntentName, ...]
    rule: IntentRule


@quickly_made
@dataclass(frozen=True, slots=True)
class Scene:
    """The turn, its conversation as it was before, the permit, what was understood, and the ports."""

    turn: Turn
    before: Conversation
    permit: Permit
    understood: Understood
    catalogue: Mapping[ToolName, ToolSpec]
    journal: Journal
    ports: TurnPorts

    @property
    def rule(self) -> IntentRule:
        """The rule of this turn."""
        return self.understood.rule

    def exchanges_before(self) -> tuple[ToolExchange, ...]:
        """Tool exchanges of earlier turns, oldest first."""
        return tuple([entry for entry in self.before.entries if isinstance(entry, ToolExchange)])

    def writes(self, tool: ToolName) -> bool:
        """Whether a call of the tool may change the world; the stricter of the grant and the catalogue."""
        granted, known = self.rule.tools.get(tool), self.catalogue.get(tool)
        return granted is None or is_write(granted.effect) or known is None or is_write(known.effect)

    def view(self, step: int, exchanges: Sequence[ToolExchange]) -> AgentView:
        """What the agent sees at this step; only tools that the rule grants and that exist."""
        before = self.before
        return AgentView(
            turn=self.turn.id,
            step=step,
            conversation=before.continued(
                (self.turn.message, *exchanges), self.journal.last_memory(), handed_off=before.handed_off
            ),
            intents=self.understood.estimate,
            tools=tuple([self.catalogue[name] for name in self.rule.tools if name in self.catalogue]),
            coaching=(),
            deadline=self.turn.deadline,
        )

    async def stopped(self) -> str | None:
        """Why nothing may happen any more, or None. Read before every effect; not knowing counts as stopped."""
        try:
            state = await self.ports.grants.state()
        except Exception as error:  # noqa: BLE001 - a process that cannot confirm the stop flag hands off
            return f"the stop flag could not be read ({type(error).__name__})"
        return "the agent was stopped while the turn was under way" if state.stopped else None

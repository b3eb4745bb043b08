"""Where trials play: fresh adapters in memory around the agent, its policy's rules, and the scenario's world."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from remit.adapters.customers import CustomerModel, begin_customer
from remit.adapters.memory import FixedGrants, MemoryContactCentre, MemoryRecorder, ScriptedDesk
from remit.adapters.tools.world import WorldToolbox
from remit.adapters.worlds.load import load_world
from remit.conversations import Conversation, ConversationId, CustomerId
from remit.evaluation.ports import Setup
from remit.runtime.ports import (
    Agent,
    ApprovalRequest,
    Approved,
    Clock,
    Confidence,
    Denied,
    ExpertVerdict,
    Guardrails,
    Intents,
    Permit,
    TurnPorts,
)
from remit.scenarios.model import Scenario
from remit.scenarios.ports import World, WorldSession
from remit.tools import Effect, ToolName, ToolSpec

CHANNEL = "evaluation"
_EXPERT = "simulated expert"


@dataclass(slots=True)
class MemoryStage:
    """Implements `Stage`. What is shared between trials does not change: agent, permit, understanding, worlds.

    Args:
        agent: Who is examined.
        permit: What it may do.
        intents: Shared, as are confidence and guardrails.
        confidence: See above.
        guardrails: See above.
        directory: The folder from which the scenarios' world references are meant.
        effects: The policy's word on what tools do to the world.
        clock: The clock of the turns.
        customer_model: Plays the customers that need a language model; None if none does.
    """

    agent: Agent
    permit: Permit
    intents: Intents
    confidence: Confidence
    guardrails: Guardrails
    directory: Path
    effects: Mapping[ToolName, Effect]
    clock: Clock
    customer_model: CustomerModel | None = None
    worlds: dict[tuple[Path, str], World] = field(default_factory=dict)
    _specs: dict[tuple[Path, str], Mapping[ToolName, ToolSpec]] = field(default_factory=dict)

    async def set_up(self, scenario: Scenario, conversation: ConversationId, seed: int) -> Setup:
        """A fresh world, customer, recorder, desk and contact centre."""
        customer = begin_customer(scenario, seed, model=self.customer_model)
        session = await self.fresh_world(scenario)
        recorder = MemoryRecorder(self.clock, channel=CHANNEL)
        verified = None if scenario.verified_customer is None else CustomerId(scenario.verified_customer)
        recorder.begin(Conversation(conversation, channel=CHANNEL, customer=verified))
        ports = TurnPorts(
            grants=FixedGrants(self.permit),
            intents=self.intents,
            agent=self.agent,
            confidence=self.confidence,
            guardrails=self.guardrails,
            desk=ScriptedDesk(_EXPERTS[scenario.expert]),
            toolbox=WorldToolbox(session, await self._catalogue(scenario)),
            contact_centre=MemoryContactCentre(),
            recorder=recorder,
            clock=self.clock,
        )
        return Setup(ports, session, customer)

    async def tools(self, scenario: Scenario) -> Collection[ToolName]:
        """Every tool of the scenario's world."""
        return (await self._catalogue(scenario)).keys()

    async def fresh_world(self, scenario: Scenario) -> WorldSession:
        """Only the world."""
        return await self._world(scenario).start(scenario.start)

    def around(self, agent: Agent) -> "MemoryStage":
        """The same stage around another agent."""
        return replace(self, agent=agent)

    async def _catalogue(self, scenario: Scenario) -> Mapping[ToolName, ToolSpec]:
        """Made once for a world: a trial must not pay for it."""
        place = (self.directory, scenario.start.world)
        if place not in self._specs:
            specs = await self._world(scenario).catalogue()
            self._specs[place] = {
                name: replace(spec, effect=self.effects.get(name, spec.effect)) for name, spec in specs.items()
            }
        return self._specs[place]

    def _world(self, scenario: Scenario) -> World:
        place = (self.directory, scenario.start.world)
        if place not in self.worlds:
            self.worlds[place] = load_world(scenario.start.world, self.directory)
        return self.worlds[place]


def _approve(request: ApprovalRequest) -> ExpertVerdict:
    del request
    return Approved(_EXPERT)


def _deny(request: ApprovalRequest) -> ExpertVerdict:
    del request
    return Denied(_EXPERT, "the scenario's expert says no")


_EXPERTS: Mapping[str, Callable[[ApprovalRequest], ExpertVerdict] | None] = {
    "absent": None,
    "approves": _approve,
    "denies": _deny,
}

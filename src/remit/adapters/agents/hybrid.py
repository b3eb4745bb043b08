"""The `hybrid` agent: flows first, generation where no flow and no article has an answer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from remit.adapters.agents.document import DocumentPlace, parse_document
from remit.adapters.agents.flow.agent import FlowAgent
from remit.adapters.agents.flow.model import NO_ANSWER
from remit.conversations import JsonObject, ToolExchange
from remit.policy.proposals import ProposedCall, ProposedHandoff
from remit.releases.reach import everything_but
from remit.runtime.ports import Agent, AgentReply, AgentView


@dataclass(frozen=True, slots=True)
class HybridAgent:
    """Two agents that share a conversation; each keeps a memory of its own.

    The flow hears every message first. Only where it would hand off because it has no answer is the
    generating agent asked; a handoff for any other reason (the customer wants a person, a rule) stands.
    """

    flow: Agent
    generation: Agent

    async def propose(self, view: AgentView) -> AgentReply:
        """The flow's proposal, or the generating agent's where the flow has none.

        Raises:
            AgentError: Whatever leaf the asked agent raises.
        """
        memories = view.conversation.agent_memory
        if memories.get("calling") == "generation" and isinstance(view.conversation.entries[-1], ToolExchange):
            return await self._generate(view, memories)
        reply = await self.flow.propose(_with_memory(view, memories, "flow"))
        memories = {**_known(memories), "flow": reply.memory}
        if isinstance(reply.proposal, ProposedHandoff) and reply.proposal.reason in NO_ANSWER:
            return await self._generate(view, memories)
        return replace(reply, memory=memories)

    async def _generate(self, view: AgentView, memories: JsonObject) -> AgentReply:
        reply = await self.generation.propose(_with_memory(view, memories, "generation"))
        kept: dict[str, Any] = {**_known(memories), "generation": reply.memory}
        if isinstance(reply.proposal, ProposedCall):
            kept["calling"] = "generation"
        return replace(reply, memory=kept)

    async def close(self) -> None:
        """Give back what the two hold."""
        for agent in (self.flow, self.generation):
            close = getattr(agent, "close", None)
            if close is not None:
                await close()

    async def check(self) -> None:
        """Raise a leaf of AgentError if one of the two could not be asked now."""
        for agent in (self.flow, self.generation):
            check = getattr(agent, "check", None)
            if check is not None:
                await check()


def build_hybrid(
    document: Mapping[str, Any], where: DocumentPlace, directory: Path, environ: Mapping[str, str]
) -> HybridAgent:
    """Builder of `type: hybrid`: `flow` and `generation` each name an agent definition beside this one."""
    del document
    where.expect_keys("flow", "generation")
    where.leave_out("flow", "generation")
    flow = _build(where, "flow", directory, environ)
    # A flow that never lacks an answer keeps its intent away from generation.
    away = flow.document.never_lacking_an_answer() if isinstance(flow, FlowAgent) else frozenset()
    behind = replace(where, within=everything_but(*away), role="generation")
    return HybridAgent(flow=flow, generation=_build(behind, "generation", directory, environ))


def _build(where: DocumentPlace, key: str, directory: Path, environ: Mapping[str, str]) -> Agent:
    # The registry names this builder, so that it can only be looked up when one is built.
    from remit.adapters.agents.load import BUILDERS

    path = where.existing(key, directory)
    section = parse_document(where.read_text(key, path), path)
    place = replace(where, path=path, section=section, keys=())
    kind = place.text("type")
    if kind not in BUILDERS or kind == "hybrid":
        known = ", ".join(sorted(set(BUILDERS) - {"hybrid"}))
        raise place.error("type", f"an agent of type {kind!r} cannot be a part of a hybrid", f"Types: {known}.")
    part = place.part(kind)
    agent = BUILDERS[kind](part.section, part, path.parent, environ)
    where.parts.definitions.append(where.parts.of_definition(section, path, name=key, reach=where.within))
    return agent


def _with_memory(view: AgentView, memories: JsonObject, part: str) -> AgentView:
    """The view as that part would see it alone."""
    memory = memories.get(part, {})
    own = memory if isinstance(memory, Mapping) else {}
    return replace(view, conversation=replace(view.conversation, agent_memory=own))


def _known(memories: JsonObject) -> dict[str, Any]:
    return {part: memories[part] for part in ("flow", "generation") if part in memories}

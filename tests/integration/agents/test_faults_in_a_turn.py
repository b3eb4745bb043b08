"""Through `handle_turn` every fault of an agent is a recorded handoff: never a crash, never silence."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.agents.asking import HTTP, LLM, OPENAI_CHAT, load
from integration.agents.fake_openai import Behaviour, calls, hang, serving, text
from integration.agents.test_agent_faults import MODEL_FAULTS, WIRE_FAULTS
from integration.agents.views import CANCEL_ORDER, FIND_ORDER
from properties.turn_fakes import SteadyConfidence, SteadyIntents, WordGuard
from remit.adapters.agents import LoadedAgent
from remit.adapters.memory import FixedGrants, MemoryContactCentre, MemoryRecorder, ScriptedDesk, SystemClock
from remit.conversations import (
    Answered,
    ConversationId,
    HandedOff,
    HandoffReason,
    IntentName,
    Message,
    Turn,
    TurnId,
)
from remit.errors import AgentTimeout
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule, ToolRule
from remit.runtime.ports import Permit, StepKey, TurnPorts
from remit.runtime.report import TurnReport
from remit.runtime.turn import handle_turn
from remit.tools import Effect, ToolCall, ToolName, ToolResult, ToolSpec, ToolSucceeded

REFUND = IntentName("refund")


@dataclass
class RecordingToolbox:
    """Has the tools with their real schemas; runs nothing and remembers what was asked."""

    attempts: list[tuple[ToolName, str]] = field(default_factory=list)

    async def catalogue(self) -> Mapping[ToolName, ToolSpec]:
        return {spec.name: spec for spec in (FIND_ORDER, CANCEL_ORDER)}

    async def run(self, call: ToolCall, key: StepKey) -> ToolResult:
        self.attempts.append((call.tool, str(key)))
        return ToolSucceeded({"ok": True})


async def carried(loaded: LoadedAgent, *, left_s: float) -> tuple[TurnReport, RecordingToolbox, MemoryContactCentre]:
    """One turn at the highest level, with everything granted and certain: only the agent can stop it."""
    clock, toolbox, contact_centre = SystemClock(), RecordingToolbox(), MemoryContactCentre()
    tools = {name: ToolRule(Effect.READ) for name in (FIND_ORDER.name, CANCEL_ORDER.name)}
    rule = IntentRule(REFUND, AutonomyLevel.AUTONOMOUS, send_threshold=0.9, ask_threshold=0.5, tools=tools)
    permit = Permit(loaded.name, loaded.release, policy="p-1", epoch=1, rules={REFUND: rule})
    now = datetime.now(UTC)
    turn = Turn(
        TurnId("t-1"), ConversationId("c-1"), Message("customer", "Money back!", now), now + timedelta(seconds=left_s)
    )
    ports = TurnPorts(
        grants=FixedGrants(permit),
        intents=SteadyIntents(),
        agent=loaded.agent,
        confidence=SteadyConfidence(0.99),
        guardrails=WordGuard(),
        desk=ScriptedDesk(),
        toolbox=toolbox,
        contact_centre=contact_centre,
        recorder=MemoryRecorder(clock),
        clock=clock,
    )
    try:
        return await handle_turn(turn, ports), toolbox, contact_centre
    finally:
        await loaded.close()


async def handed_off(folder: Path, definition: str, behaviour: Behaviour, *, left_s: float) -> HandedOff:
    """The handoff that the turn ended in; it reached the contact centre and no tool ran."""
    async with serving(behaviour) as fake:
        loaded = load(folder, definition, fake.base_url, more="  max_retries: 1\n")
        report, toolbox, contact_centre = await carried(loaded, left_s=left_s)
    assert isinstance(report.outcome, HandedOff)
    assert contact_centre.taken == {TurnId("t-1"): report.outcome}
    assert toolbox.attempts == []
    return report.outcome


@pytest.mark.parametrize("name", WIRE_FAULTS)
@pytest.mark.parametrize("definition", [LLM, OPENAI_CHAT, HTTP], ids=["llm", "openai_chat", "http"])
def test_a_fault_on_the_wire_is_a_recorded_handoff(tmp_path: Path, definition: str, name: str) -> None:
    behaviour, leaf = WIRE_FAULTS[name]
    left_s = 4 if name == "giant" else 0.4

    outcome = asyncio.run(handed_off(tmp_path, definition, behaviour, left_s=left_s))

    assert outcome.reason is (HandoffReason.DEADLINE if leaf is AgentTimeout else HandoffReason.AGENT_ERROR)


@pytest.mark.parametrize("name", MODEL_FAULTS)
def test_a_fault_of_the_model_is_a_recorded_handoff(tmp_path: Path, name: str) -> None:
    outcome = asyncio.run(handed_off(tmp_path, LLM, MODEL_FAULTS[name], left_s=5))

    assert outcome.reason is HandoffReason.AGENT_ERROR
    assert outcome.note.startswith("agent 'shop-llm': ")


def test_an_agent_that_hangs_past_its_own_time_out_is_a_handoff_before_the_deadline(tmp_path: Path) -> None:
    definition = LLM + "  timeout_s: 0.2\n"

    outcome = asyncio.run(handed_off(tmp_path, definition, hang, left_s=20))

    assert outcome.reason is HandoffReason.DEADLINE


def test_parallel_calls_run_one_by_one_in_a_turn(tmp_path: Path) -> None:
    async def scene() -> tuple[TurnReport, RecordingToolbox, int]:
        wanted = calls(("find_order", {"order_id": "1"}), ("cancel_order", {"order_id": "1"}))
        async with serving(wanted, text("Done.")) as fake:
            report, toolbox, _ = await carried(load(tmp_path, LLM, fake.base_url), left_s=10)
            return report, toolbox, len(fake.requests)

    report, toolbox, n_asked = asyncio.run(scene())

    assert report.outcome == Answered("Done.")
    assert [name for name, _ in toolbox.attempts] == ["find_order", "cancel_order"]
    assert n_asked == 2

"""The hybrid: flow first, generation where the flow has no answer."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from remit.adapters.agents.hybrid import HybridAgent
from remit.adapters.agents.load import load_agent
from remit.conversations import HandoffReason
from remit.errors import AgentParseError
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentReply, AgentView
from remit.tools import ToolCall, ToolName
from unit.agents.conversing import Talk


@dataclass
class Scripted:
    """Gives these proposals in order and counts in its memory how often it was asked."""

    proposals: list[Proposal]
    memories: list[object] = field(default_factory=list)

    async def propose(self, view: AgentView) -> AgentReply:
        memory = view.conversation.agent_memory
        self.memories.append(memory)
        n_asked = memory.get("n", 0)
        assert isinstance(n_asked, int)
        return AgentReply(self.proposals.pop(0), memory={"n": n_asked + 1})


LOOK = ProposedCall(ToolCall(ToolName("look"), {}, "1"))


def test_an_answer_of_the_flow_stands() -> None:
    flow, generation = Scripted([ProposedAnswer("from the flow")]), Scripted([])

    assert Talk(HybridAgent(flow, generation)).answer("hello") == "from the flow"


@pytest.mark.parametrize("reason", [HandoffReason.MISSING_KNOWLEDGE, HandoffReason.OUT_OF_SCOPE])
def test_where_the_flow_has_no_answer_the_generation_is_asked(reason: HandoffReason) -> None:
    flow, generation = Scripted([ProposedHandoff(reason)]), Scripted([ProposedAnswer("composed")])

    assert Talk(HybridAgent(flow, generation)).answer("hello") == "composed"


@pytest.mark.parametrize("reason", [HandoffReason.CUSTOMER_REQUEST, HandoffReason.POLICY_RESTRICTION])
def test_any_other_handoff_of_the_flow_stands(reason: HandoffReason) -> None:
    flow, generation = Scripted([ProposedHandoff(reason)]), Scripted([ProposedAnswer("composed")])

    assert Talk(HybridAgent(flow, generation)).say("hello") == ProposedHandoff(reason)


def test_a_tool_result_goes_back_to_the_part_that_asked_for_it() -> None:
    flow = Scripted([ProposedHandoff(HandoffReason.OUT_OF_SCOPE), ProposedAnswer("flow again")])
    generation = Scripted([LOOK, ProposedAnswer("composed from the tool")])
    talk = Talk(HybridAgent(flow, generation), {"look": lambda: {"seen": True}})

    assert talk.answer("hello") == "composed from the tool"
    assert talk.answer("and now?") == "flow again"


def test_each_part_gets_back_only_its_own_memory() -> None:
    flow = Scripted([ProposedHandoff(HandoffReason.OUT_OF_SCOPE), ProposedHandoff(HandoffReason.OUT_OF_SCOPE)])
    generation = Scripted([ProposedAnswer("one"), ProposedAnswer("two")])
    talk = Talk(HybridAgent(flow, generation))

    talk.say("hello")
    talk.say("hello again")

    assert flow.memories == [{}, {"n": 1}]
    assert generation.memories == [{}, {"n": 1}]


FLOW = "apiVersion: remit/v1\nkind: Agent\ntype: flow\nname: f\nflow:\n  flows: {a: {offer: x, steps: [answer: hi]}}\n"
HYBRID = "apiVersion: remit/v1\nkind: Agent\ntype: hybrid\nname: h\nhybrid: {flow: flow.yaml, generation: %s}\n"


def test_a_hybrid_is_built_of_two_definitions_and_its_release_covers_both(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "hybrid.yaml").write_text(HYBRID % "flow.yaml")
    first = load_agent(tmp_path / "hybrid.yaml")

    (tmp_path / "flow.yaml").write_text(FLOW.replace("hi", "hello"))

    assert first.type == "hybrid"
    assert load_agent(tmp_path / "hybrid.yaml").release != first.release


def test_a_hybrid_of_a_hybrid_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "hybrid.yaml").write_text(HYBRID % "hybrid.yaml")

    with pytest.raises(AgentParseError, match="cannot be a part of a hybrid"):
        load_agent(tmp_path / "hybrid.yaml")


def test_a_part_that_is_not_there_is_refused(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW)
    (tmp_path / "hybrid.yaml").write_text(HYBRID % "nowhere.yaml")

    with pytest.raises(AgentParseError, match=r"nowhere\.yaml"):
        load_agent(tmp_path / "hybrid.yaml")

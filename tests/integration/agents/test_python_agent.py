"""A callable of the user's may do anything; a turn only ever sees a proposal or a leaf of AgentError."""

import asyncio
from pathlib import Path

import pytest

from integration.agents.views import view
from remit.adapters.agents import load_agent
from remit.conversations import HandoffReason
from remit.errors import AgentError, AgentProtocolError, AgentTimeout, AgentUnreachable
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.tools import ToolCall, ToolName

DEFINITION = """\
apiVersion: remit/v1
kind: Agent
name: mine
type: python
python:
  module: agent.py
  callable: propose
"""
HEADER = """\
import asyncio
import time
from remit.conversations import HandoffReason
from remit.errors import AgentUnreachable
from remit.policy.proposals import ProposedAnswer, ProposedCall, ProposedHandoff
from remit.runtime.ports import AgentReply
from remit.tools import ToolCall, ToolName
"""


def ask(folder: Path, body: str, *, left_s: float = 5.0) -> Proposal:
    (folder / "agent.py").write_text(f"{HEADER}\n{body}\n")
    (folder / "agent.yaml").write_text(DEFINITION)
    agent = load_agent(folder / "agent.yaml").agent
    return asyncio.run(agent.propose(view(left_s=left_s))).proposal


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("def propose(view): return 'Hello.'", ProposedAnswer("Hello.")),
        ("async def propose(view): return 'Hello.'", ProposedAnswer("Hello.")),
        ("def propose(view): return AgentReply(ProposedAnswer('Hello.'))", ProposedAnswer("Hello.")),
        (
            "def propose(view): return ProposedHandoff(HandoffReason.CUSTOMER_REQUEST)",
            ProposedHandoff(HandoffReason.CUSTOMER_REQUEST),
        ),
        (
            "def propose(view): return ProposedCall(ToolCall(ToolName('find_order'), {'order_id': 'A-1'}))",
            ProposedCall(ToolCall(ToolName("find_order"), {"order_id": "A-1"})),
        ),
        ("class P:\n  async def __call__(self, view): return 'Hello.'\npropose = P()", ProposedAnswer("Hello.")),
    ],
)
def test_whatever_is_a_proposal_is_one(tmp_path: Path, body: str, expected: Proposal) -> None:
    assert ask(tmp_path, body) == expected


@pytest.mark.parametrize(
    ("body", "leaf"),
    [
        ("def propose(view): raise ValueError('customer said: my card is 4111')", AgentProtocolError),
        ("async def propose(view): raise KeyError('customer said: my card is 4111')", AgentProtocolError),
        ("def propose(view): raise StopIteration", AgentProtocolError),
        ("def propose(view): raise SystemExit(0)", AgentProtocolError),
        ("async def propose(view): raise SystemExit(0)", AgentProtocolError),
        ("async def propose(view): raise TimeoutError", AgentProtocolError),
        ("def propose(view): return None", AgentProtocolError),
        ("def propose(view): return ''", AgentProtocolError),
        ("def propose(view): return ProposedAnswer('')", AgentProtocolError),
        ("def propose(view): return 7", AgentProtocolError),
        ("def propose(view): return '\\ud83d'", AgentProtocolError),
        ("def propose(view): return AgentReply(None)", AgentProtocolError),
        ("def propose(view): return AgentReply(ProposedAnswer('Hi.'), {'at': {1, 2}})", AgentProtocolError),
        ("def propose(view): return ProposedCall(ToolCall(ToolName('t'), {'n': float('nan')}))", AgentProtocolError),
        ("def propose(): return 'Hello.'", AgentProtocolError),
        ("def propose(view): raise AgentUnreachable('mine', 'gone')", AgentUnreachable),
    ],
)
def test_whatever_is_not_a_proposal_is_a_leaf_of_agent_error(tmp_path: Path, body: str, leaf: type[AgentError]) -> None:
    with pytest.raises(leaf) as caught:
        ask(tmp_path, body)

    assert "4111" not in str(caught.value)


@pytest.mark.parametrize(
    "body", ["def propose(view): time.sleep(1)", "async def propose(view): await asyncio.sleep(10)"]
)
def test_a_slow_callable_ends_at_the_deadline(tmp_path: Path, body: str) -> None:
    with pytest.raises(AgentTimeout):
        ask(tmp_path, body, left_s=0.1)


def test_the_error_says_where_the_callable_failed(tmp_path: Path) -> None:
    with pytest.raises(AgentProtocolError, match=r"ZeroDivisionError at agent\.py:9"):
        ask(tmp_path, "def propose(view): return 1 / 0")

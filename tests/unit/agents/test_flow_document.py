"""A flow document that cannot be used is refused with file, line and a way to mend it."""

from pathlib import Path

import pytest

from remit.adapters.agents.load import load_agent
from remit.errors import AgentParseError

HEAD = "apiVersion: remit/v1\nkind: Agent\ntype: flow\nname: broken\nflow:\n"
SLOT = "  slots:\n    order_id: {ask: Which order?, patterns: ['\\d{5}']}\n"
FLOW = "  flows:\n    status:\n      offer: look it up\n      steps:\n"


def refusal_of(tmp_path: Path, body: str) -> AgentParseError:
    path = tmp_path / "flow.yaml"
    path.write_text(HEAD + body)
    with pytest.raises(AgentParseError) as refusal:
        load_agent(path)
    return refusal.value


@pytest.mark.parametrize(
    ("body", "line", "problem"),
    [
        (SLOT + FLOW + "        - ask: order_nr\n", 12, "no slot 'order_nr'"),
        (SLOT + FLOW + "        - shout: hello\n", 12, "exactly one of the known kinds"),
        (SLOT + FLOW + "        - answer: hello\n          anser: hello\n", 13, "unknown key 'anser'"),
        (SLOT + FLOW + "        - when: order.status ==\n          then: [end: ]\n", 12, "not a CEL expression"),
        (
            SLOT + FLOW + "        - when: colour == 'red'\n          then: [end: ]\n",
            12,
            "'colour', which nothing gives",
        ),
        (SLOT + FLOW + "        - answer: 'Hello {{ nam }}'\n", 12, "'nam', which nothing gives"),
        (SLOT + FLOW + "        - answer: 'Hello {{ name'\n", 12, "not a template"),
        (SLOT + FLOW + "        - hand_off: bored\n", 12, "no reason for a handoff"),
        (SLOT + FLOW + "        - use: nothing\n", 12, "no block 'nothing'"),
        (SLOT + FLOW + "        - 7\n", 11, "a step of 'steps' is 7"),
        (SLOT + "  flows: {}\n", 8, "there is no flow"),
        (
            "  slots:\n    order_id: {ask: Which?, patterns: ['(']}\n" + FLOW + "        - end:\n",
            7,
            "regular expression",
        ),
        ("  slots:\n    order_id: {patterns: ['x']}\n" + FLOW + "        - end:\n", 7, "has no question"),
        ("  slots:\n    order_id: {ask: Which?, normalise: loud}\n" + FLOW + "        - end:\n", 7, "no normalisation"),
        ("  knowledge: nowhere\n" + FLOW + "        - end:\n", 6, "no article"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, body: str, line: int, problem: str) -> None:
    refusal = refusal_of(tmp_path, body)

    assert problem in str(refusal)
    assert refusal.line == line
    assert refusal.mend


def test_a_block_that_uses_itself_is_refused(tmp_path: Path) -> None:
    body = "  blocks:\n    loop:\n      - use: loop\n" + FLOW + "        - use: loop\n"

    assert "uses itself" in str(refusal_of(tmp_path, body))


def test_a_mistake_in_a_file_of_the_flow_is_named_there(tmp_path: Path) -> None:
    (tmp_path / "status.yaml").write_text("offer: look it up\nsteps:\n  - ask: nothing\n")

    refusal = refusal_of(tmp_path, "  flows: {status: status.yaml}\n")

    assert refusal.path.endswith("status.yaml")
    assert refusal.line == 3


def test_a_changed_flow_file_or_article_is_another_release(tmp_path: Path) -> None:
    path, flow, article = tmp_path / "flow.yaml", tmp_path / "status.yaml", tmp_path / "knowledge" / "returns.md"
    article.parent.mkdir()
    article.write_text("# Returns\n30 days\n")
    flow.write_text("offer: look it up\nsteps:\n  - answer: hello\n")
    path.write_text(HEAD + "  knowledge: knowledge\n  flows: {status: status.yaml}\n")
    first = load_agent(path).release

    flow.write_text("offer: look it up\nsteps:\n  - answer: hello there\n")
    second = load_agent(path).release
    article.write_text("# Returns\n90 days\n")
    third = load_agent(path).release

    assert len({first, second, third}) == 3

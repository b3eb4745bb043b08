"""What each part of an agent can reach, and that an agent keeps to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.agents.knowledge import Knowledge, Passage
from remit.adapters.agents.load import load_agent
from remit.conversations import IntentName
from remit.releases.diff import compare_parts
from remit.releases.model import PartKind
from remit.releases.reach import ALL, Reach, everything_but, only

HEAD = "apiVersion: remit/v1\nkind: Agent\ntype: {kind}\nname: desk\n"
FLOW = """\
flow:
  knowledge: knowledge
  constants: {days: 30, unused: 1}
  slots:
    order: {ask: 'Which one, within {{ days }} days?', patterns: ['\\d+']}
    colour: {ask: Which colour?, patterns: ['red']}
  blocks:
    ask_order: [{ask: order}]
  flows:
    refund: {offer: refund, steps: [{use: ask_order}, {answer: done}]}
    advice: {offer: advise, steps: [{ask: colour}, {article: }]}
"""
PYTHON = "python: {module: agent.py, files: [knowledge]}\n"
LLM = """\
llm:
  base_url: http://127.0.0.1:1/v1
  model: small
  system_prompt: prompt.md
  prompts_by_intent: {refund: refund.md}
"""


@dataclass(frozen=True)
class Desk:
    folder: Path

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def reaches(self, agent: str = "desk.yaml") -> Mapping[str, Reach]:
        return {f"{one.kind.value} {one.name}": one.reach for one in load_agent(self.folder / agent).parts}

    def changed(self, name: str, old: str, new: str, agent: str = "desk.yaml") -> Mapping[str, Reach]:
        """What an edit changes, and what that reaches."""
        before = load_agent(self.folder / agent).as_release()
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new, 1))
        after = load_agent(self.folder / agent).as_release()
        assert (before.id != after.id) == bool(compare_parts(before, after).changes)
        return {f"{one.kind.value} {one.name}": one.reach for one in compare_parts(before, after).changes}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write("desk.yaml", HEAD.format(kind="flow") + FLOW)
    made.write("knowledge/returns.md", "# Returns\n<!-- intents: refund -->\n\nThirty days.\n")
    made.write("knowledge/birds.md", "# Birds\n\nThey fly.\n")
    made.write("agent.py", "def propose(view):\n    return 'yes'\n")
    made.write("composer.yaml", HEAD.format(kind="python") + PYTHON)
    made.write("hybrid.yaml", HEAD.format(kind="hybrid") + "hybrid: {flow: desk.yaml, generation: composer.yaml}\n")
    made.write("prompt.md", "Be kind.")
    made.write("refund.md", "Refunds are for thirty days.")
    made.write("llm.yaml", HEAD.format(kind="llm") + LLM)
    return made


@pytest.mark.parametrize(
    ("old", "new", "part", "reach"),
    [
        ("{answer: done}", "{answer: all done}", "flow refund", only("refund")),
        ("[{ask: order}]", "[{ask: order}, {say: well}]", "block ask_order", only("refund")),
        ("Which one", "Which order", "slot order", only("refund")),
        ("Which colour", "What colour", "slot colour", only("advice")),
        ("days: 30", "days: 60", "constant days", only("refund")),
        ("unused: 1", "unused: 2", "constant unused", only()),
        ("name: desk", "name: other", "definition agent", ALL),
    ],
)
def test_an_edit_of_a_flow_agent_changes_one_part_and_reaches_those_that_use_it(
    desk: Desk, old: str, new: str, part: str, reach: Reach
) -> None:
    assert desk.changed("desk.yaml", old, new) == {part: reach}


def test_a_comment_and_the_description_are_no_change(desk: Desk) -> None:
    assert desk.changed("desk.yaml", "name: desk", "# who\ndescription: new\nname: desk") == {}


def test_an_article_reaches_the_intents_that_it_declares_else_every_intent(desk: Desk) -> None:
    assert desk.changed("knowledge/returns.md", "Thirty", "Sixty") == {"article knowledge/returns.md": only("refund")}
    assert desk.changed("knowledge/birds.md", "They", "Birds") == {"article knowledge/birds.md": ALL}


def test_an_article_that_declares_another_intent_reaches_the_old_and_the_new_one(desk: Desk) -> None:
    changed = desk.changed("knowledge/returns.md", "intents: refund", "intents: advice")

    assert changed == {"article knowledge/returns.md": only("refund", "advice")}


def test_generation_is_kept_away_from_intents_whose_flow_never_lacks_an_answer(desk: Desk) -> None:
    reaches = desk.reaches("hybrid.yaml")

    assert reaches["code agent.py"] == everything_but("refund")
    assert reaches["definition generation"] == everything_but("refund")
    assert reaches["article knowledge/returns.md"] == ALL, "its own intent by the flow, all others by generation"
    assert reaches["flow refund"] == only("refund")


def test_of_a_callable_and_an_endpoint_nothing_is_known(desk: Desk) -> None:
    assert set(desk.reaches("composer.yaml").values()) == {ALL}


def test_model_and_parameters_are_parts_and_an_intents_own_prompt_reaches_only_that_intent(desk: Desk) -> None:
    assert desk.changed("llm.yaml", "model: small", "model: large", "llm.yaml") == {"model model": ALL}
    assert desk.changed("refund.md", "thirty", "sixty", "llm.yaml") == {"prompt refund.md": only("refund")}
    assert desk.changed("prompt.md", "kind", "short", "llm.yaml") == {"prompt prompt.md": ALL}


def test_kinds_of_parts_are_those_of_the_how_to() -> None:
    page = (Path(__file__).parents[3] / "docs" / "how-to" / "release-a-change.md").read_text(encoding="utf-8")
    words = {PartKind.ENDPOINT: "runs elsewhere", PartKind.COURTESY: "definition", PartKind.FILE: "files"}
    for kind in PartKind:
        assert words.get(kind, kind.value) in page, kind


# ── what is declared is kept ──────────────────────────────────────────────────────────────────────
REFUND, ADVICE = IntentName("refund"), IntentName("advice")
VOCABULARY = ("fern", "water", "refund", "money", "bird", "seed", "lamp")
WORDS = st.lists(st.sampled_from(VOCABULARY), min_size=1, max_size=6).map(" ".join)


def passage(name: str, text: str, *intents: IntentName) -> Passage:
    return Passage(name, name, "", text, intents=frozenset(intents))


@given(st.lists(WORDS, min_size=1, max_size=4), WORDS, WORDS, WORDS)
def test_what_an_article_of_another_intent_says_changes_nothing_that_is_found(
    others: list[str], own: str, foreign: str, query: str
) -> None:
    """Not even the weights: how rare a word is would carry the change over."""

    def found(text: str) -> list[tuple[str, float]]:
        shared = [passage(f"shared-{place}", words) for place, words in enumerate(others)]
        whole = Knowledge([*shared, passage("own", own, REFUND), passage("foreign", text, ADVICE)])
        return [(hit.passage.source, hit.score) for hit in whole.for_intents([REFUND]).search(query)]

    assert found(foreign) == found("something else entirely")
    assert "foreign" not in dict(found(foreign))


def test_an_article_that_declares_nothing_is_looked_at_for_every_intent() -> None:
    whole = Knowledge([passage("shared", "ferns need water"), passage("own", "money", REFUND)])

    assert [hit.passage.source for hit in whole.for_intents([ADVICE]).search("water")] == ["shared"]
    assert whole.for_intents([]).search("money") == []

"""Retrieval over Markdown articles."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.agents.knowledge import Knowledge, Passage, read_knowledge, stems_of
from remit.errors import AgentParseError

RETURNS = """# Returns

## How long you have
You can return items for 30 days
from the day of delivery.

## Who pays
<!-- asked as: postage, shipping label -->
Returning is free.
"""
PLANTS = "# Plants\n\nWe sell ferns.\n\n## Water\nWater a fern twice a week.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "returns.md").write_text(RETURNS)
    (tmp_path / "care").mkdir()
    (tmp_path / "care" / "plants.md").write_text(PLANTS)
    return tmp_path


def test_a_passage_is_a_section_with_a_stable_source(folder: Path) -> None:
    passages = read_knowledge(folder).passages

    assert [passage.source for passage in passages] == [
        "care/plants",
        "care/plants#water",
        "returns#how-long-you-have",
        "returns#who-pays",
    ]
    assert passages[2].text == "You can return items for 30 days from the day of delivery."


def test_the_passage_that_fits_best_comes_first(folder: Path) -> None:
    found = read_knowledge(folder).search("how much water does my fern need?")

    assert found[0].passage.source == "care/plants#water"


def test_words_that_customers_use_are_searched_and_never_shown(folder: Path) -> None:
    found = read_knowledge(folder).search("postage")

    assert found[0].passage.source == "returns#who-pays"
    assert found[0].passage.text == "Returning is free."


def test_a_question_the_folder_knows_nothing_of_finds_nothing(folder: Path) -> None:
    assert read_knowledge(folder).search("quantum chromodynamics") == []


def test_a_foreign_word_lowers_the_score(folder: Path) -> None:
    knowledge = read_knowledge(folder)

    familiar, foreign = knowledge.search("water fern")[0], knowledge.search("water fern trombone")[0]

    assert familiar.passage == foreign.passage
    assert foreign.score < familiar.score


WORDS = st.lists(st.sampled_from(["water", "fern", "return", "label", "days", "free", "trombone"]), max_size=6)


@given(queries=WORDS, articles=st.lists(WORDS.filter(bool), min_size=1, max_size=5))
def test_scores_lie_between_zero_and_one_and_fall(queries: list[str], articles: list[list[str]]) -> None:
    passages = [Passage(f"p{number}", "Title", "", " ".join(words)) for number, words in enumerate(articles)]

    scores = [found.score for found in Knowledge(passages).search(" ".join(queries), limit=5)]

    assert all(0.0 < score <= 1.0 for score in scores)
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize(("one", "other"), [("returns", "return"), ("returned", "return"), ("berries", "berry")])
def test_forms_of_a_word_are_one(one: str, other: str) -> None:
    assert stems_of(one) == stems_of(other)


@pytest.mark.parametrize(
    ("text", "problem"),
    [("no heading at all\n", "no title"), ("## Section first\ntext\n", "no title"), ("# Only a title\n", "no text")],
)
def test_an_article_without_title_or_text_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "broken.md").write_text(text)

    with pytest.raises(AgentParseError, match=problem) as refusal:
        read_knowledge(tmp_path)

    assert refusal.value.line == 1


def test_a_folder_without_articles_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AgentParseError, match="no article"):
        read_knowledge(tmp_path / "nowhere")


def test_an_article_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "binary.md").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(AgentParseError, match="not UTF-8 text"):
        read_knowledge(tmp_path)

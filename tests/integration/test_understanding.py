"""`intents.model` of remit.yaml: what it chooses, and what is said where it cannot be had."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from remit.app.centre import load_centre
from remit.app.policy_files import read_policy_file
from remit.app.understanding import intents_model_beside, trained_intents
from remit.conversations import IntentName
from remit.errors import CentreParseError, SettingsError

SHOP = Path(__file__).resolve().parents[2] / "examples/shop"
CENTRE = "apiVersion: remit/v1\nkind: ContactCentre\nname: small\n"


def written(folder: Path, more: str) -> Path:
    (folder / "remit.yaml").write_text(CENTRE + more)
    return folder


def test_words_are_the_default_and_the_file_beside_the_policy_decides(tmp_path: Path) -> None:
    assert load_centre(written(tmp_path, "")).intents == "words"
    assert intents_model_beside(written(tmp_path, "intents: {model: embeddings}\n") / "policy.yaml") == "embeddings"
    assert intents_model_beside(tmp_path / "elsewhere" / "policy.yaml") == "words"


def test_another_model_is_refused_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(CentreParseError, match=r"remit\.yaml:4"):
        load_centre(written(tmp_path, "intents: {model: horoscope}\n"))


def test_the_default_is_trained_from_the_policy() -> None:
    policy = read_policy_file(SHOP / "policy.yaml")
    assert IntentName("refund") in trained_intents(policy, "words").intents


@pytest.mark.skipif(find_spec("onnxruntime") is not None, reason="remit[embeddings] is installed")
def test_without_the_extra_it_is_said_what_to_install() -> None:
    with pytest.raises(SettingsError, match=r"pip install 'remit\[embeddings\]'"):
        trained_intents(read_policy_file(SHOP / "policy.yaml"), "embeddings")

"""What the pages on handing off show is true: keys, examples, reasons and fields."""

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from remit.app.centre import FILE, load_centre
from remit.app.contact_centre_file import ContactCentreSection
from remit.conversations import HandoffReason
from remit.conversations.envelope import Envelope
from remit.supervision.availability import ReceptionWords

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = (ROOT / "docs/reference/contact-centre.md").read_text(encoding="utf-8")
HOW_TO = (ROOT / "docs/how-to/hand-off-to-people.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", HOW_TO, re.DOTALL)


def part(heading: str) -> str:
    """Everything under a heading, or before the first one."""
    if not heading:
        return REFERENCE.split("\n## ")[0]
    (found,) = [text for text in REFERENCE.split("\n## ") if text.startswith(f"`{heading}`")]
    return found


def keys(model: Any) -> set[str]:
    return set(model.model_fields)


def test_every_key_of_the_section_is_documented() -> None:
    assert set(re.findall(r"^\| `(\w+)` \|", part(""), re.MULTILINE)) == keys(ContactCentreSection)


@pytest.mark.parametrize("name", ["hours", "webhook", "chatwoot", "zendesk", "intercom"])
def test_every_key_of_a_part_is_documented(name: str) -> None:
    annotation = ContactCentreSection.model_fields[name].annotation
    (model,) = [kind for kind in getattr(annotation, "__args__", ()) if hasattr(kind, "model_fields")]
    assert set(re.findall(r"^\| `(\w+)` \|", part(name), re.MULTILINE)) == keys(model)


def test_every_sentence_for_customers_is_named() -> None:
    for word in fields(ReceptionWords):
        assert f"`{word.name}`" in part("words")


def test_every_reason_stands_in_its_category() -> None:
    table = dict(re.findall(r"^\| `(\w+)` \| (`\w+`.*) \|$", REFERENCE.split("\n## Reasons")[1], re.MULTILINE))
    for reason in HandoffReason:
        assert f"`{reason.value}`" in table[reason.category.value]


def test_every_field_of_the_envelope_is_explained() -> None:
    explained = REFERENCE.split("\n## The envelope")[1].split("\n## ")[0]
    for each in [*(one.name for one in fields(Envelope)), "category"]:
        assert f"`{each}`" in explained


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_can_be_read(example: str, tmp_path: Path) -> None:
    head = "apiVersion: remit/v1\nkind: ContactCentre\nname: Shop\n"
    (tmp_path / FILE).write_text(head + example, encoding="utf-8")
    read = load_centre(tmp_path).contact_centre
    assert set(YAML(typ="safe").load(example)["contact_centre"]) == read.model_fields_set

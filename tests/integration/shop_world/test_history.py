"""The simulated history is what its generator makes and what its README says."""

import asyncio
import json
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.worlds import load_world
from remit.tools import ToolName

SHOP = Path(__file__).parents[3] / "examples" / "shop"
FILE = SHOP / "history" / "2026-q2.jsonl"


@pytest.fixture(scope="module")
def contacts() -> list[dict[str, Any]]:
    return [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()]


def test_the_same_program_gives_the_same_bytes(tmp_path: Path) -> None:
    again = tmp_path / "again.jsonl"
    subprocess.run([sys.executable, "-m", "history.generate", str(again)], cwd=SHOP, check=True)
    assert again.read_bytes() == FILE.read_bytes()


def test_every_line_says_that_it_is_simulated_and_the_file_stays_small(contacts: list[dict[str, Any]]) -> None:
    assert all(contact["simulated"] is True for contact in contacts)
    assert FILE.stat().st_size < 400_000


def test_the_mix_is_as_the_readme_says(contacts: list[dict[str, Any]]) -> None:
    counts = Counter(contact["intent"] for contact in contacts)
    assert (len(contacts), counts["order_status"], counts["out_of_scope"]) == (400, 108, 36)
    assert counts["order_status"] + counts["refund"] + counts["return_item"] + counts["return_status"] == 232


def test_who_comes_back_is_the_same_customer_with_the_same_matter_within_a_week(contacts: list[dict[str, Any]]) -> None:
    by_id = {contact["id"]: contact for contact in contacts}
    followers = [contact for contact in contacts if contact["follows"]]
    assert followers
    for later in followers:
        earlier = by_id[later["follows"]]
        assert (later["customer"], later["intent"]) == (earlier["customer"], earlier["intent"])
        gap = datetime.fromisoformat(later["at"]) - datetime.fromisoformat(earlier["at"])
        assert timedelta(0) < gap < timedelta(days=7)


def test_experts_used_tools_that_exist_with_arguments_they_take(contacts: list[dict[str, Any]]) -> None:
    # A ticket's details are left out of the history; everything else is as the tool takes it.
    world = load_world("world/shop.py:world", SHOP)
    catalogue = asyncio.run(world.catalogue())
    used = [action for contact in contacts for action in contact["actions"]]
    assert used
    for action in used:
        parameters = catalogue[ToolName(action["tool"])].parameters
        assert set(action["arguments"]) <= set(parameters["properties"])


def test_openings_vary(contacts: list[dict[str, Any]]) -> None:
    assert len({contact["messages"][0]["text"] for contact in contacts}) > 370

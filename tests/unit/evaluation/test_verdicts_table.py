"""The verdict table of the terminal at 100 columns."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from integration.report_sample import sample_report
from remit.cli.verdict_table import verdict_table
from remit.conversations import IntentName
from remit.evaluation.model import Run
from remit.evidence.verdicts import Finding, GateVerdict


def printed(run: Run, verdicts: tuple[GateVerdict, ...], *, width: int = 100) -> str:
    console = Console(file=StringIO(), width=width, color_system=None)
    console.print(verdict_table(run, verdicts))
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.fixture
def run() -> Run:
    return sample_report().runs[0]


@pytest.fixture
def verdicts() -> tuple[GateVerdict, ...]:
    return sample_report().verdicts


@pytest.mark.parametrize("width", [80, 100, 160])
def test_nothing_is_cut(run: Run, verdicts: tuple[GateVerdict, ...], width: int) -> None:
    table = printed(run, verdicts, width=width)

    assert "…" not in table
    assert "42 scenarios" in table
    assert "attestations." in table
    assert max(len(line.rstrip()) for line in table.splitlines()) <= width


def test_each_measured_gate_has_its_numbers_and_what_is_needed(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    lines = {line.split()[0]: " ".join(line.split()) for line in printed(run, verdicts).splitlines() if line.strip()}

    assert lines["order_status"] == "order_status 1.00 1.00 46 / 184 0.90-1.00 pass^4 >= 0.90 ✓ supported"
    assert lines["refund"] == "refund 0.67 0.60 15 / 60 0.23-0.90 pass^4 >= 0.90 ✗ refuted"
    assert lines["delivery_times"].endswith("? undecided 42 scenarios")


def test_the_caption_counts_trials_baselines_and_gates_that_wait(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    text = " ".join(printed(run, verdicts).split())

    assert "449 trials planned, 446 run, 2 excluded" in text
    assert "do nothing passes 9 of 112 scenarios" in text
    assert "15 further gates wait for live conversations or attestations" in text
    assert "(simulated customers)" in text


def test_names_are_shown_as_they_are_and_not_read_as_markup(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    named = tuple(replace(one, intent=IntentName("[red]x[/red]")) for one in verdicts[:1])

    assert "[red]x[/red]" in printed(replace(run, suite="[b]s[/b]"), named)
    assert "[b]s[/b]" in printed(replace(run, suite="[b]s[/b]"), named)


def test_an_intent_is_shown_up_to_the_first_level_it_has_not_earned(
    run: Run, verdicts: tuple[GateVerdict, ...]
) -> None:
    supported = next(one for one in verdicts if one.intent == "order_status" and one.settled_by_trials)
    next_level = replace(supported, level="tools_with_approval", finding=Finding.UNDECIDED)
    beyond = replace(supported, level="tools_within_limits", finding=Finding.REFUTED)

    text = printed(run, (supported, next_level, beyond))

    assert "supervised answers" in text
    assert "tools with approval" in text
    assert "tools within limits" not in text
    assert "1 gates of higher levels are in the report" in " ".join(text.split())
    assert text.count("order_status") == 1


def test_one_verdict_on_attacks_stands_for_all_intents(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    attack = replace(verdicts[0], gate="attack success in red-team <= 0.10", pass_1=None, estimate=0.0)
    rows = tuple(replace(attack, intent=IntentName(name)) for name in ("a", "b", "c"))

    text = printed(replace(run, suite="red-team"), rows)

    assert text.count("attack success <= 0.10") == 1
    assert "3 intents" in text

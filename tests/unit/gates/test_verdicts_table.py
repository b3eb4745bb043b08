"""The verdict table of the terminal."""

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from integration.report_sample import sample_report
from remit.cli.verdict_table import missing_trials, ungated, verdict_table
from remit.conversations import IntentName
from remit.evaluation.model import Run
from remit.evidence import Outcome
from remit.evidence.verdicts import Finding, GateVerdict, Needed


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
    assert "15 further gates." in " ".join(table.split())
    assert max(len(line.rstrip()) for line in table.splitlines()) <= width


def test_each_measured_gate_has_its_numbers_and_what_is_needed(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    lines = [" ".join(line.split()) for line in printed(run, verdicts).splitlines()]

    assert "order_status 1.00 1.00 0.90-1.00 >= 0.90 ✓ supported" in lines
    assert lines[lines.index("order_status 1.00 1.00 0.90-1.00 >= 0.90 ✓ supported") + 1].startswith("184/184 46 ")
    assert "refund 0.67 0.60 0.23-0.90 >= 0.90 ✗ refuted" in lines
    undecided = next(n for n, line in enumerate(lines) if line.startswith("delivery_times"))
    assert lines[undecided].endswith("? undecided")
    assert lines[undecided + 1].endswith("42 scenarios")


def test_the_caption_counts_trials_baselines_and_gates_that_wait(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    text = " ".join(printed(run, verdicts).split())

    assert "449 trials planned, 446 run, 2 excluded" in text
    assert "do nothing passes 9 of 112 scenarios" in text
    assert "waiting for live conversations or attestations: 15 further gates" in text
    assert "intervals: confidence sequence over scenarios" in text
    assert "(simulated customers)" in text


def test_names_are_shown_as_they_are_and_not_read_as_markup(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    named = tuple(replace(one, intent=IntentName("[red]x[/red]")) for one in verdicts[:1])

    assert "[red]x[/red]" in printed(replace(run, suite="[b]s[/b]"), named)
    assert "policy.yaml:100:" in printed(replace(run, suite="policy.yaml:100:"), named)
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
    assert "the report has 1 gate of higher levels" in " ".join(text.split())
    assert text.count("order_status") == 1


def test_one_verdict_on_attacks_stands_for_all_intents(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    attack = replace(
        verdicts[0],
        gate="attack success in red-team <= 0.10",
        pass_1=None,
        estimate=0.0,
        n_scenarios=48,
        n_at_lower_level=12,
        less_is_better=True,
    )
    rows = tuple(replace(attack, intent=IntentName(name)) for name in ("a", "b", "c"))

    text = printed(replace(run, suite="red-team"), rows)

    assert text.count("attack success <= 0.10") == 1
    assert "3 intents" in text
    assert "0 of 48" in text
    assert "pass^1" not in text
    assert "pass^k\n" not in text
    assert "or rate" in text
    assert "12 trials at a lower level than the gate's say nothing about it" in " ".join(text.split())


def test_a_gate_that_all_rows_share_stands_in_the_title(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    alike = [one for one in verdicts if one.settled_by_trials and one.level == "supervised_answers"]

    text = printed(run, tuple(alike), width=80)

    assert text.count("pass^4 >= 0.90") == 1
    assert "gate of every row: pass^4 >= 0.90, for supervised answers" in text


def test_long_names_break_behind_underscores_and_plus_signs_only(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    name = IntentName("cancel_reservation+update_reservation_flights")

    text = printed(run, (replace(verdicts[0], intent=name),), width=80)

    assert [
        line[:16].split()[0] for line in text.splitlines() if line.startswith(("cancel", "reser", "update", "fli"))
    ] == [
        "cancel_",
        "reservation+",
        "update_",
        "reservation_",
        "flights",
    ]


def test_an_intent_that_nothing_was_asked_of_has_no_row(run: Run, verdicts: tuple[GateVerdict, ...]) -> None:
    untried = replace(
        verdicts[0], intent=IntentName("elsewhere"), n_trials=0, n_excluded=0, n_scenarios=0, estimate=None
    )

    text = printed(run, (verdicts[0], untried))

    assert "elsewhere" not in text
    assert "no trial of 1 further intent" in " ".join(text.split())


def test_missing_trials_of_present_scenarios_come_before_new_scenarios(
    run: Run, verdicts: tuple[GateVerdict, ...]
) -> None:
    one = replace(verdicts[0], finding=Finding.UNDECIDED, needed=Needed(12, 78, "no further failure"))

    text = printed(run, (one,))

    assert missing_trials(one) == 30
    assert text.index("30 trials") < text.index("of present ones") < text.index("then 12 new")


def test_nobody_is_told_to_run_again_what_a_broken_reference_excludes(
    run: Run, verdicts: tuple[GateVerdict, ...]
) -> None:
    trial = replace(run.trials[0], outcome=Outcome.SCENARIO_ERROR, attributed_to="scenario")
    one = replace(
        verdicts[0], intent=trial.intent, finding=Finding.UNDECIDED, n_excluded=1, needed=Needed(0, 1, "run again")
    )

    text = printed(replace(run, trials=(trial,)), (one,))

    assert "to run again" not in text
    assert "be mended" in text


def test_a_suite_that_no_gate_names_is_one_line(run: Run) -> None:
    trials = tuple(replace(one, outcome=Outcome.PASSED) for one in run.trials[:20])

    assert ungated(replace(run, suite="smoke", trials=trials)) == (
        "smoke: 20 of 20 trials passed; no gate names this suite."
    )

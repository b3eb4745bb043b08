"""The example's releases: what their diff names, what it leaves alone, and what the commands say of them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from remit.adapters.agents.load import load_agent
from remit.app.policy_files import read_policy_file
from remit.app.surroundings import surroundings_of
from remit.cli import run
from remit.releases.diff import ReleaseDiff, compare_parts
from remit.releases.model import Release

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"
POLICY = read_policy_file(SHOP / "policy.yaml")
AGENTS = ("flow", "flow-regressed", "hybrid", "hybrid-regressed", "composer")
ADVISING = {"product_advice", "delivery_terms", "return_terms"}


def release(agent: str, folder: Path = SHOP) -> Release:
    return load_agent(folder / "agents" / f"{agent}.yaml", surroundings=surroundings_of(POLICY)).as_release()


def reached(diff: ReleaseDiff) -> set[str]:
    return set(diff.reach.among(tuple(POLICY.intents)))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, and commands that work on it."""
    shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("__pycache__", ".remit"))
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setenv("REMIT_STORE", str(tmp_path / "remit.db"))
    return tmp_path / "shop"


@pytest.fixture(scope="module")
def one_trial(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shop's own agent has been evaluated once, on one scenario; nothing is registered. Commands work on it."""
    folder = tmp_path_factory.mktemp("one-trial")
    shutil.copytree(SHOP, folder / "shop", ignore=shutil.ignore_patterns("__pycache__", ".remit"))
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder / "shop")
        patched.setenv("REMIT_STORE", str(folder / "remit.db"))
        run(["eval", "--filter", "smoke-refusal", "--trials", "1", "--no-baselines", "--json"])
        yield


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, Any]:
    code = run([*arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("agent", ["flow", "hybrid"])
def test_the_regressed_release_changed_the_refund_flow_and_that_reaches_refunds_alone(agent: str) -> None:
    diff = compare_parts(release(agent), release(f"{agent}-regressed"))

    assert [f"{one.kind.value} {one.name} {one.change.value}" for one in diff.changes] == ["flow refund changed"]
    assert reached(diff) == {"refund"}


def test_an_edited_article_reaches_the_intents_that_it_serves_and_no_other(shop: Path) -> None:
    before = {agent: release(agent, shop) for agent in ("flow", "hybrid", "composer")}
    article = shop / "knowledge" / "birds.md"
    article.write_text(article.read_text(encoding="utf-8") + "\nThey like quiet corners.\n", encoding="utf-8")

    found = {agent: reached(compare_parts(old, release(agent, shop))) for agent, old in before.items()}

    assert found["flow"] == {"product_advice"}
    assert found["hybrid"] == ADVISING, "what no flow answers is composed from any article"
    assert found["composer"] == set(POLICY.intents), "of a callable nothing is known"


def test_every_agent_of_the_example_has_a_release_of_its_own() -> None:
    assert len({release(agent).id for agent in AGENTS}) == len(AGENTS)


def test_the_commands_name_the_change_say_what_could_be_shown_and_find_the_regression(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # Eleven of the refunds that must be refused: all of them together take a minute.
    wanted = ["--filter", "refund-too-long*", "--filter", "refund-second*"]
    for agent in ("hybrid", "hybrid-regressed"):
        run(["eval", f"agents/{agent}.yaml", *wanted, "--trials", "1", "--no-baselines", "--json"])
    capsys.readouterr()

    code, diff = told(capsys, "release", "diff", "hybrid", "hybrid-regressed")
    assert (code, diff["reached"], len(diff["unreached"])) == (0, ["refund"], 15)
    code, compared = told(capsys, "release", "compare", "hybrid", "hybrid-regressed")
    overall = compared["overall"]
    assert (code, overall["advice"]) == (1, "roll back")
    assert overall["n_better"] == 0 < overall["n_worse"]
    assert overall["before_the_run"]["n_scenarios"] == overall["n_scenarios"]
    assert overall["before_the_run"]["minimum_detectable_difference"] is None, "so few could not show a usual gain"
    assert compared["simulated"]

    run(["release", "compare", "hybrid", "hybrid-regressed"])
    shown = capsys.readouterr().out
    assert shown.index("Before the run") < shown.index("roll back")


@pytest.mark.usefixtures("one_trial")
def test_what_nobody_has_played_is_undecided(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()

    assert run(["release", "compare", "hybrid", "hybrid-regressed"]) == 2
    shown = capsys.readouterr().out
    assert "nothing can be shown" in shown
    assert "next: remit eval agents/hybrid.yaml" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["release", "show", "hybird"], "release 'hybird': it is not registered"),
        (["release", "promote", "hybrid", "--reason", "x"], "release 'hybrid': it is not registered"),
        (["release", "rollback", "--intent", "refunds", "--reason", "x"], "the policy knows no intent 'refunds'"),
        (["release", "register"], "has no accounts yet"),
        (["release", "diff", "hybrid", "nowhere.yaml"], "release 'nowhere.yaml': it is not registered"),
    ],
)
@pytest.mark.usefixtures("one_trial")
def test_a_wrong_name_or_nobody_behind_a_command_is_one_clear_error(
    capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(arguments) == 3
    assert said in capsys.readouterr().err

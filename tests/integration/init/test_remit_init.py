"""`remit init` writes a contact centre that parses, fits together and runs at once; all of it or nothing."""

import asyncio
import json
from pathlib import Path

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from integration.agents.fake_openai import serving, text
from remit.adapters.agents import load_agent
from remit.adapters.formats.suites import read_suites
from remit.adapters.memory import MemoryLedger, SystemClock
from remit.adapters.scaffold import DraftIntent, StartPlan, intent_named, render_files, write_files
from remit.app.centre import load_centre
from remit.app.evaluation import Evaluation, EvaluationRequest, evaluate, prepare
from remit.cli.init import init
from remit.errors import RemitError, SettingsError
from remit.evidence import Outcome
from remit.evidence.verdicts import Finding
from remit.policy.document import parse_policy
from remit.policy.model import Policy

URL = "http://127.0.0.1:9/v1"
KINDS = {
    "python": [],
    "llm": ["--agent-type", "llm", "--agent-url", URL, "--model", "small", "--api-key-env", "LLM_KEY"],
    "openai_chat": ["--agent-url", f"{URL}/chat/completions"],
    "http": ["--agent-type", "http", "--agent-url", "http://127.0.0.1:9/reply", "--api-key-env", "AGENT_KEY"],
}
app = typer.Typer()
app.command()(init)


def run(*arguments: str | Path, answers: str | None = None) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], input=answers)
    if isinstance(result.exception, RemitError):
        raise result.exception
    return result


def parsed(directory: Path) -> Policy:
    """Everything that was written, read by its owner."""
    centre = load_centre(directory)
    loaded = load_agent(centre.agent)
    policy = parse_policy(centre.policy.read_text(encoding="utf-8"), source=str(centre.policy))
    suites = [suite for path in centre.suites for suite in read_suites(path)]
    assert loaded.name == policy.name == centre.name
    assert {scenario.intent for suite in suites for scenario in suite.scenarios} == set(policy.intents)
    return policy


async def evaluate_centre(directory: Path) -> Evaluation:
    centre, clock = load_centre(directory), SystemClock()
    request = EvaluationRequest(centre.agent, centre.policy, centre.suites, n_trials=4)
    return await evaluate(prepare(request, environ={}, clock=clock), MemoryLedger(), clock)


def evaluated(directory: Path) -> Evaluation:
    return asyncio.run(evaluate_centre(directory))


def outcomes(evaluation: Evaluation) -> dict[str, set[Outcome]]:
    """Each scenario with the outcomes of its trials."""
    trials = [trial for result in evaluation.results for trial in result.run.trials]
    return {
        name: {trial.outcome for trial in trials if trial.scenario == name} for name in {t.scenario for t in trials}
    }


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_parses_and_fits_together(tmp_path: Path, kind: str) -> None:
    result = run(tmp_path / "my shop", "--yes", "--problem", 'Waits of "11 min": {too} long # really', *KINDS[kind])

    policy = parsed(tmp_path / "my shop")
    assert result.exit_code == 0
    assert policy.problem == 'Waits of "11 min": {too} long # really'
    assert list(policy.intents) == ["order_status", "cancel_order", "opening_hours"]


@pytest.mark.parametrize("kind", KINDS)
def test_intents_that_are_named_become_drafts(tmp_path: Path, kind: str) -> None:
    run(tmp_path / "shop", "--yes", "--intent", "Refund", "--intent", "change address", *KINDS[kind])

    assert list(parsed(tmp_path / "shop").intents) == ["refund", "change_address"]
    assert (tmp_path / "shop" / "policy.yaml").read_text().count("# Draft") == 2


def test_a_history_becomes_drafts(tmp_path: Path) -> None:
    lines = [
        {"messages": [{"speaker": "customer", "text": f'where is {{my}} "order" {n}: it\'s #{n}'}]} for n in range(15)
    ]
    lines += [{"messages": [{"speaker": "customer", "text": f"- refund % {n} please, money back"}]} for n in range(15)]
    (tmp_path / "h.jsonl").write_text("\n".join(map(json.dumps, lines)))

    run(tmp_path / "shop", "--yes", "--history", tmp_path / "h.jsonl")

    policy = parsed(tmp_path / "shop")
    texts = {text for intent in policy.intents.values() for text in intent.examples}
    assert texts == {line["messages"][0]["text"] for line in lines}
    assert "15 of 30 opening messages" in (tmp_path / "shop" / "policy.yaml").read_text()


def test_the_starter_runs_at_once_and_its_agent_passes_every_trial(tmp_path: Path) -> None:
    run(tmp_path / "shop", "--yes")

    evaluation = evaluated(tmp_path / "shop")

    assert set.union(*outcomes(evaluation).values()) == {Outcome.PASSED}
    findings = {verdict.intent: verdict.finding for verdict in evaluation.verdicts}
    assert findings == {
        "order_status": Finding.UNDECIDED,
        "cancel_order": Finding.UNDECIDED,
        "opening_hours": Finding.SUPPORTED,
    }
    assert evaluation.exit_code == 2


def test_an_intent_without_an_answer_fails_until_it_has_one(tmp_path: Path) -> None:
    run(tmp_path / "shop", "--yes", "--intent", "refund", "--intent", "opening times")
    before = evaluated(tmp_path / "shop")
    agent = tmp_path / "shop" / "agent.py"
    agent.write_text(agent.read_text().replace('"refund": ""', '"refund": "Money comes back within five days."'))

    after = evaluated(tmp_path / "shop")

    assert outcomes(before)["refund_asks"] == {Outcome.FAILED}
    assert outcomes(after)["refund_asks"] == {Outcome.PASSED}


@pytest.mark.parametrize("kind", ["llm", "openai_chat"])
def test_drafts_run_at_once_against_a_remote_agent_that_answers(tmp_path: Path, kind: str) -> None:
    async def scene() -> Evaluation:
        async with serving(text("Of course.")) as fake:
            run(tmp_path / "shop", "--yes", "--agent-type", kind, "--agent-url", fake.base_url, "--intent", "refund")
            return await evaluate_centre(tmp_path / "shop")

    # The agent says "Of course." to everybody; who asks for a person gets one all the same.
    assert outcomes(asyncio.run(scene())) == {"refund_asks": {Outcome.PASSED}, "wants_a_person": {Outcome.PASSED}}


def test_an_agent_that_is_not_there_is_one_error_and_nothing_runs(tmp_path: Path) -> None:
    run(tmp_path / "shop", "--agent-url", URL, "--yes")

    with pytest.raises(RemitError, match=r"127\.0\.0\.1:9 does not answer"):
        evaluated(tmp_path / "shop")


def test_questions_are_asked_for_what_the_flags_leave_open(tmp_path: Path) -> None:
    result = run(tmp_path / "shop", answers=f"{URL}\nhttp\nToo slow\nrefund, order status\n")

    policy = parsed(tmp_path / "shop")
    assert result.exit_code == 0
    assert policy.problem == "Too slow"
    assert list(policy.intents) == ["refund", "order_status"]
    assert load_agent(tmp_path / "shop" / "agent.yaml").type == "http"


def test_a_language_model_is_asked_for_by_name(tmp_path: Path) -> None:
    run(tmp_path / "shop", "--agent-type", "llm", answers=f"{URL}\nsmall-model\n\n\n")

    assert 'model: "small-model"' in (tmp_path / "shop" / "agent.yaml").read_text()
    assert parsed(tmp_path / "shop").problem.startswith("Say here")


def test_json_says_what_was_written_and_asks_nothing(tmp_path: Path) -> None:
    result = run(tmp_path / "shop", "--json")

    said = json.loads(result.stdout)
    assert sorted(said["files"]) == sorted(
        path.relative_to(tmp_path / "shop").as_posix() for path in (tmp_path / "shop").rglob("*") if path.is_file()
    )
    assert [intent["name"] for intent in said["intents"]] == ["order_status", "cancel_order", "opening_hours"]


# ── all or nothing ────────────────────────────────────────────────────────────────────────────────
def test_nothing_is_overwritten_and_what_exists_is_listed(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("mine")
    (tmp_path / "suites").mkdir()

    with pytest.raises(SettingsError, match=r"already has policy\.yaml, suites; nothing was written"):
        run(tmp_path, "--yes")

    assert sorted(path.name for path in tmp_path.iterdir()) == ["policy.yaml", "suites"]
    assert (tmp_path / "policy.yaml").read_text() == "mine"


def test_a_folder_with_other_things_keeps_them(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    run(tmp_path, "--yes")

    parsed(tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("")

    with pytest.raises(SettingsError, match="is a file, not a folder"):
        run(tmp_path / "shop", "--yes")


def test_a_write_that_fails_half_way_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(SettingsError, match="cannot be written: File name too long; nothing is left behind"):
        write_files(tmp_path, {"a.yaml": "a", "b" * 300: "a name that no disk takes"})

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_new_folder_can_be_entered_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    run(tmp_path / "deep" / "shop", "--yes")

    assert (tmp_path / "deep" / "shop").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--agent-type", "bot", "--agent-url", URL], "is not known"),
        (["--agent-type", "llm"], "needs an address"),
        (["--agent-type", "python", "--agent-url", URL], "has no address"),
        (["--agent-url", "ftp://x"], "is not an address"),
        (["--agent-url", "http://user:pw@host/"], "is not an address"),
        (["--agent-url", "http://[::1"], "is not an address"),
        (["--agent-url", URL, "--api-key-env", "sk-123"], "never the key itself"),
        (["--intent", "a", "--history", "h.jsonl"], "Give one of them"),
        (["--intent", "?"], "cannot name an intent"),
    ],
)
def test_impossible_wishes_are_refused_and_nothing_is_written(tmp_path: Path, arguments: list[str], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        run(tmp_path / "shop", "--yes", *arguments)

    assert not (tmp_path / "shop").exists()


@given(
    problem=st.text(max_size=60), description=st.text(max_size=40), examples=st.lists(st.text(max_size=30), min_size=1)
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_words_of_a_history_are_written_so_that_they_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, problem: str, description: str, examples: list[str]
) -> None:
    words = tuple(dict.fromkeys(" ".join(text.split()) for text in examples if text.isprintable() and text.strip()))
    intents = (DraftIntent("first", description, words or ("hello",), origin=problem), intent_named("second"))
    plan = StartPlan("shop", problem, "python", "", intents)
    folder = tmp_path_factory.mktemp("any") / "shop"

    write_files(folder, render_files(plan))

    policy = parse_policy((folder / "policy.yaml").read_text(encoding="utf-8"), source="policy.yaml")
    assert next(iter(policy.intents.values())).examples == (words or ("hello",))
    assert len(read_suites(folder / "suites")[0].scenarios) == 3

"""`remit label` at the terminal: who labels is proven, what is refused is listed, nothing is half-written."""

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from integration.identity.terminal import Terminal
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.evidence import Observation, Selection
from unit.supervision.conversations import contained, drawn

YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    """A store with an admin, four conversations, and an expert who acts."""
    one = Terminal(tmp_path, monkeypatch, capsys)
    one.first_admin()
    keep(
        one.store,
        [
            *drawn("c1", began=YESTERDAY),
            *drawn("c2", began=YESTERDAY),
            *drawn("c3", began=YESTERDAY, n_experts=2),
            *contained("c4", began=YESTERDAY),
        ],
    )
    return one


def keep(store: Path, observations: Sequence[Observation]) -> None:
    async def run() -> None:
        async with SqliteDatabase(store) as database:
            await SqliteLedger(database).append(observations)

    asyncio.run(run())


def kept(store: Path) -> list[Observation]:
    async def run() -> list[Observation]:
        async with SqliteDatabase(store) as database:
            return [seen async for seen in SqliteLedger(database).select(Selection())]

    return asyncio.run(run())


def rows(*labels: tuple[str, str]) -> str:
    at = (YESTERDAY + timedelta(hours=2)).isoformat()
    return "".join(json.dumps({"conversation": one, "verdict": said, "at": at}) + "\n" for one, said in labels)


def test_one_label_is_kept_under_the_experts_own_account(terminal: Terminal) -> None:
    terminal.act_with(terminal.account("ben", "expert"))
    assert terminal.run("label", "give", "c1", "wrong", "--loss", "0.5") == 0
    assert "Counted" in terminal.out
    assert terminal.out.splitlines()[-1] == "Next: remit label status"
    label, outcome = kept(terminal.store)[-2:]
    assert label.details["verdict"] == "wrong"
    assert label.details["proof"] == "api_key"
    assert (outcome.metric, outcome.loss) == ("bad_outcome", 0.5)


def test_without_proof_or_role_nothing_is_labelled(terminal: Terminal) -> None:
    before = kept(terminal.store)
    viewer = terminal.account("eve", "viewer")
    terminal.act_with("")
    assert terminal.run("label", "give", "c1", "good") == 3
    assert "REMIT_ACCOUNT_KEY" in terminal.err
    terminal.act_with(viewer)
    assert terminal.run("label", "give", "c1", "good") == 3
    assert "role 'expert'" in terminal.err
    assert kept(terminal.store) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["c1", "wrnog"], "'wrnog' is no verdict"),
        (["c1", "wrong", "--loss", "2"], "outside (0, 1]"),
        (["c1", "good", "--loss", "0.2"], "a good outcome has no loss"),
    ],
)
def test_what_is_no_label_is_one_clear_error(terminal: Terminal, words: list[str], told: str) -> None:
    assert terminal.run("label", "give", *words) == 3
    assert told in terminal.err


def test_a_file_with_a_refused_row_keeps_nothing_and_lists_each(terminal: Terminal, tmp_path: Path) -> None:
    before = kept(terminal.store)
    path = tmp_path / "labels.jsonl"
    path.write_text(rows(("c1", "good"), ("nobody", "good"), ("c2", "wrong")))
    assert terminal.run("label", "import", str(path)) == 3
    assert "labels.jsonl:2: conversation 'nobody' is not in the ledger" in terminal.out
    assert "Nothing was kept." in terminal.out
    assert terminal.out.splitlines()[-1].endswith(f"remit label import {path} --keep-rest")
    assert kept(terminal.store) == before
    assert terminal.run("label", "import", str(path), "--keep-rest", "--json") == 3
    told = json.loads(terminal.out)
    assert told["outcomes"] == {"Counted": 2, "Refused": 1}
    assert told["refused"][0]["line"] == 2
    assert (told["kept"], told["observations_new"], told["exit_code"]) == (True, 4, 3)


def test_a_bad_row_keeps_nothing_either(terminal: Terminal, tmp_path: Path) -> None:
    before = kept(terminal.store)
    path = tmp_path / "labels.jsonl"
    path.write_text(rows(("c1", "good")) + '{"conversation": "c2"}\n')
    assert terminal.run("label", "import", str(path)) == 3
    assert "labels.jsonl:2: has no 'verdict'" in terminal.out
    assert kept(terminal.store) == before


def test_a_file_that_was_cut_is_refused_as_a_whole(terminal: Terminal, tmp_path: Path) -> None:
    before = kept(terminal.store)
    path = tmp_path / "labels.jsonl"
    whole = rows(("c1", "good"), ("c2", "wrong"))
    path.write_text(whole[: len(whole) * 3 // 4])
    assert terminal.run("label", "import", str(path), "--keep-rest") == 3
    assert "labels.jsonl:2: the file ends in the middle of this line" in terminal.err
    assert kept(terminal.store) == before
    path.write_text(whole)
    assert terminal.json("label", "import", str(path))["outcomes"] == {"Counted": 2}
    assert terminal.json("label", "import", str(path))["outcomes"] == {"Repeated": 2}


def test_an_empty_file_says_so(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text("")
    assert terminal.run("label", "import", "labels.jsonl") == 0
    assert "There is no label in it." in terminal.out


def test_what_is_no_evidence_is_said(terminal: Terminal) -> None:
    assert terminal.json("label", "give", "c4", "wrong")["outcomes"] == {"NotSampled": 1}
    assert terminal.run("label", "status") == 0
    assert "1   labels are no evidence: no draw was recorded before them" in terminal.out


def test_a_dispute_is_seen_settled_and_in_the_log(terminal: Terminal) -> None:
    keys = [terminal.account("ben", "expert"), terminal.account("eva", "expert")]
    cleo = terminal.account("cleo", "approver")
    for key, verdict in zip(keys, ["good", "wrong"], strict=True):
        terminal.act_with(key)
        assert terminal.run("label", "give", "c3", verdict) == 0
    assert "Disputed" in terminal.out
    status = terminal.json("label", "status")
    assert status["disputed"] == ["c3"]
    assert (status["agreement"]["n"], status["agreement"]["kappa"]) == (1, 0.0)
    assert status["next"] == "remit label settle c3 VERDICT --reason WHY"
    assert terminal.run("label", "settle", "c3", "wrong", "--reason", "wrong card") == 3  # an expert may not
    terminal.act_with(cleo)
    assert terminal.run("label", "settle", "c3", "wrong", "--reason", "wrong card") == 0
    assert terminal.run("label", "settle", "c3", "good", "--reason", "no") == 3
    assert "do not disagree" in terminal.err
    status = terminal.json("label", "status")
    assert (status["disputed"], status["labelled"], status["bad"]) == ([], 1, 1)
    change = terminal.json("audit", "show")["entries"][-1]["change"]
    assert (change["action"], change["subject"], change["reason"]) == ("label_settled", "c3", "wrong card")


def test_status_of_a_store_without_conversations_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(tmp_path, monkeypatch, capsys)
    terminal.first_admin()
    assert terminal.run("label", "status") == 0
    assert "there is nothing to label" in terminal.out
    assert terminal.out.splitlines()[-1] == "Next: remit serve"


def test_the_policy_says_when_outcomes_mature(terminal: Terminal, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "apiVersion: remit/v1\nkind: Policy\nname: p\n"
        "intents: {refund: {}}\n"
        "levels: {supervised_answers: {risk: {error_at_most: 0.02}}}\n"
        "gates:\n  autonomous:\n    - live: bad_outcome\n      at_most: 0.02\n"
        "      evidence: {labels: human_confirmed, matured_after: 1h}\n"
    )
    assert terminal.run("label", "give", "c1", "good", "--policy", str(policy)) == 0, terminal.err
    assert kept(terminal.store)[-1].matured

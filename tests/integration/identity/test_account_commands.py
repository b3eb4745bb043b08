"""`remit account` at the terminal: who acts is proven, what is secret is shown once, and all of it is in the log."""

import asyncio

import pytest

from integration.identity.terminal import PASSWORD, Terminal
from remit.adapters.store import SqliteDatabase
from remit.cli.acting import acting
from remit.errors import NotAuthenticated, NotPermitted
from remit.identity import Actor, Proof, Role


def test_an_empty_store_gets_its_first_admin_and_no_second_one(terminal: Terminal) -> None:
    terminal.first_admin()
    (entry, key_entry) = terminal.json("audit", "show")["entries"]
    assert entry["change"]["actor"]["proof"] == "empty_store"
    assert entry["change"]["action"] == "account_created"
    assert key_entry["change"]["action"] == "api_key_created"
    terminal.type(PASSWORD + "\n")
    assert terminal.run("account", "create", "eva", "--first-admin", "--password-stdin") == 3
    assert "has accounts already" in terminal.err


def test_an_unfit_password_leaves_no_store_with_accounts(terminal: Terminal) -> None:
    terminal.type("short\n")
    assert terminal.run("account", "create", "ana", "--first-admin", "--password-stdin") == 3
    assert "12 characters" in terminal.err
    assert terminal.json("account", "list") == {"accounts": []}


def test_without_proof_nothing_is_changed(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal.first_admin()
    before = terminal.json("account", "list")
    monkeypatch.delenv("REMIT_ACCOUNT_KEY")
    assert terminal.run("account", "create", "eva", "--role", "admin", "--no-password") == 3
    assert "REMIT_ACCOUNT_KEY" in terminal.err
    terminal.act_with("remit_000000000000_guess")
    assert terminal.run("account", "create", "eva", "--role", "admin", "--no-password") == 3
    assert "key is unknown" in terminal.err
    terminal.act_with("")
    assert [one["name"] for one in terminal.json("account", "list")["accounts"]] == ["ana"]
    assert before["accounts"][0]["keys"][0]["state"] == "in force"


def test_an_expert_makes_no_accounts(terminal: Terminal) -> None:
    terminal.first_admin()
    terminal.act_with(terminal.account("ben", "expert"))
    assert terminal.run("account", "create", "eva", "--role", "admin", "--no-password") == 3
    assert "role 'admin'" in terminal.err
    assert terminal.run("account", "role", "ben", "--add", "admin", "--reason", "me") == 3


def test_roles_and_functions_are_added_and_taken(terminal: Terminal) -> None:
    terminal.first_admin()
    terminal.account("ben", "expert")
    words = ["--add", "approver", "--remove", "expert", "--add-function", "risk", "--reason", "new job"]
    assert terminal.run("account", "role", "ben", *words) == 0
    assert "approver; signs for risk" in terminal.out
    ben = terminal.json("account", "list")["accounts"][1]
    assert (ben["roles"], ben["functions"]) == (["approver"], ["risk"])
    assert terminal.run("account", "role", "ben", "--add", "aprover", "--reason", "typo") == 3
    assert "`approver`" in terminal.err


def test_a_key_is_shown_once_and_revoked_by_its_id(terminal: Terminal) -> None:
    admin_key = terminal.first_admin()
    assert terminal.run("account", "key", "create", "--label", "laptop", "--days", "7") == 0
    key = terminal.out.strip()
    terminal.act_with(key)
    assert terminal.run("account", "list") == 0
    assert key not in terminal.out
    assert key not in terminal.store.read_bytes().decode("latin-1")
    key_id = key.split("_")[1]
    assert terminal.run("account", "key", "revoke", key_id, "--reason", "lost") == 0
    assert terminal.run("account", "key", "create", "--label", "another") == 3
    assert "revoked" in terminal.err
    terminal.act_with(admin_key)
    states = {key["label"]: key["state"] for key in terminal.json("account", "list")["accounts"][0]["keys"]}
    assert states == {"first": "in force", "laptop": "revoked"}


def test_a_disabled_account_cannot_act(terminal: Terminal) -> None:
    admin_key = terminal.first_admin()
    bens_key = terminal.account("ben", "admin")
    assert terminal.run("account", "disable", "ben", "--reason", "left") == 0
    terminal.act_with(bens_key)
    assert terminal.run("account", "enable", "ben", "--reason", "me again") == 3
    terminal.act_with(admin_key)
    assert terminal.run("account", "enable", "ben", "--reason", "came back") == 0
    assert terminal.run("account", "disable", "ana", "--reason", "holiday") == 0
    assert terminal.run("account", "list") == 0
    terminal.act_with(bens_key)
    assert terminal.run("account", "disable", "ben", "--reason", "holiday too") == 3
    assert "last active admin" in terminal.err


def test_ones_own_password_is_changed_without_being_an_admin(terminal: Terminal) -> None:
    terminal.first_admin()
    terminal.act_with(terminal.account("ben", "viewer"))
    terminal.type("four other plain words\n")
    assert terminal.run("account", "password", "--password-stdin") == 0
    terminal.type("four other plain words\n")
    assert terminal.run("account", "password", "ana", "--password-stdin") == 3


@pytest.mark.parametrize(
    "words",
    [
        ["ana", "--first-admin", "--role", "viewer", "--password-stdin"],
        ["ana", "--no-password"],
        ["ana", "--role", "king"],
        ["Ana", "--first-admin", "--password-stdin"],
        ["ana", "--first-admin"],
    ],
)
def test_impossible_accounts_are_one_clear_error(terminal: Terminal, words: list[str]) -> None:
    terminal.type(PASSWORD + "\n")
    assert terminal.run("account", "create", *words) == 3
    assert terminal.err.startswith("error: ")


def test_reading_a_store_that_is_not_there_makes_none(terminal: Terminal) -> None:
    for words in (["account", "list"], ["audit", "show"], ["audit", "verify"], ["audit", "checkpoint"]):
        assert terminal.run(*words) == 3
        assert "no such file" in terminal.err
    assert not terminal.store.parent.exists()


# ── acting() ──────────────────────────────────────────────────────────────────────────────────────
def act(terminal: Terminal, needs: Role | None, *, key: str = "", answers: tuple[str, ...] = ()) -> Actor:
    given = iter(answers)
    asked: list[tuple[str, bool]] = []

    def ask(what: str, *, hidden: bool) -> str:
        asked.append((what, hidden))
        return next(given)

    async def story() -> Actor:
        async with SqliteDatabase(terminal.store) as database:
            environ = {"REMIT_ACCOUNT_KEY": key} if key else {}
            return await acting(database, needs=needs, environ=environ, ask=ask)

    actor = asyncio.run(story())
    assert asked == ([] if key else [("Account", False), ("Password", True)])
    return actor


def test_a_key_acts_without_asking_and_a_password_is_asked_for_out_of_sight(terminal: Terminal) -> None:
    key = terminal.first_admin()
    assert act(terminal, Role.OPERATOR, key=key).proof is Proof.API_KEY
    assert act(terminal, Role.OPERATOR, answers=("ana", PASSWORD)).proof is Proof.PASSWORD
    with pytest.raises(NotAuthenticated):
        act(terminal, Role.OPERATOR, answers=("ana", "wrong"))


def test_who_lacks_the_role_does_not_act(terminal: Terminal) -> None:
    terminal.first_admin()
    key = terminal.account("ben", "expert")
    assert act(terminal, None, key=key).name == "ben"
    assert act(terminal, Role.EXPERT, key=key).name == "ben"
    with pytest.raises(NotPermitted, match=r"(?s)'operator'.*expert"):
        act(terminal, Role.OPERATOR, key=key)


def test_a_store_without_accounts_lets_nobody_act(terminal: Terminal) -> None:
    with pytest.raises(NotAuthenticated, match="--first-admin"):
        act(terminal, Role.OPERATOR, key="remit_000000000000_x")

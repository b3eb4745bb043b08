"""Stop and resume: by an operator, within a second in every process, in the audit log."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from control_samples import POLICY, R1, REFUND, SHOP, earned
from integration.identity.terminal import Terminal
from remit.adapters.memory import SystemClock
from remit.adapters.store import SqliteDatabase, SqliteGrantBook, SqliteReleases, StoredGrants
from remit.app.stopping import Stopping
from remit.control.grants import Scope, ScopeKind
from remit.control.orders import Order, Widen
from remit.errors import NotPermitted, SettingsError
from remit.identity import CONTROLLER, Actor, ActorId, Proof, Role
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.releases.model import Part, PartKind, Registration, Release
from remit.releases.reach import only
from remit.runtime.ports import Permit
from remit.tools import ToolName

OPERATOR = Actor(ActorId("acc-1"), "ana", frozenset({Role.OPERATOR}), Proof.API_KEY)
EXPERT = Actor(ActorId("acc-2"), "ben", frozenset({Role.EXPERT}), Proof.API_KEY)
AGENT = Scope(ScopeKind.AGENT)


async def give_grant(database: SqliteDatabase) -> None:
    signers = tuple(
        (Actor(ActorId(function), function, frozenset({Role.APPROVER}), Proof.API_KEY, frozenset({function})), function)
        for function in ("operations", "risk")
    )
    widening = earned(AutonomyLevel.TOOLS_WITHIN_LIMITS, signers, OPERATOR)
    order = Order("first", SHOP, SystemClock().now(), CONTROLLER, "earned", (Widen(widening),))
    await SqliteGrantBook(database).enact(order)


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the gateway, as far as stops concern it."""

    grants: StoredGrants
    stopping: Stopping

    async def stopped(self) -> bool:
        return (await self.grants.state()).stopped

    async def seconds_until(self, *, stopped: bool) -> float:
        """Seconds until this process holds to it."""
        begun = time.monotonic()
        async with asyncio.timeout(60):
            while await self.stopped() is not stopped:  # noqa: ASYNC110 - what is awaited happens in another process
                await asyncio.sleep(0.005)
        return time.monotonic() - begun


@asynccontextmanager
async def process(path: Path) -> AsyncIterator[Process]:
    """With the polling that `remit serve` has."""
    permit = Permit(SHOP, R1, POLICY.digest, 0, {REFUND: rule_at(POLICY, REFUND, AutonomyLevel.SHADOW)})
    async with SqliteDatabase(path) as database:
        grants = StoredGrants(database, SystemClock(), permit, lambda intent, level: rule_at(POLICY, intent, level))
        await grants.start()
        try:
            yield Process(grants, Stopping(SqliteGrantBook(database), SystemClock()))
        finally:
            await grants.close()


@pytest.mark.parametrize("scope", [AGENT, Scope(ScopeKind.ALL), Scope(ScopeKind.RELEASE, R1)])
def test_a_stop_holds_within_a_second_in_another_process_and_a_resume_lifts_it(tmp_path: Path, scope: Scope) -> None:
    async def story() -> None:
        path = tmp_path / "remit.db"
        async with process(path) as here, process(path) as there:
            took_s: list[float] = []
            # Once more if the machine was too busy to look: what it does not run, it does not measure.
            while len(took_s) < 3 and min(took_s, default=1.0) >= 1.0:
                assert not await there.stopped()
                await here.stopping.stop(OPERATOR, SHOP, scope, reason="wrong refunds")
                took_s.append(await there.seconds_until(stopped=True))
                await here.stopping.resume(OPERATOR, SHOP, scope, reason="mended")
                await there.seconds_until(stopped=False)
            print(f"stopped after {took_s} s")
            assert min(took_s) < 1.0

    asyncio.run(story())


def test_a_stop_of_a_tool_or_an_intent_leaves_the_rest_going(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as one, SqliteDatabase(tmp_path / "remit.db") as database:
            await give_grant(database)
            await one.grants.refresh()
            assert ToolName("issue_refund") in one.grants.rules()[REFUND].tools
            await one.stopping.stop(OPERATOR, SHOP, Scope(ScopeKind.TOOL, "issue_refund"), reason="service down")
            await one.grants.refresh()
            assert not await one.stopped()
            assert set(one.grants.rules()[REFUND].tools) == {"find_order"}
            await one.stopping.stop(OPERATOR, SHOP, Scope(ScopeKind.INTENT, REFUND), reason="wrong refunds")
            await one.grants.refresh()
            assert not await one.stopped()
            assert one.grants.rules()[REFUND].stopped == "wrong refunds"

    asyncio.run(story())


def test_who_is_no_operator_neither_stops_nor_resumes(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as one:
            with pytest.raises(NotPermitted):
                await one.stopping.stop(EXPERT, SHOP, AGENT, reason="mischief")
            await one.stopping.stop(OPERATOR, SHOP, AGENT, reason="wrong refunds")
            with pytest.raises(NotPermitted):
                await one.stopping.resume(EXPERT, SHOP, AGENT, reason="mischief")
            with pytest.raises(SettingsError, match="tool x is not stopped"):
                await one.stopping.resume(OPERATOR, SHOP, Scope(ScopeKind.TOOL, "x"), reason="")
            await one.grants.refresh()
            assert await one.stopped()

    asyncio.run(story())


# ── at the terminal ───────────────────────────────────────────────────────────────────────────────
@pytest.fixture
def granted(terminal: Terminal) -> Terminal:
    """A store with one grant, and an operator, who acts."""
    terminal.first_admin()

    async def give() -> None:
        async with SqliteDatabase(terminal.store) as database:
            await give_grant(database)

    asyncio.run(give())
    terminal.act_with(terminal.account("olga", "operator"))
    return terminal


def stopped(terminal: Terminal) -> list[tuple[str, str]]:
    (agent,) = terminal.json("status")["agents"]
    return [(stop["scope"], stop["subject"]) for stop in agent["stops"]]


@pytest.mark.parametrize(
    ("words", "scope"),
    [
        (["--agent", "shop"], ("agent", "")),
        (["--intent", "refund"], ("intent", "refund")),
        (["--agent", "shop", "--tool", "issue_refund"], ("tool", "issue_refund")),
        (["--release", "r-1"], ("release", "r-1")),
        (["--all"], ("all", "")),
    ],
)
def test_each_scope_is_stopped_shown_and_resumed(granted: Terminal, words: list[str], scope: tuple[str, str]) -> None:
    assert granted.run("stop", *words, "--reason", "wrong refunds") == 0
    assert "STOPPED" in granted.out
    assert stopped(granted) == [scope]
    assert granted.run("stop", *words, "--reason", "again") == 0
    assert "stopped already" in granted.out
    assert granted.run("status") == 0
    assert "by olga: wrong refunds" in granted.out
    assert granted.run("resume", *words, "--reason", "mended") == 0
    assert stopped(granted) == []
    assert granted.run("resume", *words, "--reason", "again") == 3
    set_it, lifted = granted.json("audit", "show", "--last", "2")["entries"]
    assert (set_it["change"]["action"], lifted["change"]["action"]) == ("stop_set", "stop_lifted")
    assert (set_it["change"]["actor"]["name"], set_it["change"]["actor"]["proof"]) == ("olga", "api_key")
    assert (set_it["change"]["reason"], set_it["change"]["after"]) == ("wrong refunds", {"stopped": True})
    assert granted.run("audit", "verify") == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "say what is meant"),
        (["--intent", "refund", "--tool", "issue_refund"], "one thing at a time"),
        (["--all", "--agent", "shop"], "one thing at a time"),
        (["--agent", "shpo"], "`shop`"),
        (["--intent", "refnud"], "`refund`"),
        (["--release", "r-9"], "`r-1`"),
    ],
)
def test_a_mistyped_stop_is_an_error_and_not_a_stop_of_nothing(granted: Terminal, words: list[str], told: str) -> None:
    assert granted.run("stop", *words, "--reason", "wrong refunds") == 3
    assert told in granted.err
    assert stopped(granted) == []


def test_a_mistyped_tool_is_refused_as_soon_as_any_release_is_registered(granted: Terminal) -> None:
    part = Part(PartKind.TOOL, "issue_refund", "d" * 64, only(REFUND), "the intents whose tools it is among")
    registration = Registration(Release(R1, SHOP, (part,)), "first", SystemClock().now(), "olga", "agent.yaml", None)

    async def register() -> None:
        async with SqliteDatabase(granted.store) as database:
            await SqliteReleases(database).register(registration)

    asyncio.run(register())
    assert granted.run("stop", "--tool", "isue_refund", "--reason", "wrong refunds") == 3
    assert "`issue_refund`" in granted.err
    assert stopped(granted) == []
    assert granted.run("stop", "--tool", "issue_refund", "--reason", "wrong refunds") == 0
    assert stopped(granted) == [("tool", "issue_refund")]


def test_an_expert_does_not_stop_and_a_reason_is_needed(granted: Terminal) -> None:
    assert granted.run("stop", "--agent", "shop") == 3
    assert "--reason" in granted.err
    granted.act_with(granted.admin_key)
    granted.act_with(granted.account("ben", "expert"))
    assert granted.run("stop", "--agent", "shop", "--reason", "x") == 3
    assert "role 'operator'" in granted.err
    granted.act_with("remit_000000000000_guess")
    assert granted.run("stop", "--agent", "shop", "--reason", "x") == 3
    assert "key is unknown" in granted.err
    assert stopped(granted) == []


def test_a_stop_and_its_status_need_no_file_of_the_centre(granted: Terminal) -> None:
    (granted.store.parents[1] / "remit.yaml").write_text("apiVersion: [broken")
    assert granted.run("stop", "--agent", "shop", "--reason", "wrong refunds") == 0
    assert stopped(granted) == [("agent", "")]
    assert granted.run("status") == 0
    assert "STOPPED" in granted.out
    assert "Caps and freeze windows are not known" in granted.out


def test_the_status_of_a_store_without_agents_says_what_to_do(terminal: Terminal) -> None:
    terminal.first_admin()
    assert terminal.run("status") == 0
    assert "No agent has a remit" in terminal.out
    assert terminal.json("status") == {"agents": []}

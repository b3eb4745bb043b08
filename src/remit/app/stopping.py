"""Stop and resume: people take over for a scope at once, until a person with the role operator lifts it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from remit.adapters.store.control import EVERYBODY
from remit.app.accounts import expect_role
from remit.control.grants import Remit, Scope, ScopeKind
from remit.control.orders import Enacted, Order, Resume, StopNow
from remit.control.ports import GrantBook
from remit.conversations import AgentName
from remit.documents import suggest
from remit.errors import SettingsError
from remit.identity import Actor, Role
from remit.runtime.ports import Clock


@dataclass(frozen=True, slots=True)
class Stopping:
    """The kill switch over a book of grants.

    Every process that watches the book's epoch has stopped within a second of `stop` returning; one that cannot reach
    the store stops itself within a second (tests/integration/identity/test_stopping.py).
    """

    book: GrantBook
    clock: Clock
    new_id: Callable[[], str] = lambda: str(uuid4())

    async def stop(self, by: Actor, agent: AgentName, scope: Scope, *, reason: str) -> Enacted:
        """Stop the scope; no changes if it is stopped already.

        Raises:
            NotPermitted: Not by an operator.
            StoreUnavailable: Nothing was kept; processes stop themselves when the store stays away.
        """
        expect_role(by, Role.OPERATOR)
        return await self.book.enact(self._order(by, agent, reason, StopNow(scope)))

    async def resume(self, by: Actor, agent: AgentName, scope: Scope, *, reason: str) -> Enacted:
        """Lift a stop; other stops over the same conversations stay.

        Raises:
            NotPermitted: Not by an operator.
            SettingsError: The scope is not stopped; it says what is.
            StoreUnavailable: Nothing was kept.
        """
        expect_role(by, Role.OPERATOR)
        remit = await self.book.remit(_whose(agent, scope))
        if scope not in remit.stops:
            stopped = ", ".join(str(one) for one in remit.stops) or "nothing"
            raise SettingsError(f"remit resume: {scope} is not stopped.\n  Stopped now: {stopped}. See remit status.")
        return await self.book.enact(self._order(by, agent, reason, Resume(scope)))

    def _order(self, by: Actor, agent: AgentName, reason: str, act: StopNow | Resume) -> Order:
        whose = _whose(agent, act.scope)
        what = "stop" if isinstance(act, StopNow) else "resume"
        return Order(f"{what}:{whose}:{act.scope}:{self.new_id()}", whose, self.clock.now(), by, reason, (act,))


def _whose(agent: AgentName, scope: Scope) -> AgentName:
    return EVERYBODY if scope.kind is ScopeKind.ALL else agent


# ── what is meant ─────────────────────────────────────────────────────────────────────────────────
def agent_meant(given: str, known: Sequence[AgentName]) -> AgentName:
    """The agent that is meant: the one that is named, or the only one that the store knows.

    A stop must not depend on files that may be broken, so that only the store is asked.

    Raises:
        SettingsError: The name is unknown, or none was given and it is not clear.
    """
    if given in known:
        return AgentName(given)
    if given:
        raise SettingsError(
            f"agent {given!r}: the store knows no such agent.\n  {suggest(given, known, noun='agents')}"
        )
    if len(known) != 1:
        listed = ", ".join(known) or "none"
        raise SettingsError(f"which agent is meant?\n  Name it with --agent, or say --all. Known agents: {listed}.")
    return known[0]


def expect_known_tool(scope: Scope, known: Sequence[str]) -> None:
    """A mistyped tool would stop nothing and look as if it had.

    Args:
        scope: What is to be stopped.
        known: Tools of the agent's registered releases and of the policy at hand; with none, nothing is checked, for
            an agent that was never registered must be stoppable too.

    Raises:
        SettingsError: Nobody knows a tool of that name.
    """
    if scope.kind is ScopeKind.TOOL and known and scope.subject not in known:
        raise SettingsError(
            f"tool {scope.subject!r}: neither a registered release nor the policy here has one of that name, so that "
            f"stopping it would stop nothing.\n  {suggest(scope.subject, sorted(set(known)), noun='tools')} "
            "Or stop the whole agent with --agent."
        )


def expect_known_subject(scope: Scope, remit: Remit) -> None:
    """A mistyped intent or release would stop nothing and look as if it had.

    Raises:
        SettingsError: The agent holds nothing under that name. Tools are checked by `expect_known_tool`: grants do not
            list them.
    """
    keys = [*remit.grants, *remit.waivers]
    match scope.kind:
        case ScopeKind.INTENT:
            known: list[str] = [key.intent for key in keys]
        case ScopeKind.RELEASE:
            known = [key.release for key in keys]
        case ScopeKind.ALL | ScopeKind.AGENT | ScopeKind.TOOL:
            return
    if scope.subject not in known:
        noun = f"{scope.kind.value}s with a grant"
        raise SettingsError(
            f"{scope.kind.value} {scope.subject!r}: agent {remit.agent!r} holds nothing under that name, so that "
            f"stopping it would stop nothing.\n  {suggest(scope.subject, sorted(set(known)), noun=noun)}"
        )

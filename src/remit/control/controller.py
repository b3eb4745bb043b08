"""The controller: folds what is new through the monitors and does what they ask for, exactly once.

Order of one step: fold (states, position and actions in one transaction), carry out what waits (each one order, whose
key makes it happen once), mark it as done, clear away what has expired. Several processes may take steps at the same
time; a process that dies between two of these leaves the rest to the next step of any of them.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from remit.control.actions import Action, Alert, action_from
from remit.control.carrying_out import Circumstances, order_for, order_for_alert
from remit.control.consequences import Containment
from remit.control.incidents import EventKind, TimelineEvent
from remit.control.orders import ClearWaivers, Enacted, Order, RaiseSampling
from remit.control.ports import GrantBook, Incidents
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import LedgerConflict
from remit.evidence import Ledger, LedgerFollower
from remit.evidence.follow_up import share_set
from remit.identity import CONTROLLER
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.life import Line, Moved, roll_back
from remit.releases.ports import Lives


class Clock(Protocol):
    """Time as a port."""

    def now(self) -> datetime:
        """The present, UTC."""
        ...


class Contained(Protocol):
    """What was observed of containment."""

    async def contained(
        self, agent: AgentName, release: ReleaseId
    ) -> Mapping[tuple[IntentName, AutonomyLevel], tuple[int, int]]:
        """Contained and all conversations, by intent and level."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: observations folded by this process, and the orders that it was the first to carry out."""

    n_folded: int
    orders: tuple[Order, ...]


class Controller:
    """Acts for one agent under one policy.

    Args:
        agent: Whose remit.
        policy: In force.
        followers: Of the ledger, with the policy's monitors and those of its objectives.
        book: Where grants change.
        incidents: Where a further event of a known cause is noted.
        ledger: Where the draws learn that experts look at more; None where nobody draws.
        lives: Where releases stand; None where nothing is registered.
        contained: For consequences.
        clock: Time.
    """

    def __init__(
        self,
        agent: AgentName,
        policy: Policy,
        followers: Sequence[LedgerFollower],
        book: GrantBook,
        *,
        incidents: Incidents,
        clock: Clock,
        ledger: Ledger | None = None,
        lives: Lives | None = None,
        contained: Contained | None = None,
    ) -> None:
        self._agent = agent
        self._policy = policy
        self._followers = tuple(followers)
        self._book = book
        self._incidents = incidents
        self._clock = clock
        self._ledger = ledger
        self._lives = lives
        self._contained = contained

    async def step(self) -> Step:
        """Fold what is new and do what waits. Raises StoreUnavailable; what is not done then waits for the next."""
        n_folded = 0
        done: list[Order] = []
        for follower in self._followers:
            n_folded += await follower.catch_up()
            for key, document in (await follower.pending_actions()).items():
                order = await self._carry_out(key, document)
                await follower.action_done(key)
                done += [] if order is None else [order]
        cleared = await self._clear_waivers()
        return Step(n_folded, (*done, *([] if cleared is None else [cleared])))

    async def _carry_out(self, key: str, document: Mapping[str, Any]) -> Order | None:
        """None if another process was first."""
        now = self._clock.now()
        action = action_from(document, at=now.isoformat())
        remit = await self._book.remit(action.agent)
        if isinstance(action, Alert):
            order = order_for_alert(action, key, Circumstances(self._policy, remit, now, _unknown))
            return order if (await self._book.enact(order)).first else None
        here = Circumstances(
            self._policy, remit, now, await self._containment(action), await self._release_before(action)
        )
        order = order_for(action, key, here)
        enacted = await self._book.enact(order)
        if action.do == "rollback":
            await self._roll_back(action)
        await self._set_shares(order)
        if enacted.first and not enacted.changes:
            await self._note_again(action)
        return order if enacted.first else None

    async def _set_shares(self, order: Order) -> None:
        """The next draw follows the ledger. Again with every try: keys are those of the order."""
        raised = {act.intent: act.share for act in order.acts if isinstance(act, RaiseSampling)}
        if self._ledger is None or not raised:
            return
        release = ReleaseId("")
        shares = [
            share_set(
                order.agent, release, intent, stratum=stratum, share=at_least, why=order.reason, key=key, at=order.at
            )
            for intent, share in raised.items()
            for stratum, at_least in (("flagged", 1.0), ("other", share))
            for key in (f"{order.key}:{intent}:{stratum}",)
        ]
        with suppress(LedgerConflict):  # An earlier try has set them, at an earlier time.
            await self._ledger.append(shares)

    # ── rollback ──────────────────────────────────────────────────────────────────────────────────
    async def _lines(self, action: Action) -> list[Line]:
        """The lines in which the release that did badly acts."""
        if self._lives is None:
            return []
        lines = await self._lives.lines(action.agent)
        return [
            line
            for intent, line in lines.items()
            if action.intent in ("", intent) and action.release in (line.canary, line.stable)
        ]

    async def _release_before(self, action: Action) -> ReleaseId | None:
        """Where a rollback leads: beside a canary its stable release, behind a stable release the one before."""
        if action.do != "rollback":
            return None
        for line in await self._lines(action):
            match _rolled_back(line, action):
                case Moved(line=after) if after.stable != action.release:
                    return after.stable
                case _:
                    continue
        return None

    async def _roll_back(self, action: Action) -> None:
        """The lines as the book is already; again and again, until nobody was faster."""
        while lines := await self._lines(action):
            moved = [one.line for line in lines if isinstance(one := _rolled_back(line, action), Moved)]
            if not moved or self._lives is None or await self._lives.change(moved):
                return

    # ── the rest ──────────────────────────────────────────────────────────────────────────────────
    async def _containment(self, action: Action) -> Containment:
        if self._contained is None:
            return _unknown
        seen = await self._contained.contained(action.agent, action.release)
        return lambda intent, level: seen.get((intent, level))

    async def _note_again(self, action: Action) -> None:
        """Everything was as it should be already: the open incident of the same intent learns of it."""
        known = await self._incidents.list(action.agent, only_open=True)
        same = next((one for one in known if one.intent == action.intent), None)
        if same is not None:
            more = f"again: {action.why}; conversations {', '.join(action.conversations) or 'unknown'}"
            await self._incidents.add(same.id, TimelineEvent(self._clock.now(), EventKind.NOTED, more))

    async def _clear_waivers(self) -> Order | None:
        now = self._clock.now()
        remit = await self._book.remit(self._agent)
        over = sorted(waiver.id for waiver in remit.waivers.values() if not waiver.holds(now))
        if not over:
            return None
        order = Order(
            f"waivers-over:{','.join(over)}", self._agent, now, CONTROLLER, "the waiver expired", (ClearWaivers(),)
        )
        enacted: Enacted = await self._book.enact(order)
        return order if enacted.first else None


def _rolled_back(line: Line, action: Action) -> object:
    """A canary is taken back; behind a stable release comes the one that held before it, whatever canary runs."""
    to = None
    if line.canary != action.release:
        to = next((release for release in reversed(line.held_by) if release != line.stable), None)
        if to is None:
            return None
    return roll_back(line, to=to, why=f"{action.why} ({action.rule})")


def _unknown(intent: IntentName, level: AutonomyLevel) -> None:
    """Nothing was observed."""
    del intent, level

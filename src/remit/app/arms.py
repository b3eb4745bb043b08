"""Which release carries which conversation, on the live path: the stable one of its intent, or a canary by its draw.

A conversation stays with the release that began it, whatever intents come up, as long as that release holds a place.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace

from remit.adapters.store import SqliteAssignments, SqliteReleases, StoredGrants
from remit.conversations import AgentName, Conversation, ConversationId, CustomerId, IntentName, ReleaseId, Turn
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.releases.canary import Assignment, RunningCanary, draw, running_canaries
from remit.releases.inheritance import most_exposed
from remit.releases.life import Line
from remit.releases.model import Registration
from remit.runtime.ports import GrantState, Permit, TurnPorts

_LOG = logging.getLogger(__name__)
_MOST_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Carrier:
    """One release as it can carry turns; `close` gives back what it holds."""

    ports: TurnPorts
    grants: StoredGrants
    close: Callable[[], Awaitable[None]]


Load = Callable[[Registration], Awaitable[Carrier]]
"""Makes a registered release ready. Raises RemitError if its files are not what was registered."""


@dataclass(frozen=True, slots=True)
class ArmGrants:
    """Implements `Grants`: those of a release, with the arm and the share that its observations must carry."""

    grants: StoredGrants
    arm: str
    share: float

    async def permit(self, conversation: Conversation) -> Permit:
        """The release's permit."""
        permit = await self.grants.permit(conversation)
        return replace(permit, arm=self.arm, canary_share=self.share)

    async def state(self) -> GrantState:
        """Stop flag and epoch, now."""
        return await self.grants.state()

    async def rules_now(self, permit: Permit) -> Mapping[IntentName, IntentRule]:
        """The release's rules, now."""
        return await self.grants.rules_now(permit)


class Arms:
    """Chooses the ports of a turn.

    Args:
        home: The release of the centre's own definition; carries whatever no other release has a place in.
        home_release: Its id.
        agent: Whose releases.
        releases: Where they stand.
        assignments: Where draws are kept.
        load: Makes another release ready; one that cannot be is logged once, and home carries its share.
        customer_of: The proven customer of a conversation, if there is one: draws stick to them.
        budget_of: Acceptable error rate at a level: how many conversations a guarded canary may carry at a step until
            somebody decides; None bounds nothing.
        refresh_s: How often the lines are read.
    """

    def __init__(
        self,
        home: TurnPorts,
        home_release: ReleaseId,
        agent: AgentName,
        *,
        releases: SqliteReleases,
        assignments: SqliteAssignments,
        load: Load,
        customer_of: Callable[[ConversationId], Awaitable[CustomerId | None]],
        budget_of: Callable[[AutonomyLevel], float] | None = None,
        refresh_s: float = 1.0,
    ) -> None:
        self._home = home
        self._home_release = home_release
        self._agent = agent
        self._releases = releases
        self._assignments = assignments
        self._load = load
        self._customer_of = customer_of
        self._budget_of = budget_of
        self._refresh_s = refresh_s
        self._refreshed_at = float("-inf")
        self._canaries: Mapping[IntentName, RunningCanary] = {}
        self._stable: Mapping[IntentName, ReleaseId] = {}
        self._others: dict[ReleaseId, Carrier | None] = {}
        self._left: list[Carrier] = []
        self._carried_by: OrderedDict[ConversationId, ReleaseId] = OrderedDict()

    async def ports_for(self, turn: Turn) -> TurnPorts:
        """The ports of the release that carries the turn's conversation."""
        await self._refresh()
        if not any(self._others.values()):
            return self._home
        assignment = await self._assignments.of(turn.conversation)
        if assignment is None and turn.conversation not in self._carried_by:
            assignment = await self._begin(turn)
        if assignment is not None and self._runs(assignment):
            release = assignment.release if assignment.arm == "canary" else self._stable_for(assignment.intent)
            return self._ports(release, arm=assignment.arm, share=assignment.share)
        if assignment is not None:
            # The canary has ended: whoever is stable for its intent now carries on.
            return self._ports(self._stable_for(assignment.intent))
        return self._ports(self._carried_by.get(turn.conversation, self._home_release))

    async def close(self) -> None:
        """Give back what other releases hold."""
        for carrier in (*self._others.values(), *self._left):
            if carrier is not None:
                await carrier.close()
        self._others.clear()
        self._left.clear()

    async def _begin(self, turn: Turn) -> Assignment | None:
        """The draw of a new conversation, by the intents of its first message."""
        estimate = await self._home.intents.estimate((turn.message,))
        intents = [guess.intent for guess in estimate.guesses]
        runnable = {intent: one for intent, one in self._canaries.items() if await self._may_carry_more(one)}
        drawn = draw(
            runnable,
            intents,
            agent=self._agent,
            customer=await self._customer_of(turn.conversation),
            conversation=turn.conversation,
            at=turn.message.at,
        )
        if drawn is not None:
            return await self._assignments.pin(drawn)
        self._carried_by[turn.conversation] = self._stable_for(intents[0]) if intents else self._home_release
        while len(self._carried_by) > _MOST_REMEMBERED:
            self._carried_by.popitem(last=False)
        return None

    async def _may_carry_more(self, canary: RunningCanary) -> bool:
        """Whether it can carry turns, and beside a stable release has not carried what its step may carry."""
        carrier = self._others.get(canary.release)
        if carrier is None:
            return False
        if self._budget_of is None or canary.intent not in self._stable:
            return True
        rule = carrier.grants.rules().get(canary.intent)
        budget = self._budget_of(AutonomyLevel.SHADOW if rule is None else rule.level)
        return await self._assignments.n_carried(canary.salt, canary.share) < most_exposed(canary.share, budget)

    def _runs(self, one: Assignment) -> bool:
        canary = self._canaries.get(one.intent)
        return canary is not None and canary.salt == one.salt

    def _stable_for(self, intent: IntentName) -> ReleaseId:
        return self._stable.get(intent, self._home_release)

    def _ports(self, release: ReleaseId, *, arm: str = "", share: float = 0.0) -> TurnPorts:
        carrier = self._others.get(release)
        ports = self._home if carrier is None else carrier.ports
        if not arm or not isinstance(ports.grants, StoredGrants):
            return ports
        return replace(ports, grants=ArmGrants(ports.grants, arm, share))

    async def _refresh(self) -> None:
        """Read where releases stand, and make those ready that have a place; seldom, and cheap."""
        if time.monotonic() - self._refreshed_at < self._refresh_s:
            return
        self._refreshed_at = time.monotonic()
        lines: list[Line] = list((await self._releases.lines(self._agent)).values())
        self._canaries = running_canaries(lines)
        self._stable = {line.intent: line.stable for line in lines if line.stable is not None}
        wanted = {*(one.release for one in self._canaries.values()), *self._stable.values()} - {self._home_release}
        for release in wanted - set(self._others):
            self._others[release] = await self._made_ready(release)
        for release in set(self._others) - wanted:
            carrier = self._others.pop(release)
            if carrier is not None:
                # Turns may be under way with it.
                self._left.append(carrier)

    async def _made_ready(self, release: ReleaseId) -> Carrier | None:
        from remit.errors import RemitError

        known = [one for one in await self._releases.registrations(self._agent) if one.release.id == release]
        try:
            return await self._load(known[0]) if known else None
        except RemitError as error:
            _LOG.warning("release_not_loaded agent=%s release=%s: %s", self._agent, release, error)
            return None

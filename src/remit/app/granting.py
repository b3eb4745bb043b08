"""Grants at a person's word: promote on evidence, demote, waive, thaw; each says what it means for people first."""

from dataclasses import dataclass
from datetime import timedelta

from remit.app.controlling import Observed
from remit.app.gating import Look
from remit.control.consequences import Consequence, consequence_of, needs_signature
from remit.control.grants import GrantKey, Waiver, WaiverId
from remit.control.orders import Act, Demote, Enacted, LowerSampling, Narrow, Order, Thaw, Widen
from remit.control.ports import GrantBook, Proposals
from remit.control.proposals import Asked
from remit.control.widening import Earned, Support, Waived, needed_signatures, supported_level
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import digest_of
from remit.errors import WideningRefused
from remit.evidence import Ledger
from remit.evidence.follow_up import share_set
from remit.evidence.verdicts import Finding
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.runtime.ports import Clock
from remit.supervision.sampling import LEAST_SHARE, Stratum


@dataclass(frozen=True, slots=True)
class Promoted:
    """What came of asking.

    Args:
        level: What holds now.
        consequence: What the step means for people.
        waits_for: What is missing, in words; empty if it was done.
        refuted: Whether a gate on the way is refuted.
    """

    level: AutonomyLevel
    consequence: Consequence
    waits_for: str = ""
    refuted: bool = False


@dataclass(frozen=True, slots=True)
class Granting:
    """The grants of one agent's release under one policy."""

    book: GrantBook
    proposals: Proposals
    ledger: Ledger
    policy: Policy
    agent: AgentName
    release: ReleaseId
    clock: Clock

    async def held(self, intent: IntentName) -> AutonomyLevel:
        """What holds now, waivers included."""
        remit = await self.book.remit(self.agent)
        return remit.level_of(GrantKey(intent, self.release), policy=self.policy.digest, now=self.clock.now())

    async def earned(self, intent: IntentName) -> AutonomyLevel:
        """What has been earned, waivers left aside: signatures are asked for each level above it."""
        grant = (await self.book.remit(self.agent)).grants.get(GrantKey(intent, self.release))
        return grant.level if grant is not None and grant.policy == self.policy.digest else AutonomyLevel.SHADOW

    async def consequence(self, intent: IntentName, to: AutonomyLevel) -> Consequence:
        """What a step from what holds now means for people."""
        seen = await Observed(self.ledger).contained(self.agent, self.release)
        held = await self.held(intent)
        return consequence_of(self.policy, intent, held, to, lambda one, level: seen.get((one, level)))

    async def promote(self, intent: IntentName, to: AutonomyLevel, looked: Look, by: Actor, reason: str) -> Promoted:
        """Propose or sign a promotion, and carry it out when nothing is missing any more.

        Raises:
            NotPermitted: They sign for none of the functions that are asked for.
        """
        now = self.clock.now()
        consequence = await self.consequence(intent, to)
        earned = await self.earned(intent)
        grant = (await self.book.remit(self.agent)).grants.get(GrantKey(intent, self.release))
        if barred := "" if grant is None else grant.bars(to):
            words = (
                f"{barred}; a new release earns it (remit release register), or a person answers (remit grant waive)"
            )
            return Promoted(await self.held(intent), consequence, words)
        records = [record for record in looked.records if record.verdict.intent == intent]
        supports = tuple(Support.of(one) for one in records if one.verdict.finding is Finding.SUPPORTED)
        reachable = supported_level(self.policy, supports, agent=self.agent, intent=intent, release=self.release)
        if to > reachable:
            refuted = any(one.verdict.finding is Finding.REFUTED and not one.verdict.observed_only for one in records)
            words = f"the verdicts on record support {reachable.label}; `remit gate` says what is still needed"
            return Promoted(await self.held(intent), consequence, words, refuted)
        also = needs_signature(self.policy, consequence)
        functions = (*needed_signatures(self.policy, to, above=earned), *also)
        asked = Asked(self.agent, intent, self.release, self.policy.digest, to)
        proposal, _ = await self.proposals.ask(asked, by, tuple(dict.fromkeys(functions)), reason=reason, now=now)
        try:
            widening = Earned(
                policy=self.policy,
                agent=self.agent,
                intent=intent,
                release=self.release,
                level=to,
                above=earned,
                supports=supports,
                proposed_by=proposal.by,
                at=now,
                signed=proposal.signed,
                also_sign=also,
            )
            await self.book.enact(Order(proposal.order_key, self.agent, now, by, proposal.reason, (Widen(widening),)))
        except WideningRefused as refused:
            return Promoted(await self.held(intent), consequence, refused.problem)
        await self.proposals.close(asked)
        return Promoted(await self.held(intent), consequence)

    async def demote(
        self, intent: IntentName, to: AutonomyLevel | None, by: Actor, reason: str
    ) -> tuple[Enacted, Consequence]:
        """One level down, or to a level; at once, whatever it means for people: that is said."""
        held, now = await self.held(intent), self.clock.now()
        target = AutonomyLevel(max(0, held - 1)) if to is None else to
        consequence = await self.consequence(intent, target)
        key = GrantKey(intent, self.release)
        act = Demote(key) if to is None else Narrow(key, to)
        name = f"demote:{self.agent}:{intent}:{self.release}:{by.id}:{now.isoformat()}"
        return await self.book.enact(Order(name, self.agent, now, by, reason, (act,))), consequence

    async def waive(
        self, intent: IntentName, to: AutonomyLevel, by: Actor, *, reason: str, lasting: timedelta
    ) -> tuple[Waiver, Enacted, Consequence]:
        """A level without the evidence for it, for a while, in a person's name.

        Raises:
            WideningRefused: No reason, too long, above the ceiling, or frozen.
            NotPermitted: They may not approve.
        """
        now = self.clock.now()
        number = WaiverId(f"w-{digest_of([self.agent, intent, self.release, by.id, now.isoformat()])[:10]}")
        waiver = Waiver(number, intent, self.release, self.policy.digest, to, by, reason.strip(), now, now + lasting)
        widening = Waived(self.policy, self.agent, waiver)
        consequence = await self.consequence(intent, to)
        order = Order(f"waive:{number}", self.agent, now, by, reason, (Widen(widening),))
        return waiver, await self.book.enact(order), consequence

    async def thaw(self, intent: IntentName, by: Actor, reason: str) -> Enacted:
        """Let an intent (empty: all) be promoted again, and let experts look at the policy's share again."""
        now = self.clock.now()
        name = f"thaw:{self.agent}:{intent}:{by.id}:{now.isoformat()}"
        raised = [one for one in (await self.book.remit(self.agent)).sampling if intent in ("", one)]
        acts: tuple[Act, ...] = (Thaw(intent), *(LowerSampling(one) for one in raised))
        enacted = await self.book.enact(Order(name, self.agent, now, by, reason, acts))
        lowered = [
            share_set(
                self.agent,
                self.release,
                one,
                stratum=stratum,
                share=LEAST_SHARE,
                why=reason,
                key=f"{name}:{one}:{stratum}",
                at=now,
            )
            for one in raised
            for stratum in Stratum
        ]
        await self.ledger.append(lowered)
        return enacted

"""Live conversations become evidence: read behind the turns, so that no reply waits for it and no crash loses it.

In this order: what turns have shown is appended to the ledger (keys are derived from the conversation, so that doing it
again changes nothing), then the position behind those turns is kept. Conversations end with a handoff or when the
customer has been quiet; a contained one is drawn for experts, or not, at that moment.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from remit.app.settling import follow_up, settle_due
from remit.app.weakest import WRONG, Weakest, weaker, weakest_of
from remit.conversations import AgentName, CustomerId, HandoffReason
from remit.errors import LedgerConflict
from remit.evidence import Ledger, LedgerFollower, Observation, Outcome, RunningStates, Selection, Source, Strength
from remit.evidence.follow_up import RaisedShares, shares_key
from remit.evidence.live import NO_INTENT, Metric, Subject, ended, handling_time, proposal, proposed, sampled, started
from remit.policy.gates import LiveGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.inheritance import review_of
from remit.runtime.observing import NOT_ABOUT_THE_AGENT, TurnFacts, facts_of, observations_of, subject_of_turn
from remit.runtime.ports import Clock, ClosedTurn, ClosedTurns
from remit.supervision.sampling import LEAST_SHARE, SamplingPlan, Stratum, Uniform

FOLLOWER = "live_turns"
_SALT = "salt"
_CONTACT = "conversation:"
RECONTACT_WINDOW_S = 7 * 86400.0
BATCH = 25
"""How many turns or quiet conversations are observed together: one write of some milliseconds, behind which a turn's
own write may have to wait."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One conversation as far as it has been observed.

    Args:
        subject: What its observations share.
        n_turns: Turns so far.
        last_at: When the last one ended.
        flagged: Whether anything in it makes experts look more often.
        over: Whether its end has been observed.
        weakest: The proposal for its intent that the agent was least sure of; None if none was weighed.
    """

    subject: Subject
    n_turns: int
    last_at: datetime
    flagged: bool = False
    over: bool = False
    weakest: Weakest | None = None

    def after(self, closed: ClosedTurn, facts: TurnFacts, weakest: Weakest | None) -> "Contact":
        """The contact after one more turn; time does not go back with a clock."""
        same = facts.intent == self.subject.intent
        return replace(
            self,
            n_turns=self.n_turns + 1,
            last_at=max(self.last_at, closed.closed_at),
            flagged=self.flagged or facts.flagged,
            weakest=weaker(self.weakest, weakest) if same else self.weakest,
        )


@dataclass(frozen=True, slots=True)
class Observed:
    """What one round of observing came to."""

    n_turns: int
    n_ended: int
    n_settled: int


@dataclass(slots=True)
class Observer:
    """Observes the turns of one agent. Several processes may: each observation is kept once.

    Args:
        agent: Whose turns.
        turns: Where turns are read.
        ledger: Where observations go.
        states: Where position and contacts are kept.
        clock: Time.
        uniform: Source of the draws.
        new_salt: Makes the secret that customers' digests are keyed with; called once a store.
        plan: Which share of contained conversations experts look at.
        strength: Simulated if the world behind the tools is not real.
        quiet_s: After so many seconds without a message a conversation is over.
        recontact_window_s: How long it is watched whether the customer comes back.
        baseline_s: How long people take; without it handling times are not observed.
    """

    agent: AgentName
    turns: ClosedTurns
    ledger: Ledger
    states: RunningStates
    clock: Clock
    uniform: Uniform
    new_salt: Callable[[], str]
    plan: SamplingPlan
    strength: Strength = Strength.LIVE
    quiet_s: float = 1800.0
    recontact_window_s: float = RECONTACT_WINDOW_S
    baseline_s: float | None = None
    _follow_up: LedgerFollower | None = None

    async def observe(self) -> Observed:
        """Everything that is due: new turns, quiet conversations, outcomes that have matured."""
        n_turns = await self.catch_up()
        return Observed(n_turns, await self.end_quiet(), await self.settle())

    async def settle(self) -> int:
        """Close what has matured and note who came back; returns how many observations are new."""
        return await settle_due(self._following(), self.ledger, self.clock.now())

    def _following(self) -> LedgerFollower:
        if self._follow_up is None:
            self._follow_up = follow_up(self.ledger, self.states)
        return self._follow_up

    # ── turns ─────────────────────────────────────────────────────────────────────────────────────
    async def catch_up(self) -> int:
        """Observe turns that have ended since; returns how many this process has observed."""
        n_turns = 0
        while True:
            position = await self.states.position(FOLLOWER)
            found = await self.turns.after(position, at_most=BATCH)
            if not found:
                return n_turns
            n_turns += await self._observe_turns(position, found)

    async def _observe_turns(self, position: int, found: Sequence[ClosedTurn]) -> int:
        salt = await self._salt()
        contacts = await self._contacts({closed.turn.conversation for closed in found})
        seen: list[Observation] = []
        begun: list[str] = []
        finished: list[str] = []
        for closed in found:
            conversation, facts, weakest = closed.turn.conversation, facts_of(closed), weakest_of(closed)
            contact = contacts.get(conversation)
            if contact is None:
                contact = self._begin(closed, facts, salt)
                seen.append(started(contact.subject))
                begun.append(conversation)
            seen += observations_of(closed, facts, contact.subject, {} if weakest is None else weakest.of_turn())
            contact = contact.after(closed, facts, weakest)
            if facts.handoff and not contact.over:
                seen += await self._handed_off(contact, facts)
                contact = replace(contact, over=True)
                finished.append(conversation)
            contacts[conversation] = contact
        await self._append(seen)
        changed = {f"{_CONTACT}{name}": _text(contact) for name, contact in contacts.items()}
        kept = await self.states.advance(
            FOLLOWER,
            expected=position,
            position=found[-1].position,
            changed=changed,
            actions=dict.fromkeys(begun, "{}"),
        )
        if kept:
            await asyncio.gather(*(self.states.action_done(FOLLOWER, name) for name in finished))
        return len(found) if kept else 0

    def _begin(self, closed: ClosedTurn, facts: TurnFacts, salt: str) -> Contact:
        customer = "" if closed.customer is None else _pseudonym(closed.customer, salt)
        subject = subject_of_turn(closed, facts, agent=self.agent, customer=customer, strength=self.strength)
        return Contact(subject, n_turns=0, last_at=closed.turn.message.at)

    async def _handed_off(self, contact: Contact, facts: TurnFacts) -> list[Observation]:
        """People have it now. Where they would have had it anyway, nothing is said of containment.

        What was proposed and not sent is drawn as well: people can say whether it was right.
        """
        if facts.handoff == HandoffReason.SHADOW and contact.subject.level == AutonomyLevel.SHADOW.label:
            return await self._drawn(contact)
        if facts.handoff in NOT_ABOUT_THE_AGENT:
            return []
        containment = ended(
            contact.subject,
            at=contact.last_at,
            n_turns=contact.n_turns,
            handoff=facts.handoff,
            fault_of_ours=facts.fault_of_ours,
        )
        asked = contact.weakest is not None and contact.weakest.expert
        if facts.handoff != HandoffReason.LOW_CONFIDENCE and not asked:
            return [containment]
        return [containment, *self._proposed(contact, await self._draw(contact))]

    async def _append(self, seen: Sequence[Observation]) -> None:
        """What was observed before stays as it was, even if it would be seen otherwise now (another policy, say)."""
        try:
            await self.ledger.append(seen)
        except LedgerConflict:
            for one in seen:
                try:
                    await self.ledger.append([one])
                except LedgerConflict:
                    continue

    # ── quiet conversations ───────────────────────────────────────────────────────────────────────
    async def end_quiet(self) -> int:
        """End conversations whose customer has been quiet; returns how many."""
        waiting = list(await self.states.pending_actions(FOLLOWER))
        n_ended = 0
        for first in range(0, len(waiting), BATCH):
            contacts = await self._contacts(waiting[first : first + BATCH])
            n_ended += await self._end(contacts)
        return n_ended

    async def _end(self, contacts: Mapping[str, Contact]) -> int:
        quiet_since = self.clock.now() - timedelta(seconds=self.quiet_s)
        quiet = {name: one for name, one in contacts.items() if not one.over and one.last_at <= quiet_since}
        if quiet:
            await self._following().catch_up()  # a share that was raised holds for the next draw
            await self._append([seen for contact in quiet.values() for seen in await self._contained(contact)])
            position = await self.states.position(FOLLOWER)
            changed = {f"{_CONTACT}{name}": _text(replace(one, over=True)) for name, one in quiet.items()}
            if not await self.states.advance(
                FOLLOWER, expected=position, position=position, changed=changed, actions={}
            ):
                return 0  # another process has moved on; the next round finds them ended
        over = [name for name, contact in contacts.items() if contact.over or name in quiet]
        await asyncio.gather(*(self.states.action_done(FOLLOWER, name) for name in over))
        return len(quiet)

    async def _contained(self, contact: Contact) -> list[Observation]:
        """Its end, how long it took, and the draw: made once, at the moment of the end, before anybody looks."""
        subject, at = contact.subject, contact.last_at
        until = at + timedelta(seconds=self.recontact_window_s) if subject.customer else None
        seen = [ended(subject, at=at, n_turns=contact.n_turns, recontact_until=until)]
        if self.baseline_s is not None:
            seen.append(handling_time(subject, at=at, baseline_s=self.baseline_s))
        return [*seen, *await self._drawn(contact)]

    async def _drawn(self, contact: Contact) -> list[Observation]:
        """The draw whether experts look, unless it was made before, and the proposal that they then speak of."""
        if contact.subject.intent == NO_INTENT:
            return []
        selection = Selection(conversation=contact.subject.conversation, metric=Metric.SAMPLED)
        known = [one async for one in self.ledger.select(selection)]
        draw = known[0] if known else await self._draw(contact)
        return [*([] if known else [draw]), *self._proposed(contact, draw)]

    def _proposed(self, contact: Contact, draw: Observation) -> list[Observation]:
        """The weakest proposal under the draw; under certainty, and with its label, if an expert was asked about it."""
        weakest = contact.weakest
        if weakest is None or contact.subject.intent == NO_INTENT:
            return []
        certain = bool(weakest.expert)
        one = proposed(
            contact.subject,
            at=contact.last_at,
            stratum=draw.stratum,
            probability=1.0 if certain else draw.sampling_probability,
            drawn=certain or draw.details["drawn"] is True,
            details=weakest.details(),
        )
        if not certain:
            return [one]
        outcome = Outcome.FAILED if weakest.expert == WRONG else Outcome.PASSED
        return [one, proposal(one, at=contact.last_at, outcome=outcome, source=Source.EXPERT_VERDICT, more="asked")]

    async def _draw(self, contact: Contact) -> Observation:
        subject = contact.subject
        plan = self.plan
        shares = await self._following().state(RaisedShares(), shares_key(subject.agent, subject.intent))
        for stratum, share in shares.items():
            plan = plan.raised(stratum, share)
        if subject.arm == "canary":  # a provisional certificate is watched more closely
            for stratum in Stratum:
                plan = plan.raised(stratum, review_of(plan.share_of(stratum)))
        draw = plan.draw(Stratum.FLAGGED if contact.flagged else Stratum.OTHER, self.uniform)
        return sampled(
            subject,
            at=self.clock.now(),
            stratum=draw.stratum,
            probability=draw.probability,
            drawn=draw.drawn,
            n_experts=draw.n_experts,
        )

    # ── what is kept between rounds ───────────────────────────────────────────────────────────────
    async def _contacts(self, conversations: Iterable[str]) -> dict[str, Contact]:
        loaded = await self.states.load(FOLLOWER, [f"{_CONTACT}{name}" for name in conversations])
        return {name.removeprefix(_CONTACT): _contact(json.loads(text)) for name, text in loaded.items()}

    async def _salt(self) -> str:
        """The store's own secret for digests of customers: made by whoever comes first."""
        while True:
            kept = await self.states.load(_SALT_OF, [_SALT])
            if kept:
                return json.loads(kept[_SALT])  # type: ignore[no-any-return]
            fresh = json.dumps(self.new_salt())
            await self.states.advance(_SALT_OF, expected=0, position=1, changed={_SALT: fresh}, actions={})


_SALT_OF = "pseudonyms"


def plan_of(policy: Policy) -> SamplingPlan:
    """The shares that the policy's gates on bad outcomes name, the highest of each stratum and never below 0.1."""
    plan = SamplingPlan()
    named: dict[str, float] = {}
    for gates in policy.gates.values():
        for gate in gates:
            if isinstance(gate, LiveGate) and gate.metric == Metric.BAD_OUTCOME:
                for stratum, share in gate.evidence.sampling.items():
                    named[stratum] = max(share, named.get(stratum, LEAST_SHARE))
    return replace(plan, shares={**plan.shares, **named}) if named else plan


def recontact_window_of(policy: Policy) -> float:
    """Seconds for which it is watched whether a customer comes back: the longest that a gate names, else 7 days."""
    named = [
        gate.evidence.matured_after_s
        for gates in policy.gates.values()
        for gate in gates
        if isinstance(gate, LiveGate) and gate.metric == Metric.RECONTACT and gate.evidence.matured_after_s > 0.0
    ]
    return max(named, default=RECONTACT_WINDOW_S)


def baseline_of(policy: Policy) -> float | None:
    """How long people took, in seconds, if the policy's baseline says so under `handling_time_s`."""
    value = policy.baseline.get("handling_time_s")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if value > 0 else None


def _pseudonym(customer: CustomerId, salt: str) -> str:
    return hmac.new(salt.encode(), customer.encode(), hashlib.sha256).hexdigest()[:32]


def _text(contact: Contact) -> str:
    return json.dumps(asdict(contact), default=lambda value: value.isoformat(), sort_keys=True)


def _contact(document: Any) -> Contact:
    subject = dict(document["subject"])
    subject["started_at"] = datetime.fromisoformat(subject["started_at"])
    subject["strength"] = Strength(subject["strength"])
    return Contact(
        subject=Subject(**subject),
        n_turns=document["n_turns"],
        last_at=datetime.fromisoformat(document["last_at"]),
        flagged=document["flagged"],
        over=document["over"],
        weakest=Weakest(**document["weakest"]) if document.get("weakest") else None,
    )

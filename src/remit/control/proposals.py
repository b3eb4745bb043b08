"""A promotion that somebody has proposed and others sign: kept until it happens or runs out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from remit.control.widening import SignOff
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel

LASTS = timedelta(days=14)
"""How long signatures wait for each other."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a promotion is asked for: one grant, one level, under one policy."""

    agent: AgentName
    intent: IntentName
    release: ReleaseId
    policy: str
    level: AutonomyLevel

    @property
    def key(self) -> str:
        """One open proposal for each."""
        return f"{self.agent}|{self.intent}|{self.release}|{self.policy}|{self.level.label}"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Who proposed it, why, and who has signed since."""

    asked: Asked
    by: Actor
    at: datetime
    reason: str
    signed: tuple[SignOff, ...] = ()

    @property
    def order_key(self) -> str:
        """The key of the order that carries it out."""
        return f"promote:{self.asked.key}:{self.at.isoformat()}"

    def is_open(self, now: datetime) -> bool:
        """Whether it still collects signatures."""
        return now < self.at + LASTS


def ask(
    held: Proposal | None, asked: Asked, by: Actor, functions: Sequence[str], *, reason: str, now: datetime
) -> Proposal:
    """The first who asks proposes; whoever else asks while it is open signs for those of the functions that are theirs.

    Raises:
        NotPermitted: They may not approve, or sign for none of the functions that are still asked for.
    """
    if held is None or not held.is_open(now):
        return Proposal(asked, by, now, reason)
    if by.id == held.by.id:
        return held
    known = {one.function for one in held.signed if one.by.id == by.id}
    own = [function for function in functions if function in by.functions and function not in known]
    if not own and known:
        return held
    # Nobody's function: making the signature says what is missing.
    signed = [SignOff(by, function, now) for function in own or functions[:1]]
    return replace(held, signed=(*held.signed, *signed))

"""What the policy says of running the agent: staffing, exposure, freeze windows, recipients, waivers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from remit.conversations import IntentName
from remit.tools import ToolName

Told = Literal["demote", "rollback", "stop", "raise_sampling", "freeze", "consequence", "incident"]
"""What a recipient can be told of."""


@dataclass(frozen=True, slots=True)
class Volume:
    """How many contacts of one intent come; `per_peak_hour` is the busiest hour of an ordinary week."""

    per_day: float
    per_peak_hour: float


@dataclass(frozen=True, slots=True)
class Staffing:
    """What people can take.

    Args:
        experts_at_peak: Experts on duty in the busiest hour.
        minutes_per_contact: How long one contact keeps an expert.
        volume: Contacts by intent, as declared.
        signed_by: Functions that must sign what the experts cannot absorb.
    """

    experts_at_peak: float
    minutes_per_contact: float
    volume: Mapping[IntentName, Volume] = field(default_factory=dict)
    signed_by: tuple[str, ...] = ()

    @property
    def contacts_per_peak_hour(self) -> float:
        """Contacts that the experts on duty can take in the busiest hour."""
        return self.experts_at_peak * 60.0 / self.minutes_per_contact


@dataclass(frozen=True, slots=True)
class MoneyCap:
    """What the agent may move on its own in a day: the sum of one argument of each of these tools."""

    per_day: float
    arguments: Mapping[ToolName, str]


@dataclass(frozen=True, slots=True)
class Exposure:
    """Bounds on a day under the whole remit, over all intents; None bounds nothing."""

    conversations_per_day: int | None = None
    money: MoneyCap | None = None


@dataclass(frozen=True, slots=True)
class FreezeWindow:
    """A time in which nothing widens; UTC, the end excluded."""

    begins: datetime
    ends: datetime
    why: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told. `address` is an e-mail address or a webhook's URL.

    Args:
        kind: How.
        address: Where.
        on: Of what; empty means everything.
        secret: Name of the environment variable that holds the webhook's key; it signs what is sent.
    """

    kind: Literal["email", "webhook"]
    address: str
    on: tuple[Told, ...] = ()
    secret: str = ""

    def wants(self, what: Told) -> bool:
        """Whether they are to be told of this."""
        return not self.on or what in self.on


@dataclass(frozen=True, slots=True)
class WaiverLimits:
    """How long a waiver may hold at most."""

    longest: timedelta = timedelta(days=14)

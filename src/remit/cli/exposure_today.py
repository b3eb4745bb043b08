"""What an agent has done alone today, beside the caps that the policy here puts on a day."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.conversations import AgentName


@dataclass(frozen=True, slots=True)
class Today:
    """Sums of the day, UTC, over all intents; a cap is None where no policy that can be read here names one."""

    conversations: float = 0.0
    money: float = 0.0
    most_conversations: int | None = None
    most_money: float | None = None

    def line(self) -> str:
        """For the terminal; empty without a cap."""
        said = []
        if self.most_conversations is not None:
            said.append(f"acted alone in {self.conversations:.0f} of at most {self.most_conversations} conversations")
        if self.most_money is not None:
            said.append(f"moved {self.money:g} of at most {self.most_money:g}")
        return f"today (UTC): {', '.join(said)}" if said else ""


async def exposure_today(database: "SqliteDatabase", agent: "AgentName", now: datetime) -> Today:
    """The sums of `now`'s day."""
    from remit.adapters.store import SqliteExposure
    from remit.app.policy_files import read_policy_file
    from remit.cli.places import agent_of, centre_near
    from remit.control.exposure import CONVERSATIONS, MONEY
    from remit.errors import RemitError

    counters, day = SqliteExposure(database), now.date().isoformat()
    conversations = await counters.spent(agent, day, CONVERSATIONS)
    money = await counters.spent(agent, day, MONEY)
    try:
        centre = centre_near()
        if centre is None or agent_of(centre.agent, "status").name != agent:
            return Today(conversations, money)
        caps = read_policy_file(centre.policy).exposure
    except RemitError:  # what is stopped must be shown whatever the files here say
        return Today(conversations, money)
    return Today(conversations, money, caps.conversations_per_day, None if caps.money is None else caps.money.per_day)

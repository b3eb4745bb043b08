"""Were a canary's customers assigned with the declared shares? If not, its comparison is void, and people are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remit.control.noticing import Finding, order_for_finding
from remit.control.orders import Order
from remit.control.ports import GrantBook
from remit.conversations import AgentName
from remit.policy.model import Policy
from remit.releases.canary import RATIO_ALPHA, RunningCanary, ratio_is_off, running_canaries, sample_ratio
from remit.releases.ports import Assignments, Lives
from remit.statistics import Arm, e_value

EVERY = timedelta(minutes=1)
"""How often the draws are counted: assignment goes wrong by a defect, not from one conversation to the next."""


@dataclass(slots=True)
class RatioWatch:
    """Looks at every running canary of an agent, and opens one incident for each that is off.

    Nothing narrows: who errs more often cannot be said of a sample that is off, so that its promotion stops
    (`releases.demands`) while the monitors of absolute rates go on.

    Args:
        agent: Whose canaries.
        policy: Whom to tell.
        lives: Where releases stand.
        assignments: The draws.
        book: Where the incident is kept, once for each canary.
    """

    agent: AgentName
    policy: Policy
    lives: Lives
    assignments: Assignments
    book: GrantBook
    _looked: datetime | None = field(default=None)

    async def look(self, now: datetime) -> Sequence[Order]:
        """The orders that this process was the first to carry out; nothing within a minute of the last look."""
        if self._looked is not None and self._looked <= now < self._looked + EVERY:
            return ()
        self._looked = now
        done = []
        lines = await self.lives.lines(self.agent)
        for canary in running_canaries(tuple(lines.values())).values():
            customers = await self.assignments.customers(canary.salt)
            if ratio_is_off(customers):
                finding = ratio_finding(self.agent, canary, customers)
                order = order_for_finding(finding, self.policy.recipients, now)
                done += [order] if (await self.book.enact(order)).first else []
        return done


def ratio_finding(agent: AgentName, canary: RunningCanary, customers: Mapping[tuple[Arm, float], int]) -> Finding:
    """What to say of customers who were not assigned with the declared shares; each counts once, as first assigned."""
    drawn = {key: n for key, n in customers.items() if 0.0 < key[1] < 1.0}
    n_canary = sum(n for (arm, _), n in drawn.items() if arm == "canary")
    expected = sum(share * n for (_, share), n in drawn.items())
    checked = sample_ratio(drawn)
    return Finding(
        key=f"ratio:{agent}:{canary.intent}:{canary.release}:{canary.salt}",
        agent=agent,
        intent=canary.intent,
        release=canary.release,
        title=f"{canary.intent}: customers are not assigned to the canary with the declared share",
        why=(
            f"{n_canary} of {checked.n} customers went to the canary, {expected:.1f} were to be expected from its "
            f"share; e-value {e_value(checked.log_e):,.3g} reached {1.0 / RATIO_ALPHA:,.0f} (sample-ratio test)"
        ),
        done=(
            "What the canary shows beside the stable release is void, and it goes no further. Take it back (remit "
            f"release rollback --intent {canary.intent}), mend how conversations are assigned, and begin again."
        ),
    )

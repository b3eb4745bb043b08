"""An agent that runs elsewhere answers otherwise than its fingerprint: promotions freeze, and people are told."""

from datetime import datetime

from remit.control.grants import Remit
from remit.control.noticing import Finding, order_for_finding
from remit.control.orders import FreezeNow, Order, Thaw
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor
from remit.policy.model import Policy
from remit.releases.fingerprint import DriftCheck, Fingerprint

_EVERY_INTENT = IntentName("")
_BEGINS = "behind an unchanged definition"


def order_on_drift(taken: Fingerprint, check: DriftCheck, policy: Policy, now: datetime) -> Order:
    """Freezes every promotion of the agent and opens an incident; the key is the fingerprint's.

    An agent that may be another one than was judged has nothing that could be promoted, by whichever command.
    """
    why = (
        f"{_BEGINS} {check.n_changed} of {check.n_probes} probes are answered as never before "
        f"(p = {check.p_value:.4g}, permutation test, false alarm at most {check.alpha:.4g} a check)"
    )
    finding = Finding(
        key=f"drift:{taken.agent}:{taken.release}:{taken.at.isoformat()}",
        agent=taken.agent,
        intent=_EVERY_INTENT,
        release=taken.release,
        title=f"{taken.agent}: release {taken.release} answers otherwise than its fingerprint",
        why=why,
        done=(
            "Promotions of every intent are frozen. Find out what changed; then remit release fingerprint --accept "
            "takes the behaviour of now as the baseline and lifts this freeze."
        ),
        what="freeze",
    )
    return order_for_finding(finding, policy.recipients, now, acts=(FreezeNow(_EVERY_INTENT),))


def order_on_acceptance(
    agent: AgentName, release: ReleaseId, remit: Remit, by: Actor, now: datetime, *, reason: str
) -> Order | None:
    """Lifts the freeze that suspected drift left; None if there is none, or it is another cause's."""
    held = remit.freezes.get(_EVERY_INTENT)
    if held is None or not held.why.startswith(_BEGINS):
        return None
    return Order(f"drift-accepted:{agent}:{release}:{now.isoformat()}", agent, now, by, reason, (Thaw(_EVERY_INTENT),))

"""People and orders for tests of what agents may do: authenticated as an account would be."""

from datetime import UTC, datetime, timedelta

from remit.control.grants import Waiver, WaiverId
from remit.control.orders import Act, Order, Widen
from remit.control.widening import Waived
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.identity import Actor, ActorId, Proof, Role
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy

SHOP, R1 = AgentName("shop"), ReleaseId("r-1")
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def person(name: str, *roles: Role, functions: tuple[str, ...] = ()) -> Actor:
    """Somebody who has proven who they are."""
    return Actor(ActorId(name), name, frozenset(roles), Proof.API_KEY, frozenset(functions))


VERA = person("vera", Role.VIEWER)
OLGA = person("olga", Role.OPERATOR)
PAUL = person("paul", Role.OPERATOR, Role.APPROVER, functions=("operations",))
RITA = person("rita", Role.APPROVER, functions=("risk",))


def waived(
    policy: Policy,
    intent: IntentName,
    level: AutonomyLevel,
    *,
    agent: AgentName = SHOP,
    release: ReleaseId = R1,
    at: datetime = NOON,
    lasting: timedelta = timedelta(hours=1),
    by: Actor = PAUL,
) -> Waived:
    """A waiver over the intent, from `at` on."""
    name = WaiverId(f"w-{agent}-{intent}-{release}-{level.label}-{at.isoformat()}")
    waiver = Waiver(name, intent, release, policy.digest, level, by, "for a test", at, at + lasting)
    return Waived(policy, agent, waiver)


def order(
    key: str,
    *acts: Act,
    agent: AgentName = SHOP,
    at: datetime = NOON,
    by: Actor = PAUL,
    reason: str = "test",
) -> Order:
    """An order without incident or notices."""
    return Order(key, agent, at, by, reason, tuple(acts))


def by_waiver(
    policy: Policy, intent: IntentName, level: AutonomyLevel, *, at: datetime, release: str = "r-1", agent: str = "shop"
) -> Order:
    """An order that gives a waiver; its key names everything."""
    widening = waived(policy, intent, level, agent=AgentName(agent), release=ReleaseId(release), at=at)
    return order(f"waive:{widening.waiver.id}", Widen(widening), agent=AgentName(agent), at=at)

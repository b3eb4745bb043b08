"""A small agent with a store, in which releases can be moved by people whose identity is proven."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from remit.adapters.agents.load import LoadedAgent, load_agent
from remit.adapters.store import SqliteDatabase
from remit.app.earning import grant_on_simulated_evidence
from remit.app.policy_files import read_policy_file
from remit.app.release_shown import Stores
from remit.app.releasing import Releasing
from remit.app.surroundings import surroundings_of
from remit.conversations import ConversationId, CustomerId, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from remit.evidence.verdicts import Finding
from remit.identity import Actor, ActorId, Proof, Role
from remit.policy.gate_words import statement
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.canary import Assignment, draw, running_canaries
from unit.releases.samples import verdict

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"
FILES = {
    "agents/hybrid.yaml": """\
apiVersion: remit/v1
kind: Agent
type: flow
name: small-shop
flow:
  knowledge: ../knowledge
  slots:
    order_id: {ask: Which order?, patterns: ['\\d{5}']}
  flows:
    refund: flows/refund.yaml
    order_status: flows/order_status.yaml
""",
    "agents/flows/refund.yaml": "offer: look into your refund\nsteps:\n  - ask: order_id\n  - answer: We look at it.\n",
    "agents/flows/order_status.yaml": "offer: look it up\nsteps:\n  - ask: order_id\n  - answer: It is on its way.\n",
    "knowledge/birds.md": "# Birds\n\nGoldfinches like sunflower hearts.\n",
}
"""An agent of two flows and an article under the shop's policy."""


@cache
def shop_policy() -> Policy:
    """Read once: it is long."""
    return read_policy_file(SHOP / "policy.yaml")


NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
REFUND, STATUS = IntentName("refund"), IntentName("order_status")


def person(name: str, *roles: Role, functions: Iterable[str] = ()) -> Actor:
    return Actor(ActorId(name), name, frozenset(roles), Proof.API_KEY, frozenset(functions))


ENGINEER = person("eve", Role.OPERATOR)
OPERATIONS = person("otto", Role.APPROVER, functions=["operations"])
RISK = person("ria", Role.APPROVER, functions=["risk"])
BOTH = person("bea", Role.APPROVER, functions=["operations", "risk"])


@dataclass
class Clock:
    at: datetime = NOW

    def now(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Bench:
    folder: Path
    stores: Stores
    policy: Policy
    releasing: Releasing
    clock: Clock
    salts: list[str] = field(default_factory=list)

    def load(self, agent: str = "hybrid") -> LoadedAgent:
        path = self.folder / "agents" / f"{agent}.yaml"
        return load_agent(path, surroundings=surroundings_of(self.policy))

    async def register(self, agent: str = "hybrid", label: str = "") -> Any:
        return await self.releasing.register(
            self.load(agent), by=ENGINEER, label=label or agent, source=self.folder / "agents" / f"{agent}.yaml"
        )

    def edit(self, file: str, old: str, new: str) -> None:
        path = self.folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, file
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    async def grant(self, loaded: LoadedAgent, *intents: IntentName) -> None:
        """What simulated evidence earns: the lowest level, on supported gates."""
        level = AutonomyLevel.SUPERVISED_ANSWERS
        verdicts = [
            verdict(Finding.SUPPORTED, gate=statement(gate), level=level.label, intent=intent)
            for intent in intents
            for gate in self.policy.gates[level]
        ]
        await grant_on_simulated_evidence(self.stores.book, self.policy, loaded, verdicts, self.clock)

    async def played(self, release: ReleaseId, intent: IntentName, passed: Iterable[bool], *, seed: int = 0) -> None:
        """One trial a scenario, in order."""
        await self.stores.ledger.append(
            [
                Observation(
                    key=ObservationKey(f"{release}:{intent}:{place}:{seed}"),
                    at=self.clock.now(),
                    agent=self.releasing.agent,
                    release=release,
                    intent=intent,
                    level="supervised_answers",
                    source=Source.SCENARIO_TRIAL,
                    strength=Strength.SIMULATED,
                    metric="suite:journeys",
                    outcome=Outcome.PASSED if one else Outcome.FAILED,
                    cluster=f"{intent}-{place}",
                    details={"seed": seed},
                )
                for place, one in enumerate(passed)
            ]
        )

    async def carried(self, intent: IntentName, n: int, *, errors: dict[str, int], prefix: str) -> list[Assignment]:
        """Conversations that the running canary draws; the first `errors[arm]` of each arm go wrong."""
        lines = (await self.releasing.history()).lines
        canaries = running_canaries(list(lines.values()))
        left, drawn, rows = dict(errors), [], []
        for place in range(n):
            conversation = ConversationId(f"{prefix}-{place}")
            one = draw(
                canaries,
                [intent],
                agent=self.releasing.agent,
                customer=CustomerId(f"{prefix}-{place}"),
                conversation=conversation,
                at=self.clock.now(),
            )
            assert one is not None
            drawn.append(one)
            failed = left.get(one.arm, 0) > 0
            left[one.arm] = left.get(one.arm, 0) - 1
            stable = lines[intent].stable
            release = one.release if one.arm == "canary" else stable or one.release
            rows.append(self._outcome(one, release, intent, failed=failed))
        await asyncio.gather(*map(self.stores.assignments.pin, drawn))
        await self.stores.ledger.append(rows)
        return drawn

    def _outcome(self, one: Assignment, release: ReleaseId, intent: IntentName, *, failed: bool) -> Observation:
        return Observation(
            key=ObservationKey(f"outcome:{one.conversation}"),
            at=one.at,
            agent=self.releasing.agent,
            release=release,
            intent=intent,
            level="supervised_answers",
            source=Source.EXPERT_VERDICT,
            strength=Strength.LIVE,
            metric="bad_outcome",
            outcome=Outcome.FAILED if failed else Outcome.PASSED,
            cluster=f"{one.at:%Y-%m-%d}",
            conversation=one.conversation,
            customer=one.customer,
            arm=one.arm,
            canary_share=one.share,
            details={"canary": one.release},
            label=LabelSource.HUMAN_CONFIRMED,
            matured=True,
        )

    async def level(self, intent: IntentName, release: ReleaseId) -> AutonomyLevel:
        """What the book grants now."""
        remit = await self.stores.book.remit(self.releasing.agent)
        found = [one for one in remit.grants.values() if (one.intent, one.release) == (intent, release)]
        return found[0].level if found else AutonomyLevel.SHADOW


@asynccontextmanager
async def open_bench(folder: Path, **policy_changes: Any) -> AsyncIterator[Bench]:
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    policy = replace(shop_policy(), **policy_changes)
    clock = Clock()
    salts: list[str] = []

    def new_salt() -> str:
        salts.append(f"salt-{len(salts)}")
        return salts[-1]

    async with SqliteDatabase(folder / "remit.db") as database:
        stores = Stores.of(database)
        agent = load_agent(folder / "agents" / "hybrid.yaml").name
        releasing = Releasing(stores, policy, agent, clock, new_salt)
        yield Bench(folder, stores, policy, releasing, clock, salts)

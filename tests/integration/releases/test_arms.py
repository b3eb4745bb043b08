"""On the live path a conversation is carried by the release that its draw, or its intent's stable release, names."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from integration.releases.bench import REFUND, STATUS, Bench, open_bench
from properties.turn_fakes import CountingToolbox
from remit.adapters.guards.local import LocalGuardrails
from remit.adapters.memory import MemoryContactCentre, MemoryRecorder, ScriptedDesk
from remit.adapters.store import StoredGrants
from remit.app.arms import Arms, Carrier
from remit.conversations import Conversation, ConversationId, CustomerId, IntentName, Message, ReleaseId, Turn, TurnId
from remit.errors import ReleaseRefused
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer, ProposedCall
from remit.policy.rules import IntentRule
from remit.releases.inheritance import most_exposed
from remit.releases.life import Line
from remit.releases.model import Registration
from remit.releases.stages import Canary, CanaryStep, Retired, Stable, Stage
from remit.runtime.ports import (
    AgentReply,
    AgentView,
    IntentEstimate,
    IntentGuess,
    Permit,
    TurnPorts,
)


@dataclass(frozen=True)
class Named:
    """An agent, a confidence and an understanding that a test can tell apart."""

    release: ReleaseId

    async def propose(self, view: AgentView) -> AgentReply:
        return AgentReply(ProposedAnswer(self.release))

    async def assess(self, proposal: ProposedAnswer | ProposedCall, view: AgentView) -> float:
        return 1.0

    async def estimate(self, window: Sequence[Message]) -> IntentEstimate:
        """The message names its intent."""
        return IntentEstimate((IntentGuess(IntentName(window[-1].text), 0.9),), 0.0)


async def known_by_conversation(conversation: ConversationId) -> CustomerId | None:
    return CustomerId(conversation.partition("/")[0])


@dataclass
class Street:
    """Two registered releases and the arms between them."""

    bench: Bench
    arms: Arms
    old: ReleaseId
    new: ReleaseId
    home: TurnPorts

    async def stand(self, intent: IntentName, line: Line) -> None:
        known = (await self.bench.stores.releases.lines(line.agent)).get(intent, Line(line.agent, intent))
        assert await self.bench.stores.releases.change([replace(line, version=known.version)])

    async def carried(self, conversation: str, says: str) -> tuple[str, str, float]:
        """Release, arm and share that the conversation's next turn gets."""
        now = self.bench.clock.now()
        turn = Turn(
            TurnId(f"{conversation}:{now}"),
            ConversationId(conversation),
            Message("customer", says, now),
            now + timedelta(seconds=30),
        )
        ports = await self.arms.ports_for(turn)
        permit = await ports.grants.permit(Conversation(turn.conversation, "test"))
        assert isinstance(ports.agent, Named)
        assert permit.release == ports.agent.release, "agent and permit are of one release"
        return permit.release, permit.arm, permit.canary_share


@asynccontextmanager
async def street(folder: Path, *, loads: bool = True) -> AsyncIterator[Street]:
    async with open_bench(folder) as bench:
        old = (await bench.register()).registration.release.id
        bench.edit("agents/flows/refund.yaml", "look into", "see about")
        new = (await bench.register(label="next")).registration.release.id
        database = bench.stores.releases._database

        def rule(intent: IntentName, level: AutonomyLevel) -> IntentRule:
            return rule_at(bench.policy, intent, level)

        async def carrier(release: ReleaseId) -> Carrier:
            rules = {intent: rule(intent, AutonomyLevel.SHADOW) for intent in (REFUND, STATUS)}
            permit = Permit(bench.releasing.agent, release, bench.policy.digest, 0, rules)
            grants = StoredGrants(database, bench.clock, permit, rule, max_age_s=60.0)
            await grants.start()
            return Carrier(replace(ports, agent=Named(release), grants=grants), grants, grants.close)

        async def load(registration: Registration) -> Carrier:
            if not loads:
                raise ReleaseRefused("the files are gone", "Bring them back.")
            return await carrier(registration.release.id)

        named = Named(old)
        ports = TurnPorts(
            grants=StoredGrants(database, bench.clock, Permit(bench.releasing.agent, old, "", 0, {}), rule),
            intents=named,
            agent=named,
            confidence=named,
            guardrails=LocalGuardrails(),
            desk=ScriptedDesk(),
            toolbox=CountingToolbox(),
            contact_centre=MemoryContactCentre(),
            recorder=MemoryRecorder(bench.clock),
            clock=bench.clock,
        )
        home = await carrier(old)
        arms = Arms(
            home.ports,
            old,
            bench.releasing.agent,
            releases=bench.stores.releases,
            assignments=bench.stores.assignments,
            load=load,
            customer_of=known_by_conversation,
            budget_of=lambda _: 0.2,
            refresh_s=0.0,
        )
        yield Street(bench, arms, old, new, home.ports)
        await arms.close()
        await home.close()


def told(folder: Path, story: Callable[[Street], Coroutine[None, None, None]], *, loads: bool = True) -> None:
    async def run() -> None:
        async with street(folder, loads=loads) as here:
            await story(here)

    asyncio.run(run())


def line(here: Street, intent: IntentName, step: CanaryStep) -> Line:
    stages: dict[ReleaseId, Stage] = {here.old: Stable(), here.new: Canary(step, "pepper")}
    return Line(here.bench.releasing.agent, intent, stages, (here.old,))


def test_without_another_release_home_carries_everything_and_nothing_is_drawn(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        assert await here.carried("ann/1", REFUND) == (here.old, "", 0.0)
        assert await here.bench.stores.assignments.of(ConversationId("ann/1")) is None

    told(tmp_path, story)


def test_a_conversation_keeps_its_arm_whatever_intents_come_up_and_so_does_its_customer(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        await here.stand(REFUND, line(here, REFUND, CanaryStep.HALF))
        drawn = {name: await here.carried(f"{name}/1", REFUND) for name in map(str, range(12))}
        assert {(release, arm) for release, arm, _ in drawn.values()} == {(here.new, "canary"), (here.old, "stable")}
        assert {share for _, _, share in drawn.values()} == {0.5}
        for name, first in drawn.items():
            assert await here.carried(f"{name}/1", STATUS) == first
            assert await here.carried(f"{name}/2", REFUND) == first

    told(tmp_path, story)


def test_an_intent_without_a_canary_takes_no_part(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        await here.stand(REFUND, line(here, REFUND, CanaryStep.HALF))
        assert await here.carried("ann/1", STATUS) == (here.old, "", 0.0)
        assert await here.carried("ann/1", REFUND) == (here.old, "", 0.0), "it was begun outside the comparison"

    told(tmp_path, story)


def test_when_a_canary_is_taken_back_its_conversations_go_on_with_the_stable_release(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        await here.stand(REFUND, line(here, REFUND, CanaryStep.WHOLE))
        assert await here.carried("ann/1", REFUND) == (here.new, "canary", 1.0)
        stages: dict[ReleaseId, Stage] = {here.old: Stable(), here.new: Retired("it burned")}
        await here.stand(REFUND, Line(here.bench.releasing.agent, REFUND, stages, (here.old,)))
        assert await here.carried("ann/1", REFUND) == (here.old, "", 0.0)

    told(tmp_path, story)


def test_a_release_that_is_stable_carries_its_intent_before_anybody_restarts(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        stages: dict[ReleaseId, Stage] = {here.old: Retired("replaced"), here.new: Stable()}
        await here.stand(REFUND, Line(here.bench.releasing.agent, REFUND, stages, (here.old, here.new)))
        assert await here.carried("ann/1", REFUND) == (here.new, "", 0.0)
        assert await here.carried("ben/1", STATUS) == (here.old, "", 0.0)

    told(tmp_path, story)


def test_a_canary_whose_files_are_gone_carries_nobody_and_counts_nothing(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        await here.stand(REFUND, line(here, REFUND, CanaryStep.WHOLE))
        assert await here.carried("ann/1", REFUND) == (here.old, "", 0.0)
        assert await here.bench.stores.assignments.n_carried("pepper", 1.0) == 0

    told(tmp_path, story, loads=False)


def test_a_guarded_canary_waits_for_a_decision_when_its_step_has_carried_its_part(tmp_path: Path) -> None:
    async def story(here: Street) -> None:
        await here.stand(REFUND, line(here, REFUND, CanaryStep.FIRST))
        at_most = most_exposed(CanaryStep.FIRST.share, 0.2)
        carried = [await here.carried(f"customer-{number}/1", REFUND) for number in range(60 * at_most)]
        by_canary = [release for release, arm, _ in carried if arm == "canary"]
        assert len(by_canary) == at_most
        assert set(by_canary) == {here.new}
        assert carried[-1] == (here.old, "", 0.0)
        await here.stand(REFUND, line(here, REFUND, CanaryStep.HALF))
        again = [await here.carried(f"other-{number}/1", REFUND) for number in range(10)]
        assert {arm for _, arm, _ in again} == {"stable", "canary"}

    told(tmp_path, story)

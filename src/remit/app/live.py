"""From a contact centre's folder to a running gateway: opens what a turn needs, and gives it back at the end."""

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from random import SystemRandom
from secrets import token_hex

from remit.adapters.agents.load import LoadedAgent, load_agent
from remit.adapters.confidence import CalibratedConfidence
from remit.adapters.formats.suites import read_suites
from remit.adapters.guards.local import LocalGuardrails
from remit.adapters.mcp import HttpServer, McpServer, StdioServer
from remit.adapters.memory import ScriptedDesk
from remit.adapters.store import (
    SqliteAssignments,
    SqliteCertificates,
    SqliteClosedTurns,
    SqliteDatabase,
    SqliteGrantBook,
    SqliteLedger,
    SqliteRecorder,
    SqliteReleases,
    SqliteRunningStates,
    StoredGrants,
)
from remit.adapters.tools.mcp import McpToolbox
from remit.adapters.tools.world import WorldToolbox
from remit.adapters.worlds.load import load_world
from remit.app.arms import Arms, Carrier
from remit.app.centre import Centre, McpSource
from remit.app.certificate_book import CertificateBook
from remit.app.certificate_watch import CertificateWatch
from remit.app.controlling import exposure_caps
from remit.app.destinations import handing_off
from remit.app.earning import grant_on_simulated_evidence, levels_held, verdicts_on
from remit.app.gateway import Gateway
from remit.app.observing import Observer, baseline_of, plan_of, recontact_window_of
from remit.app.policy_files import read_policy_file
from remit.app.surroundings import surroundings_of
from remit.app.understanding import trained_intents
from remit.conversations import ConversationId, CustomerId, IntentName
from remit.errors import ReleaseRefused
from remit.evidence import Strength
from remit.policy.document import rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.inheritance import USUAL_BUDGET
from remit.releases.model import Registration
from remit.runtime.ports import HAND_OFF_WITHIN_S, Clock, Permit, Toolbox, TurnPorts
from remit.scenarios.model import StartState
from remit.tools import Effect, ToolName


@dataclass(frozen=True, slots=True)
class Live:
    """A gateway and what was read to make it."""

    gateway: Gateway
    policy: Policy
    agent: LoadedAgent


@asynccontextmanager
async def live_gateway(
    centre: Centre,
    database: SqliteDatabase,
    clock: Clock,
    *,
    environ: Mapping[str, str],
    simulated: bool,
    lease_s: float,
    notice: str = "",
) -> AsyncIterator[Live]:
    """A gateway over an open database.

    Args:
        centre: Which policy, agent and tools.
        database: Open; stays open.
        clock: Time.
        environ: Where the agent's secrets are looked up.
        simulated: Whether the world behind the tools is a simulated one.
        lease_s: Seconds after which another process may take over an unfinished turn; more where the policy's
            deadline and the time for a handoff are longer.
        notice: What pages say about the world.

    Raises:
        DocumentError: The policy or the agent cannot be used.
        SettingsError: The tools cannot be found.
    """
    policy = read_policy_file(centre.policy)
    async with AsyncExitStack() as stack:
        agent = load_agent(centre.agent, environ=environ, clock=clock, surroundings=surroundings_of(policy))
        stack.push_async_callback(agent.close)
        toolbox = await _toolbox(centre, policy, stack)
        recorder = SqliteRecorder(database, clock)
        watch = _watch(agent, database, clock, simulated=simulated)
        book = _book(policy, agent, watch, database, clock)
        grants = StoredGrants(database, clock, _permit(policy, agent), book.rule_at, revision=book.revision)
        people = handing_off(centre.contact_centre, policy, agent.name, database, clock, environ=environ)
        await stack.enter_async_context(people.running())
        ports = TurnPorts(
            grants=grants,
            intents=trained_intents(policy, centre.intents),
            agent=agent.agent,
            confidence=CalibratedConfidence(book.models, book.track_records),
            guardrails=LocalGuardrails(),
            desk=ScriptedDesk(),
            toolbox=toolbox,
            contact_centre=people,
            reception=people,
            recorder=recorder,
            clock=clock,
            # A turn that still has time must not be taken over: its first caller would be told of a conflict.
            lease_s=max(lease_s, policy.turn.deadline_s + HAND_OFF_WITHIN_S),
            exposure=exposure_caps(policy, database, clock),
        )
        gateway = Gateway(
            policy,
            agent.name,
            ports,
            recorder,
            grants,
            simulated=simulated,
            notice=notice,
            handing_off=people,
            observer=_observer(policy, agent, database, clock, simulated=simulated),
            watch=watch,
            arms=_arms(
                policy,
                agent,
                ports,
                recorder=recorder,
                database=database,
                load=_Loading(policy, database, ports, environ, watch),
            ),
        )
        yield Live(gateway, policy, agent)


def _arms(
    policy: Policy,
    agent: LoadedAgent,
    ports: TurnPorts,
    *,
    recorder: SqliteRecorder,
    database: SqliteDatabase,
    load: "_Loading",
) -> Arms:
    """The releases that share the traffic: the one that is served, and a canary once there is one."""
    return Arms(
        ports,
        agent.release,
        agent.name,
        releases=SqliteReleases(database),
        assignments=SqliteAssignments(database),
        load=load,
        customer_of=_CustomerOf(recorder),
        budget_of=partial(_budget_at, policy),
    )


def _budget_at(policy: Policy, level: AutonomyLevel) -> float:
    return policy.levels[level].risk.error_at_most if level in policy.levels else USUAL_BUDGET


@dataclass(frozen=True, slots=True)
class _Loading:
    """Makes a registered release ready, beside the centre's own."""

    policy: Policy
    database: SqliteDatabase
    home: TurnPorts
    environ: Mapping[str, str]
    watch: CertificateWatch

    async def __call__(self, registration: Registration) -> Carrier:
        """With agent, grants and thresholds of its own; everything else is shared."""
        clock = self.home.clock
        agent = load_agent(
            Path(registration.source), environ=self.environ, clock=clock, surroundings=surroundings_of(self.policy)
        )
        if agent.release != registration.release.id:
            raise ReleaseRefused(
                f"release {registration.release.id!r}: {registration.source} holds {agent.release!r} now",
                "Keep the files of a release as they were registered while it has a place.",
            )
        book = _book(self.policy, agent, self.watch, self.database, clock)
        grants = StoredGrants(self.database, clock, _permit(self.policy, agent), book.rule_at, revision=book.revision)
        await grants.start()

        async def close() -> None:
            await grants.close()
            await agent.close()

        confidence = CalibratedConfidence(book.models, book.track_records)
        return Carrier(replace(self.home, grants=grants, agent=agent.agent, confidence=confidence), grants, close)


@dataclass(frozen=True, slots=True)
class _CustomerOf:
    """The proven customer of a conversation."""

    recorder: SqliteRecorder

    async def __call__(self, conversation: ConversationId) -> CustomerId | None:
        found = await self.recorder.conversation(conversation)
        return None if found is None else found.customer


def _watch(agent: LoadedAgent, database: SqliteDatabase, clock: Clock, *, simulated: bool) -> CertificateWatch:
    least = Strength.SIMULATED if simulated else Strength.PROOF_OF_VALUE
    ledger, states = SqliteLedger(database), SqliteRunningStates(database)
    return CertificateWatch(agent.name, SqliteCertificates(database, clock), ledger, states, least=least)


def _book(
    policy: Policy, agent: LoadedAgent, watch: CertificateWatch, database: SqliteDatabase, clock: Clock
) -> CertificateBook:
    """The agent's certificates, which end when their monitors say so."""
    return CertificateBook(
        SqliteCertificates(database, clock),
        policy,
        agent.name,
        agent.release,
        clock,
        alarms_of=watch.alarms_of,
        look=watch.read,
    )


def _observer(
    policy: Policy, agent: LoadedAgent, database: SqliteDatabase, clock: Clock, *, simulated: bool
) -> Observer:
    return Observer(
        agent=agent.name,
        turns=SqliteClosedTurns(database),
        ledger=SqliteLedger(database),
        states=SqliteRunningStates(database),
        clock=clock,
        uniform=SystemRandom().random,
        new_salt=lambda: token_hex(32),
        plan=plan_of(policy),
        strength=Strength.SIMULATED if simulated else Strength.LIVE,
        quiet_s=policy.turn.quiet_after_s,
        recontact_window_s=recontact_window_of(policy),
        baseline_s=baseline_of(policy),
    )


def _permit(policy: Policy, agent: LoadedAgent) -> Permit:
    shadow = {intent: rule_at(policy, intent, AutonomyLevel.SHADOW) for intent in policy.intents}
    return Permit(agent.name, agent.release, policy.digest, 0, shadow, max_steps=policy.turn.max_steps)


# ── tools ─────────────────────────────────────────────────────────────────────────────────────────
async def _toolbox(centre: Centre, policy: Policy, stack: AsyncExitStack) -> Toolbox:
    effects = {tool.name: tool.effect for tool in policy.tools.values()}
    if centre.tools.mcp is None:
        return await _world_toolbox(centre, effects, stack)
    toolbox = McpToolbox(_server(centre.tools.mcp, centre.directory), name=centre.name, effects=effects)
    stack.push_async_callback(toolbox.close)
    await toolbox.catalogue()
    return toolbox


def _server(source: McpSource, directory: Path) -> McpServer:
    if source.url:
        return HttpServer(source.url)
    program, *arguments = source.command
    # `{python}` is the interpreter that runs Remit: a centre's file names no path of one machine.
    return StdioServer(program.replace("{python}", sys.executable), tuple(arguments), cwd=str(directory))


async def _world_toolbox(centre: Centre, effects: Mapping[ToolName, Effect], stack: AsyncExitStack) -> Toolbox:
    world = load_world(centre.tools.world, centre.directory)
    session = await world.start(StartState(centre.tools.world))
    stack.push_async_callback(session.close)
    return WorldToolbox(session, await world.catalogue(), effects=effects)


# ── grants ────────────────────────────────────────────────────────────────────────────────────────
async def grant_what_is_earned(
    live: Live, centre: Centre, database: SqliteDatabase
) -> Mapping[IntentName, AutonomyLevel]:
    """The level of each intent as the book of grants has it.

    In a simulated world, what the ledger supports is granted first. Where people are served only a person widens.
    """
    book, clock = SqliteGrantBook(database), live.gateway.ports.clock
    if not live.gateway.simulated:
        return await levels_held(book, live.policy, live.agent, clock)
    suites = [suite for path in centre.suites for suite in read_suites(path)]
    verdicts = await verdicts_on(live.policy, live.agent, suites, SqliteLedger(database))
    levels = await grant_on_simulated_evidence(book, live.policy, live.agent, verdicts, clock)
    await live.gateway.grants.refresh()
    return levels

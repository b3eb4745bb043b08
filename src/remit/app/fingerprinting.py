"""Asks an agent its probes and holds the replies against the baseline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from remit.adapters.agents.load import LoadedAgent, check_agent
from remit.conversations import Conversation, ConversationId, Message, TurnId
from remit.documents import digest_of
from remit.policy.model import Policy
from remit.policy.proposals import Proposal, ProposedAnswer, ProposedCall, ProposedHandoff
from remit.releases.fingerprint import DriftCheck, Fingerprint, Reply, check_drift, probe_digest
from remit.releases.ports import Fingerprints
from remit.runtime.ports import AgentView, Clock, IntentEstimate
from remit.tools import Effect

BASELINE_ROUNDS = 4
ROUNDS = 2
_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Taken:
    """One fingerprint; without a check it is the baseline."""

    fingerprint: Fingerprint
    probes: Mapping[str, str]
    check: DriftCheck | None


def probes_of(policy: Policy, *, at_most: int = 20) -> dict[str, str]:
    """Messages to ask: examples of intents that can only read, for an agent elsewhere may act on what it is asked."""
    harmless = [
        intent
        for intent in policy.intents.values()
        if intent.examples and all(rule.effect is Effect.READ for rule in intent.tools.values())
    ]
    rounds = max((len(intent.examples) for intent in harmless), default=0)
    messages = [
        intent.examples[place] for place in range(rounds) for intent in harmless if place < len(intent.examples)
    ]
    return {probe_digest(message): message for message in messages[:at_most]}


async def take_fingerprint(
    loaded: LoadedAgent,
    store: Fingerprints,
    clock: Clock,
    *,
    probes: Mapping[str, str],
    rounds: int | None = None,
    anew: bool = False,
    seed: int = 0,
    on_reply: Callable[[], None] = lambda: None,
) -> Taken:
    """Ask every probe some times; the first time, or `anew`, makes the baseline, later ones are checked against it.

    A check asks the probes of its baseline, whatever the policy says now.

    Raises:
        AgentError: The agent could not be asked; nothing is kept, for that is no drift.
        StoreUnavailable: The replies could not be kept.
    """
    known = None if anew else await store.baseline(loaded.name, loaded.release)
    asked = probes if known is None else known[1]
    times = rounds or (BASELINE_ROUNDS if known is None else ROUNDS)
    await check_agent(loaded)
    try:
        replies = {
            name: tuple([await _ask(loaded, message, clock, number, on_reply) for number in range(times)])
            for name, message in asked.items()
        }
    finally:
        await loaded.close()
    fingerprint = Fingerprint(loaded.name, loaded.release, clock.now(), replies)
    check = None if known is None else check_drift(known[0], fingerprint, seed=seed)
    await store.keep(fingerprint, asked, check)
    return Taken(fingerprint, asked, check)


async def _ask(loaded: LoadedAgent, message: str, clock: Clock, number: int, on_reply: Callable[[], None]) -> Reply:
    now = clock.now()
    name = f"fingerprint-{digest_of([message, number, now.isoformat()])[:16]}"
    conversation = Conversation(
        ConversationId(name), channel="fingerprint", entries=(Message("customer", message, now),)
    )
    view = AgentView(
        turn=TurnId(name),
        step=1,
        conversation=conversation,
        intents=IntentEstimate((), 0.0),
        tools=(),
        coaching=(),
        deadline=now + timedelta(seconds=_WITHIN_S),
    )
    reply = _reply((await loaded.agent.propose(view)).proposal)
    on_reply()
    return reply


def _reply(proposal: Proposal) -> Reply:
    match proposal:
        case ProposedAnswer(text):
            return Reply("answer", _words(text.lower().split()))
        case ProposedCall(call):
            return Reply(f"call:{call.tool}", _words([f"{key}={value}" for key, value in call.arguments.items()]))
        case ProposedHandoff(reason):
            return Reply(f"hand_off:{reason.value}")


def _words(words: Sequence[str]) -> frozenset[str]:
    return frozenset(digest_of(word)[:8] for word in words)

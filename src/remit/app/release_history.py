"""What is known of an agent's releases: how they are named, where they stand, whose evidence speaks for whom."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from remit.app.gating import GateRequest
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import suggest
from remit.errors import ReleaseUnknown
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.attempts import Attempt, ledger_of
from remit.releases.life import Line
from remit.releases.model import Registration, Release, releases_that_count
from remit.releases.ports import Lives, Registry
from remit.statistics import AlphaLedger

ALPHA = 0.05
"""Error allowance of one intent's promotions, over all attempts."""


@dataclass(frozen=True, slots=True)
class History:
    """One agent's releases.

    Args:
        agent: Whose.
        registrations: Oldest first.
        lines: Where they stand, by intent.
        attempts: Oldest first.
    """

    agent: AgentName
    registrations: tuple[Registration, ...] = ()
    lines: Mapping[IntentName, Line] = field(default_factory=dict)
    attempts: tuple[Attempt, ...] = ()

    def line(self, intent: IntentName) -> Line:
        """The intent's line; an empty one if no release was ever known for it."""
        return self.lines.get(intent, Line(self.agent, intent))

    def releases(self) -> tuple[Release, ...]:
        """All of them, oldest first."""
        return tuple(one.release for one in self.registrations)

    def counting_for(self, release: Release) -> Callable[[IntentName], Sequence[ReleaseId]]:
        """Whose evidence speaks for the release, by intent: the release first."""
        return lambda intent: releases_that_count(intent, release, self.releases())

    def ledger(self, intent: IntentName) -> AlphaLedger:
        """What the failed attempts of the intent have left."""
        return ledger_of([one for one in self.attempts if one.intent == intent], alpha=ALPHA)

    def failed(self, policy: Policy) -> Mapping[tuple[IntentName, AutonomyLevel], int]:
        """Failed attempts by intent and level, as gates ask for them."""
        return {
            (intent, level): self.ledger(intent).n_failed
            for intent in policy.intents
            for level in AutonomyLevel
            if self.ledger(intent).n_failed
        }

    def predecessor(self) -> ReleaseId | None:
        """The release that a new one follows: the one that is stable for most intents, else the newest."""
        stable = [line.stable for line in self.lines.values() if line.stable is not None]
        if stable:
            return max(dict.fromkeys(stable), key=stable.count)
        return self.registrations[-1].release.id if self.registrations else None

    def find(self, name: str) -> Registration:
        """The registered release of an id, of the beginning of one, or of a label (the newest that has it).

        Raises:
            ReleaseUnknown: None or several fit.
        """
        exact = [one for one in self.registrations if one.release.id == name]
        labelled = [one for one in self.registrations if one.label == name][-1:]
        beginning = [one for one in self.registrations if len(name) >= 4 and one.release.id.startswith(name)]
        for found in (exact, labelled, beginning):
            if len(found) == 1:
                return found[0]
        if len(beginning) > 1:
            ids = ", ".join(one.release.id for one in beginning)
            raise ReleaseUnknown(name, f"{len(beginning)} releases begin so: {ids}", "Give more of the id.")
        known = [*(one.label for one in self.registrations), *(one.release.id for one in self.registrations)]
        hint = suggest(name, sorted(set(known)), noun="releases") if known else "No release is registered."
        raise ReleaseUnknown(name, "it is not registered", f"{hint} `remit release register AGENT` registers one.")


async def load_history(agent: AgentName, registry: Registry, lives: Lives) -> History:
    """Read everything that is known of the agent's releases."""
    registrations = await registry.registrations(agent)
    return History(agent, tuple(registrations), await lives.lines(agent), tuple(await lives.attempts(agent)))


async def with_history(request: GateRequest, registry: Registry, lives: Lives) -> GateRequest:
    """The request with what is known of the release: whose evidence counts besides its own, and its failed attempts.

    A release that is not registered stands alone. Where no attempt was ever made the verdict records say how many
    failed.
    """
    history = await load_history(request.agent, registry, lives)
    release = next((one for one in history.releases() if one.id == request.release), None)
    failed = history.failed(request.policy) if history.attempts else request.failed
    counting = request.releases_that_count if release is None else history.counting_for(release)
    return replace(request, releases_that_count=counting, failed=failed)

"""What the ledger itself asks for later: outcomes that mature, customers who may come back, shares that were raised."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence.live import Metric
from remit.evidence.observations import LabelSource, Observation, ObservationKey, Outcome, Source, Strength
from remit.evidence.ports import Recorded

MATURE, WATCH, CAME_BACK = "mature", "watch", "came_back"
"""First word of an action's key: close an outcome, look whether somebody came back, note that they did."""


@dataclass(frozen=True, slots=True)
class Maturing:
    """Asks to close each outcome that may still change, once it cannot. State: how many it has asked for."""

    name: str = "maturing"

    def key_of(self, observation: Observation) -> str | None:
        """One state for each metric; revisions ask for nothing new."""
        waits = not observation.matured and not observation.details.get("was")
        return observation.metric if waits and "matures_at" in observation.details else None

    def start(self, key: str) -> int:
        """None yet."""
        return 0

    def add(self, state: int, recorded: Recorded) -> int:
        """One more."""
        return state + 1

    def encode(self, state: int) -> Any:
        """A number."""
        return state

    def decode(self, document: Any) -> int:
        """A number."""
        return int(document)

    def actions(self, key: str, before: int, after: int, recorded: Recorded) -> Mapping[str, Any]:
        """Close this outcome when its time has come."""
        seen = recorded.observation
        due = seen.details["matures_at"]
        return {f"{MATURE}:{seen.key}": {"conversation": seen.conversation, "key": seen.key, "due": due}}


@dataclass(frozen=True, slots=True)
class LastContained:
    """The customer's last contained conversation for one intent, and until when coming back counts."""

    conversation: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class ComingBack:
    """Watches whether customers come back for the same intent within the window. One small state a customer and intent.

    Several contained conversations of one customer: coming back is charged to the latest.
    """

    name: str = "coming_back"

    def key_of(self, observation: Observation) -> str | None:
        """The customer and the intent, by the agent that carried them; only customers who can be recognised."""
        if not observation.customer or observation.metric not in (Metric.STARTED, Metric.CONTAINMENT):
            return None
        if observation.metric == Metric.CONTAINMENT and "recontact_until" not in observation.details:
            return None
        return f"{observation.agent}|{observation.intent}|{observation.customer}"

    def start(self, key: str) -> LastContained:
        """Nobody was here."""
        return LastContained()

    def add(self, state: LastContained, recorded: Recorded) -> LastContained:
        """The newest contained conversation replaces the one before; one that was come back to is forgotten."""
        seen = recorded.observation
        if seen.metric == Metric.STARTED:
            return LastContained() if _comes_back(state, seen) else state
        if seen.outcome is Outcome.PASSED:
            return LastContained(seen.conversation, str(seen.details["recontact_until"]))
        return state

    def encode(self, state: LastContained) -> Any:
        """Conversation and time."""
        return [state.conversation, state.until]

    def decode(self, document: Any) -> LastContained:
        """From conversation and time."""
        return LastContained(*document)

    def actions(self, key: str, before: LastContained, after: LastContained, recorded: Recorded) -> Mapping[str, Any]:
        """Note that somebody came back, or look whether they did when the window has closed."""
        seen = recorded.observation
        if seen.metric == Metric.STARTED:
            if not _comes_back(before, seen):
                return {}
            return {
                f"{CAME_BACK}:{before.conversation}": {
                    "conversation": before.conversation,
                    "at": seen.at.isoformat(),
                    "until": before.until,
                }
            }
        if seen.outcome is not Outcome.PASSED:
            return {}
        due = seen.details["recontact_until"]
        return {f"{WATCH}:{seen.conversation}": {"conversation": seen.conversation, "due": due}}


def _comes_back(state: LastContained, seen: Observation) -> bool:
    if not state.conversation or state.conversation == seen.conversation:
        return False
    return seen.at <= datetime.fromisoformat(state.until)


@dataclass(frozen=True, slots=True)
class RaisedShares:
    """The share of each stratum as it was last set for an agent and intent, above what the policy says."""

    name: str = "raised_shares"

    def key_of(self, observation: Observation) -> str | None:
        """Agent and intent."""
        return shares_key(observation.agent, observation.intent) if observation.metric == SHARE_SET else None

    def start(self, key: str) -> Mapping[str, float]:
        """Nothing above the policy."""
        return {}

    def add(self, state: Mapping[str, float], recorded: Recorded) -> Mapping[str, float]:
        """The newest share of a stratum holds."""
        seen = recorded.observation
        return {**state, seen.stratum: seen.sampling_probability}

    def encode(self, state: Mapping[str, float]) -> Any:
        """By stratum."""
        return dict(state)

    def decode(self, document: Any) -> Mapping[str, float]:
        """By stratum."""
        return dict(document)


SHARE_SET = "sampling_share"


def shares_key(agent: AgentName, intent: IntentName) -> str:
    """The key of `RaisedShares`."""
    return f"{agent}|{intent}"


def share_set(
    agent: AgentName,
    release: ReleaseId,
    intent: IntentName,
    *,
    stratum: str,
    share: float,
    why: str,
    key: str,
    at: datetime,
) -> Observation:
    """From now on at least this share of the stratum is drawn; what the policy says is never undercut.

    Append it to the ledger: the next draw follows it, and a refold knows which share applied when.

    Args:
        agent: Whose conversations.
        release: The release at that time.
        intent: Which of them.
        stratum: `flagged` or `other`.
        share: In [0.1, 1].
        why: One clause with figures.
        key: Idempotency key of the change, such as the id of the action that asks for it.
        at: When.
    """
    return Observation(
        key=ObservationKey(f"{SHARE_SET}:{key}"),
        at=at,
        agent=agent,
        release=release,
        intent=intent,
        level="none",
        source=Source.LIVE_OUTCOME,
        strength=Strength.LIVE,
        metric=SHARE_SET,
        outcome=Outcome.PASSED,
        cluster=at.date().isoformat(),
        sampling_probability=share,
        details={"why": why},
        stratum=stratum,
        label=LabelSource.EVENT,
    )

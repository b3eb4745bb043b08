"""Monitors of single events and of a canary: one confirmed critical event, and whose error it was."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import log
from typing import Any, Literal
from zlib import crc32

from remit.control.actions import Action
from remit.control.rates import MOST_REMEMBERED
from remit.conversations import ConversationId, IntentName, ReleaseId
from remit.documents import digest_of
from remit.evidence import LabelSource, Observation, Outcome, Recorded, Strength
from remit.evidence.late_outcomes import change_of
from remit.evidence.live import Metric
from remit.policy.rollback import CanaryWorse, Do, GuardrailBreach, condition_words
from remit.statistics import ArmError, ErrorOrigin, e_value

_CONFIRMED = frozenset({LabelSource.STATE_CHECK, LabelSource.HUMAN_CONFIRMED})
_MARKS = 4096


class CriticalMonitor:
    """One confirmed critical event is enough: a write that left a wrong state, or a critical breach of a guardrail.

    Whoever only suspects it (a judge, a tool's own word) does not confirm it. State: how many there were.
    """

    def __init__(
        self, rule: GuardrailBreach, do: Do, *, policy: str, least: Strength = Strength.PROOF_OF_VALUE
    ) -> None:
        self._rule = rule
        self._do = do
        self._least = least
        self._policy = policy
        self._name = f"critical-{digest_of((policy, condition_words(rule), do, least.name))[:12]}"

    @property
    def name(self) -> str:
        """Another rule begins again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The agent and intent of what is critical; None for everything else."""
        if observation.strength < self._least or observation.outcome is not Outcome.FAILED:
            return None
        if observation.policy != self._policy:
            return None
        if observation.metric == Metric.CRITICAL_ACTION:
            return _of(observation) if observation.label in _CONFIRMED else None
        if observation.metric != Metric.GUARDRAIL_BREACH:
            return None
        critical = self._rule.severity == "any" or observation.details.get("critical") is True
        return _of(observation) if critical else None

    def start(self, key: str) -> int:
        """None yet."""
        del key
        return 0

    def add(self, state: int, recorded: Recorded) -> int:
        """One more."""
        del recorded
        return state + 1

    def encode(self, state: int) -> Any:
        """As a JSON number."""
        return state

    def decode(self, document: Any) -> int:
        """From it."""
        return int(document)

    def actions(self, key: str, before: int, after: int, recorded: Recorded) -> Mapping[str, Any]:
        """Every time."""
        del key, before
        seen = recorded.observation
        action = Action(
            do=self._do,
            agent=seen.agent,
            intent=seen.intent,
            release=seen.release,
            level=seen.level,
            rule=condition_words(self._rule),
            why=f"{_event_words(seen)}; confirmed by {seen.label.value}; number {after} of this intent",
            position=recorded.position,
            at=seen.at.isoformat(),
            conversations=(ConversationId(seen.conversation),),
            n_conversations=1,
        )
        return {action.key(self._name): action.as_document()}


def _of(seen: Observation) -> str:
    return f"{seen.agent}|{seen.intent}"


def _event_words(seen: Observation) -> str:
    if seen.metric == Metric.CRITICAL_ACTION:
        why = seen.details.get("why")
        return f"tool {seen.details.get('tool')!r} left a wrong state" + (f" ({why})" if why else "")
    return f"guard {seen.details.get('guard')!r} stopped something critical"


@dataclass(frozen=True, slots=True)
class CanaryWatch:
    """One canary of one intent.

    Args:
        release: The canary; empty while none has been seen.
        origin: The test of whose errors they are.
        n_canary: Errors of the canary that were counted.
        marks: Customers whose error has been counted, as places in a bit field: a second error of a customer is no
            second draw.
        conversations: The latest of the canary that went wrong.
        crossed_at: Place of the ledger at which it was found worse; 0 if it was not.
    """

    release: ReleaseId
    origin: ErrorOrigin
    n_canary: int = 0
    marks: int = 0
    conversations: tuple[ConversationId, ...] = ()
    crossed_at: int = 0


_NO_CANARY = CanaryWatch(ReleaseId(""), ErrorOrigin.canary_worse())


class CanaryMonitor:
    """Errors come from the canary more often than its share of the traffic explains; the base rate cancels out.

    Only confirmed errors count, of both arms alike, the first of each customer. The state begins again with the
    first conversation of another canary.
    """

    def __init__(self, rule: CanaryWorse, do: Do, *, policy: str, least: Strength = Strength.PROOF_OF_VALUE) -> None:
        self._rule = rule
        self._do = do
        self._least = least
        self._policy = policy
        self._line = log(1.0 / (1.0 - rule.confidence))
        self._name = f"canary-{digest_of((policy, condition_words(rule), do, least.name))[:12]}"

    @property
    def name(self) -> str:
        """Another rule begins again."""
        return self._name

    def key_of(self, observation: Observation) -> str | None:
        """The agent and intent, of conversations that either arm could have got."""
        if observation.strength < self._least or observation.arm not in ("canary", "stable"):
            return None
        if observation.policy != self._policy:
            return None
        if observation.metric not in (Metric.STARTED, Metric.BAD_OUTCOME):
            return None
        if observation.metric == Metric.BAD_OUTCOME and observation.label not in _CONFIRMED:
            return None
        return _of(observation) if 0.0 < observation.canary_share < 1.0 else None

    def start(self, key: str) -> CanaryWatch:
        """No canary yet."""
        del key
        return _NO_CANARY

    def add(self, state: CanaryWatch, recorded: Recorded) -> CanaryWatch:
        """One observation more."""
        seen = recorded.observation
        if seen.arm == "canary" and seen.release != state.release:
            if seen.metric != Metric.STARTED and state.release:
                return state  # A late label of an earlier canary.
            state = replace(_NO_CANARY, release=seen.release)
        if seen.metric == Metric.STARTED or state.crossed_at or change_of(seen, Metric.BAD_OUTCOME).n_errors <= 0:
            return state
        mark = 1 << crc32((seen.customer or seen.conversation).encode()) % _MARKS
        if state.marks & mark:
            return state
        arm: Literal["canary", "stable"] = "canary" if seen.arm == "canary" else "stable"
        loss = 1.0 if seen.loss is None else seen.loss
        origin = state.origin.after([ArmError(arm, seen.canary_share, loss)])
        conversations = state.conversations
        if arm == "canary":
            conversations = (*conversations, ConversationId(seen.conversation))[-MOST_REMEMBERED:]
        return CanaryWatch(
            state.release,
            origin,
            state.n_canary + (arm == "canary"),
            state.marks | mark,
            conversations,
            recorded.position if state.release and origin.log_e >= self._line else 0,
        )

    def encode(self, state: CanaryWatch) -> Any:
        """As JSON values."""
        return {
            "release": state.release,
            "log_wealths": list(state.origin.log_wealths),
            "n_errors": state.origin.n_errors,
            "n_canary": state.n_canary,
            "marks": f"{state.marks:x}",
            "conversations": list(state.conversations),
            "crossed_at": state.crossed_at,
        }

    def decode(self, document: Any) -> CanaryWatch:
        """From JSON values."""
        origin = replace(
            ErrorOrigin.canary_worse(),
            log_wealths=tuple(map(float, document["log_wealths"])),
            n_errors=document["n_errors"],
        )
        return CanaryWatch(
            ReleaseId(document["release"]),
            origin,
            document["n_canary"],
            int(document["marks"], 16),
            tuple(map(ConversationId, document["conversations"])),
            document["crossed_at"],
        )

    def actions(self, key: str, before: CanaryWatch, after: CanaryWatch, recorded: Recorded) -> Mapping[str, Any]:
        """Take the canary back, once."""
        del before
        if after.crossed_at != recorded.position:
            return {}
        seen = recorded.observation
        n, n_canary = after.origin.n_errors, after.n_canary
        why = (
            f"{n_canary} of {n} confirmed errors came from the canary, whose share was {seen.canary_share:.0%} at the "
            f"last of them; e-value {e_value(after.origin.log_e):,.3g} reached {e_value(self._line):,.3g} "
            "(error-origin test, ratio of error rates above 1)"
        )
        action = Action(
            do=self._do,
            agent=seen.agent,
            intent=IntentName(key.split("|", 1)[1]),
            release=after.release,
            level=seen.level,
            rule=condition_words(self._rule),
            why=why,
            position=recorded.position,
            at=seen.at.isoformat(),
            conversations=after.conversations,
            n_conversations=n_canary,
        )
        return {action.key(self._name): action.as_document()}

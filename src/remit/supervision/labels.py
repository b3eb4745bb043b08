"""Labels of experts, and every way in which one can be received."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from remit.conversations import ConversationId
from remit.evidence import Observation


class LabelVerdict(StrEnum):
    """What an expert can say of a contained conversation."""

    GOOD = "good"
    WRONG = "wrong"
    UNSAFE = "unsafe"
    REOPENED = "reopened"

    @property
    def is_bad(self) -> bool:
        """Whether it is a bad outcome."""
        return self is not LabelVerdict.GOOD


@dataclass(frozen=True, slots=True)
class Label:
    """What one expert says of one conversation.

    Args:
        conversation: Which one.
        verdict: What they say.
        at: When they said it, UTC.
        loss: How bad, in (0, 1] for a bad outcome; None means 1. A good one has no loss.
    """

    conversation: ConversationId
    verdict: LabelVerdict
    at: datetime
    loss: float | None = None

    @property
    def graded(self) -> float:
        """The loss in [0, 1]."""
        if not self.verdict.is_bad:
            return 0.0
        return 1.0 if self.loss is None else self.loss


@dataclass(frozen=True, slots=True)
class LabelRules:
    """When labels count.

    Args:
        matured_after: How long after its end an outcome may still change (the policy's `matured_after`).
        accepted_for: How long after the end of a conversation a label still counts; later ones are kept and do not.
        clock_slack: How far clocks of different machines may differ.
    """

    matured_after: timedelta = timedelta(days=7)
    accepted_for: timedelta = timedelta(days=30)
    clock_slack: timedelta = timedelta(minutes=5)


# ── kept ──────────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Counted:
    """The outcome of the conversation rests on this label, or agrees with it."""

    label: Label
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class AwaitsSecond:
    """The draw gave this conversation to two experts; the outcome waits for the other one."""

    label: Label
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Disputed:
    """It contradicts another label: neither counts until a third person settles it."""

    label: Label
    observations: tuple[Observation, ...]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Repeated:
    """The same expert has said the same before; nothing changes."""

    label: Label
    observations: tuple[Observation, ...] = ()


@dataclass(frozen=True, slots=True)
class TooLate:
    """It came after the window in which labels count: kept to be read, no evidence."""

    label: Label
    observations: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class NotSampled:
    """No draw that fell on this conversation is recorded before it: kept to be read, no evidence."""

    label: Label
    observations: tuple[Observation, ...]


# ── refused ───────────────────────────────────────────────────────────────────────────────────────
class Refusal(StrEnum):
    """Why a label cannot be kept at all."""

    UNKNOWN_CONVERSATION = "unknown_conversation"
    NOT_ENDED = "not_ended"
    NOT_CONTAINED = "not_contained"
    BEFORE_ITS_CONVERSATION = "before_its_conversation"
    FROM_THE_FUTURE = "from_the_future"
    NOTHING_HELD_BACK = "nothing_held_back"
    WAS_SENT = "was_sent"


MENDS = {
    Refusal.UNKNOWN_CONVERSATION: "Check the id; only conversations that went through this store can be labelled.",
    Refusal.NOT_ENDED: "Label it when it has ended: after a handoff, or when the customer has been quiet.",
    Refusal.NOT_CONTAINED: "People took it over; whether a handoff was right is not a bad outcome of the agent.",
    Refusal.BEFORE_ITS_CONVERSATION: "A clock went backwards, or the time zone is missing: correct `at`.",
    Refusal.FROM_THE_FUTURE: "A clock is ahead, or the time zone is missing: correct `at`.",
    Refusal.NOTHING_HELD_BACK: "`remit label status` lists the proposals that wait for a word.",
    Refusal.WAS_SENT: "Say how it went: remit label give CONVERSATION good|wrong|unsafe|reopened.",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was kept; `problem` says what is wrong, `mend` how to put it right."""

    label: Label
    reason: Refusal
    problem: str

    @property
    def mend(self) -> str:
        """How to put it right."""
        return MENDS[self.reason]

    @property
    def observations(self) -> tuple[Observation, ...]:
        """None."""
        return ()


LabelOutcome = Counted | AwaitsSecond | Disputed | Repeated | TooLate | NotSampled | Refused

"""Which release carries a conversation: drawn once, sticky by customer, known probability."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import log

from remit.conversations import AgentName, ConversationId, CustomerId, IntentName, ReleaseId
from remit.releases.life import Line
from remit.releases.stages import Canary
from remit.statistics import Arm, SampleRatio

RATIO_ALPHA = 0.001
"""Error level of the sample-ratio check: a finding stops a rollout, and it is looked at often."""


@dataclass(frozen=True, slots=True)
class RunningCanary:
    """A canary of one intent as the live path needs it."""

    intent: IntentName
    release: ReleaseId
    share: float
    salt: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """The draw of one conversation; it holds for the whole conversation, whatever intents come up.

    Args:
        conversation: Whose.
        agent: Of which agent.
        release: The canary's release, whichever arm was drawn.
        arm: Who carries the conversation.
        share: Probability with which this conversation was given to the canary.
        intent: The intent whose canary was drawn.
        salt: Of that canary.
        customer: Digest of whom the draw sticks to.
        at: When, UTC.
    """

    conversation: ConversationId
    agent: AgentName
    release: ReleaseId
    arm: Arm
    share: float
    intent: IntentName
    salt: str
    customer: str
    at: datetime


def running_canaries(lines: Sequence[Line]) -> Mapping[IntentName, RunningCanary]:
    """The canaries of these lines, by intent."""
    return {
        line.intent: RunningCanary(line.intent, release, stage.step.share, stage.salt)
        for line in lines
        for release, stage in line.stages.items()
        if isinstance(stage, Canary)
    }


def assign(canary: RunningCanary, customer: CustomerId | None, conversation: ConversationId) -> Arm:
    """Draw the arm: a stable hash of the customer and the canary's salt, below the share.

    The same customer gets the same arm as long as the canary runs; as the share grows, customers only ever join
    the canary. Without a known customer the conversation is drawn for itself. Another salt is another draw.
    """
    return "canary" if _place(canary.salt, stick_to(customer, conversation)) < canary.share else "stable"


def draw(
    canaries: Mapping[IntentName, RunningCanary],
    intents: Sequence[IntentName],
    *,
    agent: AgentName,
    customer: CustomerId | None,
    conversation: ConversationId,
    at: datetime,
) -> Assignment | None:
    """The assignment of a conversation in which these intents are in play, surest first.

    The first of them that has a canary draws. None if none has: then the conversation is no part of a comparison,
    and the release that is stable for its intent carries it.
    """
    canary = next((canaries[intent] for intent in intents if intent in canaries), None)
    if canary is None:
        return None
    arm = assign(canary, customer, conversation)
    to = hashlib.sha256(stick_to(customer, conversation).encode()).hexdigest()[:16]
    return Assignment(conversation, agent, canary.release, arm, canary.share, canary.intent, canary.salt, to, at)


def stick_to(customer: CustomerId | None, conversation: ConversationId) -> str:
    """What a draw sticks to: the customer if they are known, else the conversation."""
    return f"customer:{customer}" if customer else f"conversation:{conversation}"


def sample_ratio(counts: Mapping[tuple[Arm, float], int]) -> SampleRatio:
    """The check over customers, each counted once when first assigned, by arm and share; order does not matter.

    Customers who were all assigned (share 1) say nothing and are left out.
    """
    checked = SampleRatio()
    for (arm, share), n_customers in counts.items():
        if 0.0 < share < 1.0 and n_customers:
            one = SampleRatio().after(arm, share)
            wealths = (
                held + n_customers * gain for held, gain in zip(checked.log_wealths, one.log_wealths, strict=True)
            )
            checked = SampleRatio(tuple(wealths), checked.n + n_customers)
    return checked


def ratio_is_off(counts: Mapping[tuple[Arm, float], int], *, alpha: float = RATIO_ALPHA) -> bool:
    """Whether customers were not assigned with the declared shares: whatever the comparison shows is void."""
    return sample_ratio(counts).log_e >= log(1.0 / alpha)


def _place(salt: str, who: str) -> float:
    """A number in [0, 1) that looks drawn and is always the same."""
    digest = hashlib.sha256(f"{salt}\x1f{who}".encode()).digest()
    return int.from_bytes(digest[:7], "big") / float(1 << 56)

"""One outcome that was seen, with everything a gate needs to weigh it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents.values import quickly_made

ObservationKey = NewType("ObservationKey", str)


class Strength(IntEnum):
    """How much an observation can carry, weakest first."""

    CLAIM = 0
    DOCUMENT = 1
    SIMULATED = 2
    PROOF_OF_VALUE = 3
    LIVE = 4


class Source(StrEnum):
    """Where an observation comes from."""

    SCENARIO_TRIAL = "scenario_trial"
    REPLAYED_TRIAL = "replayed_trial"
    PUBLISHED_RESULT = "published_result"
    LIVE_OUTCOME = "live_outcome"
    EXPERT_VERDICT = "expert_verdict"
    SHADOW_AGREEMENT = "shadow_agreement"
    LOAD_RESULT = "load_result"
    ATTESTATION = "attestation"


class Outcome(StrEnum):
    """How it went. Only `passed` and `failed` are about the agent.

    The others are failures of ours or of the set-up, or not settled, and are never scored as the agent's.
    """

    PASSED = "passed"
    FAILED = "failed"
    CUSTOMER_ERROR = "customer_error"
    SCENARIO_ERROR = "scenario_error"
    INFRASTRUCTURE_ERROR = "infrastructure_error"
    DISPUTED = "disputed"
    """Two experts disagree; a later observation says how it was settled."""

    @property
    def counts(self) -> bool:
        """Whether the outcome says something about the agent."""
        return self in (Outcome.PASSED, Outcome.FAILED)


class LabelSource(StrEnum):
    """Who or what said how it went."""

    STATE_CHECK = "state_check"
    HUMAN_CONFIRMED = "human_confirmed"
    JUDGE = "judge"
    EVENT = "event"
    SURVEY = "survey"


@quickly_made
@dataclass(frozen=True, slots=True)
class Observation:
    """One row of the ledger. Holds digests and references, never customer text.

    Args:
        key: Idempotency key; the same key with the same content is kept once.
        at: When it was seen, UTC.
        agent: The agent it is about.
        release: The release that acted.
        intent: The intent as the policy names it.
        level: Name of the autonomy level at which the agent acted.
        source: Where it comes from.
        strength: How much it can carry.
        metric: What was measured, such as `suite:journeys` or `bad_outcome`.
        outcome: How it went.
        cluster: What makes observations dependent: the scenario of a trial, the day of a conversation.
        sampling_probability: Probability with which this one was chosen to be looked at, in (0, 1].
        policy: Digest of the policy in force.
        details: Small numbers and references: `seed`, `scenario_version`, `transcript` digest.
        conversation: Id of the live conversation; empty for trials.
        customer: Pseudonymous digest of the customer, the second way in which conversations are dependent.
        arm: `stable` or `canary` while a canary runs, else empty.
        canary_share: Probability with which this conversation was given to the canary, in [0, 1].
        stratum: Which sampling probability applied, such as `flagged` or `other`; empty if there was no choice.
        label: Who said how it went.
        loss: Graded loss in [0, 1]; None means 0 if passed and 1 if failed.
        matured: Whether the outcome can no longer change; rollback counts what has not matured, promotion does not.
    """

    key: ObservationKey
    at: datetime
    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str
    source: Source
    strength: Strength
    metric: str
    outcome: Outcome
    cluster: str
    sampling_probability: float = 1.0
    policy: str = ""
    details: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)
    conversation: str = ""
    customer: str = ""
    arm: str = ""
    canary_share: float = 0.0
    stratum: str = ""
    label: LabelSource = LabelSource.STATE_CHECK
    loss: float | None = None
    matured: bool = True

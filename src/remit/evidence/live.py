"""What is observed of one live conversation: how each observation is built, and under which key.

Every function here is pure. The first observation of an outcome has the key `live:<conversation>:<metric>`; when it
may still change it is kept with `matured=False`, names the time at which it no longer can in `details["matures_at"]`,
and a later one, `<key>:matured`, closes it. Each later observation says in `details["was"]` and `details["was_loss"]`
what it replaces, so that a reducer can take it back without remembering conversations
(`remit.evidence.late_outcomes`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.evidence.observations import LabelSource, Observation, ObservationKey, Outcome, Source, Strength

Detail = str | int | float | bool | None

NO_INTENT = IntentName("none")
"""Stands for the intent where none of the policy's was understood."""
SATISFIED_FROM = 0.75
"""Part of a survey's scale from which an answer counts as satisfied: 4 and 5 of 5."""


class Metric(StrEnum):
    """What is measured on live conversations."""

    STARTED = "started"
    CONTAINMENT = "containment"
    SAMPLED = "sampled"
    EXPERT_LABEL = "expert_label"
    BAD_OUTCOME = "bad_outcome"
    CRITICAL_ACTION = "critical_action"
    GUARDRAIL_BREACH = "guardrail_breach"
    RECONTACT = "recontact"
    CSAT = "csat"
    TURN = "turn"
    HANDLING_TIME = "handling_time"
    PROPOSED = "proposed"
    PROPOSAL = "proposal"


@dataclass(frozen=True, slots=True)
class Subject:
    """What all observations of one conversation share, as it was when the conversation began.

    Args:
        conversation: Which one.
        agent: Who carries it.
        release: The release that acted first; the arm is pinned for the conversation.
        intent: The intent it began with; a conversation counts once, for this one.
        level: Name of the level at which the agent began.
        policy: Digest of the policy in force.
        started_at: When the first message came, UTC.
        customer: Pseudonymous digest of the customer, empty if nobody was verified.
        arm: `stable` or `canary` while a canary runs, else empty.
        canary_share: Probability with which the conversation was given to the canary.
        strength: Simulated if the world behind the tools is not real.
    """

    conversation: ConversationId
    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str
    policy: str
    started_at: datetime
    customer: str = ""
    arm: str = ""
    canary_share: float = 0.0
    strength: Strength = Strength.LIVE

    @property
    def day(self) -> str:
        """The cluster: the UTC day on which the conversation began."""
        return self.started_at.date().isoformat()


def key_of(conversation: str, metric: Metric, *more: str | int) -> ObservationKey:
    """`live:<conversation>:<metric>`, and what tells several of one metric apart."""
    return ObservationKey(":".join(["live", conversation, metric, *map(str, more)]))


def subject_of(seen: Observation) -> Subject:
    """The subject that an observation of a live conversation was made of; `at` must be that of `started`."""
    return Subject(
        conversation=ConversationId(seen.conversation),
        agent=seen.agent,
        release=seen.release,
        intent=seen.intent,
        level=seen.level,
        policy=seen.policy,
        started_at=seen.at,
        customer=seen.customer,
        arm=seen.arm,
        canary_share=seen.canary_share,
        strength=seen.strength,
    )


def _observe(
    subject: Subject,
    metric: Metric,
    *,
    at: datetime,
    outcome: Outcome,
    more: tuple[str | int, ...] = (),
    source: Source = Source.LIVE_OUTCOME,
    label: LabelSource = LabelSource.EVENT,
    loss: float | None = None,
    matured: bool = True,
    details: Mapping[str, Detail] | None = None,
) -> Observation:
    if loss is not None and not 0.0 <= loss <= 1.0:
        raise ValueError(f"a loss of {loss!r} is outside [0, 1]")
    return Observation(
        key=key_of(subject.conversation, metric, *more),
        at=at,
        agent=subject.agent,
        release=subject.release,
        intent=subject.intent,
        level=subject.level,
        source=source,
        strength=subject.strength,
        metric=metric,
        outcome=outcome,
        cluster=subject.day,
        policy=subject.policy,
        details=dict(details or {}),
        conversation=subject.conversation,
        customer=subject.customer,
        arm=subject.arm,
        canary_share=subject.canary_share,
        label=label,
        loss=loss,
        matured=matured,
    )


# ── beginning and end ─────────────────────────────────────────────────────────────────────────────
def started(subject: Subject) -> Observation:
    """The conversation begins to count; says nothing about quality."""
    return _observe(subject, Metric.STARTED, at=subject.started_at, outcome=Outcome.PASSED)


def ended(
    subject: Subject,
    *,
    at: datetime,
    n_turns: int,
    handoff: str = "",
    fault_of_ours: bool = False,
    recontact_until: datetime | None = None,
) -> Observation:
    """Containment: nobody of the contact centre had to take over.

    Args:
        subject: Whose end.
        at: When the last turn ended. Earlier than the start means that a clock went backwards: said in the details.
        n_turns: How many turns it had.
        handoff: The reason if people took over, else empty.
        fault_of_ours: The handoff came from a failure of Remit's own and says nothing about the agent.
        recontact_until: Until when it is watched whether the customer comes back; None if it is not.
    """
    window: dict[str, Detail] = {} if recontact_until is None else {"recontact_until": recontact_until.isoformat()}
    outcome = Outcome.FAILED if handoff else Outcome.PASSED
    return _observe(
        subject,
        Metric.CONTAINMENT,
        at=at,
        outcome=Outcome.INFRASTRUCTURE_ERROR if fault_of_ours else outcome,
        details={"n_turns": n_turns, "handoff": handoff, **window, **_clock(subject, at)},
    )


def _clock(subject: Subject, at: datetime) -> dict[str, Detail]:
    return {"clock_went_back": True} if at < subject.started_at else {}


def handling_time(subject: Subject, *, at: datetime, baseline_s: float) -> Observation:
    """How long it took against the baseline: the loss is t / (t + baseline), 0.5 for exactly as long as people took.

    Raises:
        ValueError: The baseline is not positive.
    """
    if baseline_s <= 0.0:
        raise ValueError(f"a baseline of {baseline_s!r} s is not a handling time")
    took_s = max(0.0, (at - subject.started_at).total_seconds())
    return _observe(
        subject,
        Metric.HANDLING_TIME,
        at=at,
        outcome=Outcome.PASSED if took_s <= baseline_s else Outcome.FAILED,
        loss=took_s / (took_s + baseline_s),
        details={"took_s": took_s, "baseline_s": baseline_s, **_clock(subject, at)},
    )


# ── within a conversation ─────────────────────────────────────────────────────────────────────────
def turn(
    subject: Subject,
    *,
    turn_id: str,
    at: datetime,
    latency_ms: float,
    fault: str = "",
    more: Mapping[str, Detail] | None = None,
) -> Observation:
    """One turn: answered in time and without a technical fault, by the agent or by a handoff that was decided.

    `fault` names the handoff reason that was one; `more` is what was known of the turn's weakest proposal.
    """
    return _observe(
        subject,
        Metric.TURN,
        more=(turn_id,),
        at=at,
        outcome=Outcome.FAILED if fault else Outcome.PASSED,
        details={"latency_ms": latency_ms, "fault": fault, **(more or {})},
    )


def critical_action(
    subject: Subject,
    *,
    step: str,
    at: datetime,
    tool: str,
    outcome: Outcome,
    intent: IntentName,
    level: str,
    label: LabelSource = LabelSource.STATE_CHECK,
    why: str = "",
) -> Observation:
    """One governed write, under the intent and level of its own turn.

    Args:
        subject: The conversation.
        step: The turn and step in which it ran.
        at: When it had run.
        tool: Which tool wrote.
        outcome: Passed if the state is as it should be; an outcome that nobody knows does not count.
        intent: What the customer wanted in this turn.
        level: The level at which this turn was carried.
        label: Who says so: a state check, or an event where only the tool's own word is there.
        why: What was wrong, one clause without customer text.
    """
    return _observe(
        replace(subject, intent=intent, level=level),
        Metric.CRITICAL_ACTION,
        more=(step,),
        at=at,
        outcome=outcome,
        label=label,
        details={"tool": tool, "why": why},
    )


def guardrail_breach(
    subject: Subject, *, step: str, at: datetime, guard: str, intent: IntentName, level: str, critical: bool
) -> Observation:
    """A guard stopped something; it is an incident of its own, never a rate."""
    return _observe(
        replace(subject, intent=intent, level=level),
        Metric.GUARDRAIL_BREACH,
        more=(step,),
        at=at,
        outcome=Outcome.FAILED,
        details={"guard": guard, "critical": critical},
    )


# ── what the customer says and does ───────────────────────────────────────────────────────────────
def csat(subject: Subject, *, at: datetime, score: float, lowest: float = 1.0, highest: float = 5.0) -> Observation:
    """One answered survey: the loss is the distance from the best answer as a part of the scale.

    Raises:
        ValueError: The score is outside the scale.
    """
    if not lowest <= score <= highest or lowest >= highest:
        raise ValueError(f"a score of {score!r} is outside the scale from {lowest!r} to {highest!r}")
    part = (score - lowest) / (highest - lowest)
    return _observe(
        subject,
        Metric.CSAT,
        at=at,
        outcome=Outcome.PASSED if part >= SATISFIED_FROM else Outcome.FAILED,
        label=LabelSource.SURVEY,
        loss=1.0 - part,
        details={"score": score},
    )


def came_back(subject: Subject, *, at: datetime, until: datetime) -> Observation:
    """The customer came back for the same intent: known at once, counted for a promotion when the window closes."""
    details: dict[str, Detail] = {"was": "", "matures_at": until.isoformat()}
    return _observe(subject, Metric.RECONTACT, at=at, outcome=Outcome.FAILED, matured=False, details=details)


def stayed_away(subject: Subject, *, at: datetime) -> Observation:
    """The window has closed and the customer has not come back."""
    return _observe(subject, Metric.RECONTACT, at=at, outcome=Outcome.PASSED, details={"was": ""})


# ── what experts see ──────────────────────────────────────────────────────────────────────────────
def sampled(
    subject: Subject, *, at: datetime, stratum: str, probability: float, drawn: bool, n_experts: int = 1
) -> Observation:
    """The draw whether experts look at a contained conversation, kept before anybody does.

    Raises:
        ValueError: The probability is outside (0, 1].
    """
    if not 0.0 < probability <= 1.0:
        raise ValueError(f"a sampling probability of {probability!r} is outside (0, 1]")
    seen = _observe(
        subject,
        Metric.SAMPLED,
        at=at,
        outcome=Outcome.PASSED,
        details={"drawn": drawn, "n_experts": n_experts if drawn else 0},
    )
    return replace(seen, stratum=stratum, sampling_probability=probability)


def expert_label(
    subject: Subject, *, at: datetime, expert: str, proof: str, number: int, verdict: str, loss: float, counts: str
) -> Observation:
    """What one expert said of one conversation; `counts` says in one word whether an outcome rests on it."""
    return _observe(
        subject,
        Metric.EXPERT_LABEL,
        more=(expert, number),
        at=at,
        outcome=Outcome.FAILED if loss > 0.0 else Outcome.PASSED,
        source=Source.EXPERT_VERDICT,
        label=LabelSource.HUMAN_CONFIRMED,
        loss=loss,
        details={"expert": expert, "proof": proof, "verdict": verdict, "counts": counts},
    )


def bad_outcome(
    draw: Observation,
    subject: Subject,
    *,
    at: datetime,
    outcome: Outcome,
    loss: float | None,
    matures_at: datetime,
    label: LabelSource = LabelSource.HUMAN_CONFIRMED,
) -> Observation:
    """What a conversation that was drawn came to, under the probability with which it was drawn.

    Args:
        draw: The recorded `sampled` observation.
        subject: Of whom.
        at: When it was said.
        outcome: Passed, failed or disputed.
        loss: Graded loss; None with a dispute.
        matures_at: From when on the outcome can no longer change.
        label: Who says so.
    """
    matured = at >= matures_at and outcome.counts
    details: dict[str, Detail] = {"was": ""}
    if not matured:
        details["matures_at"] = matures_at.isoformat()
    seen = _observe(
        subject,
        Metric.BAD_OUTCOME,
        at=at,
        outcome=outcome,
        source=Source.EXPERT_VERDICT,
        label=label,
        loss=loss,
        matured=matured,
        details=details,
    )
    return replace(seen, stratum=draw.stratum, sampling_probability=draw.sampling_probability)


# ── the proposal by which a conversation stands or falls ──────────────────────────────────────────
def proposed(
    subject: Subject, *, at: datetime, stratum: str, probability: float, drawn: bool, details: Mapping[str, Detail]
) -> Observation:
    """The weakest proposal of a conversation and the chance that somebody says whether it was right.

    Raises:
        ValueError: The probability is outside (0, 1].
    """
    if not 0.0 < probability <= 1.0:
        raise ValueError(f"a sampling probability of {probability!r} is outside (0, 1]")
    seen = _observe(subject, Metric.PROPOSED, at=at, outcome=Outcome.PASSED, details={**details, "drawn": drawn})
    return replace(seen, stratum=stratum, sampling_probability=probability)


def proposal(seen: Observation, *, at: datetime, outcome: Outcome, source: Source, more: str = "") -> Observation:
    """What a person said of a `proposed` observation; a later one of the same conversation takes its place.

    `more` tells later ones from the first.
    """
    return replace(
        seen,
        key=ObservationKey(":".join([key_of(seen.conversation, Metric.PROPOSAL), *([more] if more else [])])),
        at=at,
        metric=Metric.PROPOSAL,
        outcome=outcome,
        source=source,
        label=LabelSource.HUMAN_CONFIRMED,
    )


# ── what comes after the first observation of an outcome ──────────────────────────────────────────
def matured_from(first: Observation, latest: Observation, *, at: datetime) -> Observation:
    """The observation that closes an outcome: what `latest` says, under the first one's key."""
    key = ObservationKey(f"{first.key}:matured")
    return replace(latest, key=key, at=at, matured=True, details=_replaced(latest))


def revised_from(
    first: Observation,
    latest: Observation,
    *,
    number: int,
    at: datetime,
    outcome: Outcome,
    loss: float | None,
    by: str = "",
) -> Observation:
    """The outcome is another than the latest one, or in doubt, or settled after a doubt.

    Args:
        first: The outcome's first observation.
        latest: What holds until now.
        number: Counts revisions of this outcome from 1.
        at: When.
        outcome: What holds from now on.
        loss: Its loss; None with a dispute.
        by: Who settled a dispute.
    """
    details = {**_replaced(latest), "was_matured": latest.matured, "by": by}
    if latest.loss is not None:
        details["was_loss"] = latest.loss
    if "matures_at" in first.details:
        details["matures_at"] = first.details["matures_at"]
    key = ObservationKey(f"{first.key}:revised:{number}")
    return replace(latest, key=key, at=at, outcome=outcome, loss=loss, details=details)


def _replaced(latest: Observation) -> dict[str, Detail]:
    """What is replaced: its outcome and, where it had one, its loss."""
    return {"was": latest.outcome.value, **({} if latest.loss is None else {"was_loss": latest.loss})}


def maturity_of(seen: Observation) -> datetime | None:
    """When the outcome can no longer change; None if it cannot now."""
    text = seen.details.get("matures_at")
    return datetime.fromisoformat(str(text)) if text and not seen.matured else None


def within(ended_at: datetime, window_s: float) -> datetime:
    """The end of a window that begins when a conversation ends."""
    return ended_at + timedelta(seconds=window_s)

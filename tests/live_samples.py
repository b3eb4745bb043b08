"""Live conversations as observations, for tests of what watches them."""

from dataclasses import replace
from datetime import timedelta

from control_samples import LIMITS, POLICY, R1, REFUND, SHOP
from people import NOON
from remit.conversations import ConversationId, IntentName, ReleaseId
from remit.evidence import LabelSource, Observation, Outcome
from remit.evidence.live import Subject, bad_outcome, critical_action, ended, guardrail_breach, sampled, started

LATER = timedelta(days=8)


def subject(
    number: int,
    *,
    day: int = 0,
    release: ReleaseId = R1,
    intent: IntentName = REFUND,
    level: str = LIMITS.label,
    arm: str = "",
    share: float = 0.0,
    customer: str = "",
) -> Subject:
    """Conversation number so-and-so of a day."""
    return Subject(
        ConversationId(f"c-{day}-{number}-{intent}-{arm}"),
        SHOP,
        release,
        intent,
        level,
        POLICY.digest,
        NOON + timedelta(days=day, seconds=number),
        customer=customer or f"customer-{day}-{number}-{arm}",
        arm=arm,
        canary_share=share,
    )


def conversation(
    about: Subject, *, failed: bool, label: LabelSource = LabelSource.HUMAN_CONFIRMED
) -> list[Observation]:
    """Begun, contained, drawn; and what an expert said of it, if it went wrong."""
    at = about.started_at + timedelta(minutes=5)
    draw = sampled(about, at=at, stratum="other", probability=1.0, drawn=True)
    seen = [started(about), ended(about, at=at, n_turns=2), draw]
    if failed:
        outcome = bad_outcome(
            draw,
            about,
            at=at + timedelta(hours=1),
            outcome=Outcome.FAILED,
            loss=1.0,
            matures_at=at + LATER,
            label=label,
        )
        seen.append(outcome)
    return seen


def traffic(
    days: int, a_day: int, every: int, *, first_day: int = 0, intent: IntentName = REFUND, level: str = LIMITS.label
) -> list[Observation]:
    """So many conversations a day, every so-manieth of which goes wrong; 0: none does."""
    return [
        seen
        for day in range(first_day, first_day + days)
        for number in range(a_day)
        for seen in conversation(
            subject(number, day=day, intent=intent, level=level), failed=bool(every) and number % every == every - 1
        )
    ]


def wrong_write(number: int, label: LabelSource = LabelSource.STATE_CHECK) -> Observation:
    """A governed write that left a wrong state."""
    about = subject(number)
    return critical_action(
        about,
        step=f"t-{number}/1",
        at=about.started_at,
        tool="issue_refund",
        outcome=Outcome.FAILED,
        intent=REFUND,
        level=LIMITS.label,
        label=label,
        why="refunded twice",
    )


def breach(number: int, *, critical: bool) -> Observation:
    """A guard stopped something."""
    about = subject(number)
    return guardrail_breach(
        about,
        step=f"t-{number}/1",
        at=about.started_at,
        guard="secrets",
        intent=REFUND,
        level=LIMITS.label,
        critical=critical,
    )


def simulated(seen: Observation) -> Observation:
    """The same from a simulated world."""
    from remit.evidence import Strength

    return replace(seen, strength=Strength.SIMULATED)

"""What a change of a grant means for people, said before it happens: contacts of the busiest hour."""

from collections.abc import Callable
from dataclasses import dataclass

from remit.conversations import IntentName
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy

Containment = Callable[[IntentName, AutonomyLevel], tuple[int, int] | None]
"""Contained and all conversations of an intent at a level, as observed; None if there were none."""


@dataclass(frozen=True, slots=True)
class Consequence:
    """What one change means in the busiest hour.

    Args:
        intent: Of which intent.
        before: The level that holds.
        after: The level that would hold.
        more_contacts: Contacts an hour that fall to people in addition; negative if they are relieved; None if the
            policy declares no volume for the intent.
        capacity: Contacts that the experts on duty can take in that hour; None if the policy declares no staffing.
        rests_on: Which containment was used for both levels, with its counts.
    """

    intent: IntentName
    before: AutonomyLevel
    after: AutonomyLevel
    more_contacts: float | None
    capacity: float | None
    rests_on: str

    @property
    def absorbed(self) -> bool | None:
        """Whether the declared experts can take it; None if nobody can say."""
        if self.more_contacts is None or self.capacity is None:
            return None
        return self.more_contacts <= self.capacity

    def in_words(self) -> str:
        """One or two sentences for people."""
        step = f"{self.intent} from {self.before.label} to {self.after.label}"
        if self.more_contacts is None:
            return f"{step}: how many contacts move is not known; declare `staffing: volume` for {self.intent}."
        whom = "fall to people" if self.more_contacts >= 0 else "are taken off people"
        what = f"{step}: about {abs(self.more_contacts):.0f} contacts of the busiest hour {whom} ({self.rests_on})"
        if self.capacity is None:
            return f"{what}; the policy declares no experts on duty."
        enough = "they can take it" if self.absorbed else "they cannot take it"
        return f"{what}; the experts on duty take {self.capacity:.0f} an hour: {enough}."


def consequence_of(
    policy: Policy, intent: IntentName, before: AutonomyLevel, after: AutonomyLevel, containment: Containment
) -> Consequence:
    """What a step means. A level that was never observed counts as containing nothing: the worse assumption.

    For a step up that is the level below it: whatever was contained there stays contained.
    """
    staffing = policy.staffing
    volume = None if staffing is None else staffing.volume.get(intent)
    capacity = None if staffing is None else staffing.contacts_per_peak_hour
    if volume is None:
        return Consequence(intent, before, after, None, capacity, "")
    was, was_words = _contained(intent, before, containment)
    will_be, will_words = _contained(intent, after, containment)
    if after > before and not will_words:
        will_be, will_words = was, f"{after.label} was not observed: counted as {before.label}"
    elif after < before and after is not AutonomyLevel.SHADOW and not will_words:
        will_words = f"{after.label} was not observed: counted as containing nothing"
    parts = [words for words in (was_words, will_words) if words]
    return Consequence(
        intent,
        before,
        after,
        volume.per_peak_hour * (was - will_be),
        capacity,
        "; ".join([f"{volume.per_peak_hour:g} an hour declared", *parts]),
    )


def needs_signature(policy: Policy, consequence: Consequence) -> tuple[str, ...]:
    """Functions that must sign beside the policy's own because the experts cannot absorb it."""
    if consequence.absorbed is not False or policy.staffing is None:
        return ()
    return policy.staffing.signed_by


def _contained(intent: IntentName, level: AutonomyLevel, containment: Containment) -> tuple[float, str]:
    if level is AutonomyLevel.SHADOW:
        return 0.0, "in shadow people answer everything"
    seen = containment(intent, level)
    if seen is None or seen[1] == 0:
        return 0.0, ""
    return seen[0] / seen[1], f"{seen[0]} of {seen[1]} contained at {level.label}"

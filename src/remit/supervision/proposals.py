"""What people say of a proposal: of the weakest one of a contained conversation, or of one that was never sent."""

from dataclasses import replace
from datetime import datetime, timedelta

from remit.evidence import Observation, Source
from remit.evidence.live import Metric, ended, key_of, proposal
from remit.policy.levels import AutonomyLevel
from remit.supervision.histories import History
from remit.supervision.labels import Counted, Disputed, Label, LabelOutcome, LabelRules, Refusal, Refused
from remit.supervision.weighing import Labeller, weigh


def labelled_proposals(history: History, seen: tuple[Observation, ...]) -> tuple[Observation, ...]:
    """What the outcomes among `seen` say of the conversation's proposal: what calibration learns from."""
    own = history.proposed
    if own is None:
        return ()
    first = key_of(own.conversation, Metric.BAD_OUTCOME)
    return tuple(
        proposal(
            own, at=one.at, outcome=one.outcome, source=one.source, more=one.key.removeprefix(first).removeprefix(":")
        )
        for one in seen
        if one.metric == Metric.BAD_OUTCOME and not one.key.endswith(":matured")
    )


def weigh_unsent(label: Label, history: History, rules: LabelRules, *, by: Labeller, now: datetime) -> LabelOutcome:
    """What becomes of a person's word on a proposal that was recorded and not sent.

    In shadow it is an agreement, which gates of the first level read; where the agent was not sure enough, it only
    teaches the calibration. Nothing of it can change later but by another person's word.
    """
    own, subject = history.proposed, history.subject
    if subject is None:
        return weigh(label, history, rules, by=by, now=now)
    if own is None or own.details.get("expert"):
        said = "an expert was asked about its proposal" if own is not None else "it has no proposal that was held back"
        return Refused(label, Refusal.NOTHING_HELD_BACK, f"conversation {label.conversation!r}: {said}")
    if history.contained:
        problem = f"conversation {label.conversation!r} was answered by the agent"
        return Refused(label, Refusal.WAS_SENT, problem)
    whole = replace(history, ended=ended(subject, at=own.at, n_turns=0), draw=own)
    found = weigh(label, whole, replace(rules, matured_after=timedelta(0)), by=by, now=now)
    if not isinstance(found, Counted | Disputed):
        return found
    given, outcomes = found.observations[0], found.observations[1:]
    if subject.level == AutonomyLevel.SHADOW.label:
        agreements = (replace(one, source=Source.SHADOW_AGREEMENT) for one in outcomes)
        return replace(found, observations=(given, *agreements))
    # What revises a labelled proposal is one already.
    revised = (one for one in outcomes if one.metric == Metric.PROPOSAL)
    return replace(found, observations=(given, *labelled_proposals(history, outcomes), *revised))

"""What becomes of a label: pure, from the conversation's history and the rules."""

from dataclasses import dataclass
from datetime import datetime

from remit.evidence import Observation, Outcome
from remit.evidence.live import Subject, bad_outcome, expert_label, matured_from, maturity_of, revised_from
from remit.supervision.histories import Given, History
from remit.supervision.labels import (
    AwaitsSecond,
    Counted,
    Disputed,
    Label,
    LabelOutcome,
    LabelRules,
    LabelVerdict,
    NotSampled,
    Refusal,
    Refused,
    Repeated,
    TooLate,
)


@dataclass(frozen=True, slots=True)
class Labeller:
    """Who labels, as the ledger keeps it: the account's id and how it was proven."""

    expert: str
    proof: str


def weigh(label: Label, history: History, rules: LabelRules, *, by: Labeller, now: datetime) -> LabelOutcome:
    """What becomes of the label, with the observations to append for it. The time that counts is `label.at`.

    Somebody who changes their mind contradicts a label like anybody else: a third person settles it.
    """
    refused = _refuse(label, history, rules, now)
    if refused is not None:
        return refused
    subject, ended_at = history.subject, history.ended_at
    assert subject is not None  # noqa: S101 - `_refuse` has looked
    assert ended_at is not None  # noqa: S101 - as above
    if any(given.expert == by.expert and _same(given, label) for given in history.labels):
        return Repeated(label)
    if history.draw is None or not history.drawn or label.at < history.draw.at - rules.clock_slack:
        return NotSampled(label, (_said(label, subject, history, by, counts="not_sampled"),))
    if label.at > ended_at + rules.accepted_for:
        return TooLate(label, (_said(label, subject, history, by, counts="too_late"),))
    said = _said(label, subject, history, by, counts="yes")
    return _settle(label, history, _Case(subject, history.draw, ended_at + rules.matured_after, by.expert), said)


@dataclass(frozen=True, slots=True)
class _Case:
    subject: Subject
    draw: Observation
    matures_at: datetime
    expert: str


def _settle(label: Label, history: History, case: _Case, said: Observation) -> LabelOutcome:
    """A label that counts meets those that are there."""
    others = [given for given in history.labels if given.counts]
    against = tuple(given.expert for given in others if not _agree(given, label))
    if against or history.disputed:
        return Disputed(label, (said, *_dispute(label, history, case)), against)
    if len({*(given.expert for given in others), case.expert}) < history.n_experts:
        return AwaitsSecond(label, (said,))
    if history.latest is not None:  # one more expert says what is known
        return Counted(label, (said,))
    loss = max([label.graded, *[given.loss for given in others]])
    outcome = Outcome.FAILED if label.verdict.is_bad else Outcome.PASSED
    first = bad_outcome(case.draw, case.subject, at=label.at, outcome=outcome, loss=loss, matures_at=case.matures_at)
    return Counted(label, (said, first))


def _dispute(label: Label, history: History, case: _Case) -> tuple[Observation, ...]:
    if history.disputed:
        return ()
    if history.first is None or history.latest is None:
        disputed = bad_outcome(
            case.draw, case.subject, at=label.at, outcome=Outcome.DISPUTED, loss=None, matures_at=case.matures_at
        )
        return (disputed,)
    number = history.n_revisions + 1
    return (
        revised_from(history.first, history.latest, number=number, at=label.at, outcome=Outcome.DISPUTED, loss=None),
    )


def settle_dispute(history: History, *, bad: bool, loss: float, by: str, at: datetime) -> tuple[Observation, ...]:
    """The observations that end a dispute: what holds from now on, and its maturity if the time has come.

    Raises:
        ValueError: Nothing is disputed.
    """
    first, latest = history.first, history.latest
    if first is None or latest is None or not history.disputed:
        raise ValueError("nothing is disputed")
    settled = revised_from(
        first,
        latest,
        number=history.n_revisions + 1,
        at=at,
        outcome=Outcome.FAILED if bad else Outcome.PASSED,
        loss=loss if bad else 0.0,
        by=by,
    )
    due = maturity_of(settled)
    return (settled, matured_from(first, settled, at=at)) if due is not None and at >= due else (settled,)


def _refuse(label: Label, history: History, rules: LabelRules, now: datetime) -> Refused | None:
    if history.subject is None:
        problem = f"conversation {label.conversation!r} is not in the ledger"
        return Refused(label, Refusal.UNKNOWN_CONVERSATION, problem)
    if history.ended is None or history.ended_at is None:
        return Refused(label, Refusal.NOT_ENDED, f"conversation {label.conversation!r} has not ended")
    if not history.contained:
        reason = history.ended.details.get("handoff") or "unknown"
        problem = f"conversation {label.conversation!r} was handed off ({reason})"
        return Refused(label, Refusal.NOT_CONTAINED, problem)
    if label.at < history.ended_at - rules.clock_slack:
        problem = f"the label is dated {label.at.isoformat()}, the conversation ended {history.ended_at.isoformat()}"
        return Refused(label, Refusal.BEFORE_ITS_CONVERSATION, problem)
    if label.at > now + rules.clock_slack:
        problem = f"the label is dated {label.at.isoformat()}, it is now {now.isoformat()}"
        return Refused(label, Refusal.FROM_THE_FUTURE, problem)
    return None


def _said(label: Label, subject: Subject, history: History, by: Labeller, *, counts: str) -> Observation:
    number = 1 + sum(given.expert == by.expert for given in history.labels)
    return expert_label(
        subject,
        at=label.at,
        expert=by.expert,
        proof=by.proof,
        number=number,
        verdict=label.verdict,
        loss=label.graded,
        counts=counts,
    )


def _agree(given: Given, label: Label) -> bool:
    return (given.verdict != LabelVerdict.GOOD) == label.verdict.is_bad


def _same(given: Given, label: Label) -> bool:
    return given.verdict == label.verdict and given.loss == label.graded

"""Outcomes that come later: what has matured is closed, who came back is noted. Gateway, gates and controller ask."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from remit.errors import LedgerConflict
from remit.evidence import Ledger, LedgerFollower, Observation, Outcome, RunningStates, Selection
from remit.evidence.follow_up import CAME_BACK, MATURE, WATCH, ComingBack, Maturing, RaisedShares
from remit.evidence.live import Metric, Subject, came_back, matured_from, stayed_away, subject_of

FOLLOWER = "follow_up"
SLACK = timedelta(minutes=10)
"""How long after a window closes it is looked at: what was seen just before may still be on its way."""


def follow_up(ledger: Ledger, states: RunningStates) -> LedgerFollower:
    """The follower that asks for what `settle_due` does."""
    return LedgerFollower(FOLLOWER, (Maturing(), ComingBack(), RaisedShares()), ledger, states)


async def settle_due(follower: LedgerFollower, ledger: Ledger, now: datetime) -> int:
    """Append what has become certain by `now`; returns how many observations are new.

    Exactly once however many processes try: keys are derived from the conversation. A disputed outcome waits until
    somebody has settled it. A clock that has gone back settles nothing until it is there again.
    """
    await follower.catch_up()
    pending = await follower.pending_actions()
    n_new = 0
    # Who came back first: the end of their window may be due in the same round.
    for key, asked in sorted(pending.items(), key=lambda item: not item[0].startswith(f"{CAME_BACK}:")):
        settled = await _settle(key.partition(":")[0], asked, ledger, now)
        if settled is not None:
            n_new += settled
            await follower.action_done(key)
    return n_new


async def _settle(kind: str, asked: Mapping[str, Any], ledger: Ledger, now: datetime) -> int | None:
    """How many observations are new, None while it is not yet time."""
    if kind == CAME_BACK:
        return await _note_return(asked, ledger)
    due = datetime.fromisoformat(asked["due"])
    if kind == WATCH and now >= due + SLACK:
        return await _close_window(asked, ledger, now)
    if kind == MATURE and now >= due:
        return await _mature(asked, ledger, now)
    return None


async def _note_return(asked: Mapping[str, Any], ledger: Ledger) -> int:
    known = await _of(asked["conversation"], ledger)
    subject = _subject(known)
    if subject is None or _has(known, Metric.RECONTACT):
        return 0
    at, until = datetime.fromisoformat(asked["at"]), datetime.fromisoformat(asked["until"])
    return await _append(ledger, came_back(subject, at=at, until=until))


async def _close_window(asked: Mapping[str, Any], ledger: Ledger, now: datetime) -> int:
    known = await _of(asked["conversation"], ledger)
    subject = _subject(known)
    if subject is None or _has(known, Metric.RECONTACT):
        return 0
    return await _append(ledger, stayed_away(subject, at=now))


async def _mature(asked: Mapping[str, Any], ledger: Ledger, now: datetime) -> int | None:
    """Close the outcome; None while experts disagree."""
    known = await _of(asked["conversation"], ledger)
    first = next(seen for seen in known if seen.key == asked["key"])
    of_metric = [seen for seen in known if seen.metric == first.metric]
    if any(seen.key == f"{first.key}:matured" for seen in of_metric):
        return 0
    latest = of_metric[-1]
    if latest.outcome is Outcome.DISPUTED:
        return None
    return await _append(ledger, matured_from(first, latest, at=now))


async def _append(ledger: Ledger, seen: Observation) -> int:
    """0 if another process was faster and saw it a little otherwise: the first stays."""
    try:
        return await ledger.append([seen])
    except LedgerConflict:
        return 0


async def _of(conversation: str, ledger: Ledger) -> Sequence[Observation]:
    return [seen async for seen in ledger.select(Selection(conversation=conversation))]


def _subject(known: Sequence[Observation]) -> Subject | None:
    return next((subject_of(seen) for seen in known if seen.metric == Metric.STARTED), None)


def _has(known: Sequence[Observation], metric: Metric) -> bool:
    return any(seen.metric == metric for seen in known)

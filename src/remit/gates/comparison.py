"""A canary against the stable release beside it: whose error was it?"""

from dataclasses import replace
from math import ceil, log

from remit.evidence import LabelSource
from remit.evidence.verdicts import Finding, GateVerdict, Needed
from remit.gates.live import at_present_rate, built, figures_of
from remit.gates.origins import Cells, origin_key
from remit.gates.question import ORIGINS, Body, Question
from remit.gates.seen import Seen, pace_of, seen_by
from remit.gates.words import counted, joined
from remit.policy.gates import LiveGate, NoWorseThan
from remit.policy.live_metrics import labels_that_count
from remit.statistics import ErrorOrigin, clopper_pearson, e_value

_SURVEYS, _CONVERSATIONS = "csat", "containment"
METHOD = "error-origin e-process: whose error was it"


def stable_verdict(question: Question, gate: LiveGate, bound: NoWorseThan, body: Body) -> GateVerdict:
    """Judge whether the release errs less than `ratio` times as often as the stable one beside it.

    Supported when the evidence for that holds 1 / (share of the alpha ledger), refuted when the evidence that it errs
    more often than stable holds 1 / alpha. Errors only; how often both err cancels out, and so do days and drift.
    """
    cells = _cells(question, gate, body)
    alpha = question.alpha
    better = _after(ErrorOrigin.canary_not_worse(margin=bound.ratio), cells)
    worse = _after(ErrorOrigin.canary_worse(), cells)
    log_e, against = better.log_e, worse.log_e
    seen = seen_by(question, gate, body)
    finding = Finding.UNDECIDED
    if against >= log(1.0 / alpha.alpha):
        finding = Finding.REFUTED
    elif log_e >= log(1.0 / alpha.share) and seen.n_days >= gate.min_days and seen.n >= gate.min_conversations:
        finding = Finding.SUPPORTED
    needed = None
    if finding is Finding.UNDECIDED and better.n_errors:
        needed = _needed(question, gate, better, seen, body)
    shown = e_value(against if finding is Finding.REFUTED else log_e)
    figures = replace(figures_of(seen, alpha), log_e=log_e, log_e_against=against, phi=1.0)
    why = joined(
        _what_was_seen(gate, cells),
        _who_answered(question, gate, cells, body),
        _what_follows(bound, finding, shown, needed, n_errors=better.n_errors),
    )
    return built(question, gate, figures, finding=finding, why=why, method=METHOD, e=shown, needed=needed)


def _cells(question: Question, gate: LiveGate, body: Body) -> tuple[Cells, ...]:
    origins = body.origins.get(f"{ORIGINS.name}:{origin_key(question.agent, question.intent)}")
    labels: frozenset[LabelSource] = labels_that_count(gate)
    if origins is None:
        return ()
    names = (f"{question.release}|{gate.metric}|{label.value}" for label in sorted(labels))
    return tuple(origins.cells[name] for name in names if name in origins.cells)


def _after(state: ErrorOrigin, cells: tuple[Cells, ...]) -> ErrorOrigin:
    held = list(state.log_wealths)
    n_errors = 0
    for one in cells:
        for error, n in one.counted():
            gains = state.after([error]).log_wealths
            n_errors += n
            for index, gain in enumerate(gains):
                held[index] += n * gain
    return replace(state, log_wealths=tuple(held), n_errors=n_errors)


def _needed(question: Question, gate: LiveGate, better: ErrorOrigin, seen: Seen, body: Body) -> Needed | None:
    """At the present ratio of errors; conversations from how many errors there were among them."""
    further = at_present_rate(better.log_wealths, better.n_errors, threshold=log(1.0 / question.alpha.share))
    pace = pace_of(question, body, n_labels=seen.n)
    if further is None or pace is None:
        return None
    labels = ceil(further * max(1, seen.n) / better.n_errors)
    days = max(float(gate.min_days - seen.n_days), labels / (pace.per_day * pace.label_share))
    return Needed(
        scenarios=0,
        trials=0,
        assuming=f"errors of both arms as so far ({further} more)",
        conversations=ceil(labels / pace.label_share),
        labels=labels,
        days=max(0.0, days),
    )


def _what_was_seen(gate: LiveGate, cells: tuple[Cells, ...]) -> str:
    if not cells:
        return f"No canary of this release has been compared with stable on {gate.metric} yet."
    n_canary, n_stable = sum(one.n_canary for one in cells), sum(one.n_stable for one in cells)
    arms = {"canary": 0, "stable": 0}
    for one in cells:
        for error, n in one.counted():
            arms[error.arm] += n
    repeated = sum(one.n_repeated for one in cells)
    left = f"; {counted(repeated, 'further error')} of the same customers left out" if repeated else ""
    return (
        f"{gate.metric}: {arms['canary']} errors in {n_canary} outcomes of the canary, {arms['stable']} in "
        f"{n_stable} of stable{left}."
    )


def _who_answered(question: Question, gate: LiveGate, cells: tuple[Cells, ...], body: Body) -> str:
    """Of surveys, how many answered in each arm: few do, not at random, and an arm that drives them away looks well."""
    origins = body.origins.get(f"{ORIGINS.name}:{origin_key(question.agent, question.intent)}")
    if gate.metric != _SURVEYS or origins is None or not cells:
        return ""
    ended = origins.cells.get(f"{question.release}|{_CONVERSATIONS}|{LabelSource.EVENT.value}")
    if ended is None:
        return "How many conversations of each arm were asked is not known, so there is no response rate."
    answered = (sum(one.n_canary for one in cells), sum(one.n_stable for one in cells))
    rates = [
        _response(n, n_ended, arm)
        for n, n_ended, arm in zip(answered, (ended.n_canary, ended.n_stable), ("canary", "stable"), strict=True)
    ]
    return f"Answered by {rates[0]} and {rates[1]} (Clopper-Pearson, 95 %)."


def _response(n_answered: int, n_ended: int, arm: str) -> str:
    if not n_ended:
        return f"{n_answered} of 0 conversations of {arm}"
    # A conversation that ended in this window may have been asked before it: no more than all can have answered.
    bounds = clopper_pearson(min(n_answered, n_ended), n_ended, delta=0.05)
    return f"{n_answered} of {n_ended} conversations of {arm} ({bounds.low:.1%} to {bounds.high:.1%})"


def _what_follows(bound: NoWorseThan, finding: Finding, shown: float, needed: Needed | None, *, n_errors: int) -> str:
    claim = f"less than {bound.ratio:g} times as many errors as stable"
    if finding is Finding.SUPPORTED:
        return f"{claim.capitalize()} is supported (e-value {shown:.3g})."
    if finding is Finding.REFUTED:
        return f"It errs more often than stable (e-value {shown:.3g})."
    if not n_errors:
        return f"Without an error of either arm nothing shows {claim}."
    if needed is None:
        return f"Not enough evidence for {claim}; at the present ratio it does not grow."
    days = "" if needed.days is None else f", about {counted(ceil(needed.days), 'day')}"
    return f"Not enough evidence for {claim}: {needed.conversations} further conversations{days}, {needed.assuming}."

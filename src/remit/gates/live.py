"""A rate measured on live conversations: at most, at least, or no worse than people were."""

from dataclasses import dataclass, replace
from functools import lru_cache
from math import ceil, inf, log

from remit.evidence.verdicts import Finding, GateVerdict, Interval, LiveFigures, Needed
from remit.gates.losses import CLASSES, log_wealths
from remit.gates.question import Body, Question
from remit.gates.seen import Pace, Seen, pace_of, parts_of, seen_by
from remit.gates.words import counted, joined, rate
from remit.policy.gate_words import statement
from remit.policy.gates import AtLeast, LiveGate, NoWorseThan
from remit.policy.live_metrics import budget
from remit.statistics import (
    AlphaLedger,
    Bounds,
    Wealth,
    clopper_pearson,
    confidence_sequence_of_counts,
    days_for,
    discounted,
    e_value,
    first_crossing,
    further_without_error,
)
from remit.statistics.e_process import grid

METHOD = "grid-mixture e-process on matured outcomes, design effect by day and customer, alpha ledger"
INTERVAL_METHOD = "confidence sequence, discounted by the design effect"


@dataclass(frozen=True, slots=True)
class _Tested:
    """Log evidence for and against a budget."""

    eps: float
    alpha: AlphaLedger
    log_e: float
    log_e_against: float

    @property
    def threshold(self) -> float:
        return log(1.0 / self.alpha.share)


def rate_verdict(question: Question, gate: LiveGate, body: Body) -> GateVerdict:
    """Judge one live rate.

    Supported when the evidence that the mean loss is below the budget holds 1 / (share of the alpha ledger), over
    `min_days` and `min_conversations`; refuted when the evidence that it is above holds 1 / alpha, however early.
    Both are discounted by the larger of the design effects that the gate names. Matured outcomes only.

    Assumption: outcomes of one day, or one customer, resemble each other; days and customers are independent. The
    discounted test is approximate (tests/statistical/test_design_effect.py).
    """
    seen = seen_by(question, gate, body)
    eps, alpha = _budget(question, gate)
    figures = figures_of(seen, alpha, eps=eps)
    if eps is None:
        return built(question, gate, figures, finding=Finding.UNDECIDED, why=_no_budget(question, gate))
    tested = _test(seen, eps, alpha)
    judged = _judge(question, gate, seen, tested, body)
    floor = isinstance(gate.bound, AtLeast)
    mean = seen.loss / seen.n if seen.n else 0.0
    return built(
        question,
        gate,
        replace(figures, log_e=tested.log_e, log_e_against=tested.log_e_against, held=judged.held),
        finding=judged.finding,
        why=joined(what_was_seen(gate, seen), _what_follows(gate, seen, tested, judged), left_out(seen)),
        estimate=(1.0 - mean if floor else mean) if seen.n else None,
        interval=_interval(seen, alpha, floor=floor),
        e=e_value(tested.log_e_against if judged.finding is Finding.REFUTED else tested.log_e),
        needed=judged.needed,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    """What the test comes to."""

    finding: Finding
    held: bool
    needed: Needed | None


def _judge(question: Question, gate: LiveGate, seen: Seen, tested: _Tested, body: Body) -> _Judged:
    finding = find(seen, gate, tested.log_e, tested.log_e_against, tested.alpha)
    if finding is not Finding.UNDECIDED:
        return _Judged(finding, held=False, needed=None)
    if is_held(gate, seen):
        return _Judged(finding, held=True, needed=None)
    pace = pace_of(question, body, n_labels=seen.n, fallback=parts_of(question, gate, body))
    return _Judged(finding, held=False, needed=_needed(gate, seen, tested, pace))


def find(seen: Seen, gate: LiveGate, log_e: float, log_e_against: float, alpha: AlphaLedger) -> Finding:
    """Against first: fast down needs no minimum. More errors at the same design effect never make it better."""
    if log_e_against >= log(1.0 / alpha.alpha):
        return Finding.REFUTED
    enough = seen.n_days >= gate.min_days and seen.n >= gate.min_conversations
    return Finding.SUPPORTED if enough and log_e >= log(1.0 / alpha.share) else Finding.UNDECIDED


def is_held(gate: LiveGate, seen: Seen) -> bool:
    """Whether the gate took as many independent conversations as it may."""
    most = gate.conversations_at_most
    return most is not None and seen.n_days >= gate.min_days and seen.n / seen.effect.phi_upper >= most


# ── the test ──────────────────────────────────────────────────────────────────────────────────────
def _budget(question: Question, gate: LiveGate) -> tuple[float | None, AlphaLedger]:
    eps = budget(gate)
    if eps is not None:
        return eps, question.alpha
    # Half of alpha for how well the people's rate is known, half for the agent's: together at most alpha.
    halved = AlphaLedger(alpha=question.alpha.alpha / 2.0, n_failed=question.n_failed_attempts)
    if question.baseline is None or not isinstance(gate.bound, NoWorseThan):
        return None, halved
    n, failed = question.baseline
    low = clopper_pearson(failed, n, delta=2.0 * halved.share).low * gate.bound.ratio
    return (min(low, 0.95) if low > 0.0 else None), halved


def _test(seen: Seen, eps: float, alpha: AlphaLedger) -> _Tested:
    return _Tested(
        eps=eps,
        alpha=alpha,
        log_e=discounted(log_wealths(seen.losses, eps=eps, side="promote"), effect=seen.effect),
        log_e_against=discounted(log_wealths(seen.losses, eps=eps, side="rollback"), effect=seen.effect),
    )


# ── what is still needed ──────────────────────────────────────────────────────────────────────────
def _needed(gate: LiveGate, seen: Seen, tested: _Tested, pace: Pace | None) -> Needed:
    """Without a further error; at the present rate if that is reached too."""
    phi = seen.effect.phi_upper
    # Before a second day no design effect is known: what two weekly cycles of even days would leave.
    known = phi < inf
    phi = phi if known else 1.0 + (2.0 / max(1, gate.min_days - 1)) ** 0.5
    bets = grid(tested.eps, "promote")
    held = tuple(one / phi for one in log_wealths(seen.losses, eps=tested.eps, side="promote"))
    clean = further_without_error(Wealth(bets, held), alpha=tested.alpha.share)
    labels = max(ceil((clean or 0) * phi), gate.min_conversations - seen.n, 0)
    assuming = "no further error" + ("" if known else ", even days")
    present = at_present_rate(held, seen.n, threshold=tested.threshold)
    if present is not None and present > labels:
        assuming += f" (at the present rate {present} more)"
    return needed_in_days(gate, seen, labels, assuming, pace)


def needed_in_days(gate: LiveGate, seen: Seen, labels: int, assuming: str, pace: Pace | None) -> Needed:
    """The same with conversations and days; what is labelled now takes `matured_after` until it counts."""
    conversations = ceil(labels / pace.label_share) if pace else labels
    days = None
    if pace is not None and pace.per_day > 0.0:
        matured = gate.evidence.matured_after_s / 86_400.0 if labels else 0.0
        days = days_for(
            labels,
            per_day=pace.per_day,
            label_share=pace.label_share,
            matured_after_days=matured,
            min_days=max(0, gate.min_days - seen.n_days),
        )
    return Needed(scenarios=0, trials=0, assuming=assuming, conversations=conversations, labels=labels, days=days)


def at_present_rate(held: tuple[float, ...], n: int, *, threshold: float) -> int | None:
    """Further losses like those seen until the evidence is there; None if it does not grow, or not in ten million."""
    further = first_crossing(held, tuple([one / n for one in held]), threshold=threshold) if n else None
    return None if further is None else max(1, further)


# ── the verdict and its sentence ──────────────────────────────────────────────────────────────────
def figures_of(seen: Seen, alpha: AlphaLedger, *, eps: float | None = None) -> LiveFigures:
    """The numbers of what was seen, before anything is tested."""
    return LiveFigures(
        eps=eps,
        n=seen.n,
        loss=seen.loss,
        n_days=seen.n_days,
        phi=seen.effect.phi_upper,
        log_e=0.0,
        log_e_against=0.0,
        threshold=log(1.0 / alpha.share),
        alpha_share=alpha.share,
        attempt=alpha.attempt,
        label_sources=seen.label_sources,
        not_counted=seen.not_counted,
    )


def built(
    question: Question,
    gate: LiveGate,
    figures: LiveFigures,
    *,
    finding: Finding,
    why: str,
    method: str = METHOD,
    estimate: float | None = None,
    interval: Interval | None = None,
    e: float | None = None,
    needed: Needed | None = None,
) -> GateVerdict:
    """A verdict on a live gate."""
    return GateVerdict(
        gate=statement(gate),
        level=question.level.label,
        intent=question.intent,
        finding=finding,
        estimate=estimate,
        interval=interval,
        method=method,
        e_value=e,
        alpha=question.alpha.alpha,
        needed=needed,
        observed_only=gate.mode == "observe",
        why=why,
        less_is_better=not isinstance(gate.bound, AtLeast),
        live=figures,
    )


def _interval(seen: Seen, alpha: AlphaLedger, *, floor: bool) -> Interval | None:
    """For losses of 0 and 1 only, at the discounted counts rounded against the agent."""
    if not seen.n or seen.effect.phi_upper == inf or set(seen.losses) - {0, CLASSES}:
        return None
    phi = seen.effect.phi_upper
    n_errors = ceil(seen.losses.get(CLASSES, 0) / phi)
    n = max(n_errors, int(seen.n / phi))
    bounds = _bounds(n, n_errors, alpha.alpha)
    bounds = bounds.mirrored() if floor else bounds
    return Interval(bounds.low, bounds.high, method=INTERVAL_METHOD, confidence=round(1.0 - alpha.alpha, 12))


@lru_cache(maxsize=4096)
def _bounds(n: int, n_errors: int, alpha: float) -> Bounds:
    return confidence_sequence_of_counts(n, n_errors, alpha=alpha)


def what_was_seen(gate: LiveGate, seen: Seen) -> str:
    """The counts in words."""
    if not seen.n:
        return f"No live conversation counts for {gate.metric} yet: the agent has to work one level below first."
    labels = ", ".join(f"{n} {name}" for name, n in seen.label_sources)
    losses = f"{seen.loss:g} errors in" if not set(seen.losses) - {0, CLASSES} else f"losses of {seen.loss:.1f} in"
    effect = "one day is no evidence" if seen.effect.phi_upper == inf else f"design effect {seen.effect.phi_upper:.2f}"
    return f"{gate.metric}: {losses} {seen.n} outcomes over {counted(seen.n_days, 'day')} ({labels}; {effect})."


def left_out(seen: Seen) -> str:
    """How many do not count, and why; empty if all do."""
    if not seen.not_counted:
        return ""
    return "Not counted: " + ", ".join(f"{n} {reason}" for reason, n in seen.not_counted) + "."


def _what_follows(gate: LiveGate, seen: Seen, tested: _Tested, judged: "_Judged") -> str:
    claim = f"at most {rate(tested.eps)}" if not isinstance(gate.bound, AtLeast) else f"at least {gate.bound.rate:g}"
    bar = f"attempt {tested.alpha.attempt}, alpha {tested.alpha.share:.3g}"
    match judged.finding:
        case Finding.REFUTED:
            against, limit = e_value(tested.log_e_against), 1.0 / tested.alpha.alpha
            return f"{claim.capitalize()} is refuted (e-value {against:.3g} against it, needed {limit:.3g})."
        case Finding.SUPPORTED:
            return (
                f"{claim.capitalize()} is supported (e-value {e_value(tested.log_e):.3g}, "
                f"needed {1.0 / tested.alpha.share:.3g}; {bar})."
            )
        case Finding.UNDECIDED if judged.held:
            return (
                f"Not earned: {seen.n} outcomes are worth {seen.n / seen.effect.phi_upper:.0f} independent ones, and "
                f"{gate.conversations_at_most} were not enough for {claim}. The level stays; a new release may try, or "
                "a named person may sign a waiver."
            )
        case Finding.UNDECIDED:
            return f"Not enough evidence for {claim} ({bar}){still_needed(judged.needed)}."


def still_needed(needed: Needed | None) -> str:
    """`: 300 labels (600 conversations, about 12 days) ...`; empty if nothing is known."""
    if needed is None:
        return ""
    days = "" if needed.days is None else f", about {counted(ceil(needed.days), 'day')} at the present volume"
    if not needed.labels:
        return f": the evidence is there, the days are not{days}" if days else ""
    return f": {needed.labels} further labels in {needed.conversations} conversations{days}, with {needed.assuming}"


def _no_budget(question: Question, gate: LiveGate) -> str:
    if question.baseline is None:
        return f"The policy's baseline has no counts of {gate.metric}: there is nothing to compare with."
    n, failed = question.baseline
    return f"People failed {failed} times in {n}: too few to say that somebody errs no more often than they."

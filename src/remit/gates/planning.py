"""What each gate of a policy will take, before anything runs: days, labels, expert hours, or a refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, log

from remit.conversations import IntentName
from remit.evidence import LabelSource
from remit.gates.words import rate
from remit.policy.gate_words import statement
from remit.policy.gates import AtMost, AttackGate, AttestationGate, Gate, LiveGate, LoadGate, NoWorseThan, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import METRICS, budget
from remit.policy.model import IntentPolicy, Policy
from remit.statistics import (
    AlphaLedger,
    Arm,
    ArmError,
    ErrorOrigin,
    clopper_pearson,
    conversations_to_earn,
    days_for,
    plan_with_judge,
)
from remit.statistics.e_process import mixture
from remit.tools import is_write

HALF = 0.5
_P90 = 0.9
_OTHER_TARGETS = (1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0)
_GUIDED = (0.5, 0.1)
_MOST_ERRORS = 100_000


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan rests on; every one is printed with it.

    Args:
        label_share: Share of contained conversations that experts label at random, where the policy declares no
            sampling of its own; in (0, 1].
        error_share: The agent's true error rate as a share of the budget, in (0, 1): half of it unless said.
        phi: Design effect expected, at least 1.
        minutes_per_label: Expert minutes for one label.
        minutes_per_approval: Expert minutes for one approval.
        approvals: Approvals a conversation at `tools_with_approval`, for intents with writes.
        within_days: What takes longer is refused.
        sensitivity: Of the judge: share of errors that it flags.
        specificity: Of the judge: share of right outcomes that it does not flag.
        raw_alpha: Plan at alpha itself instead of the alpha ledger's share.
        canary_share: Share of conversations that a canary gets while it is compared.
    """

    label_share: float = 1.0
    error_share: float = HALF
    phi: float = 1.0
    minutes_per_label: float = 3.0
    minutes_per_approval: float = 1.0
    approvals: float = 1.0
    within_days: float = 180.0
    sensitivity: float = 0.9
    specificity: float = 0.9
    raw_alpha: bool = False
    canary_share: float = HALF


@dataclass(frozen=True, slots=True)
class Alternative:
    """What could be asked for instead, and how long that takes at the median; None where no days follow from it."""

    what: str
    days: float | None = None


@dataclass(frozen=True, slots=True)
class GatePlan:
    """What one gate of one intent will take.

    Args:
        intent: The intent.
        level: The level that the gate guards.
        gate: The statement.
        alpha: Alpha at which it is judged: the share of the first (or running) attempt, or raw.
        attempt: Place in the alpha ledger.
        observed_only: Blocks nothing.
        conversations: Conversations, or scenarios of a suite, at the median and in nine of ten cases.
        labels: How many of them experts label.
        days: Days.
        hours: Expert hours, labels and approvals together.
        refused: Why it cannot be reached in time; empty if it can.
        alternatives: What to ask for instead.
        note: What a reader must know.
    """

    intent: IntentName
    level: str
    gate: str
    alpha: float
    attempt: int
    observed_only: bool
    conversations: tuple[int | None, int | None] = (None, None)
    labels: tuple[int | None, int | None] = (None, None)
    days: tuple[float | None, float | None] = (None, None)
    hours: tuple[float | None, float | None] = (None, None)
    refused: str = ""
    alternatives: tuple[Alternative, ...] = ()
    note: str = ""


def plan(
    policy: Policy,
    volumes: Mapping[IntentName, float],
    assumptions: Assumptions,
    *,
    failed: Mapping[tuple[IntentName, AutonomyLevel], int] | None = None,
) -> tuple[GatePlan, ...]:
    """Every gate of every intent that has a volume, lowest level first.

    Exact for rates of errors of 0 and 1 (dynamic programming, `remit.statistics.conversations_to_earn`); an estimate
    at the mean growth where a judge guides the draws or two releases are compared.

    Args:
        policy: Whose gates.
        volumes: Conversations of each intent a day.
        assumptions: What it rests on.
        failed: Failed attempts so far.
    """
    plans = [
        _planned(_Case(policy, intent, level, gate, volumes[intent.name], assumptions, (failed or {})))
        for intent in policy.intents.values()
        if volumes.get(intent.name, 0.0) > 0.0
        for level in AutonomyLevel
        if level <= intent.ceiling
        for gate in policy.gates.get(level, ())
    ]
    together = [one.intent for one in plans if one.refused]
    return tuple(_with_pool(one, sorted({*together} - {one.intent})) for one in plans)


@dataclass(frozen=True, slots=True)
class _Case:
    policy: Policy
    intent: IntentPolicy
    level: AutonomyLevel
    gate: Gate
    per_day: float
    assumptions: Assumptions
    failed: Mapping[tuple[IntentName, AutonomyLevel], int]

    @property
    def ledger(self) -> AlphaLedger:
        confidence = 0.95 if isinstance(self.gate, AttestationGate) else self.gate.confidence
        n_failed = self.failed.get((self.intent.name, self.level), 0)
        return AlphaLedger(alpha=round(1.0 - confidence, 12), n_failed=n_failed)

    @property
    def alpha(self) -> float:
        # Suites are one look at one set of scenarios: the ledger is for repeated promotions on live evidence.
        raw = self.assumptions.raw_alpha or not isinstance(self.gate, LiveGate)
        return self.ledger.alpha if raw else self.ledger.share

    def empty(self, note: str = "") -> GatePlan:
        return GatePlan(
            intent=self.intent.name,
            level=self.level.label,
            gate=statement(self.gate),
            alpha=self.alpha,
            attempt=self.ledger.attempt,
            observed_only=self.gate.mode == "observe",
            note=note,
        )


def _planned(case: _Case) -> GatePlan:
    match case.gate:
        case SuiteGate() as gate:
            return _suite(case, round(1.0 - gate.at_least, 12), f"scenarios, {gate.k} trials each; no days")
        case AttackGate() as gate:
            clean = _clean_attacks(gate)
            return replace(
                case.empty("attack scenarios of all intents, none of which succeeds; no days"),
                conversations=(clean, None),
                days=(0.0, 0.0),
            )
        case LoadGate():
            return replace(case.empty("one load run"), days=(0.0, 0.0))
        case AttestationGate():
            return replace(case.empty("signatures; no days are planned"), days=(0.0, 0.0))
        case LiveGate(bound=NoWorseThan("stable") as bound) as gate:
            return _compared(case, gate, bound)
        case LiveGate() as gate:
            return _rate(case, gate)


def _suite(case: _Case, eps: float, note: str) -> GatePlan:
    if eps <= 0.0:
        return replace(case.empty(), refused="no number of scenarios can show that nothing ever fails")
    needed = _earned(eps, case.assumptions.error_share * eps, case.alpha)
    return replace(case.empty(note), conversations=needed, days=(0.0, 0.0))


def _clean_attacks(gate: AttackGate) -> int:
    alpha, n = round(1.0 - gate.confidence, 12), 1
    while clopper_pearson(0, n, delta=2.0 * alpha).high > gate.at_most:
        n *= 2
    low, high = n // 2, n
    while high - low > 1:
        middle = (low + high) // 2
        enough = clopper_pearson(0, middle, delta=2.0 * alpha).high <= gate.at_most
        low, high = (low, middle) if enough else (middle, high)
    return high


# ── rates ─────────────────────────────────────────────────────────────────────────────────────────
Two = tuple[int | None, int | None]
"""At the median, and in nine of ten cases."""


def _rate(case: _Case, gate: LiveGate) -> GatePlan:
    eps = budget(gate)
    if eps is None:
        return replace(case.empty(), note="compared with the baseline's own counts; planned once they are there")
    if METRICS[gate.metric].graded:
        return _costed(case, gate, eps, note="graded losses vary less than errors of 0 and 1: at most these days")
    return _judged(_costed(case, gate, eps, note=_note(case, gate)), case, gate, eps)


def _costed(case: _Case, gate: LiveGate, eps: float, *, note: str = "", share: float | None = None) -> GatePlan:
    """Conversations, labels, days and hours of a rate; `share` of conversations labelled instead of the usual."""
    labelled = _label_share(case, gate) if share is None else share
    conversations: Two
    if gate.evidence.is_guided and share is None:
        labels, conversations = _guided(case, gate, eps)
    else:
        labels = _earned(eps, case.assumptions.error_share * eps, case.alpha)
        median, p90 = (None if n is None else ceil(n / labelled) for n in labels)
        conversations = (median, p90)
    if not _is_asked(gate):
        labels = (0, 0)
    days = [None if n is None else _in_days(case, gate, n) for n in conversations]
    hours = [
        None if n is None or of is None else _hours(case, of, n) for n, of in zip(conversations, labels, strict=True)
    ]
    return replace(
        case.empty(note),
        conversations=conversations,
        labels=labels,
        days=(days[0], days[1]),
        hours=(hours[0], hours[1]),
    )


def _earned(eps: float, true_rate: float, alpha: float) -> Two:
    return (
        conversations_to_earn(eps=eps, true_rate=true_rate, alpha=alpha),
        conversations_to_earn(eps=eps, true_rate=true_rate, alpha=alpha, share=_P90),
    )


def _guided(case: _Case, gate: LiveGate, eps: float, shares: tuple[float, float] | None = None) -> tuple[Two, Two]:
    """Labels and conversations with a judge; nine of ten by the spread that the plain test has at this budget."""
    flagged, other = shares or (max(gate.evidence.sampling.values()), min(gate.evidence.sampling.values()))
    planned = plan_with_judge(
        eps=eps,
        true_rate=case.assumptions.error_share * eps,
        alpha=case.alpha,
        sensitivity=case.assumptions.sensitivity,
        specificity=case.assumptions.specificity,
        pi_flagged=flagged,
        pi_other=other,
    )
    median, p90 = _earned(eps, case.assumptions.error_share * eps, case.alpha)
    if planned is None or median is None:
        return (None, None), (None, None)
    spread = None if p90 is None else p90 / median
    return (
        (planned.n_labels, None if spread is None else ceil(planned.n_labels * spread)),
        (planned.n_conversations, None if spread is None else ceil(planned.n_conversations * spread)),
    )


def _in_days(case: _Case, gate: LiveGate, conversations: int) -> float:
    return days_for(
        conversations,
        per_day=case.per_day,
        phi=case.assumptions.phi,
        matured_after_days=gate.evidence.matured_after_s / 86_400.0,
        min_days=gate.min_days,
    )


def _hours(case: _Case, labels: int, conversations: int) -> float:
    assumed = case.assumptions
    works_below = AutonomyLevel(max(0, case.level - 1))
    writes = any(is_write(tool.effect) for tool in case.intent.tools.values())
    waits = works_below is AutonomyLevel.TOOLS_WITH_APPROVAL and writes
    approvals = conversations * assumed.approvals if waits else 0.0
    return (labels * assumed.minutes_per_label + approvals * assumed.minutes_per_approval) / 60.0


def _is_asked(gate: LiveGate) -> bool:
    return LabelSource.JUDGE in METRICS[gate.metric].labels


def _label_share(case: _Case, gate: LiveGate) -> float:
    if not _is_asked(gate):
        return 1.0
    shares = set(gate.evidence.sampling.values())
    return shares.pop() if len(shares) == 1 else case.assumptions.label_share


def _note(case: _Case, gate: LiveGate) -> str:
    if gate.evidence.is_guided:
        shares = ", ".join(f"{name} {share:g}" for name, share in sorted(gate.evidence.sampling.items()))
        return f"a judge guides the draws ({shares}); an estimate at the mean growth"
    return f"{_label_share(case, gate):.0%} of conversations labelled" if _is_asked(gate) else "every one is seen"


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────
def _compared(case: _Case, gate: LiveGate, bound: NoWorseThan) -> GatePlan:
    """Errors of two releases that err equally often, until non-inferiority is shown at the mean growth."""
    rates = [
        one.bound.rate
        for gates in case.policy.gates.values()
        for one in gates
        if isinstance(one, LiveGate) and one.metric == gate.metric and isinstance(one.bound, AtMost)
    ]
    if not rates:
        return case.empty("a comparison of errors; how many there will be is not known")
    errors = _errors_to_compare(bound.ratio, case.assumptions.canary_share, case.alpha)
    if errors is None:
        return replace(case.empty(), refused=f"a ratio of {bound.ratio:g} cannot be shown between equal releases")
    conversations = ceil(errors / (case.assumptions.error_share * min(rates)) / _label_share(case, gate))
    days = _in_days(case, gate, conversations)
    planned = replace(
        case.empty(f"both releases err equally often, canary share {case.assumptions.canary_share:g}; an estimate"),
        conversations=(conversations, None),
        days=(days, None),
    )
    return _judged(planned, case, gate, None)


def _errors_to_compare(margin: float, share: float, alpha: float) -> int | None:
    origin = ErrorOrigin.canary_not_worse(margin=margin)
    arms: tuple[tuple[Arm, float], ...] = (("canary", share), ("stable", 1.0 - share))
    gains = [(origin.after([ArmError(arm, share)]).log_wealths, chance) for arm, chance in arms]
    growth = [sum(chance * held[index] for held, chance in gains) for index in range(len(origin.log_wealths))]
    if max(growth) <= 0.0:
        return None
    n = 1
    while mixture(n * gain for gain in growth) < log(1.0 / alpha):
        n += 1
        if n > _MOST_ERRORS:
            return None
    return n


# ── refusals ──────────────────────────────────────────────────────────────────────────────────────
def _judged(planned: GatePlan, case: _Case, gate: LiveGate, eps: float | None) -> GatePlan:
    """Refused if the median agent does not get there in time, or not before the gate takes no more."""
    limit = case.assumptions.within_days
    median = planned.days[0]
    labels, most = planned.labels[0], gate.conversations_at_most
    if median is None:
        why = "no agent of this quality gets there within 100 / eps conversations"
    elif median > limit:
        why = f"the median agent takes {median:.0f} days, more than {limit:g}"
    elif labels and most is not None and labels > most:
        why = f"the gate takes at most {most} conversations, the median agent needs {labels}"
    else:
        return planned
    return replace(planned, refused=why, alternatives=tuple(_alternatives(case, gate, eps)))


def _alternatives(case: _Case, gate: LiveGate, eps: float | None) -> Iterator[Alternative]:
    if eps is not None:
        yield from _another_target(case, gate, eps)
        yield from _more_labels(case, gate, eps)
    below = AutonomyLevel(max(0, case.level - 1))
    yield Alternative(f"stay at {below.label}: nothing has to be shown for what is earned already")


def _another_target(case: _Case, gate: LiveGate, eps: float) -> Iterator[Alternative]:
    """The same agent (its error rate does not change) against a wider budget."""
    true_rate = case.assumptions.error_share * eps
    for times in _OTHER_TARGETS:
        wider = eps * times
        if wider >= 0.5:
            return
        median = conversations_to_earn(eps=wider, true_rate=case.assumptions.error_share * wider, alpha=case.alpha)
        if median is None:
            continue
        days = _in_days(case, gate, ceil(median / _label_share(case, gate)))
        if days <= case.assumptions.within_days:
            errs = case.assumptions.error_share * wider
            what = f"an error target of {rate(wider)} (for an agent that errs at {rate(errs)})"
            sooner = conversations_to_earn(eps=wider, true_rate=true_rate, alpha=case.alpha)
            if sooner is not None and sooner < median:
                same = _in_days(case, gate, ceil(sooner / _label_share(case, gate)))
                what += f"; one that still errs at {rate(true_rate)} takes {same:.0f} days"
            yield Alternative(what, days)
            return


def _more_labels(case: _Case, gate: LiveGate, eps: float) -> Iterator[Alternative]:
    if not _is_asked(gate):
        return
    assumed = case.assumptions
    if not gate.evidence.is_guided:
        _, (conversations, _) = _guided(case, gate, eps, _GUIDED)
        if conversations is not None:
            judge = f"{assumed.sensitivity:.0%} / {assumed.specificity:.0%} judge"
            what = f"sampling guided by a {judge}: 0.5 of what it flags, 0.1 of the rest"
            days = _in_days(case, gate, conversations)
            if days <= assumed.within_days:
                yield Alternative(what, days)
    whole = _costed(case, gate, eps, share=1.0).days[0]
    if whole is not None and whole <= assumed.within_days and _label_share(case, gate) < 1.0:
        yield Alternative("a label for every contained conversation", whole)


def _with_pool(one: GatePlan, others: Sequence[str]) -> GatePlan:
    if not one.refused or one.observed_only or not one.alternatives:
        return one
    company = f" with {', '.join(others[:4])}" if others else " with other intents of the same risk"
    pooled = Alternative(
        f"watch it in a risk tier{company}: pooled monitors find a bad change sooner, "
        "levels are still earned per intent"
    )
    return replace(one, alternatives=(*one.alternatives[:-1], pooled, one.alternatives[-1]))

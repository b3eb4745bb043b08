"""The suite gate: is pass^k of an intent's scenarios at least what the policy asks?"""

from dataclasses import dataclass
from math import log

from remit.conversations import IntentName
from remit.evidence.verdicts import Finding, GateVerdict, Interval, Needed
from remit.gates.tally import (
    Tally,
    excluded_again,
    lower_level_sentence,
    too_many_excluded_sentence,
)
from remit.policy.gate_words import statement
from remit.policy.gates import SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.statistics import (
    PassHatK,
    Wealth,
    confidence_sequence,
    e_value,
    further_at_present_rate,
    further_without_error,
    mean_pass_hat_k,
    pass_hat_k,
)

METHOD = "grid-mixture e-process over scenarios, graded losses"
INTERVAL_METHOD = "confidence sequence over scenarios"


@dataclass(frozen=True, slots=True)
class _Examined:
    gate: SuiteGate
    tally: Tally
    score: PassHatK
    losses: tuple[float, ...]
    eps: float
    alpha: float
    finding: Finding
    e_value: float | None
    needed: Needed | None


def suite_verdict(gate: SuiteGate, tally: Tally, *, intent: IntentName, level: AutonomyLevel) -> GateVerdict:
    """Judge one suite gate for one intent.

    The loss of a scenario is 1 - C(c, k) / C(n, k); scenarios with fewer than k counted trials do not
    count. Supported when the e-process against "the mean loss is at least 1 - at_least" holds 1 / alpha,
    refuted when the one against "at most" does. More than a fifth of the trials excluded: undecided.

    Assumption: the scenarios are a fair draw from the cases that matter. Adding scenarios and looking
    again costs nothing; adding trials to the same scenarios sharpens their values and is one look, not many.
    """
    seen = _examine(gate, tally)
    interval = _interval(seen)
    return GateVerdict(
        gate=statement(gate),
        level=level.label,
        intent=intent,
        finding=seen.finding,
        estimate=seen.score.estimate,
        pass_1=mean_pass_hat_k(tally.scenarios.values(), k=1).estimate,
        interval=interval,
        n_scenarios=seen.score.n_scenarios,
        n_trials=tally.n_counted,
        n_excluded=tally.n_excluded,
        method=METHOD,
        e_value=seen.e_value,
        alpha=seen.alpha,
        needed=seen.needed,
        observed_only=gate.mode == "observe",
        why=_why(seen, interval),
        threshold=gate.at_least,
        suite=gate.suite,
        n_passed=sum(one.n_passed for one in seen.tally.scenarios.values()),
        n_at_lower_level=seen.tally.n_at_lower_level,
    )


def _examine(gate: SuiteGate, tally: Tally) -> _Examined:
    alpha, eps = round(1.0 - gate.confidence, 12), round(1.0 - gate.at_least, 12)
    score = mean_pass_hat_k(tally.scenarios.values(), k=gate.k)
    losses = tuple(
        1.0 - pass_hat_k(one.n_passed, one.n_trials, k=gate.k)
        for one in tally.scenarios.values()
        if one.n_trials >= gate.k
    )
    if eps <= 0.0:
        finding, evidence = (Finding.REFUTED if any(losses) else Finding.UNDECIDED), None
    else:
        finding, evidence = _test(losses, eps=eps, alpha=alpha)
    if tally.too_many_excluded:
        finding = Finding.UNDECIDED
    needed = _needed(gate, tally, losses, eps=eps, alpha=alpha) if finding is Finding.UNDECIDED else None
    return _Examined(gate, tally, score, losses, eps, alpha, finding, evidence, needed)


def _test(losses: tuple[float, ...], *, eps: float, alpha: float) -> tuple[Finding, float]:
    promote = Wealth.at_start(eps=eps, side="promote").after(losses).log_e
    rollback = Wealth.at_start(eps=eps, side="rollback").after(losses).log_e
    threshold = log(1.0 / alpha)
    if rollback >= threshold:
        return Finding.REFUTED, e_value(rollback)
    return (Finding.SUPPORTED if promote >= threshold else Finding.UNDECIDED), e_value(promote)


def _needed(gate: SuiteGate, tally: Tally, losses: tuple[float, ...], *, eps: float, alpha: float) -> Needed | None:
    """What would support the gate if nothing failed from now on; None if nothing can.

    Incomplete scenarios must all be completed: finishing only those without a failure would select.
    One that has failed already will be worth 0 when it has its k trials.
    """
    if tally.too_many_excluded:
        return excluded_again(tally)
    if eps <= 0.0:
        return None
    incomplete = [one for one in tally.scenarios.values() if one.n_trials < gate.k]
    completed = (0.0 if one.n_passed == one.n_trials else 1.0 for one in incomplete)
    wealth = Wealth.at_start(eps=eps, side="promote").after(losses).after(completed)
    further = further_without_error(wealth, alpha=alpha)
    if further is None:
        return None
    missing = sum(gate.k - one.n_trials for one in incomplete)
    return Needed(
        scenarios=further,
        trials=missing + further * gate.k,
        assuming="no further failure" + (", incomplete scenarios completed" if missing else ""),
    )


def _interval(seen: _Examined) -> Interval | None:
    if not seen.losses:
        return None
    bounds = confidence_sequence(seen.losses, alpha=seen.alpha).mirrored()
    return Interval(low=bounds.low, high=bounds.high, method=INTERVAL_METHOD, confidence=seen.gate.confidence)


# ── the sentence ──────────────────────────────────────────────────────────────────────────────────
def _why(seen: _Examined, interval: Interval | None) -> str:
    sentences = [_what_was_seen(seen, interval)]
    if seen.tally.too_many_excluded:
        sentences.append(too_many_excluded_sentence(seen.tally))
    else:
        sentences.append(_what_follows(seen))
    if seen.score.n_incomplete:
        sentences.append(
            f"{seen.score.n_incomplete} scenarios have fewer than {seen.gate.k} counted trials; "
            f"{seen.score.n_missing_trials} trials are missing."
        )
    return " ".join(sentences) + lower_level_sentence(seen.tally)


def _what_was_seen(seen: _Examined, interval: Interval | None) -> str:
    name = f"pass^{seen.gate.k} of {seen.gate.suite}"
    if seen.score.estimate is None or interval is None:
        return f"{name} cannot be measured yet: no scenario has {seen.gate.k} counted trials."
    return (
        f"{name} is {seen.score.estimate:.2f} over {seen.score.n_scenarios} scenarios ({seen.score.n_trials} trials; "
        f"{interval.confidence * 100:g} % confidence sequence {interval.low:.2f} to {interval.high:.2f})."
    )


def _what_follows(seen: _Examined) -> str:
    statement = f"at least {seen.gate.at_least:g}"
    if seen.finding is Finding.SUPPORTED:
        return f"{statement.capitalize()} is supported (e-value {seen.e_value:.3g}, needed {1 / seen.alpha:.3g})."
    if seen.finding is Finding.REFUTED:
        evidence = "a single failure refutes it" if seen.e_value is None else f"e-value {seen.e_value:.3g} against it"
        return f"{statement.capitalize()} is refuted ({evidence})."
    if seen.needed is None:
        return f"No number of trials can show {statement}: ask for less than 1."
    return (
        f"Not enough evidence for {statement}: {seen.needed.scenarios} further scenarios without a failure "
        f"({seen.needed.trials} trials) would support it{_at_present_rate(seen)}."
    )


def _at_present_rate(seen: _Examined) -> str:
    promote = Wealth.at_start(eps=seen.eps, side="promote").after(seen.losses)
    further = further_at_present_rate(promote, seen.losses, alpha=seen.alpha)
    if further is not None:
        return f"; at the present rate about {further}"
    rollback = Wealth.at_start(eps=seen.eps, side="rollback").after(seen.losses)
    further = further_at_present_rate(rollback, seen.losses, alpha=seen.alpha)
    if further is not None:
        return f"; at the present rate it would be refuted after about {further}"
    return "; the present rate is too close to the gate to be decided" if seen.losses else ""

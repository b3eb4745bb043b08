"""A judge counts only after it was held against the state of the world: accepted or refused, with its error rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from remit.conversations import IntentName
from remit.statistics import Bounds, Kappa, clopper_pearson, cohen_kappa

Said = Literal["passed", "failed"]


@dataclass(frozen=True, slots=True)
class JudgedCase:
    """One conversation that both a judge and the state of the world have judged.

    Args:
        intent: For which the judge is validated.
        said: The judge's verdict; None if what it wrote is no verdict.
        passed: What the state of the world says.
    """

    intent: IntentName
    said: Said | None
    passed: bool


@dataclass(frozen=True, slots=True)
class JudgeRequirement:
    """What a judge must be shown to reach, each with the stated confidence.

    Args:
        sensitivity_at_least: Share of failures that it calls failures.
        specificity_at_least: Share of passed conversations that it calls passed.
        confidence: Of each lower bound, one-sided.
    """

    sensitivity_at_least: float = 0.7
    specificity_at_least: float = 0.7
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class JudgeRates:
    """How a judge compares with the state of the world; what is no verdict counts against it on both sides.

    Args:
        n_failed: Conversations that failed.
        n_failed_found: Of these, called failed.
        n_passed: Conversations that passed.
        n_passed_found: Of these, called passed.
        n_without_verdict: Answers that are no verdict.
        sensitivity: Two-sided exact interval whose lower end has the requirement's one-sided confidence.
        specificity: Likewise.
        kappa: Agreement beyond chance, of the verdicts that are ones.
    """

    n_failed: int
    n_failed_found: int
    n_passed: int
    n_passed_found: int
    n_without_verdict: int
    sensitivity: Bounds
    specificity: Bounds
    kappa: Kappa

    @property
    def accuracy(self) -> float | None:
        """Share of all conversations on which it is right; None without any."""
        n = self.n_failed + self.n_passed
        return (self.n_failed_found + self.n_passed_found) / n if n else None

    @property
    def below_chance(self) -> bool:
        """Whether it finds failures no more often than it raises false alarms."""
        if not self.n_failed or not self.n_passed:
            return False
        false_alarms = 1.0 - self.n_passed_found / self.n_passed
        return self.n_failed_found / self.n_failed <= false_alarms


@dataclass(frozen=True, slots=True)
class JudgeAccepted:
    """Its verdicts may choose what experts look at (`statistics.active_sampling`); they never count by themselves."""

    rates: JudgeRates
    why: str


@dataclass(frozen=True, slots=True)
class JudgeRefused:
    """Its verdicts count for nothing for this intent."""

    rates: JudgeRates
    why: str


JudgeValidation = JudgeAccepted | JudgeRefused


def validate_judge(
    cases: Sequence[JudgedCase], requirement: JudgeRequirement = JudgeRequirement()
) -> Mapping[IntentName, JudgeValidation]:
    """Accept or refuse a judge for each intent it was tried on; an intent it was not tried on is not among them.

    A judge that may be good but has not shown it is refused: too few conversations give wide bounds. Conversations
    must be a fair draw of the intent's, or of its failures and its passes each.
    """
    by_intent: dict[IntentName, list[JudgedCase]] = {}
    for case in cases:
        by_intent.setdefault(case.intent, []).append(case)
    return {intent: _validation(rates_of(own, requirement), requirement) for intent, own in sorted(by_intent.items())}


def rates_of(cases: Sequence[JudgedCase], requirement: JudgeRequirement = JudgeRequirement()) -> JudgeRates:
    """Count one intent's cases."""
    delta = 2.0 * (1.0 - requirement.confidence)
    failed, passed = [each for each in cases if not each.passed], [each for each in cases if each.passed]
    found = sum(each.said == "failed" for each in failed)
    cleared = sum(each.said == "passed" for each in passed)
    table = [
        [cleared, sum(each.said == "failed" for each in passed)],
        [sum(each.said == "passed" for each in failed), found],
    ]
    return JudgeRates(
        n_failed=len(failed),
        n_failed_found=found,
        n_passed=len(passed),
        n_passed_found=cleared,
        n_without_verdict=sum(each.said is None for each in cases),
        sensitivity=clopper_pearson(found, len(failed), delta=delta),
        specificity=clopper_pearson(cleared, len(passed), delta=delta),
        kappa=cohen_kappa(table),
    )


def _validation(rates: JudgeRates, requirement: JudgeRequirement) -> JudgeValidation:
    found = f"it finds {rates.n_failed_found} of {rates.n_failed} failures (at least {rates.sensitivity.low:.2f})"
    cleared = f"passes {rates.n_passed_found} of {rates.n_passed} good ones (at least {rates.specificity.low:.2f})"
    rest = f"; {rates.n_without_verdict} answers are no verdict" if rates.n_without_verdict else ""
    figures = f"{found} and {cleared}, each with {requirement.confidence:.0%} confidence (Clopper-Pearson){rest}"
    problem = _problem(rates, requirement)
    return JudgeRefused(rates, f"{problem}: {figures}") if problem else JudgeAccepted(rates, figures)


def _problem(rates: JudgeRates, requirement: JudgeRequirement) -> str:
    """Why it is refused; empty if it is not."""
    if not rates.n_failed or not rates.n_passed:
        return "it was not tried on failures and good conversations both"
    if rates.below_chance:
        return "it is no better than chance"
    for name, wanted, bounds in (
        ("failures", requirement.sensitivity_at_least, rates.sensitivity),
        ("good conversations", requirement.specificity_at_least, rates.specificity),
    ):
        if bounds.high < wanted:
            return f"it finds fewer {name} than the {wanted:.0%} that are required"
        if bounds.low < wanted:
            return f"it has not shown that it finds {wanted:.0%} of the {name}"
    return ""

"""What each step of a release's life demands, as a function of what has been shown: pure, three-valued."""

from dataclasses import dataclass
from math import ceil

from remit.evidence.verdicts import Finding, GateVerdict
from remit.releases.stages import Canary, CanaryStep, Evaluated, Registered, Retired, Shadow, Stable, Stage


@dataclass(frozen=True, slots=True)
class Shown:
    """What has been shown for one release on one intent. Verdicts come from the gates; nothing is decided here twice.

    Args:
        n_trials: Trials of suites that count.
        verdicts: The gates of the level that is asked for; those that are only observed block nothing.
        regression: Paired with the stable release on the same scenarios: refuted means worse. None if they have
            not been compared.
        succeeds: Whether another release is stable for the intent now.
        budget: Acceptable error rate at the level, in (0, 1).
        n_exposed: Conversations that the canary has carried at this step.
        absolute: The canary's error rate against the budget: refuted means burned, supported earned.
        against_stable: Whose error was it: supported means not worse, refuted worse.
        ratio_off: Whether customers were not assigned with the declared shares: the comparison is void.
        missing_signatures: Functions that have not signed.
        frozen: Why no promotion may happen now, in words; empty if nothing is frozen.
    """

    n_trials: int = 0
    verdicts: tuple[GateVerdict, ...] = ()
    regression: Finding | None = None
    succeeds: bool = False
    budget: float = 0.05
    n_exposed: int = 0
    absolute: Finding = Finding.UNDECIDED
    against_stable: Finding = Finding.UNDECIDED
    ratio_off: bool = False
    missing_signatures: tuple[str, ...] = ()
    frozen: str = ""

    def refuted(self) -> tuple[str, ...]:
        """The gates that are refuted, in words."""
        enforced = (one for one in self.verdicts if not one.observed_only)
        return tuple(one.gate for one in enforced if one.finding is Finding.REFUTED)

    def unsupported(self) -> tuple[str, ...]:
        """The gates that are not supported, in words."""
        enforced = (one for one in self.verdicts if not one.observed_only)
        return tuple(one.gate for one in enforced if one.finding is not Finding.SUPPORTED)


@dataclass(frozen=True, slots=True)
class Ready:
    """Nothing is missing: the next stage may begin."""


@dataclass(frozen=True, slots=True)
class Waits:
    """Undecided: what is missing, one clause each. No evidence never promotes."""

    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fails:
    """Refuted: why, one clause each. The attempt is over."""

    why: tuple[str, ...]


Readiness = Ready | Waits | Fails


def minimum_exposure(step: CanaryStep, budget: float) -> int:
    """Conversations that a canary must carry at a step before it may go on."""
    return ceil(step.exposure_factor / budget)


def readiness(stage: Stage, shown: Shown) -> Readiness:
    """Whether a release may go on from this stage.

    Refuted comes before missing: what has been shown to be bad is not waited for. A freeze stops whatever would
    widen, and nothing that narrows.
    """
    why = _refuted(stage, shown)
    if why:
        return Fails(why)
    missing = _missing(stage, shown)
    if shown.frozen:
        missing = (f"promotions are frozen: {shown.frozen}", *missing)
    return Waits(missing) if missing else Ready()


# ── what is refuted ───────────────────────────────────────────────────────────────────────────────
def _refuted(stage: Stage, shown: Shown) -> tuple[str, ...]:
    match stage:
        case Registered() | Retired() | Stable():
            return ()
        case Evaluated():
            return _worse_on_scenarios(shown)
        case Shadow():
            gates = () if shown.succeeds else tuple(f"refuted: {gate}" for gate in shown.refuted())
            return (*gates, *_worse_on_scenarios(shown))
        case Canary():
            burned = ("its error rate is above the budget",) if shown.absolute is Finding.REFUTED else ()
            worse = shown.against_stable is Finding.REFUTED and not shown.ratio_off
            return (*burned, *(("it errs more often than the stable release",) if worse else ()))


def _worse_on_scenarios(shown: Shown) -> tuple[str, ...]:
    if shown.succeeds and shown.regression is Finding.REFUTED:
        return ("it is worse than the stable release on the same scenarios",)
    return ()


# ── what is missing ───────────────────────────────────────────────────────────────────────────────
def _missing(stage: Stage, shown: Shown) -> tuple[str, ...]:
    match stage:
        case Registered():
            return () if shown.n_trials else ("no trial of a suite counts for this intent",)
        case Evaluated():
            return _missing_comparison(shown)
        case Shadow():
            gates = () if shown.succeeds else _missing_gates(shown)
            return (*gates, *_missing_comparison(shown), *_missing_signatures(shown))
        case Canary(step=step):
            return _missing_at(step, shown)
        case Stable():
            return ("it is stable; there is nothing above",)
        case Retired():
            return ("it is retired; take it up again first",)


def _missing_comparison(shown: Shown) -> tuple[str, ...]:
    if shown.succeeds and shown.regression is None:
        return ("it has not played the scenarios that the stable release has played",)
    return ()


def _missing_gates(shown: Shown) -> tuple[str, ...]:
    if not any(not one.observed_only for one in shown.verdicts):
        return ("no gate of the level has been judged",)
    return tuple(f"not supported: {gate}" for gate in shown.unsupported())


def _missing_signatures(shown: Shown) -> tuple[str, ...]:
    return tuple(f"{function} has not signed" for function in shown.missing_signatures)


def _missing_at(step: CanaryStep, shown: Shown) -> tuple[str, ...]:
    needed = minimum_exposure(step, shown.budget)
    missing = [] if shown.n_exposed >= needed else [f"{shown.n_exposed} of {needed} conversations at {step.label}"]
    # At the last step nobody is left to compare with.
    if shown.ratio_off and step is not CanaryStep.WHOLE:
        missing.append("customers were not assigned with the declared shares: the comparison is void, begin again")
    if step is CanaryStep.HALF:
        if shown.succeeds and shown.against_stable is not Finding.SUPPORTED:
            missing.append("not shown to be no worse than the stable release")
        if not shown.succeeds and shown.absolute is not Finding.SUPPORTED:
            missing.append("its error rate is not shown to be within the budget, and there is no stable release")
    return tuple(missing)

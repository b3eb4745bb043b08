"""One calibration of an agent: which intents share a threshold, which targets are to be kept, what each came to."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from remit.calibration.asking import AskRule
from remit.calibration.certificate import Certificate, Target
from remit.calibration.certifying import Calibrated, Holder, TooFewLabels, calibrate, certify
from remit.calibration.labels import LabelledProposal, counted
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import suggest
from remit.errors import SettingsError
from remit.evidence.verdicts import Finding
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy

EVERYTHING = "all intents"
"""What the one scope is called where no policy says which intents there are."""


@dataclass(frozen=True, slots=True)
class CalibrationRequest:
    """What is asked for.

    Args:
        policy: In force; None only looks at labels, and nothing can be kept.
        agent: Whose labels; empty without a policy.
        release: Labels of other releases do not count; empty counts all.
        intent: Only this intent or pool; empty means all.
        error_at_most: Another target than the policy's.
        delta: Another probability of missing it.
    """

    policy: Policy | None = None
    agent: AgentName = AgentName("")
    release: ReleaseId = ReleaseId("")
    intent: str = ""
    error_at_most: float | None = None
    delta: float | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What shares one threshold: an intent, or the intents of a pool."""

    name: str
    intents: tuple[IntentName, ...]
    pool: str = ""


@dataclass(frozen=True, slots=True)
class ScopeResult:
    """What the labels of a scope came to for one target; no certificate without a policy or with too few labels."""

    scope: Scope
    target: Target
    levels: tuple[AutonomyLevel, ...]
    found: Calibrated | TooFewLabels
    certificate: Certificate | None = None

    @property
    def finding(self) -> Finding:
        """Too few labels decide nothing."""
        return Finding.UNDECIDED if isinstance(self.found, TooFewLabels) else self.found.finding


@dataclass(frozen=True, slots=True)
class Calibration:
    """Everything a report shows.

    Args:
        request: What was asked for.
        source: Where the labels come from, in words.
        n_read: Labels there.
        n_thinned: Left out so that each conversation had the same chance.
        excluded: Labels that do not count, by reason.
        results: One for each scope and target.
        simulated: Whether a customer was not real.
        made_at: When, UTC.
    """

    request: CalibrationRequest
    source: str
    n_read: int
    results: tuple[ScopeResult, ...]
    made_at: datetime
    n_thinned: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    simulated: bool = False

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """What could be kept."""
        return tuple(each.certificate for each in self.results if each.certificate is not None)

    @property
    def exit_code(self) -> int:
        """0 a threshold for each, 1 one is refuted, 2 one is not shown yet."""
        findings = {each.finding for each in self.results}
        if Finding.REFUTED in findings:
            return 1
        return 0 if findings == {Finding.SUPPORTED} else 2


# ── calibrating ───────────────────────────────────────────────────────────────────────────────────
def scopes_of(request: CalibrationRequest, labels: Iterable[LabelledProposal]) -> tuple[Scope, ...]:
    """What is to share a threshold: the policy's pools, and each intent that is in none.

    Raises:
        SettingsError: The intent or pool asked for is unknown.
    """
    if request.policy is None:
        seen = tuple(sorted({each.intent for each in labels}))
        scopes: tuple[Scope, ...] = tuple(Scope(each, (each,)) for each in seen if request.intent)
        scopes = scopes or (Scope(EVERYTHING, seen),)
    else:
        pools = request.policy.calibration.pools
        pooled = {intent for intents in pools.values() for intent in intents}
        alone = [Scope(each, (each,)) for each in request.policy.intents if each not in pooled]
        scopes = (*alone, *(Scope(name, intents, name) for name, intents in pools.items()))
    if not request.intent:
        return scopes
    chosen = tuple(each for each in scopes if request.intent == each.name or request.intent in each.intents)
    if not chosen:
        mend = suggest(request.intent, [each.name for each in scopes], noun="intents and pools")
        raise SettingsError(f"--intent {request.intent!r} is neither an intent nor a pool.\n  {mend}")
    return chosen


def targets_of(request: CalibrationRequest) -> dict[Target, tuple[AutonomyLevel, ...]]:
    """The targets to keep and the levels that name them.

    Raises:
        SettingsError: There is no policy and no --error, or a number is impossible.
    """
    asked = (request.error_at_most, request.delta)
    if any(value is not None and not 0.0 < value < 1.0 for value in asked):
        raise SettingsError("--error and --delta lie strictly between 0 and 1.\n  Such as: --error 0.02 --delta 0.05")
    if request.error_at_most is not None:
        own = Target(request.error_at_most, request.delta or 0.05)
        if request.policy is not None:
            own = replace(own, definition=request.policy.levels[AutonomyLevel.SUPERVISED_ANSWERS].risk.definition)
        return {own: ()}
    if request.policy is None:
        raise SettingsError(
            "without a policy there is no error target.\n  Give one with --error 0.02, or run this in a contact centre."
        )
    levels: dict[Target, list[AutonomyLevel]] = {}
    for level, said in request.policy.levels.items():
        own = Target.of(said.risk)
        wanted = own if request.delta is None else Target(own.error_at_most, request.delta, own.definition)
        levels.setdefault(wanted, []).append(level)
    return {target: tuple(named) for target, named in levels.items()}


def calibrate_all(
    request: CalibrationRequest,
    labels: Sequence[LabelledProposal],
    *,
    source: str,
    now: datetime,
    on_step: Callable[[str], None] = lambda _: None,
) -> Calibration:
    """Calibrate each intent or pool for each target.

    Args:
        request: What is asked for.
        labels: All there are.
        source: Where they come from, in words.
        now: UTC.
        on_step: Called with the name of each scope before it is calibrated.

    Raises:
        SettingsError: Something asked for is unknown or impossible.
    """
    targets, scopes = targets_of(request), scopes_of(request, labels)
    by_intent: dict[IntentName, list[LabelledProposal]] = {}
    for each in labels:
        by_intent.setdefault(each.intent, []).append(each)
    covered = {intent for scope in scopes for intent in scope.intents}
    excluded: Counter[str] = Counter()
    if n_elsewhere := sum(len(rows) for intent, rows in by_intent.items() if intent not in covered):
        excluded["of intents that were not asked for or that the policy does not have"] = n_elsewhere
    results: list[ScopeResult] = []
    n_thinned = 0
    for scope in scopes:
        on_step(scope.name)
        own = [each for intent in scope.intents for each in by_intent.get(intent, ())]
        usable = counted(own, release=request.release or None)
        excluded.update(usable.excluded)
        n_thinned += usable.n_thinned
        for target, levels in targets.items():
            found = calibrate(usable, target, _ask_rule(request, target, levels))
            certificate = _certificate(request, scope, found, now)
            results.append(ScopeResult(scope, target, levels, found, certificate))
    return Calibration(
        request=request,
        source=source,
        n_read=len(labels),
        results=tuple(results),
        made_at=now,
        n_thinned=n_thinned,
        excluded=dict(excluded),
        simulated=any(each.simulated for each in labels),
    )


def _ask_rule(request: CalibrationRequest, target: Target, levels: Sequence[AutonomyLevel]) -> AskRule:
    if request.policy is None:
        return AskRule(max(0.0, 1.0 - 5.0 * target.error_at_most))
    level = request.policy.levels[levels[0] if levels else AutonomyLevel.SUPERVISED_ANSWERS]
    return AskRule(level.ask_threshold, request.policy.calibration.expert_share)


def _certificate(
    request: CalibrationRequest, scope: Scope, found: Calibrated | TooFewLabels, now: datetime
) -> Certificate | None:
    if request.policy is None or isinstance(found, TooFewLabels):
        return None
    holder = Holder(request.agent, request.release, request.policy.digest, pool=scope.pool, intents=scope.intents)
    return certify(found, holder, issued_at=now, valid_for_s=request.policy.calibration.valid_for_s)

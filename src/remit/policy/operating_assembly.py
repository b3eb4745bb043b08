"""The frozen values of the policy's sections on running the agent, and what must fit together in them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Protocol

from remit.conversations import IntentName
from remit.documents import Located, Problem, suggest
from remit.policy.operating import Exposure, FreezeWindow, MoneyCap, Recipient, Staffing, Volume, WaiverLimits
from remit.policy.operating_documents import (
    ConditionDocument,
    ExposureDocument,
    FreezeWindowDocument,
    RecipientDocument,
    RollbackDocument,
    StaffingDocument,
    WaiversDocument,
)
from remit.policy.rollback import BudgetSpent, CanaryWorse, ChangeDetected, Condition, GuardrailBreach, RollbackRule
from remit.slo.indicators import INDICATORS, Use
from remit.tools import ToolName

_CONDITIONS = ("change_detected", "canary_worse_than", "guardrail_breach", "budget")
_GOES_WITH = {
    "days_between_false_alarms": ("change_detected",),
    "confidence": ("canary_worse_than", "budget"),
    "metric": ("budget",),
    "pool": ("change_detected", "budget"),
}
_USUAL_CONFIDENCE = 0.95
_USUAL_DAYS = 90.0


class OperatingDocument(Protocol):
    """The sections that this module reads, wherever they stand."""

    @property
    def rollback(self) -> Sequence[RollbackDocument]:
        """Rules that narrow."""
        ...

    @property
    def staffing(self) -> StaffingDocument | None:
        """What people can take."""
        ...

    @property
    def exposure(self) -> ExposureDocument:
        """Bounds of a day."""
        ...

    @property
    def freeze(self) -> Sequence[FreezeWindowDocument]:
        """Windows."""
        ...

    @property
    def recipients(self) -> Sequence[RecipientDocument]:
        """Who is told."""
        ...


# ── assembly ──────────────────────────────────────────────────────────────────────────────────────
def assemble_rollback(rules: Sequence[RollbackDocument]) -> tuple[RollbackRule, ...]:
    """The rules of a document without misfits."""
    return tuple(RollbackRule(_condition(rule.when), rule.do) for rule in rules)


def _condition(when: ConditionDocument) -> Condition:
    confidence = _USUAL_CONFIDENCE if when.confidence is None else when.confidence
    pool = when.pool or ""
    if when.change_detected is not None:
        days = when.days_between_false_alarms
        return ChangeDetected(when.change_detected, _USUAL_DAYS if days is None else days, pool)
    if when.canary_worse_than is not None:
        return CanaryWorse(confidence)
    if when.guardrail_breach is not None:
        return GuardrailBreach(when.guardrail_breach)
    if when.budget is None:
        raise ValueError("a rollback rule without a condition; misfits refuse it")
    return BudgetSpent(when.budget, when.metric or "bad_outcome", confidence, pool)


def assemble_staffing(staffing: StaffingDocument | None) -> Staffing | None:
    """None where the policy says nothing of it."""
    if staffing is None:
        return None
    volume = {IntentName(name): Volume(one.per_day, one.per_peak_hour) for name, one in staffing.volume.items()}
    return Staffing(
        staffing.experts_at_peak, staffing.minutes_per_contact, volume, tuple(dict.fromkeys(staffing.signed_by))
    )


def assemble_exposure(exposure: ExposureDocument) -> Exposure:
    """Caps as the live path reads them."""
    money = exposure.money
    cap = (
        None if money is None else MoneyCap(money.per_day, {ToolName(tool): of for tool, of in money.arguments.items()})
    )
    return Exposure(exposure.conversations_per_day, cap)


def assemble_freeze(windows: Sequence[FreezeWindowDocument]) -> tuple[FreezeWindow, ...]:
    """Earliest first."""
    return tuple(
        sorted((FreezeWindow(one.begins, one.ends, one.why) for one in windows), key=lambda window: window.begins)
    )


def assemble_recipients(recipients: Sequence[RecipientDocument]) -> tuple[Recipient, ...]:
    """In the order of the document."""
    return tuple(
        Recipient("email", one.email, tuple(one.on))
        if one.email is not None
        else Recipient("webhook", one.webhook or "", tuple(one.on), one.secret or "")
        for one in recipients
    )


def assemble_waivers(waivers: WaiversDocument) -> WaiverLimits:
    """How long one may hold."""
    return WaiverLimits(timedelta(days=waivers.longest_days))


# ── misfits ───────────────────────────────────────────────────────────────────────────────────────
def operating_misfits(
    document: OperatingDocument,
    located: Located,
    *,
    intents: Sequence[str],
    tools: Sequence[str],
    pools: Mapping[str, Sequence[str]],
    budgets: Collection[str],
) -> Iterator[Problem]:
    """What is wrong between parts that are each well-formed; `budgets` are metrics that a live gate bounds above."""
    yield from _rollback_misfits(document.rollback, located, pools)
    yield from _metric_misfits(document.rollback, located, budgets)
    for name in () if document.staffing is None else document.staffing.volume:
        if name not in intents:
            yield Problem(
                located.line_of(("staffing", "volume", name)),
                f"`staffing` counts contacts of intent {name!r}, which the policy does not have",
                suggest(name, list(intents), noun="intents"),
            )
    money = document.exposure.money
    for tool in () if money is None else money.arguments:
        if tool not in tools:
            yield Problem(
                located.line_of(("exposure", "money", "arguments", tool)),
                f"`exposure` counts the money of tool {tool!r}, which the catalogue does not have",
                suggest(tool, list(tools), noun="tools"),
            )
    yield from _window_misfits(document.freeze, located)
    yield from _recipient_misfits(document.recipients, located)


def _rollback_misfits(
    rules: Sequence[RollbackDocument], located: Located, pools: Mapping[str, Sequence[str]]
) -> Iterator[Problem]:
    for index, rule in enumerate(rules):
        given = rule.when.model_dump(exclude_none=True)
        conditions = [key for key in _CONDITIONS if key in given]
        line = located.line_of(("rollback", index, "when"))
        if len(conditions) != 1:
            yield Problem(
                line,
                f"a rollback rule has {len(conditions)} conditions, it needs exactly one",
                "Write one rule for each: " + ", ".join(f"`{key}`" for key in _CONDITIONS) + ".",
            )
            continue
        if any(rule.when == earlier.when for earlier in rules[:index]):
            yield Problem(line, "two rollback rules have the same condition", "Keep the one whose `do` you mean.")
        for key, fitting in _GOES_WITH.items():
            if key in given and conditions[0] not in fitting:
                wanted = " or ".join(f"`{one}`" for one in fitting)
                yield Problem(line, f"`{key}` stands without {wanted}", "Remove it, or write the condition it is for.")
        if rule.when.pool is not None and rule.when.pool not in pools:
            yield Problem(
                line,
                f"`pool` names {rule.when.pool!r}, which `calibration: pools` does not have",
                suggest(rule.when.pool, list(pools), noun="pools"),
            )
        if rule.when.canary_worse_than is None and rule.do == "rollback" and rule.when.pool is not None:
            yield Problem(line, "a pool cannot be rolled back", "Write `demote`, `freeze`, `stop` or `raise_sampling`.")


def _metric_misfits(rules: Sequence[RollbackDocument], located: Located, budgets: Collection[str]) -> Iterator[Problem]:
    """A rate can be watched if it has a budget of its own, and somebody says how large it is."""
    for index, rule in enumerate(rules):
        metric = rule.when.change_detected or (rule.when.metric if rule.when.budget else None)
        if metric is None:
            continue
        line = located.line_of(("rollback", index, "when"))
        watchable = [name for name, one in INDICATORS.items() if one.use is Use.BUDGET]
        if metric not in watchable:
            yield Problem(line, f"metric {metric!r} has no error budget", suggest(metric, watchable, noun="metrics"))
        elif metric not in budgets and metric != "bad_outcome":
            yield Problem(
                line,
                f"nothing says how large the budget of {metric!r} is",
                f"Write a gate with `live: {metric}` and `at_most`; it may be in observe mode.",
            )


def _window_misfits(windows: Sequence[FreezeWindowDocument], located: Located) -> Iterator[Problem]:
    for index, window in enumerate(windows):
        if window.ends <= window.begins:
            yield Problem(
                located.line_of(("freeze", index)),
                f"the freeze window ends ({window.ends:%Y-%m-%d %H:%M}) before it begins "
                f"({window.begins:%Y-%m-%d %H:%M})",
                "`ends` is the first moment behind the window.",
            )


def _recipient_misfits(recipients: Sequence[RecipientDocument], located: Located) -> Iterator[Problem]:
    for index, one in enumerate(recipients):
        line = located.line_of(("recipients", index))
        if (one.email is None) == (one.webhook is None):
            yield Problem(line, "a recipient needs exactly one of `email` and `webhook`", "Write one entry for each.")
        elif one.webhook is not None and one.secret is None:
            yield Problem(
                line,
                "a webhook without `secret` could be sent by anybody",
                "Name the environment variable that holds its key: `secret: OPS_WEBHOOK_KEY`.",
            )
        elif one.email is not None and one.secret is not None:
            yield Problem(line, "`secret` stands without `webhook`", "Remove it; e-mail is not signed.")

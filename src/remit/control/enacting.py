"""What an order makes of a remit. Pure: adapters load the remit, call `enact`, and keep what comes back."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from remit.audit import Change
from remit.audit.model import Value
from remit.control.grants import Freeze, Grant, GrantKey, RaisedSampling, Remit, Stop
from remit.control.orders import (
    Act,
    ClearWaivers,
    Demote,
    Enacted,
    FreezeNow,
    Limit,
    LowerSampling,
    Narrow,
    Order,
    RaiseSampling,
    Resume,
    StopNow,
    Thaw,
    Widen,
)
from remit.control.widening import Earned, Inherited, Restored, Waived
from remit.errors import NotPermitted, WideningRefused
from remit.identity import Proof, Role
from remit.policy.levels import AutonomyLevel


@dataclass(frozen=True, slots=True)
class _Step:
    """One act's effect: the remit after it, and the line for the audit log."""

    remit: Remit
    action: str
    subject: str
    before: Mapping[str, Value]
    after: Mapping[str, Value]
    evidence: str = ""


def enact(remit: Remit, order: Order) -> Enacted:
    """Carry out every act of the order, or none.

    Each act that changes something raises the epoch by one and is one line in the audit log; an act that finds
    everything as it should be changes nothing.

    Raises:
        WideningRefused: A grant would widen during a freeze, or from less than it needs.
        NotPermitted: A person lacks the role.
    """
    now = remit
    changes: list[Change] = []
    for act in order.acts:
        for step in _steps(now, act, order):
            now = replace(step.remit, epoch=now.epoch + 1)
            changes.append(_change(order, step, len(changes)))
    return Enacted(now, tuple(changes))


def _change(order: Order, step: _Step, index: int) -> Change:
    key = f"{order.key}#{index}"
    evidence = step.evidence or order.evidence
    return Change(key, order.at, order.by, step.action, step.subject, order.reason, evidence, step.before, step.after)


def _steps(remit: Remit, act: Act, order: Order) -> tuple[_Step, ...]:
    if isinstance(act, ClearWaivers):
        return _clear_waivers(remit, order)
    step = _step(remit, act, order)
    return () if step is None else (step,)


def _step(remit: Remit, act: Act, order: Order) -> _Step | None:
    match act:
        case Widen():
            return _widen(remit, act, order)
        case Narrow(key, to, for_a_cause):
            return _narrow(remit, key, to, order, for_a_cause=for_a_cause)
        case Demote():
            return _demote(remit, act, order)
        case Limit():
            return _limit(remit, act, order)
        case StopNow() | Resume():
            return _stop(remit, act, order)
        case FreezeNow() | Thaw():
            return _freeze(remit, act, order)
        case RaiseSampling() | LowerSampling():
            return _sampling(remit, act, order)
        case ClearWaivers():
            return None


# ── up ────────────────────────────────────────────────────────────────────────────────────────────
def _widen(remit: Remit, act: Widen, order: Order) -> _Step | None:
    match act.widening:
        case Earned() as earned:
            _expect_thawed(remit, earned.intent, earned.level, order)
            return _earn(remit, earned, order)
        case Waived(_, _, waiver):
            _expect_thawed(remit, waiver.intent, waiver.level, order)
            if remit.level_of(waiver.key, policy=waiver.policy, now=order.at) >= waiver.level:
                return None
            held = remit.waivers.get(waiver.key)
            after = replace(remit, waivers={**remit.waivers, waiver.key: waiver})
            before: dict[str, Value] = {"waived": held.level.label} if held else {}
            until = waiver.expires_at.isoformat()
            now: dict[str, Value] = {"waived": waiver.level.label, "expires_at": until, "release": waiver.release}
            return _Step(after, "waiver_given", _subject(remit, waiver.key), before, now, waiver.id)
        case Inherited() as inherited:
            _expect_thawed(remit, inherited.held.intent, inherited.held.level, order)
            return _inherit(remit, inherited, order)
        case Restored(intent, release):
            return _restore(remit, GrantKey(intent, release), order)


def _expect_thawed(remit: Remit, intent: Any, level: AutonomyLevel, order: Order) -> None:
    """Rollback is not asked this: going back to what was held is no widening of what is known."""
    freeze = remit.frozen(intent, order.at)
    if freeze is not None:
        until = "a person lifts it" if freeze.until is None else f"{freeze.until:%Y-%m-%d %H:%M} UTC"
        raise WideningRefused(
            f"{remit.agent}/{intent} to {level.label}",
            f"promotions are frozen until {until}: {freeze.why}",
            "Find the cause first; then somebody with the role operator lifts it: remit grant thaw",
        )


def _earn(remit: Remit, earned: Earned, order: Order) -> _Step | None:
    key = GrantKey(earned.intent, earned.release)
    held = remit.grants.get(key)
    mine = held is not None and held.policy == earned.policy.digest
    level = held.level if held is not None and mine else AutonomyLevel.SHADOW
    if earned.above > level:
        raise WideningRefused(
            f"{remit.agent}/{earned.intent} to {earned.level.label}",
            f"it was asked from {earned.above.label}, and {level.label} is what holds now",
            "Ask again: the grant was narrowed in the meantime, and more signatures may be needed.",
        )
    if earned.level <= level:
        return None
    if barred := "" if held is None else held.bars(earned.level):
        raise WideningRefused(
            f"{remit.agent}/{earned.intent} to {earned.level.label}",
            barred,
            "Mend the cause and earn it with a new release: remit release register. "
            "Until then a named person can answer for it: remit grant waive",
        )
    grant = Grant(
        agent=remit.agent,
        intent=earned.intent,
        release=earned.release,
        policy=earned.policy.digest,
        level=earned.level,
        restorable=earned.level,
        since=order.at,
        why=order.reason,
        owner=earned.owner or (held.owner if held is not None else ""),
        thresholds=earned.thresholds,
        limits=held.limits if held is not None and mine else {},
        evidence=earned.evidence,
        narrowed_at=None if held is None else held.narrowed_at,
    )
    return _with_grant(remit, held, grant, "grant_promoted", ",".join(earned.evidence))


def _inherit(remit: Remit, inherited: Inherited, order: Order) -> _Step | None:
    source = inherited.held
    known = remit.grants.get(source.key)
    key = GrantKey(source.intent, inherited.release)
    held = remit.grants.get(key)
    # What the predecessor holds NOW bounds it: it may have been narrowed since the diff was made.
    level = AutonomyLevel.SHADOW if known is None or known.policy != source.policy else min(known.level, source.level)
    if held is not None and held.policy == source.policy and held.level >= level:
        return None
    grant = replace(
        source,
        release=inherited.release,
        level=level,
        restorable=level,
        since=order.at,
        why=order.reason,
        provisional=inherited.reached or source.provisional,
        evidence=inherited.evidence,
        narrowed_at=_still_barred(held, None if inherited.reached else known),
    )
    return _with_grant(remit, held, grant, "grant_inherited", ",".join(inherited.evidence))


def _still_barred(held: Grant | None, source: Grant | None) -> datetime | None:
    """A change that does not reach the intent has mended nothing: its release is as little believed."""
    times = [one.narrowed_at for one in (held, source) if one is not None and one.narrowed_at is not None]
    return max(times, default=None)


def _restore(remit: Remit, key: GrantKey, order: Order) -> _Step | None:
    held = remit.grants.get(key)
    if held is None:
        raise WideningRefused(
            f"{remit.agent}/{key.intent} for release {key.release}",
            "this release has never held it",
            "Roll back to a release that has: `remit grant list --all` shows them.",
        )
    if held.restorable <= held.level:
        return None
    grant = replace(held, level=held.restorable, since=order.at, why=order.reason)
    return _with_grant(remit, held, grant, "grant_restored", ",".join(held.evidence))


# ── down ──────────────────────────────────────────────────────────────────────────────────────────
def _narrow(remit: Remit, key: GrantKey, to: AutonomyLevel, order: Order, *, for_a_cause: bool) -> _Step | None:
    held, waiver = remit.grants.get(key), remit.waivers.get(key)
    lowered = held
    if held is not None:
        restorable = min(held.restorable, to) if for_a_cause else held.restorable
        if held.level > to:
            lowered = replace(held, level=to, restorable=restorable, since=order.at, why=order.reason)
        elif restorable < held.restorable:
            lowered = replace(held, restorable=restorable)
        if for_a_cause and lowered is not held:
            lowered = replace(lowered or held, narrowed_at=order.at)
    waived = waiver is not None and waiver.level > to
    if lowered is held and not waived:
        return None
    before: dict[str, Value] = {"level": held.level.label if held else AutonomyLevel.SHADOW.label}
    after: dict[str, Value] = {"level": lowered.level.label if lowered else AutonomyLevel.SHADOW.label}
    waivers = dict(remit.waivers)
    if waiver is not None and waived:
        before["waived"] = waiver.level.label
        del waivers[key]
    grants = dict(remit.grants) if lowered is None else {**remit.grants, key: lowered}
    lower = replace(remit, grants=grants, waivers=waivers)
    return _Step(lower, "grant_narrowed", _subject(remit, key), before, {**after, "release": key.release})


def _demote(remit: Remit, act: Demote, order: Order) -> _Step | None:
    held = remit.grants.get(act.key)
    waiver = remit.waivers.get(act.key)
    earned = AutonomyLevel.SHADOW if held is None else held.level
    level = max(earned, waiver.level) if waiver is not None and waiver.holds(order.at) else earned
    if level is AutonomyLevel.SHADOW or (act.from_at_most is not None and level < act.from_at_most):
        return None
    return _narrow(remit, act.key, AutonomyLevel(level - 1), order, for_a_cause=True)


def _limit(remit: Remit, act: Limit, order: Order) -> _Step | None:
    held = remit.grants.get(act.key)
    if held is None or all(held.limits.get(tool) == limit for tool, limit in act.limits.items()):
        return None
    # Both must hold: a limit can be added here and never taken away; a new grant begins with the policy's own.
    limits = {
        **held.limits,
        **{
            tool: limit if tool not in held.limits else f"({held.limits[tool]}) && ({limit})"
            for tool, limit in act.limits.items()
        },
    }
    grant = replace(held, limits=limits, why=order.reason)
    lower = replace(remit, grants={**remit.grants, act.key: grant})
    before: dict[str, Value] = {f"limit {tool}": held.limits.get(tool) for tool in act.limits}
    after: dict[str, Value] = {f"limit {tool}": limits[tool] for tool in act.limits}
    return _Step(lower, "grant_limited", _subject(remit, act.key), before, after)


def _clear_waivers(remit: Remit, order: Order) -> tuple[_Step, ...]:
    steps = []
    for key, waiver in remit.waivers.items():
        if waiver.holds(order.at):
            continue
        remit = replace(remit, waivers={one: held for one, held in remit.waivers.items() if one != key})
        before: dict[str, Value] = {"waived": waiver.level.label, "expires_at": waiver.expires_at.isoformat()}
        steps.append(_Step(remit, "waiver_expired", _subject(remit, key), before, {}, waiver.id))
    return tuple(steps)


# ── stops, freezes, sampling ──────────────────────────────────────────────────────────────────────
def _stop(remit: Remit, act: StopNow | Resume, order: Order) -> _Step | None:
    stops = dict(remit.stops)
    subject = f"{remit.agent or 'every agent'}: {act.scope}"
    if isinstance(act, StopNow):
        if act.scope in stops:
            return None
        stops[act.scope] = Stop(act.scope, order.by, order.reason, order.at)
        return _Step(replace(remit, stops=stops), "stop_set", subject, {"stopped": False}, {"stopped": True})
    _expect_operator(order)
    if stops.pop(act.scope, None) is None:
        return None
    return _Step(replace(remit, stops=stops), "stop_lifted", subject, {"stopped": True}, {"stopped": False})


def _freeze(remit: Remit, act: FreezeNow | Thaw, order: Order) -> _Step | None:
    freezes = dict(remit.freezes)
    held = freezes.get(act.intent)
    subject = f"{remit.agent}/{act.intent}" if act.intent else remit.agent
    if isinstance(act, FreezeNow):
        wanted = act.freeze(order.by, order.reason, order.at)
        if held is not None and not _lasts_longer(wanted, held):
            return None
        freezes[act.intent] = wanted
        until = None if act.until is None else act.until.isoformat()
        return _Step(replace(remit, freezes=freezes), "promotions_frozen", subject, {}, {"until": until})
    _expect_operator(order)
    if freezes.pop(act.intent, None) is None:
        return None
    return _Step(replace(remit, freezes=freezes), "promotions_thawed", subject, {"frozen": True}, {"frozen": False})


def _lasts_longer(wanted: Freeze, held: Freeze) -> bool:
    if held.until is None:
        return False
    return wanted.until is None or wanted.until > held.until


def _sampling(remit: Remit, act: RaiseSampling | LowerSampling, order: Order) -> _Step | None:
    sampling = dict(remit.sampling)
    held = sampling.get(act.intent)
    before: dict[str, Value] = {"share": None if held is None else held.share}
    subject = f"{remit.agent}/{act.intent}"
    if isinstance(act, RaiseSampling):
        if held is not None and held.share >= act.share:
            return None
        sampling[act.intent] = RaisedSampling(act.intent, act.share, order.reason, order.at)
        return _Step(replace(remit, sampling=sampling), "sampling_raised", subject, before, {"share": act.share})
    _expect_operator(order)
    if held is None:
        return None
    del sampling[act.intent]
    return _Step(replace(remit, sampling=sampling), "sampling_lowered", subject, before, {"share": None})


# ── shared ────────────────────────────────────────────────────────────────────────────────────────
def _with_grant(remit: Remit, held: Grant | None, grant: Grant, action: str, evidence: str) -> _Step:
    before: dict[str, Value] = {} if held is None else _small(held)
    after = replace(remit, grants={**remit.grants, grant.key: grant})
    return _Step(after, action, _subject(remit, grant.key), before, _small(grant), evidence)


def _small(grant: Grant) -> dict[str, Value]:
    certificate = None if grant.thresholds is None else grant.thresholds.certificate
    return {
        "level": grant.level.label,
        "release": grant.release,
        "policy": grant.policy,
        "provisional": grant.provisional,
        "certificate": certificate,
    }


def _subject(remit: Remit, key: GrantKey) -> str:
    return f"{remit.agent}/{key.intent}"


def _expect_operator(order: Order) -> None:
    """What lets an agent do more again is done by a person, never by Remit itself."""
    if order.by.proof is Proof.OWN_PROCESS or not order.by.may(Role.OPERATOR):
        raise NotPermitted(order.by.name, Role.OPERATOR.value, [role.value for role in order.by.roles])

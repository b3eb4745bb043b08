"""A live rate that experts certify from few labels, with a judge that says where to look."""

from dataclasses import replace
from math import ceil, inf, log

from remit.evidence.verdicts import Finding, GateVerdict, Needed
from remit.gates.draws import DrawCounting, Drawn
from remit.gates.live import at_present_rate, built, figures_of, find, is_held, left_out, needed_in_days, still_needed
from remit.gates.question import Body, Question, draw_names
from remit.gates.seen import Pace, Seen, pace_of, seen_by
from remit.gates.words import counted, joined, rate
from remit.policy.gates import LiveGate
from remit.policy.live_metrics import budget
from remit.statistics import Clusters, DesignEffect, discounted, discounted_log_e, e_value, plan_with_judge

_USUAL_JUDGE = 0.9
METHOD = "inverse-probability betting on draws guided by a judge, design effect by day, alpha ledger"


def drawn_verdict(question: Question, gate: LiveGate, counting: DrawCounting, body: Body) -> GateVerdict:
    """Judge a rate of which experts saw a drawn part.

    Every conversation counts, labelled or not, in the order of whole days (`remit.gates.draws`); a label without a
    recorded draw counts for nothing. Refuted when confirmed errors per conversation alone are too many: they can
    only undercount, whatever the judge is worth.
    """
    states = _states(question, counting, body)
    drawn = _total(states)
    alpha = question.alpha
    effect = drawn.clusters.effect()
    if effect.n_clusters < 2:
        effect = DesignEffect(1.0, inf, effect.n_clusters)
    seen = _seen(question, gate, drawn, effect, body)
    log_e = discounted(drawn.log_wealths, effect=effect)
    errors = int(drawn.loss)
    against = discounted_log_e(max(drawn.n, errors), errors, eps=counting.eps, side="rollback", effect=effect)
    finding = find(seen, gate, log_e, against, alpha)
    held = finding is Finding.UNDECIDED and is_held(gate, seen)
    figures = replace(figures_of(seen, alpha, eps=counting.eps), log_e=log_e, log_e_against=against, held=held)
    needed = None if held or finding is not Finding.UNDECIDED else _needed(question, gate, drawn, seen, body)
    claim = f"At most {rate(counting.eps)} is"
    if finding is Finding.UNDECIDED:
        follows = (
            f"Not earned: {gate.conversations_at_most} independent labels were not enough."
            if held
            else f"Not enough evidence for at most {rate(counting.eps)}{still_needed(needed)}."
        )
    else:
        shown = e_value(against if finding is Finding.REFUTED else log_e)
        bar = 1.0 / (alpha.alpha if finding is Finding.REFUTED else alpha.share)
        follows = f"{claim} {finding.value} (e-value {shown:.3g}, needed {bar:.3g}; attempt {alpha.attempt})."
    return built(
        question,
        gate,
        figures,
        finding=finding,
        why=joined(_what_was_seen(gate, drawn, seen), follows, left_out(seen)),
        method=METHOD,
        estimate=None,
        e=e_value(against if finding is Finding.REFUTED else log_e),
        needed=needed,
    )


def _states(question: Question, counting: DrawCounting, body: Body) -> list[Drawn]:
    names = (name for release in question.releases for name in draw_names(question, counting, release))
    return [body.draws[name] for name in names if name in body.draws]


def _total(states: list[Drawn]) -> Drawn:
    """Conversations of several levels or releases are different ones: their wealths multiply."""
    total = Drawn()
    for one in states:
        clusters = Clusters(
            total.clusters.n_clusters + one.clusters.n_clusters,
            total.clusters.n + one.clusters.n,
            total.clusters.loss + one.clusters.loss,
            total.clusters.loss_squared + one.clusters.loss_squared,
            total.clusters.spread + one.clusters.spread,
        )
        labels = dict(total.labels)
        for stratum, (n, loss) in one.labels.items():
            known, lost = labels.get(stratum, (0, 0.0))
            labels[stratum] = (known + n, lost + loss)
        total = replace(
            total,
            log_wealths=tuple(map(sum, zip(total.log_wealths, one.log_wealths, strict=True))),
            labels=labels,
            clusters=clusters,
            n=total.n + one.n,
            days={**total.days, **{f"{len(total.days)}:{name}": day for name, day in one.days.items()}},
            n_without_draw=total.n_without_draw + one.n_without_draw,
        )
    return total


def _seen(question: Question, gate: LiveGate, drawn: Drawn, effect: DesignEffect, body: Body) -> Seen:
    """As for a plain rate, with the draws' own counts: n are labels, and days those that are complete."""
    plain = seen_by(question, gate, body)
    reasons = {**dict(plain.not_counted), "without a recorded draw": drawn.n_without_draw}
    return replace(
        plain,
        loss=drawn.loss,
        n=drawn.n_labels,
        n_days=min(plain.n_days, drawn.clusters.n_clusters),
        effect=effect,
        label_sources=(("human_confirmed", drawn.n_labels),) if drawn.n_labels else (),
        not_counted=tuple((reason, n) for reason, n in reasons.items() if n),
    )


def _needed(question: Question, gate: LiveGate, drawn: Drawn, seen: Seen, body: Body) -> Needed:
    """At the present rate, errors included: what a further clean label is worth depends on the judge."""
    pace = pace_of(question, body, n_labels=seen.n)
    if not drawn.n:
        return _planned(question, gate, seen, pace)
    phi = seen.effect.phi_upper
    held = tuple(one / phi for one in drawn.log_wealths)
    threshold = log(1.0 / question.alpha.share)
    further = at_present_rate(held, drawn.n, threshold=threshold) if phi < inf else None
    if further is None:
        days = None if pace is None else float(max(0, gate.min_days - seen.n_days))
        return Needed(0, 0, "a lower rate of errors: at the present one the evidence does not grow", days=days)
    labels = ceil(further * drawn.n_labels / drawn.n)
    return needed_in_days(gate, seen, labels, "errors and draws as so far", pace)


def _planned(question: Question, gate: LiveGate, seen: Seen, pace: Pace | None) -> Needed:
    """Before any day is complete: what a usual judge and an agent at half of its budget would take."""
    eps = budget(gate) or 0.5
    shares = gate.evidence.sampling.values()
    planned = plan_with_judge(
        eps=eps,
        true_rate=eps / 2.0,
        alpha=question.alpha.share,
        sensitivity=_USUAL_JUDGE,
        specificity=_USUAL_JUDGE,
        pi_flagged=max(shares),
        pi_other=min(shares),
    )
    assuming = "errors at half of the budget and a judge that is right nine times in ten"
    if planned is None:
        return Needed(0, 0, assuming)
    share = planned.n_labels / planned.n_conversations
    drawn_pace = None if pace is None else Pace(pace.per_day, share)
    needed = needed_in_days(gate, seen, planned.n_labels, assuming, drawn_pace)
    return replace(needed, conversations=planned.n_conversations)


def _what_was_seen(gate: LiveGate, drawn: Drawn, seen: Seen) -> str:
    if not drawn.n:
        waiting = f" {counted(drawn.n_waiting, 'drawn conversation')} wait for a label." if drawn.n_waiting else ""
        return f"No complete day of draws counts for {gate.metric} yet.{waiting}"
    strata = ", ".join(f"{loss:g} in {n} {name}" for name, (n, loss) in sorted(drawn.labels.items()))
    waiting = f"; {drawn.n_waiting} drawn ones wait for a label" if drawn.n_waiting else ""
    return (
        f"{gate.metric}: {drawn.n} conversations of {counted(seen.n_days, 'complete day')}, of which "
        f"{drawn.n_labels} were labelled by experts (errors: {strata}{waiting})."
    )

"""From labelled proposals to thresholds with certificates. Order: `calibrate` what the labels show, then `certify` it.

The labels are cut in two by a digest of their keys. One part fits the calibration, the other chooses the threshold:
a threshold chosen on labels that the score was fitted on would look better than it is. Cross-fitting would use every
label twice, but the calibration that goes live would be none of those that were certified; so the parts stay apart.
A calibration that was frozen before (`model`) needs no fitting, and all labels certify.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from remit.calibration.asking import AskRule, ask_threshold
from remit.calibration.certificate import Certificate, IntentCounts, Sample, Target, Thresholds
from remit.calibration.drift import TrafficMix
from remit.calibration.fitting import Columns, fit, score
from remit.calibration.labels import CountedLabels, LabelledProposal, share_of
from remit.calibration.model import CalibrationModel
from remit.calibration.reliability import Reliability, reliability
from remit.calibration.risk_coverage import CurvePoint, OtherTarget, other_targets, risk_coverage
from remit.calibration.track_record import TrackRecords
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence.verdicts import Finding
from remit.statistics import clopper_pearson
from remit.statistics.thresholds import NoThreshold, SelectedThreshold, least_labels, select_threshold

LEAST_LABELS = 500
RECOMMENDED_LABELS = 1_000
FITTING_SHARE = 1.0 / 3.0
OTHER_TARGETS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.1)


@dataclass(frozen=True, slots=True)
class TooFewLabels:
    """Nothing was fitted: `n` labels count, `n_least` are needed (`n_recommended` are better)."""

    n: int
    n_least: int = LEAST_LABELS
    n_recommended: int = RECOMMENDED_LABELS


@dataclass(frozen=True, slots=True)
class Calibrated:
    """What the labels of one intent or one pool show.

    Args:
        labels: All that counted, and what did not.
        target: What the policy accepts.
        model: Gives the scores.
        cross_validated: The diagram of out-of-fold probabilities of the fitted part; None for a frozen model.
        held_out: The diagram of the certified part, which the model never saw.
        log_loss: Cross-validated, in nats; None for a frozen model.
        result: The threshold, or that none is shown.
        thresholds: Both borders.
        by_intent: Parts of the certified labels.
        excluded: Intents of a pool whose own errors refute the target.
        curve: Errors against containment, on the certified labels.
        others: What other targets would leave.
        mix: Of the certified labels.
        n_fitted: Labels that fitted the model here.
        n_certified: Labels that chose the threshold.
        track_records: Of the intents of a pool, from the fitted part: a signal that live scores need too.
    """

    labels: CountedLabels
    target: Target
    model: CalibrationModel
    cross_validated: Reliability | None
    held_out: Reliability
    log_loss: float | None
    result: SelectedThreshold | NoThreshold
    thresholds: Thresholds
    by_intent: dict[IntentName, IntentCounts]
    excluded: tuple[IntentName, ...]
    curve: tuple[CurvePoint, ...]
    others: tuple[OtherTarget, ...]
    mix: TrafficMix
    n_fitted: int
    n_certified: int
    track_records: dict[IntentName, float]

    @property
    def finding(self) -> Finding:
        """Supported with a threshold; refuted if even the surest quarter errs too often; undecided otherwise."""
        match self.result:
            case SelectedThreshold():
                return Finding.SUPPORTED
            case NoThreshold(_, _, n_first, n_errors):
                low = clopper_pearson(n_errors, n_first, delta=2.0 * min(self.target.delta, 0.5) * 0.999).low
                return Finding.REFUTED if low > self.target.error_at_most else Finding.UNDECIDED


def calibrate(
    labels: CountedLabels, target: Target, ask: AskRule, *, model: CalibrationModel | None = None
) -> Calibrated | TooFewLabels:
    """Fit, then choose the threshold on labels that the fit never saw.

    Args:
        labels: As `counted` gives them: a uniform sample of the traffic, in no order that matters.
        target: The error rate to keep.
        ask: Where experts are asked.
        model: A calibration frozen before any of these labels was seen.
    """
    # A target that takes more clean labels than the minimum has a minimum of its own.
    needed = least_labels(error_at_most=target.error_at_most, delta=target.delta)
    n_least = max(LEAST_LABELS, needed if model else round(needed / (1.0 - FITTING_SHARE) * 1.1))
    if len(labels.labels) < n_least:
        return TooFewLabels(len(labels.labels), n_least, max(RECOMMENDED_LABELS, 2 * n_least))
    wrong = np.array([each.wrong for each in labels.labels])
    fitting = np.zeros(len(wrong), dtype=np.bool_) if model else _fitting_part(labels.labels)
    records = _records(labels.labels, fitting)
    columns = _with_records(Columns.of(labels.labels), labels.labels, fitting, records)
    cross_validated, log_loss = None, None
    if model is None:
        fitted = fit(columns.at(fitting), wrong[fitting])
        model, log_loss = fitted.model, fitted.log_loss
        cross_validated = reliability(fitted.out_of_fold, wrong[fitting])
    certified = [each for each, is_fitted in zip(labels.labels, fitting, strict=True) if not is_fitted]
    return _certified_part(
        labels,
        certified,
        scores=score(model, columns.at(~fitting)),
        wrong=wrong[~fitting],
        target=target,
        ask=ask,
        model=model,
        cross_validated=cross_validated,
        log_loss=log_loss,
        records=records.signals(),
    )


def _records(labels: Sequence[LabelledProposal], fitting: NDArray[np.bool_]) -> TrackRecords:
    """How the intents of a pool went in the fitted part; none for a single intent, where it would say nothing."""
    if len({each.intent for each in labels}) < 2:
        return TrackRecords()
    return TrackRecords.of(
        (each.intent, not each.wrong) for each, fitted in zip(labels, fitting, strict=True) if fitted
    )


def _with_records(
    columns: Columns, labels: Sequence[LabelledProposal], fitting: NDArray[np.bool_], records: TrackRecords
) -> Columns:
    """The signals with the track record of each label's intent, unless it came with one; nobody is in their own."""
    if not records.records:
        return columns
    own = [not each.wrong if fitted else None for each, fitted in zip(labels, fitting, strict=True)]
    found = [records.signal(each.intent, own=result) for each, result in zip(labels, own, strict=True)]
    record = np.array([_or_nan(value) for value in found])
    known = columns.values.get("track_record", np.full(columns.n, np.nan))
    return Columns({**columns.values, "track_record": np.where(np.isnan(known), record, known)}, columns.n)


def _fitting_part(labels: Sequence[LabelledProposal]) -> NDArray[np.bool_]:
    return np.array([share_of(each.key, "fit") < FITTING_SHARE for each in labels])


def _certified_part(
    labels: CountedLabels,
    certified: Sequence[LabelledProposal],
    *,
    scores: NDArray[np.float64],
    wrong: NDArray[np.bool_],
    target: Target,
    ask: AskRule,
    model: CalibrationModel,
    cross_validated: Reliability | None,
    log_loss: float | None,
    records: dict[IntentName, float],
) -> Calibrated:
    result = select_threshold(
        scores, wrong, error_at_most=target.error_at_most, delta=target.delta, definition=target.definition
    )
    send = result.threshold if isinstance(result, SelectedThreshold) else None
    lower, ask_words = ask_threshold(scores, send, ask)
    intents = [each.intent for each in certified]
    by_intent = _by_intent(intents, scores, wrong, send)
    outside = np.array([_or_nan(each.signals.out_of_scope_probability) for each in certified])
    n_outside = sum(each.out_of_scope for each in certified)
    return Calibrated(
        labels=labels,
        target=target,
        model=model,
        cross_validated=cross_validated,
        held_out=reliability(scores, wrong),
        log_loss=log_loss,
        result=result,
        thresholds=Thresholds(send, lower, ask_words),
        by_intent=by_intent,
        excluded=_excluded(by_intent, target),
        curve=risk_coverage(scores, wrong),
        others=other_targets(
            scores,
            wrong,
            targets=sorted({*OTHER_TARGETS, target.error_at_most}),
            delta=target.delta,
            definition=target.definition,
        ),
        mix=TrafficMix.of(scores, intents, outside, n_out_of_scope=n_outside),
        n_fitted=len(labels.labels) - len(certified),
        n_certified=len(certified),
        track_records=records,
    )


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value


def _by_intent(
    intents: Sequence[IntentName], scores: NDArray[np.float64], wrong: NDArray[np.bool_], send: float | None
) -> dict[IntentName, IntentCounts]:
    names, which = np.unique(np.array(intents), return_inverse=True)
    contained = scores >= send if send is not None else np.zeros(len(scores), dtype=np.bool_)
    n, n_contained, n_errors = (
        np.bincount(which, weights=weights, minlength=len(names)).astype(int)
        for weights in (np.ones(len(scores)), contained, contained & wrong)
    )
    return {
        IntentName(str(name)): IntentCounts(int(n[at]), int(n_contained[at]), int(n_errors[at]))
        for at, name in enumerate(names)
    }


def _excluded(by_intent: dict[IntentName, IntentCounts], target: Target) -> tuple[IntentName, ...]:
    """Intents that hide among better ones: their own lower bound is above the target.

    The bounds together miss with probability at most delta. Leaving an intent out only narrows.
    """
    if len(by_intent) < 2:
        return ()
    delta = 2.0 * target.delta / len(by_intent)
    return tuple(
        intent
        for intent, each in by_intent.items()
        if clopper_pearson(each.n_errors, each.n_contained, delta=min(delta, 0.5)).low > target.error_at_most
    )


# ── the certificate ───────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class Holder:
    """For whom a certificate is made out."""

    agent: AgentName
    release: ReleaseId
    policy: str
    judge: str = ""
    pool: str = ""
    intents: tuple[IntentName, ...] = ()


def certify(found: Calibrated, holder: Holder, *, issued_at: datetime, valid_for_s: float) -> Certificate:
    """Write down what was found. Where no threshold is shown, the certificate says that nothing may be sent."""
    selected = found.result if isinstance(found.result, SelectedThreshold) else None
    labels = found.labels
    return Certificate(
        agent=holder.agent,
        release=holder.release,
        policy=holder.policy,
        judge=holder.judge,
        pool=holder.pool,
        intents=tuple(sorted(holder.intents)),
        target=found.target,
        thresholds=found.thresholds,
        n_contained=selected.n_contained if selected else 0,
        n_errors=selected.n_errors if selected else 0,
        p_value=selected.p_value if selected else 1.0,
        sample=Sample(
            digest=labels.digest,
            n=len(labels.labels),
            n_fitted=found.n_fitted,
            n_certified=found.n_certified,
            sampling_probability=labels.sampling_probability,
            simulated=any(each.simulated for each in labels.labels),
        ),
        by_intent=found.by_intent,
        excluded=found.excluded,
        mix=found.mix,
        model=found.model,
        track_records=found.track_records,
        issued_at=issued_at,
        expires_at=issued_at + timedelta(seconds=valid_for_s),
    )

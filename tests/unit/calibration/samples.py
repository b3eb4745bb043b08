"""Simulated labels and certificates for the tests of calibration."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from remit.calibration.asking import AskRule
from remit.calibration.certificate import Certificate, Target
from remit.calibration.certifying import Calibrated, Holder, calibrate, certify
from remit.calibration.labels import LabelledProposal, counted
from remit.calibration.signals import Signals
from remit.conversations import AgentName, IntentName, ReleaseId

REFUND, STATUS = IntentName("refund"), IntentName("order_status")
AGENT, RELEASE, POLICY = AgentName("shop"), ReleaseId("r-1"), "p" * 64
ISSUED = datetime(2026, 11, 1, tzinfo=UTC)
DAY = 86_400.0
FIVE_PERCENT = Target(0.05)


def labels(n: int, seed: int, *, intent: IntentName = REFUND, mean: float = 3.0) -> list[LabelledProposal]:
    """Proposals whose ease shows in two noisy signals, the second missing for a third of them."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(size=n)
    wrong = rng.random(n) > 1.0 / (1.0 + np.exp(-(mean + 2.0 * ease)))
    first, second = 1.0 / (1.0 + np.exp(-(ease[:, None] + 0.6 * rng.normal(size=(n, 2))))).T
    missing = rng.random(n) < 1.0 / 3.0
    return [
        LabelledProposal(
            key=f"{intent}-{seed}-{number}",
            intent=intent,
            signals=Signals(
                intent_probability=float(first[number]),
                retrieval_score=None if missing[number] else float(second[number]),
                out_of_scope_probability=float(0.1 * (1.0 - first[number])),
            ),
            wrong=bool(wrong[number]),
        )
        for number in range(n)
    ]


def calibrated(n: int = 2_000, *, seed: int = 1, target: Target = FIVE_PERCENT) -> Calibrated:
    found = calibrate(counted(labels(n, seed)), target, AskRule(0.5))
    assert isinstance(found, Calibrated)
    return found


def certificate(*, valid_for_s: float = 90 * DAY, target: Target = FIVE_PERCENT, seed: int = 1) -> Certificate:
    holder = Holder(AGENT, RELEASE, POLICY, intents=(REFUND,))
    return certify(calibrated(seed=seed, target=target), holder, issued_at=ISSUED, valid_for_s=valid_for_s)


def sending_nothing(own: Certificate) -> Certificate:
    """The same without a threshold."""
    return replace(own, thresholds=replace(own.thresholds, send=None), n_contained=0, n_errors=0, p_value=1.0)

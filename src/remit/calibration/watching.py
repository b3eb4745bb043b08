"""Folds live proposals into drift monitors, one for each certificate (`evidence.following`)."""

from collections.abc import Mapping
from math import inf
from typing import Any

from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.drift import CONVERSATIONS_BETWEEN_FALSE_ALARMS, DriftMonitor, Seen
from remit.calibration.labels import label_of, share_of, signals_in
from remit.evidence import Observation, Outcome, Recorded, Strength
from remit.statistics import ChangeDetector

METRIC = "proposed"
"""The weakest proposal of each conversation: what labels speak of, so that both have one mix."""
SCORE = "confidence"
OUT_OF_SCOPE = "out_of_scope_probability"


class DriftWatch:
    """A reducer over live proposals, and a monitor: when traffic leaves the certified mix it asks once for its end.

    It reads observations of metric `proposed` made since the certificate was issued, with their signals, and scores
    them with the certificate's own model: whatever decided at the time, scores are those that the mix was made of.

    Args:
        certificate: Whose mix is watched; proposals of its agent, its release and its intents count.
        least: Weaker observations do not count; SIMULATED for a simulated contact centre.
    """

    def __init__(self, certificate: Certificate, *, least: Strength = Strength.PROOF_OF_VALUE) -> None:
        self._certificate = certificate
        self._least = least
        self._start = DriftMonitor.of(certificate.mix)

    @property
    def name(self) -> str:
        """One state for each certificate: another certificate begins again."""
        return f"drift-{self._certificate.id}"

    def key_of(self, observation: Observation) -> str | None:
        """The certificate, for a proposal that it speaks of."""
        if observation.metric != METRIC or not _speaks_of(self._certificate, observation, self._least):
            return None
        return self._certificate.id

    def start(self, key: str) -> DriftMonitor:
        """Nothing has been seen."""
        return self._start

    def add(self, state: DriftMonitor, recorded: Recorded) -> DriftMonitor:
        """One more proposal."""
        seen = recorded.observation
        score = _score(self._certificate, seen)
        if score is None:
            return state
        return state.after(Seen(score, seen.intent, signals_in(seen).out_of_scope_probability))

    def encode(self, state: DriftMonitor) -> Any:
        """As JSON values."""
        return state.state()

    def decode(self, document: Any) -> DriftMonitor:
        """From what `encode` made."""
        return self._start.resumed(document)

    def actions(self, key: str, before: DriftMonitor, after: DriftMonitor, recorded: Recorded) -> Mapping[str, Any]:
        """`certificate_drifted:<id>` with the proposal at which the alarm begins; its content says why."""
        if before.alarm or not after.alarm:
            return {}
        return {drifted(CertificateId(key)): {"certificate": key, "why": after.alarm, "position": recorded.position}}


def drifted(certificate: CertificateId) -> str:
    """The key of the action that ends a certificate: one, however often traffic comes and goes."""
    return f"certificate_drifted:{certificate}"


class ErrorWatch:
    """A reducer over labelled proposals, and a monitor: when more of them are wrong than is certified, it asks once.

    What would be sent at the certificate's threshold is held against its target by a Shiryaev-Roberts detector.
    Labels are thinned to the sample's own chance, so that conversations that were looked at more do not weigh more.

    Guarantee: while the error rate stays at the target, given the past, an alarm comes on average not before
    `CONVERSATIONS_BETWEEN_FALSE_ALARMS` labels (`statistics.ChangeDetector`).

    Args:
        certificate: Whose target is watched.
        least: Weaker observations do not count; SIMULATED for a simulated contact centre.
    """

    def __init__(self, certificate: Certificate, *, least: Strength = Strength.PROOF_OF_VALUE) -> None:
        self._certificate = certificate
        self._least = least

    @property
    def name(self) -> str:
        """One state for each certificate."""
        return f"errors-{self._certificate.id}"

    def key_of(self, observation: Observation) -> str | None:
        """The certificate, for the first label of a proposal that it speaks of."""
        own, label = self._certificate, label_of(observation)
        first = observation.key.endswith((":proposal", ":asked"))
        if label is None or not first or not _speaks_of(own, observation, self._least):
            return None
        chance = label.sampling_probability or 1.0
        stays = share_of(label.key, "errors") * chance < own.sample.sampling_probability
        return own.id if stays else None

    def start(self, key: str) -> ChangeDetector:
        """Nothing has been seen."""
        return ChangeDetector(self._certificate.target.error_at_most)

    def add(self, state: ChangeDetector, recorded: Recorded) -> ChangeDetector:
        """One more label."""
        send, score = self._certificate.thresholds.send, _score(self._certificate, recorded.observation)
        sent = send is not None and score is not None and score >= send
        if not sent and self._certificate.target.definition == "error_per_contained":
            return state
        return state.after(float(sent and recorded.observation.outcome is Outcome.FAILED))

    def encode(self, state: ChangeDetector) -> Any:
        """As JSON values."""
        return [None if one == -inf else one for one in state.log_sums]

    def decode(self, document: Any) -> ChangeDetector:
        """From what `encode` made."""
        sums = tuple(-inf if one is None else float(one) for one in document)
        return ChangeDetector(self._certificate.target.error_at_most, sums)

    def actions(self, key: str, before: ChangeDetector, after: ChangeDetector, recorded: Recorded) -> Mapping[str, Any]:
        """`certificate_errs:<id>` with the label at which the alarm begins; its content says why."""
        line = CONVERSATIONS_BETWEEN_FALSE_ALARMS
        if before.statistic >= line or after.statistic < line:
            return {}
        why = (
            f"experts find more errors than the certified {after.eps:g} (Shiryaev-Roberts statistic "
            f"{after.statistic:.3g} of {line:g})"
        )
        return {erring(CertificateId(key)): {"certificate": key, "why": why, "position": recorded.position}}


def erring(certificate: CertificateId) -> str:
    """The key of the action that ends a certificate for its errors."""
    return f"certificate_errs:{certificate}"


def _speaks_of(certificate: Certificate, seen: Observation, least: Strength) -> bool:
    about = seen.agent == certificate.agent and seen.release == certificate.release
    since = seen.at >= certificate.issued_at and seen.strength >= least
    return about and since and certificate.covers(seen.intent)


def _score(certificate: Certificate, seen: Observation) -> float | None:
    """What the certificate's model makes of the proposal; None if nothing is known of it."""
    signals = signals_in(seen).present()
    if not signals:
        return None
    record = certificate.track_records.get(seen.intent)
    return certificate.model.probability(signals if record is None else {**signals, "track_record": record})

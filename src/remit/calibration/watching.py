"""Folds live proposals into drift monitors, one for each certificate (`evidence.following`)."""

from collections.abc import Mapping
from typing import Any

from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.drift import DriftMonitor, Seen
from remit.calibration.labels import signals_in
from remit.evidence import Observation, Recorded

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
    """

    def __init__(self, certificate: Certificate) -> None:
        self._certificate = certificate
        self._start = DriftMonitor.of(certificate.mix)

    @property
    def name(self) -> str:
        """One state for each certificate: another certificate begins again."""
        return f"drift-{self._certificate.id}"

    def key_of(self, observation: Observation) -> str | None:
        """The certificate, for a proposal that it speaks of."""
        own = self._certificate
        about = observation.agent == own.agent and observation.release == own.release
        if not about or observation.metric != METRIC or not own.covers(observation.intent):
            return None
        return own.id if observation.at >= own.issued_at else None

    def start(self, key: str) -> DriftMonitor:
        """Nothing has been seen."""
        return self._start

    def add(self, state: DriftMonitor, recorded: Recorded) -> DriftMonitor:
        """One more proposal."""
        seen = recorded.observation
        signals = signals_in(seen).present()
        if not signals:
            return state
        record = self._certificate.track_records.get(seen.intent)
        scored = signals if record is None else {**signals, "track_record": record}
        score = self._certificate.model.probability(scored)
        return state.after(Seen(score, seen.intent, signals.get(OUT_OF_SCOPE)))

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

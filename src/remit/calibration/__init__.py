"""Signals to a calibrated probability, thresholds with certificates, judges that count, track records."""

from remit.calibration.certificate import (
    Cause,
    Certificate,
    CertificateId,
    Circumstances,
    Status,
    Target,
    Thresholds,
    Valid,
    Void,
)
from remit.calibration.signals import Signals

__all__ = [
    "Cause",
    "Certificate",
    "CertificateId",
    "Circumstances",
    "Signals",
    "Status",
    "Target",
    "Thresholds",
    "Valid",
    "Void",
]

"""Where certificates are kept. Adapters pass one contract suite (tests/contracts/test_certificates.py)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from remit.calibration.certificate import Certificate, CertificateId
from remit.conversations import AgentName


@dataclass(frozen=True, slots=True)
class KeptCertificate:
    """A certificate and why it was taken back; empty while nobody did."""

    certificate: Certificate
    withdrawn: str = ""


class Certificates(Protocol):
    """The certificates of agents. Nothing is ever deleted: what held once can be read for ever."""

    async def keep(self, certificates: Sequence[Certificate]) -> None:
        """Keep these and withdraw the earlier ones of the same agents and intents, all or none.

        Certificates of one call may speak of the same intents, with different targets. One that is kept already is
        left as it is. Raises StoreUnavailable if nothing could be kept.
        """
        ...

    async def in_force(self, agent: AgentName) -> Sequence[Certificate]:
        """Those that nobody has withdrawn, oldest first; whether they hold is for `Certificate.status` to say."""
        ...

    async def every(self, agent: AgentName) -> Sequence[KeptCertificate]:
        """All of the agent's, oldest first."""
        ...

    async def withdraw(self, certificate: CertificateId, why: str) -> bool:
        """Take it back; False if it is not known or was withdrawn before."""
        ...

"""Certificates that live as long as the process."""

from collections.abc import Sequence

from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.ports import KeptCertificate
from remit.conversations import AgentName


class MemoryCertificates:
    """Implements `Certificates`."""

    def __init__(self) -> None:
        self._kept: dict[CertificateId, KeptCertificate] = {}

    async def keep(self, certificates: Sequence[Certificate]) -> None:
        """Keep these and withdraw the earlier ones of the same agents and intents."""
        new = {each.id: each for each in certificates if each.id not in self._kept}
        for key, known in self._kept.items():
            for each in new.values():
                if not known.withdrawn and each.supersedes(known.certificate):
                    self._kept[key] = KeptCertificate(known.certificate, f"superseded by certificate {each.id}")
        self._kept.update({key: KeptCertificate(each) for key, each in new.items()})

    async def in_force(self, agent: AgentName) -> Sequence[Certificate]:
        """Those that nobody has withdrawn, oldest first."""
        return [each.certificate for each in await self.every(agent) if not each.withdrawn]

    async def every(self, agent: AgentName) -> Sequence[KeptCertificate]:
        """All of the agent's, oldest first."""
        return [each for each in self._kept.values() if each.certificate.agent == agent]

    async def withdraw(self, certificate: CertificateId, why: str) -> bool:
        """Take it back."""
        known = self._kept.get(certificate)
        if known is None or known.withdrawn:
            return False
        self._kept[certificate] = KeptCertificate(known.certificate, why)
        return True

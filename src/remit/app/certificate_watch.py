"""What monitors say of certificates: folded behind the turns, read by whoever makes rules or shows them."""

import json
from collections.abc import Mapping, Sequence

from remit.app.certificate_book import Alarms
from remit.calibration.certificate import Certificate, CertificateId
from remit.calibration.ports import Certificates
from remit.calibration.watching import DriftWatch, ErrorWatch, drifted, erring
from remit.conversations import AgentName
from remit.evidence import Ledger, LedgerFollower, RunningStates, Strength


class CertificateWatch:
    """One follower for each certificate; an alarm is an action that stays, for it ends the certificate.

    Args:
        agent: Whose certificates.
        kept: Where they are.
        ledger: Where proposals and their labels are.
        states: Where monitors keep their state.
        least: Weaker observations do not count; SIMULATED for a simulated contact centre.
    """

    def __init__(
        self,
        agent: AgentName,
        kept: Certificates,
        ledger: Ledger,
        states: RunningStates,
        *,
        least: Strength = Strength.PROOF_OF_VALUE,
    ) -> None:
        self._agent = agent
        self._kept = kept
        self._ledger = ledger
        self._states = states
        self._least = least
        self._alarms: Mapping[CertificateId, Alarms] = {}

    async def follow(self) -> int:
        """Fold what is new; returns how many observations this process has folded."""
        return sum([await self._follower(each).catch_up() for each in await self._kept.in_force(self._agent)])

    async def read(self, certificates: Sequence[Certificate]) -> None:
        """Take notice of the alarms of these; cheap, folds nothing."""
        self._alarms = {each.id: await self._alarms_kept(each) for each in certificates}

    def alarms_of(self, certificate: Certificate) -> Alarms:
        """What was read of it last."""
        return self._alarms.get(certificate.id, Alarms())

    async def _alarms_kept(self, certificate: Certificate) -> Alarms:
        pending = await self._states.pending_actions(_name(certificate))
        drift, errors = (_why(pending.get(key(certificate.id), "")) for key in (drifted, erring))
        return Alarms(drift, errors)

    def _follower(self, certificate: Certificate) -> LedgerFollower:
        watches = (DriftWatch(certificate, least=self._least), ErrorWatch(certificate, least=self._least))
        return LedgerFollower(_name(certificate), watches, self._ledger, self._states)


def _name(certificate: Certificate) -> str:
    return f"certificate-{certificate.id}"


def _why(action: str) -> str:
    return str(json.loads(action)["why"]) if action else ""

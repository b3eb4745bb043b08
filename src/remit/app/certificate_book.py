"""The certificates of one agent as a running process knows them: its rules and its scores come from the same ones."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from remit.adapters.store.certificates import SqliteCertificates
from remit.calibration.certificate import Certificate, CertificateId, Circumstances
from remit.calibration.model import CalibrationModel
from remit.calibration.ruling import Held, Ruling, ruling_for
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.policy.rules import IntentRule
from remit.runtime.ports import Clock


@dataclass(frozen=True, slots=True)
class Alarms:
    """What monitors say of a certificate, in words; empty while they are silent."""

    drift: str = ""
    errors: str = ""


def no_alarms(_: Certificate) -> Alarms:
    """Nothing is watched."""
    return Alarms()


class CertificateBook:
    """Rules and models by the certificates in force.

    Args:
        kept: Where they are kept.
        policy: In force.
        agent: Whose.
        release: That acts.
        clock: Certificates end by age.
        judge: In use; empty if none is.
        alarms_of: What monitors say of a certificate, now.
        look: Takes notice of what monitors say of these; called before rules are made anew.
    """

    def __init__(
        self,
        kept: SqliteCertificates,
        policy: Policy,
        agent: AgentName,
        release: ReleaseId,
        clock: Clock,
        *,
        judge: str = "",
        alarms_of: Callable[[Certificate], Alarms] = no_alarms,
        look: Callable[[Sequence[Certificate]], Awaitable[None]] | None = None,
    ) -> None:
        self._kept = kept
        self._policy = policy
        self._agent = agent
        self._release = release
        self._clock = clock
        self._judge = judge
        self._alarms_of = alarms_of
        self._look = look
        self._mark: tuple[int, int] | None = None
        self._in_force: Sequence[Certificate] = ()
        self._rulings: Mapping[IntentName, Ruling] = {}

    async def revision(self) -> object:
        """Moves whenever a rule may have changed: a certificate was kept, withdrawn, ran out or had an alarm."""
        mark = await self._kept.newest(self._agent)
        if mark != self._mark:
            self._in_force = await self._kept.in_force(self._agent)
            self._mark = mark
        if self._look is not None:
            await self._look(self._in_force)
        now = self._clock.now()
        return mark, tuple(str(each.certificate.status(now, each.here)) for each in self._held())

    def rule_at(self, intent: IntentName, level: AutonomyLevel) -> IntentRule:
        """The rule of the intent at a level it was granted, with the thresholds that hold now."""
        ruling = ruling_for(self._policy, intent, level, self._held(), self._clock.now())
        self._rulings = {**self._rulings, intent: ruling}
        return ruling.rule

    def models(self) -> Mapping[IntentName, CalibrationModel]:
        """The model of each intent whose rule speaks of its scores."""
        return {intent: ruling.model for intent, ruling in self._rulings.items() if ruling.model is not None}

    def track_records(self) -> Mapping[IntentName, float]:
        """The signal that each of these models was fitted with, where it is one of a pool."""
        records = {intent: ruling.track_record for intent, ruling in self._rulings.items()}
        return {intent: record for intent, record in records.items() if record is not None}

    def rulings(self) -> Mapping[IntentName, Ruling]:
        """Each intent's rule as last made, with its reason in words."""
        return self._rulings

    def in_force(self) -> Mapping[CertificateId, Certificate]:
        """The certificates that nobody has withdrawn, as last read."""
        return {each.id: each for each in self._in_force}

    def _held(self) -> list[Held]:
        return [Held(each, self._here(each)) for each in self._in_force]

    def _here(self, certificate: Certificate) -> Circumstances:
        alarms = self._alarms_of(certificate)
        return Circumstances(self._release, self._policy.digest, self._judge, alarms.drift, alarms.errors)

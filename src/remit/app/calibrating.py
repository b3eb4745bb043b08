"""Where labels for a calibration come from, and certificates that a person asks to keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from remit.adapters.formats.proposals import read_proposals
from remit.adapters.store import SqliteCertificates, SqliteDatabase, SqliteLedger, SqliteRunningStates
from remit.adapters.store.audit import SqliteAuditLog
from remit.app.accounts import expect_role
from remit.app.auditing import change_by
from remit.app.certificate_watch import CertificateWatch
from remit.calibration.certificate import Certificate, Circumstances, Status, Void
from remit.calibration.labels import METRIC, LabelledProposal, label_of
from remit.calibration.running import Calibration, CalibrationRequest
from remit.conversations import AgentName, ReleaseId
from remit.errors import SettingsError
from remit.evidence import Ledger, Observation, Selection
from remit.identity import Actor, Role
from remit.runtime.ports import Clock


# ── labels ────────────────────────────────────────────────────────────────────────────────────────
def labels_of_file(path: Path, *, sampling_probability: float | None = None) -> list[LabelledProposal]:
    """The labelled proposals of a file.

    Raises:
        ImportFormatError: A line is none.
        SettingsError: The probability is none.
    """
    if sampling_probability is not None and not 0.0 < sampling_probability <= 1.0:
        raise SettingsError(
            f"--sampled {sampling_probability!r} is no probability.\n  It lies above 0 and is at most 1: 1 means that "
            "every proposal was labelled."
        )
    return read_proposals(path, sampling_probability=sampling_probability)


async def labels_of_ledger(ledger: Ledger, agent: AgentName) -> list[LabelledProposal]:
    """The agent's labelled proposals in the ledger; of a conversation what was said last, none while disputed."""
    latest: dict[str, Observation] = {}
    async for seen in ledger.select(Selection(agent=agent, metric=METRIC)):
        latest[seen.conversation or seen.key] = seen
    return [label for seen in latest.values() if (label := label_of(seen)) is not None]


# ── keeping ───────────────────────────────────────────────────────────────────────────────────────
async def keep_certificates(
    found: Calibration, database: SqliteDatabase, clock: Clock, *, actor: Actor
) -> Sequence[Certificate]:
    """Keep the certificates, so that they decide from now on, and write down who asked for it.

    Raises:
        NotPermitted: The actor may not.
        StoreUnavailable: Nothing was kept.
    """
    expect_role(actor, Role.OPERATOR)
    certificates = found.certificates
    log = SqliteAuditLog(database)
    await SqliteCertificates(database, clock).keep(certificates)
    for each in certificates:
        await log.record(
            change_by(
                actor,
                clock,
                "certificate_kept",
                f"{each.agent}/{each.pool or ', '.join(each.intents)}",
                reason=f"calibrated on {found.source}",
                evidence=each.sample.digest,
                after={"certificate": each.id, "send": each.thresholds.send, "ask": each.thresholds.ask},
                key=f"certificate_kept:{each.id}",
            )
        )
    return certificates


# ── what is kept ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class KeptStatus:
    """A certificate in force and whether it holds for this release and this policy, by what monitors say of it."""

    certificate: Certificate
    status: Status


async def statuses(request: CalibrationRequest, database: SqliteDatabase, clock: Clock) -> Sequence[KeptStatus]:
    """The certificates of the agent that nobody has withdrawn, oldest first; needs a policy in the request."""
    policy = "" if request.policy is None else request.policy.digest
    watch, kept = await _watched(request.agent, database, clock)
    wanted = [each for each in kept if not request.intent or request.intent in (each.pool, *each.intents)]
    return [KeptStatus(each, each.status(clock.now(), _here(each, request.release, policy, watch))) for each in wanted]


async def ended_by_themselves(agent: AgentName, database: SqliteDatabase, clock: Clock) -> Sequence[KeptStatus]:
    """Certificates in force that age or a monitor has ended, whatever release and policy are in use."""
    watch, kept = await _watched(agent, database, clock)
    found = [KeptStatus(each, each.status(clock.now(), _here(each, each.release, each.policy, watch))) for each in kept]
    return [each for each in found if isinstance(each.status, Void)]


async def _watched(
    agent: AgentName, database: SqliteDatabase, clock: Clock
) -> tuple[CertificateWatch, Sequence[Certificate]]:
    certificates = SqliteCertificates(database, clock)
    watch = CertificateWatch(agent, certificates, SqliteLedger(database), SqliteRunningStates(database))
    kept = await certificates.in_force(agent)
    await watch.read(kept)
    return watch, kept


def _here(own: Certificate, release: ReleaseId, policy: str, watch: CertificateWatch) -> Circumstances:
    alarms = watch.alarms_of(own)
    return Circumstances(release, policy, own.judge, alarms.drift, alarms.errors)

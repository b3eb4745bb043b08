"""Attestations: a person says that something holds for a release, until when, and why."""

from dataclasses import dataclass
from datetime import datetime

from remit.app.auditing import change_by
from remit.audit import AuditLog
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import LabelSource, Ledger, Observation, ObservationKey, Outcome, Source, Strength
from remit.gates.statements import ATTESTATION
from remit.identity import Actor
from remit.policy.levels import AutonomyLevel
from remit.runtime.ports import Clock


@dataclass(frozen=True, slots=True)
class Attestation:
    """What is attested.

    Args:
        name: As the policy's gate names it, such as `security_review`.
        agent: Of which agent.
        release: Of which release.
        reason: In words; goes to the audit log, not to the ledger.
        expires: Until when it counts, UTC.
        withdrawn: Takes an earlier one back instead.
    """

    name: str
    agent: AgentName
    release: ReleaseId
    reason: str
    expires: datetime
    withdrawn: bool = False


async def attest(
    attestation: Attestation, actor: Actor, *, ledger: Ledger, audit: AuditLog, clock: Clock
) -> Observation:
    """Keep the attestation in the ledger and the change in the audit log, under one key.

    The audit log comes first: what is not signed there must count nowhere.

    Raises:
        StoreUnavailable: The attestation does not count; run the command again.
    """
    now = clock.now()
    verb = "withdrawn" if attestation.withdrawn else "given"
    subject = f"{attestation.agent}/{attestation.release}/{attestation.name}"
    key = f"attestation_{verb}:{subject}:{actor.id}:{now.isoformat()}"
    await audit.record(
        change_by(
            actor,
            clock,
            f"attestation_{verb}",
            subject,
            reason=attestation.reason,
            after={"name": attestation.name, "expires": attestation.expires.isoformat()},
            key=key,
        )
    )
    observation = Observation(
        key=ObservationKey(key),
        at=now,
        agent=attestation.agent,
        release=attestation.release,
        intent=IntentName(""),
        level=AutonomyLevel.SHADOW.label,
        source=Source.ATTESTATION,
        strength=Strength.DOCUMENT,
        metric=f"{ATTESTATION}{attestation.name}",
        outcome=Outcome.FAILED if attestation.withdrawn else Outcome.PASSED,
        cluster=now.date().isoformat(),
        label=LabelSource.HUMAN_CONFIRMED,
        details={
            "by": actor.name,
            "actor": actor.id,
            "proof": actor.proof.value,
            "functions": ",".join(sorted(actor.functions)),
            "expires": attestation.expires.isoformat(),
        },
    )
    await ledger.append([observation])
    return observation

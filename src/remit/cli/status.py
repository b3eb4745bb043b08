"""What `remit status` says beside the grants: open incidents, what the next level needs, who could not be told."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from remit.cli.exposure_today import Today, exposure_today

if TYPE_CHECKING:
    from remit.adapters.store import SqliteDatabase
    from remit.app.calibrating import KeptStatus
    from remit.control.grants import Remit
    from remit.control.incidents import Incident
    from remit.evidence.verdicts import VerdictRecord
    from remit.supervision.handoffs import Handoff


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around one agent's remit."""

    incidents: "Sequence[Incident]"
    blocking: dict[str, str]
    given_up: Sequence[str]
    void: Sequence[str] = ()
    today: Today = Today()
    not_arrived: Sequence[str] = ()

    def lines(self) -> Iterator[str]:
        """For the terminal."""
        for one in self.incidents:
            yield f"  INCIDENT {one.id}, {one.opened_at:%Y-%m-%d %H:%M} UTC: {one.title}; owed: {one.owes}"
        for what in self.void:
            yield f"  CERTIFICATE {what}; provisional thresholds at supervised_answers decide"
        for intent, what in self.blocking.items():
            yield f"  {intent}: {what}"
        for problem in self.given_up:
            yield f"  NOT TOLD: {problem}"
        for problem in self.not_arrived:
            yield f"  HANDOFF {problem}"
        if line := self.today.line():
            yield f"  {line}"

    def document(self) -> dict[str, Any]:
        """For machines."""
        return {
            "incidents": [{"id": one.id, "title": one.title, "owes": one.owes} for one in self.incidents],
            "next_level": self.blocking,
            "not_told": list(self.given_up),
            "handoffs_not_arrived": list(self.not_arrived),
            "void_certificates": list(self.void),
            "today": asdict(self.today),
        }


async def around(database: "SqliteDatabase", remit: "Remit", now: datetime) -> Around:
    """Read what stands around a remit."""
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteHandoffs, SqliteIncidents, SqliteOutbox, SqliteVerdictRecords
    from remit.app.calibrating import ended_by_themselves

    incidents = await SqliteIncidents(database).list(remit.agent, only_open=True)
    records = await SqliteVerdictRecords(database).latest(remit.agent, at_most=500)
    given_up = await SqliteOutbox(database).given_up()
    mine = [
        f"{one.notice.recipient.address} of {one.notice.tidings.title!r}: {problem}"
        for one, problem in given_up
        if one.notice.tidings.agent == remit.agent
    ]
    ended = await ended_by_themselves(remit.agent, database, SystemClock())
    today = await exposure_today(database, remit.agent, now)
    stuck = [_not_arrived(one) for one in await SqliteHandoffs(database).stuck() if one.envelope.agent == remit.agent]
    void = [_voided(one) for one in ended]
    return Around(incidents, _blocking(remit, records, now), mine, void, today, stuck)


def _not_arrived(handoff: "Handoff") -> str:
    delivery = handoff.delivery
    what = "given up, it stands at Remit's own desk" if delivery.given_up else "it is tried again"
    return f"{handoff.envelope.id} has not arrived at {delivery.to}: {delivery.problem}; {what}"


def _voided(one: "KeptStatus") -> str:
    from remit.calibration.certificate import Void

    own, why = one.certificate, one.status.why if isinstance(one.status, Void) else ""
    return f"{own.id} of {own.pool or ', '.join(own.intents)} is void: {why}"


def _blocking(remit: "Remit", records: "Sequence[VerdictRecord]", now: datetime) -> dict[str, str]:
    """For each grant, the first level above it whose latest verdicts do not all support it."""
    from remit.evidence.verdicts import Finding
    from remit.policy.levels import AutonomyLevel

    blocking = {}
    for key, grant in remit.grants.items():
        held = remit.level_of(key, policy=grant.policy, now=now)
        mine = [
            one
            for one in records
            if one.verdict.intent == key.intent and (one.release, one.policy) == (key.release, grant.policy)
        ]
        for level in AutonomyLevel:
            latest = {one.verdict.gate: one.verdict for one in reversed(mine) if one.verdict.level == level.label}
            missing = [
                verdict
                for verdict in latest.values()
                if verdict.finding is not Finding.SUPPORTED and not verdict.observed_only
            ]
            if level > held and latest:
                gates = "; ".join(f"{one.gate} is {one.finding.value}" for one in missing)
                what = f"{level.label} needs {gates}" if missing else f"{level.label} is supported: remit grant promote"
                blocking[str(key.intent)] = what
                break
    return blocking


def windows_near(now: datetime) -> Iterator[str]:
    """The freeze window of the contact centre here that holds, or the next one; or why its files cannot be read."""
    from remit.app.policy_files import read_policy_file
    from remit.cli.places import centre_near
    from remit.control.freezing import next_window, window_that_holds
    from remit.errors import RemitError

    try:
        centre = centre_near()
        windows = () if centre is None else read_policy_file(centre.policy).freeze
    except RemitError as problem:  # what is stopped must be shown whatever the files here say
        yield f"Caps and freeze windows are not known: {problem}"
        return
    holds, following = window_that_holds(windows, now), next_window(windows, now)
    if holds is not None:
        yield f"Promotions are frozen by the policy until {holds.ends:%Y-%m-%d %H:%M} UTC: {holds.why}"
    elif following is not None:
        yield f"The policy freezes promotions from {following.begins:%Y-%m-%d %H:%M} UTC: {following.why}"

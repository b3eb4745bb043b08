"""A running process decides by the certificate in force, and narrows by itself when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from people import order, waived
from remit.adapters.confidence import CalibratedConfidence
from remit.adapters.store import SqliteCertificates, SqliteDatabase, SqliteGrantBook, StoredGrants
from remit.app.certificate_book import Alarms, CertificateBook
from remit.calibration.certificate import Certificate
from remit.control.orders import Widen
from remit.conversations import Conversation, ConversationId, TurnId
from remit.policy.document import parse_policy, rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.policy.rules import IntentRule
from remit.runtime.ports import AgentView, IntentEstimate, IntentGuess, Permit
from unit.calibration.samples import AGENT, DAY, ISSUED, REFUND, RELEASE, certificate

POLICY = parse_policy(
    """
apiVersion: remit/v1
kind: Policy
name: shop
intents: {refund: {}}
levels: {supervised_answers: {risk: {error_at_most: 0.05}}}
""",
    source="policy.yaml",
)
OWN = replace(certificate(valid_for_s=DAY), policy=POLICY.digest)
LEVEL = AutonomyLevel.TOOLS_WITHIN_LIMITS


@dataclass(slots=True)
class Hands:
    """A clock that stands still until somebody moves it, and what monitors say."""

    at: datetime = ISSUED
    alarms: Alarms = Alarms()

    def now(self) -> datetime:
        return self.at

    def alarms_of(self, _: Certificate) -> Alarms:
        return self.alarms


@dataclass(frozen=True, slots=True)
class Process:
    """A running process: its grants, its book, and the certificates that it shares with others."""

    grants: StoredGrants
    book: CertificateBook
    kept: SqliteCertificates
    hands: Hands

    def rule(self) -> IntentRule:
        return self.grants.rules()[REFUND]

    async def becomes(self, rule: IntentRule) -> None:
        async with asyncio.timeout(60):
            while self.rule() != rule:  # noqa: ASYNC110 - the process looks by itself
                await asyncio.sleep(0.01)


@asynccontextmanager
async def process(path: Path) -> AsyncIterator[Process]:
    hands = Hands()
    async with SqliteDatabase(path) as database:
        kept = SqliteCertificates(database, hands)
        book = CertificateBook(kept, POLICY, AGENT, RELEASE, hands, alarms_of=hands.alarms_of)
        permit = Permit(AGENT, RELEASE, POLICY.digest, 0, {REFUND: rule_at(POLICY, REFUND, AutonomyLevel.SHADOW)})
        grants = StoredGrants(database, hands, permit, book.rule_at, poll_s=0.01, max_age_s=60, revision=book.revision)
        waiver = waived(POLICY, REFUND, LEVEL, at=ISSUED, lasting=timedelta(days=10))
        await SqliteGrantBook(database).enact(order("waive", Widen(waiver), at=ISSUED))
        await grants.start()
        try:
            yield Process(grants, book, kept, hands)
        finally:
            await grants.close()


CERTIFIED = replace(
    rule_at(POLICY, REFUND, LEVEL), send_threshold=OWN.thresholds.send or 0.0, ask_threshold=OWN.thresholds.ask
)
FALLEN = rule_at(POLICY, REFUND, AutonomyLevel.SUPERVISED_ANSWERS)


def test_a_certificate_kept_elsewhere_decides_here_and_its_end_narrows(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as here:
            assert here.rule() == rule_at(POLICY, REFUND, LEVEL)
            await here.kept.keep([OWN])
            await here.becomes(CERTIFIED)
            here.hands.at += timedelta(days=2)
            await here.becomes(FALLEN)
            assert here.book.models() == {}
            assert "it expired" in here.book.rulings()[REFUND].why

    asyncio.run(story())


def test_an_alarm_of_a_monitor_narrows_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as here:
            await here.kept.keep([OWN])
            await here.becomes(CERTIFIED)
            here.hands.alarms = Alarms(errors="confirmed errors have risen")
            await here.becomes(FALLEN)

    asyncio.run(story())


def test_a_change_of_certificates_raises_the_epoch_of_turns_under_way(tmp_path: Path) -> None:
    async def story() -> None:
        async with process(tmp_path / "remit.db") as here:
            before = (await here.grants.state()).epoch
            await here.kept.keep([OWN])
            await here.becomes(CERTIFIED)
            assert (await here.grants.state()).epoch > before

    asyncio.run(story())


def test_live_scores_are_those_of_the_certificate_in_force(tmp_path: Path) -> None:
    estimate = IntentEstimate((IntentGuess(REFUND, 0.8),), 0.02, margin=0.3)
    view = AgentView(TurnId("t"), 1, Conversation(ConversationId("c"), "chat"), estimate, (), (), ISSUED)
    answer = ProposedAnswer("done", signals={"retrieval_score": 0.7})

    async def story() -> None:
        async with process(tmp_path / "remit.db") as here:
            confidence = CalibratedConfidence(here.book.models)
            uncalibrated = await confidence.assess(answer, view)
            await here.kept.keep([OWN])
            await here.becomes(CERTIFIED)
            calibrated = await confidence.assess(answer, view)
            known = {"intent_probability": 0.8, "out_of_scope_probability": 0.02, "retrieval_score": 0.7}
            assert calibrated == OWN.model.probability(known)
            assert calibrated != uncalibrated

    asyncio.run(story())

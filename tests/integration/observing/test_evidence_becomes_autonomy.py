"""Conversations, labels, a calibration, and thresholds that decide; then traffic that leaves the certified mix."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from integration.observing.stage import LivePath, live_path
from properties.turn_fakes import REFUND, Stage
from remit.adapters.confidence import CalibratedConfidence
from remit.adapters.store import SqliteCertificates
from remit.app.calibrating import ended_by_themselves, keep_certificates, labels_of_ledger, statuses
from remit.app.certificate_book import CertificateBook
from remit.app.certificate_watch import CertificateWatch
from remit.app.labelling import label_conversations
from remit.calibration.certificate import Cause, Valid, Void
from remit.calibration.running import CalibrationRequest, calibrate_all
from remit.conversations import AgentName, ConversationId, ReleaseId
from remit.identity import Role
from remit.policy.document import parse_policy, rule_at
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedAnswer
from remit.supervision import Label, LabelRules, LabelVerdict
from unit.supervision.conversations import ANA, person

SHOP, RELEASE = AgentName("shop"), ReleaseId("r-1")
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
LEVEL = AutonomyLevel.SUPERVISED_ANSWERS
N_LABELS, N_DRIFTED = 510, 110


def score(number: int, *, low: float = 0.0) -> float:
    """How well the knowledge fits, as if drawn: the same for the same conversation."""
    return low + (1.0 - low) * Random(number).random()


async def talk(path: LivePath, first: int, n: int, *, of: float | None = None) -> None:
    """So many conversations, each carried by a turn and observed behind it."""
    for number in range(first, first + n):
        fits = score(number) if of is None else of
        await path.begin(f"c{number}", customer=None)
        await path.say(f"c{number}", Stage([ProposedAnswer("So.", signals={"retrieval_score": fits})]))
    path.later(hours=1)
    await path.observer().observe()


async def label(path: LivePath, n: int) -> None:
    """An expert finds most of what did not fit wrong, and little of what did."""
    now = path.stage.clock.now()
    labels = []
    for number in range(n):
        wrong = Random(-1 - number).random() < (0.5 if score(number) < 0.3 else 0.005)
        verdict = LabelVerdict.WRONG if wrong else LabelVerdict.GOOD
        labels.append(Label(ConversationId(f"c{number}"), verdict, now))
    report = await label_conversations(labels, actor=ANA, ledger=path.ledger, rules=LabelRules(), now=now)
    assert report.kept


@pytest.mark.timeout(240)  # some six hundred turns on a disk
def test_labels_of_live_conversations_become_thresholds_that_hold_until_traffic_changes(tmp_path: Path) -> None:
    async def story(path: LivePath) -> None:
        clock = path.stage.clock
        kept = SqliteCertificates(path.database, clock)
        watch = CertificateWatch(SHOP, kept, path.ledger, path.states)
        book = CertificateBook(kept, POLICY, SHOP, RELEASE, clock, alarms_of=watch.alarms_of, look=watch.read)
        request = CalibrationRequest(POLICY, SHOP, RELEASE)
        provisional = rule_at(POLICY, REFUND, LEVEL)
        await book.revision()
        assert book.rule_at(REFUND, LEVEL) == provisional

        await talk(path, 0, N_LABELS)
        await label(path, N_LABELS)
        found = calibrate_all(request, await labels_of_ledger(path.ledger, SHOP), source="the ledger", now=clock.now())
        await keep_certificates(found, path.database, clock, actor=person("olga", Role.OPERATOR))
        await book.revision()
        rule, (own,) = book.rule_at(REFUND, LEVEL), found.certificates
        assert rule.send_threshold == own.thresholds.send != provisional.send_threshold
        assert own.sample.sampling_probability == 0.6
        assert REFUND in CalibratedConfidence(book.models).models()
        assert [one.status for one in await statuses(request, path.database, clock)] == [Valid(own.expires_at)]

        before = await book.revision()
        path.later(minutes=5)
        await talk(path, N_LABELS, N_DRIFTED, of=0.05)
        await watch.follow()
        assert await book.revision() != before
        assert book.rule_at(REFUND, AutonomyLevel.TOOLS_WITHIN_LIMITS) == provisional
        assert "is void: traffic no longer resembles" in book.rulings()[REFUND].why
        for shown in (
            await statuses(request, path.database, clock),
            await ended_by_themselves(SHOP, path.database, clock),
        ):
            (one,) = shown
            assert isinstance(one.status, Void)
            assert one.status.cause is Cause.DRIFT

    async def run() -> None:
        async with live_path(tmp_path, Stage([])) as path:
            await story(path)

    asyncio.run(run())

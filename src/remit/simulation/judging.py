"""Asking the gates from inside a simulated world: the functions that `remit gate` uses, over simulated evidence."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from remit.control.widening import Support
from remit.conversations import IntentName, ReleaseId
from remit.evidence import VerdictRecords
from remit.evidence.verdicts import Finding, VerdictRecord
from remit.gates.answer import answer
from remit.gates.live import find, is_held
from remit.gates.losses import log_wealths
from remit.gates.question import Body, Question, draws_for
from remit.gates.records import earlier_of, failed_attempts, record_of, settled
from remit.gates.seen import seen_by
from remit.policy.gates import AtMost, LiveGate, NoWorseThan
from remit.policy.levels import AutonomyLevel
from remit.policy.live_metrics import budget
from remit.policy.model import Policy
from remit.simulation.budgets import METHOD, budget_at, given, is_simulated
from remit.simulation.evidence import DayByDay
from remit.simulation.served import AGENT
from remit.statistics import discounted


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gates of a level and of all below it come to.

    Args:
        finding: Supported if every one is; refuted if one of the level asked for is, or took all it may.
        supports: What a promotion can rest on.
        records: Of the gates that were judged.
    """

    finding: Finding
    supports: tuple[Support, ...] = ()
    records: tuple[VerdictRecord, ...] = ()


UNDECIDED = Judgement(Finding.UNDECIDED)


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges for one policy.

    Args:
        policy: Whose gates.
        evidence: The simulated ledger.
        records: Where verdicts are kept.
        at_a_glance: Build no verdict where the evidence is plainly undecided: the finding is the same
            (tests/statistical/test_simulation.py), and a world takes seconds instead of minutes.
    """

    policy: Policy
    evidence: DayByDay
    records: VerdictRecords
    at_a_glance: bool = True

    async def promotion(
        self, intent: IntentName, releases: Sequence[ReleaseId], target: AutonomyLevel, now: datetime
    ) -> Judgement:
        """Whether the first of these releases has earned a level; the others' evidence counts for it too."""
        release = releases[0]
        decisive = await self.records.decisive(AGENT)
        failed = failed_attempts(decisive, release=release)
        levels = [level for level in AutonomyLevel if level <= target]
        questions = [
            Question(gate, AGENT, release, tuple(releases), intent, level, now, failed.get((intent, level), 0))
            for level in reversed(levels)
            for gate in self.policy.gates.get(level, ())
            if is_simulated(gate)
        ]
        body = await self.evidence.body(questions)
        if self.at_a_glance and any(
            one.level is target
            and one.gate.mode == "enforce"
            and plainly_undecided(one, body)
            and earlier_of(one, decisive) is None
            for one in questions
        ):
            return UNDECIDED
        verdicts = [settled(answer(one, body), earlier_of(one, decisive)) for one in questions]
        made = [
            record_of(one, body, verdict, policy=self.policy.digest)
            for one, verdict in zip(questions, verdicts, strict=True)
        ]
        kept = tuple(await self.records.keep(made))
        return Judgement(_finding(kept, target), self._supports(kept, intent, release, levels), kept)

    def _supports(
        self, kept: Sequence[VerdictRecord], intent: IntentName, release: ReleaseId, levels: Sequence[AutonomyLevel]
    ) -> tuple[Support, ...]:
        assumed = [one for level in levels for one in given(self.policy, intent, level)]
        return (
            *(Support.of(one) for one in kept if one.verdict.finding is Finding.SUPPORTED),
            *(Support(METHOD, AGENT, release, self.policy.digest, one) for one in assumed),
        )

    async def canary(
        self, intent: IntentName, releases: Sequence[ReleaseId], level: AutonomyLevel, now: datetime, n_failed: int
    ) -> tuple[Finding, Finding]:
        """A canary's errors against the budget, and beside the stable release."""
        bounds = (AtMost(budget_at(self.policy, level)), NoWorseThan("stable"))
        questions = [
            Question(
                LiveGate("bad_outcome", bound, min_days=0),
                AGENT,
                releases[0],
                tuple(releases),
                intent,
                level,
                now,
                n_failed,
            )
            for bound in bounds
        ]
        body = await self.evidence.body(questions)
        first = Finding.UNDECIDED
        if not (self.at_a_glance and plainly_undecided(questions[0], body)):
            first = answer(questions[0], body).finding
        return first, answer(questions[1], body).finding


def plainly_undecided(question: Question, body: Body) -> bool:
    """Whether a live rate is undecided and not held, from the test alone, without interval, plan and sentences."""
    gate = question.gate
    if not isinstance(gate, LiveGate) or draws_for(gate) is not None:
        return False
    eps = budget(gate)
    if eps is None:
        return False
    seen = seen_by(question, gate, body)
    log_e = discounted(log_wealths(seen.losses, eps=eps, side="promote"), effect=seen.effect)
    against = discounted(log_wealths(seen.losses, eps=eps, side="rollback"), effect=seen.effect)
    return find(seen, gate, log_e, against, question.alpha) is Finding.UNDECIDED and not is_held(gate, seen)


def _finding(records: Sequence[VerdictRecord], target: AutonomyLevel) -> Finding:
    enforced = [one for one in records if not one.verdict.observed_only]
    if all(one.verdict.finding is Finding.SUPPORTED for one in enforced):
        return Finding.SUPPORTED
    lost = (one for one in enforced if one.verdict.level == target.label and one.is_decisive)
    if any(one.verdict.finding is not Finding.SUPPORTED for one in lost):
        return Finding.REFUTED
    return Finding.UNDECIDED

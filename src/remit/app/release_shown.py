"""What has been shown for a release on an intent: from the ledger, the draws, the fingerprints and the book."""

from dataclasses import dataclass, replace
from datetime import datetime

from remit.adapters.store import (
    SqliteAssignments,
    SqliteDatabase,
    SqliteFingerprints,
    SqliteGrantBook,
    SqliteLedger,
    SqliteReleases,
    SqliteRunningStates,
    SqliteVerdictRecords,
)
from remit.app.gating import ClustersOf, GateRequest, follower_for, look, read_body
from remit.app.release_history import ALPHA, History
from remit.control.freezing import window_that_holds
from remit.control.grants import Grant, GrantKey, Remit
from remit.control.widening import needed_signatures
from remit.conversations import IntentName
from remit.evidence import Observation, Selection, Source
from remit.evidence.verdicts import Finding
from remit.gates.answer import answer
from remit.gates.question import Question
from remit.policy.gates import AtMost, LiveGate, NoWorseThan
from remit.policy.levels import AutonomyLevel
from remit.policy.model import Policy
from remit.releases.attempts import open_attempt
from remit.releases.canary import ratio_is_off
from remit.releases.comparison import Advice, Comparison, compare, earlier_candidates, pairs_of
from remit.releases.demands import Shown
from remit.releases.life import Line
from remit.releases.model import Release
from remit.releases.signatures import missing_functions
from remit.releases.stages import Canary, Shadow

_FINDINGS = {
    Advice.PROMOTE: Finding.SUPPORTED,
    Advice.ROLL_BACK: Finding.REFUTED,
    Advice.UNDECIDED: Finding.UNDECIDED,
}
_DEFAULT_BUDGET = 0.05
_TRIALS = (Source.SCENARIO_TRIAL, Source.REPLAYED_TRIAL)


@dataclass(frozen=True, slots=True)
class Stores:
    """Everything that a release's place depends on."""

    releases: SqliteReleases
    assignments: SqliteAssignments
    fingerprints: SqliteFingerprints
    ledger: SqliteLedger
    states: SqliteRunningStates
    records: SqliteVerdictRecords
    book: SqliteGrantBook

    @classmethod
    def of(cls, database: SqliteDatabase) -> "Stores":
        """Those of one database."""
        return cls(
            SqliteReleases(database),
            SqliteAssignments(database),
            SqliteFingerprints(database),
            SqliteLedger(database),
            SqliteRunningStates(database),
            SqliteVerdictRecords(database),
            SqliteGrantBook(database),
        )


@dataclass(frozen=True, slots=True)
class Gathering:
    """Reads what has been shown, as of one moment.

    Args:
        stores: Where everything is.
        policy: In force.
        history: Of the agent.
        remit: What the agent holds now.
        now: UTC.
        clusters_of: Scenarios that count now.
        trials: Trials of the agent, read once.
    """

    stores: Stores
    policy: Policy
    history: History
    remit: Remit
    now: datetime
    clusters_of: ClustersOf | None = None
    trials: tuple[Observation, ...] = ()

    @classmethod
    async def at(
        cls, stores: Stores, policy: Policy, history: History, now: datetime, clusters_of: ClustersOf | None
    ) -> "Gathering":
        """Read what is shared by every intent."""
        found = stores.ledger.select(Selection(agent=history.agent))
        trials = tuple([one async for one in found if one.source in _TRIALS])
        remit = await stores.book.remit(history.agent)
        return cls(stores, policy, history, remit, now, clusters_of, trials)

    def grant(self, line: Line) -> Grant | None:
        """What the stable release holds for the line's intent, under the policy in force."""
        if line.stable is None:
            return None
        held = self.remit.grants.get(GrantKey(line.intent, line.stable))
        return held if held is not None and held.policy == self.policy.digest else None

    def level(self, line: Line) -> AutonomyLevel:
        """The level that is at stake: the stable release's, or the first above shadow."""
        held = self.grant(line)
        level = AutonomyLevel.SHADOW if held is None else held.level
        return max(level, AutonomyLevel.SUPERVISED_ANSWERS)

    def budget(self, level: AutonomyLevel) -> float:
        """Acceptable error rate at the level."""
        declared = self.policy.levels.get(level)
        return _DEFAULT_BUDGET if declared is None else declared.risk.error_at_most

    async def shown(self, line: Line, release: Release) -> Shown:
        """Everything about one release on one intent."""
        level, stage = self.level(line), line.stages.get(release.id)
        counting = self.history.counting_for(release)(line.intent)
        own = [one for one in self.trials if one.intent == line.intent and one.release in counting]
        comparison = self.regression(line, release)
        attempt = open_attempt([one for one in self.history.attempts if one.intent == line.intent], release.id)
        required = needed_signatures(self.policy, level, above=AutonomyLevel.SHADOW)
        shown = Shown(
            n_trials=sum(one.outcome.counts for one in own),
            regression=_FINDINGS[comparison.advice] if comparison is not None and comparison.pairs else None,
            succeeds=line.stable not in (None, release.id),
            budget=self.budget(level),
            missing_signatures=tuple(required)
            if attempt is None
            else missing_functions(
                required,
                attempt.signatures,
                proposer=attempt.proposer,
                one_for_several=self.policy.one_signs_for_several,
            ),
            frozen=await self._frozen(line, release),
        )
        match stage:
            case Shadow() if not shown.succeeds:
                return await self._with_gates(shown, line.intent, release, level)
            case Canary():
                return await self._with_canary(shown, line, release, stage, level=level)
            case _:
                return shown

    def regression(self, line: Line, release: Release) -> Comparison | None:
        """Paired with the stable release on the intent's scenarios; None if no other release is stable."""
        releases = {one.id: one for one in self.history.releases()}
        if line.stable in (None, release.id) or line.stable not in releases:
            return None
        alike_old = self.history.counting_for(releases[line.stable])(line.intent)
        alike_new = self.history.counting_for(release)(line.intent)
        mine = [one for one in self.trials if one.intent == line.intent]
        old = [one for one in mine if one.release in alike_old]
        new = [one for one in mine if one.release in alike_new]
        pairs, n_unpaired = pairs_of(old, new)
        n_earlier = earlier_candidates(mine, old=line.stable, new=release.id, proven=line.held_by)
        return compare(line.stable, release.id, pairs, alpha=ALPHA, n_earlier=n_earlier, n_unpaired=n_unpaired)

    async def _with_gates(self, shown: Shown, intent: IntentName, release: Release, level: AutonomyLevel) -> Shown:
        request = GateRequest(
            policy=self.policy,
            agent=self.history.agent,
            release=release.id,
            now=self.now,
            clusters_of=self.clusters_of,
            intent=intent,
            level=level,
            releases_that_count=self.history.counting_for(release),
            failed=self.history.failed(self.policy),
        )
        looked = await look(request, self.stores.ledger, self.stores.states, self.stores.records)
        return replace(shown, verdicts=looked.verdicts)

    async def _with_canary(
        self, shown: Shown, line: Line, release: Release, stage: Canary, *, level: AutonomyLevel
    ) -> Shown:
        absolute, beside = await self._live(line.intent, release, level)
        customers = await self.stores.assignments.customers(stage.salt)
        return replace(
            shown,
            absolute=absolute,
            against_stable=beside,
            ratio_off=ratio_is_off(customers),
            n_exposed=await self.stores.assignments.n_carried(stage.salt, stage.step.share),
        )

    async def _live(self, intent: IntentName, release: Release, level: AutonomyLevel) -> tuple[Finding, Finding]:
        """The canary's errors against the budget, and beside the stable release."""
        follower = follower_for(self.policy, self.stores.ledger, self.stores.states)
        await follower.catch_up()
        questions = [
            Question(
                gate=LiveGate("bad_outcome", bound, min_days=0),
                agent=self.history.agent,
                release=release.id,
                releases=tuple(self.history.counting_for(release)(intent)),
                intent=intent,
                level=level,
                now=self.now,
                n_failed_attempts=self.history.ledger(intent).n_failed,
            )
            for bound in (AtMost(self.budget(level)), NoWorseThan("stable"))
        ]
        body = await read_body(questions, follower.name, self.stores.states)
        absolute, beside = (answer(question, body).finding for question in questions)
        return absolute, beside

    async def _frozen(self, line: Line, release: Release) -> str:
        """Why nothing may widen now; empty if nothing is frozen."""
        freeze = self.remit.frozen(line.intent, self.now)
        if freeze is not None:
            return freeze.why
        window = window_that_holds(self.policy.freeze, self.now)
        if window is not None:
            return window.why
        for one in filter(None, (release.id, line.stable)):
            check = await self.stores.fingerprints.last_check(self.history.agent, one)
            if check is not None and check.suspected:
                return f"release {one} behaves otherwise than its fingerprint (p = {check.p_value:.4g})"
        return ""

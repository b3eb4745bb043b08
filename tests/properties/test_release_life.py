"""The life of releases as a state machine: any order of moves, any evidence, and the rules that hold throughout."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from remit.conversations import ReleaseId
from remit.evidence.verdicts import Finding
from remit.releases.demands import Fails, Shown, minimum_exposure, readiness
from remit.releases.life import (
    Fell,
    Line,
    Moved,
    Refused,
    Stayed,
    inherit_stable,
    promote,
    register,
    retire,
    roll_back,
    take_up_again,
)
from remit.releases.stages import Canary, CanaryStep, Evaluated, Registered, Retired, Shadow, Stable, Stage
from unit.releases.samples import REFUND, SHOP, named, verdict

RELEASES = st.sampled_from([named(f"r-{n}") for n in range(4)])
FINDINGS = st.sampled_from(Finding)
SHOWN = st.builds(
    Shown,
    n_trials=st.sampled_from([0, 40]),
    verdicts=st.lists(st.builds(verdict, FINDINGS, observed_only=st.booleans()), max_size=2).map(tuple),
    regression=st.none() | FINDINGS,
    budget=st.just(0.05),
    n_exposed=st.sampled_from([0, 10, 1_000]),
    absolute=FINDINGS,
    against_stable=FINDINGS,
    ratio_off=st.booleans(),
    missing_signatures=st.sampled_from([(), ("risk",)]),
    frozen=st.sampled_from(["", "drift is suspected"]),
)
GOOD = Shown(
    n_trials=40,
    verdicts=(verdict(Finding.SUPPORTED),),
    regression=Finding.UNDECIDED,
    n_exposed=1_000,
    absolute=Finding.SUPPORTED,
    against_stable=Finding.SUPPORTED,
)


def height(stage: Stage) -> float:
    """How far up; retired is below everything."""
    match stage:
        case Retired():
            return -1
        case Canary(step=step):
            return 3 + step.share
        case Stable():
            return 5
        case Registered() | Evaluated() | Shadow():
            return [Registered, Evaluated, Shadow].index(type(stage))


class Life(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.line = Line(SHOP, REFUND)
        self.proven: set[ReleaseId] = set()
        self.n_salts = 0

    def take(self, outcome: Moved | Stayed | Fell | Refused) -> None:
        match outcome:
            case Moved(line=line) | Fell(line=line):
                self.line = line
            case Stayed() | Refused():
                pass

    @rule(release=RELEASES)
    def register(self, release: ReleaseId) -> None:
        before = self.line.stages.get(release)
        self.line = register(self.line, release)
        assert self.line.stages[release] == (before or Registered())

    @rule(release=RELEASES, shown=SHOWN | st.just(GOOD))
    def promote(self, release: ReleaseId, shown: Shown) -> None:
        before = self.line
        stage = before.stages.get(release)
        self.n_salts += 1
        outcome = promote(before, release, shown, salt=f"salt-{self.n_salts}")
        self.take(outcome)
        match outcome:
            case Moved(line=after, stage=now):
                assert stage is not None
                assert height(now) > height(stage), "up is up"
                assert not shown.frozen
                self._expect_enough(stage, replace(shown, succeeds=before.stable not in (None, release)))
                self._expect_others_as_they_were(before, after, release)
                if isinstance(now, Stable):
                    assert stage == Canary(CanaryStep.WHOLE, getattr(stage, "salt", ""))
                    self.proven.add(release)
            case Fell(line=after):
                assert isinstance(after.stages[release], Retired)
                assert after.stable == before.stable, "a failed attempt leaves the stable release alone"
                self._expect_others_as_they_were(before, after, release)
            case Stayed(missing=missing):
                assert missing
            case Refused(why=why):
                assert why

    @rule(release=RELEASES)
    def climb_all_the_way(self, release: ReleaseId) -> None:
        for _ in range(8):
            self.promote(release, GOOD)

    @rule(release=RELEASES)
    def inherit(self, release: ReleaseId) -> None:
        before = self.line
        outcome = inherit_stable(before, release)
        self.take(outcome)
        if isinstance(outcome, Moved):
            assert before.stable is not None
            self.proven.add(release)

    @rule(to=st.none() | RELEASES)
    def roll_back(self, to: ReleaseId | None) -> None:
        before = self.line
        outcome = roll_back(before, to=to, why="errs twice as often")
        self.take(outcome)
        if not isinstance(outcome, Moved):
            return
        if to is None and before.canary is not None:
            assert self.line.stable == before.stable
            assert self.line.canary is None
            return
        assert self.line.stable in before.held_by, "only to a release that held the grant"
        assert before.stable == self.line.stable or before.stable not in self.line.held_by
        if before.stable is not None and before.stable != self.line.stable:
            self.proven.discard(before.stable)

    @rule(release=RELEASES)
    def retire(self, release: ReleaseId) -> None:
        stable = self.line.stable
        self.take(retire(self.line, release, "replaced"))
        assert self.line.stable == stable

    @rule(release=RELEASES)
    def take_up_again(self, release: ReleaseId) -> None:
        stable = self.line.stable
        self.take(take_up_again(self.line, release))
        assert self.line.stable == stable

    @invariant()
    def at_most_one_release_is_stable_and_one_a_canary(self) -> None:
        stages = list(self.line.stages.values())
        assert sum(isinstance(stage, Stable) for stage in stages) <= 1
        assert sum(isinstance(stage, Canary) for stage in stages) <= 1

    @invariant()
    def whoever_holds_the_grant_has_proven_it_or_is_alike(self) -> None:
        assert set(self.line.held_by) <= self.proven
        if self.line.stable is not None:
            assert self.line.held_by[-1] == self.line.stable

    @invariant()
    def rollback_to_any_release_that_held_the_grant_is_one_move(self) -> None:
        for release in self.line.held_by[:-1]:
            outcome = roll_back(self.line, to=release, why="now")
            assert isinstance(outcome, Moved)
            assert outcome.line.stable == release
            assert outcome.line.canary is None

    @staticmethod
    def _expect_others_as_they_were(before: Line, after: Line, release: ReleaseId) -> None:
        replaced = {before.stable} if after.stable != before.stable else set()
        others: Mapping[ReleaseId, Any] = {
            one: stage for one, stage in before.stages.items() if one != release and one not in replaced
        }
        assert {one: after.stages[one] for one in others} == others

    @staticmethod
    def _expect_enough(stage: Stage, shown: Shown) -> None:
        match stage:
            case Registered():
                assert shown.n_trials
            case Evaluated():
                assert not shown.succeeds or shown.regression in (Finding.SUPPORTED, Finding.UNDECIDED)
            case Shadow():
                assert not shown.missing_signatures
                assert shown.succeeds or not shown.unsupported()
            case Canary(step=step):
                assert shown.n_exposed >= minimum_exposure(step, shown.budget)
                assert shown.absolute is not Finding.REFUTED
                if step is CanaryStep.HALF:
                    decisive = shown.against_stable if shown.succeeds else shown.absolute
                    assert decisive is Finding.SUPPORTED
                if step is not CanaryStep.WHOLE:
                    assert not shown.ratio_off
            case Stable() | Retired():
                raise AssertionError("nothing leads up from here by promotion")


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=150, stateful_step_count=40, deadline=None)


def test_no_evidence_never_promotes() -> None:
    stages: list[Stage] = [Registered(), Evaluated(), Shadow(), *(Canary(step, "s") for step in CanaryStep)]
    for stage in stages:
        for succeeds in (True, False):
            found = readiness(stage, Shown(succeeds=succeeds))
            assert not isinstance(found, Fails)
            if not (isinstance(stage, Evaluated) and not succeeds):
                assert getattr(found, "missing", ()), (stage, succeeds)


def test_what_is_refuted_fails_even_while_promotions_are_frozen() -> None:
    burned = replace(GOOD, absolute=Finding.REFUTED, frozen="drift is suspected")
    assert isinstance(readiness(Canary(CanaryStep.FIRST, "s"), burned), Fails)

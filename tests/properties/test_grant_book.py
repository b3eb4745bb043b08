"""The book of grants under any history: never wider than its evidence, always narrowable, every change told."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from control_samples import AUTONOMOUS, LIMITS, ORDER_STATUS, POLICY, R1, R2, REFUND, SHADOW, SHOP, earned
from people import NOON, OLGA, PAUL, RITA, order, waived
from properties.turn_fakes import Stage
from remit.adapters.memory import MemoryGrantBook
from remit.control.grants import GrantKey, Scope, ScopeKind
from remit.control.orders import (
    Act,
    ClearWaivers,
    Demote,
    Enacted,
    FreezeNow,
    Limit,
    Narrow,
    Resume,
    StopNow,
    Thaw,
    Widen,
)
from remit.control.ruling import rule_under
from remit.control.widening import Inherited, Restored
from remit.errors import WideningRefused
from remit.identity import CONTROLLER, Actor
from remit.policy.decide import decide, freedom
from remit.policy.levels import AutonomyLevel
from remit.policy.proposals import ProposedCall
from remit.tools import ToolCall, ToolName

KEYS = [GrantKey(intent, release) for intent in (REFUND, ORDER_STATUS) for release in (R1, R2)]
keys = st.sampled_from(KEYS)
levels = st.sampled_from(list(AutonomyLevel))
acting = st.sampled_from([level for level in AutonomyLevel if level is not SHADOW])


@dataclass
class Allowed:
    """What a grant may be at most, kept by the test from what it saw itself."""

    proven: AutonomyLevel = SHADOW
    inherited: AutonomyLevel = SHADOW
    lost_to: AutonomyLevel = AUTONOMOUS
    waived: list[tuple[AutonomyLevel, datetime]] = field(default_factory=list)

    def at_most(self, now: datetime) -> AutonomyLevel:
        by_word = [level for level, until in self.waived if now < until]
        return max([min(max(self.proven, self.inherited), self.lost_to), *by_word])


class Book(RuleBasedStateMachine):
    """Any acts in any order, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.book = MemoryGrantBook()
        self.now = NOON
        self.allowed = {key: Allowed() for key in KEYS}
        self.epoch = 0
        self.n_lines = 0
        self.numbers = count()

    def enact(self, act: Act, by: Actor = PAUL) -> Enacted:
        enacted = self.book.enact_now(order(f"o-{next(self.numbers)}", act, at=self.now, by=by))
        self.n_lines += len(enacted.changes)
        assert enacted.remit.epoch == self.epoch + len(enacted.changes), "every change raises the epoch by one"
        self.epoch = enacted.remit.epoch
        return enacted

    @rule(minutes=st.integers(1, 120))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(key=keys, level=acting)
    def promote(self, key: GrantKey, level: AutonomyLevel) -> None:
        remit = self.book.remit_now(SHOP)
        held = remit.grants.get(key)
        above = SHADOW if held is None else held.level
        try:
            widening = earned(
                level,
                ((PAUL, "operations"), (RITA, "risk")),
                OLGA,
                above=above,
                intent=key.intent,
                release=key.release,
                at=self.now,
            )
            enacted = self.enact(Widen(widening))
        except WideningRefused:
            barred = held is not None and held.bars(level)
            assert barred or remit.freezes or level > POLICY.intents[key.intent].ceiling
            return
        assert held is None or not held.bars(level), "what narrowed a release for a cause is not earned back by it"
        if enacted.changes:
            self.allowed[key].proven, self.allowed[key].lost_to = level, AUTONOMOUS

    @rule(key=keys, level=acting)
    def waive(self, key: GrantKey, level: AutonomyLevel) -> None:
        try:
            widening = waived(POLICY, key.intent, level, release=key.release, at=self.now)
            if self.enact(Widen(widening)).changes:
                self.allowed[key].waived.append((level, widening.waiver.expires_at))
        except WideningRefused:
            assert self.book.remit_now(SHOP).freezes or level > POLICY.intents[key.intent].ceiling

    @rule(source=keys)
    def inherit(self, source: GrantKey) -> None:
        held = self.book.remit_now(SHOP).grants.get(source)
        if held is None or source.release == R2:
            return
        target = GrantKey(source.intent, R2)
        try:
            enacted = self.enact(Widen(Inherited(held, R2, reached=True, evidence=("diff",))))
        except WideningRefused:
            return
        if enacted.changes:
            self.allowed[target].inherited, self.allowed[target].lost_to = held.level, AUTONOMOUS

    @rule(key=keys, level=levels, for_a_cause=st.booleans())
    def narrow(self, key: GrantKey, level: AutonomyLevel, for_a_cause: bool) -> None:
        enacted = self.enact(Narrow(key, level, for_a_cause=for_a_cause), by=CONTROLLER)
        assert enacted.remit.level_of(key, policy=POLICY.digest, now=self.now) <= level
        if enacted.changes:
            self.allowed[key].waived = [one for one in self.allowed[key].waived if one[0] <= level]
        if for_a_cause:
            self.allowed[key].lost_to = min(self.allowed[key].lost_to, level)

    @rule(key=keys)
    def demote(self, key: GrantKey) -> None:
        before = self.book.remit_now(SHOP).level_of(key, policy=POLICY.digest, now=self.now)
        remit = self.enact(Demote(key), by=CONTROLLER).remit
        after = remit.level_of(key, policy=POLICY.digest, now=self.now)
        assert after <= max(SHADOW, before - 1), "a demotion is always possible, frozen or stopped or not"
        self.allowed[key].lost_to = min(self.allowed[key].lost_to, AutonomyLevel(max(0, before - 1)))
        self.allowed[key].waived = [one for one in self.allowed[key].waived if one[0] < before]

    @rule(key=keys)
    def roll_back_to(self, key: GrantKey) -> None:
        if key in self.book.remit_now(SHOP).grants:
            self.enact(Widen(Restored(key.intent, key.release)))

    @rule(intent=st.sampled_from(["", REFUND, ORDER_STATUS]))
    def freeze(self, intent: str) -> None:
        self.enact(FreezeNow(type(REFUND)(intent)), by=CONTROLLER)

    @rule(intent=st.sampled_from(["", REFUND, ORDER_STATUS]))
    def thaw(self, intent: str) -> None:
        self.enact(Thaw(type(REFUND)(intent)), by=OLGA)

    @rule(kind=st.sampled_from(list(ScopeKind)))
    def stop(self, kind: ScopeKind) -> None:
        self.catch_up(self.book.enact_now(order(f"o-{next(self.numbers)}", StopNow(Scope(kind, "x")), at=self.now)))

    @precondition(lambda self: self.book.remit_now(SHOP).stops)
    @rule()
    def resume(self) -> None:
        scope = next(iter(self.book.remit_now(SHOP).stops))
        self.catch_up(self.book.enact_now(order(f"o-{next(self.numbers)}", Resume(scope), at=self.now, by=OLGA)))

    @rule()
    def clear(self) -> None:
        before = self.book.remit_now(SHOP).epoch_at(self.now)
        after = self.enact(ClearWaivers(), by=CONTROLLER).remit.epoch_at(self.now)
        assert after == before, "writing down that a waiver expired changes nothing for a turn under way"

    def catch_up(self, enacted: Enacted) -> None:
        """A stop of everything raises two epochs: only that it grows with a change, and with nothing else, matters."""
        epoch = self.book.remit_now(SHOP).epoch
        assert (epoch > self.epoch) == bool(enacted.changes)
        self.epoch = epoch
        self.n_lines += len(enacted.changes)

    @invariant()
    def nothing_is_wider_than_its_evidence(self) -> None:
        remit = self.book.remit_now(SHOP)
        for key, allowed in self.allowed.items():
            held = remit.level_of(key, policy=POLICY.digest, now=self.now)
            assert held <= allowed.at_most(self.now), (key, held, allowed)

    @invariant()
    def every_change_has_its_line(self) -> None:
        assert len(self.book.audit._entries) == self.n_lines


TestBook = Book.TestCase
TestBook.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)


@given(key=keys, level=acting, amount=st.floats(0, 200), stops=st.sets(st.sampled_from(list(ScopeKind))))
def test_what_stands_over_a_grant_never_makes_its_rule_freer(
    key: GrantKey, level: AutonomyLevel, amount: float, stops: set[ScopeKind]
) -> None:
    book = MemoryGrantBook()
    if level <= LIMITS:
        people = ((PAUL, "operations"), (RITA, "risk"))
        book.enact_now(order("up", Widen(earned(level, people, OLGA, intent=key.intent, release=key.release))))
    book.enact_now(order("limit", Limit(key, {ToolName("issue_refund"): "amount <= 10.0"})))
    for kind in stops:
        subject = {ScopeKind.INTENT: str(key.intent), ScopeKind.TOOL: "issue_refund"}.get(kind, "")
        book.enact_now(order(f"stop-{kind}", StopNow(Scope(kind, subject))))
    bare = Stage([]).rule()
    call = ProposedCall(ToolCall(next(iter(bare.tools)), {"amount": amount}))
    under = rule_under(bare, book.remit_now(SHOP), key)
    assert freedom(decide(under, 0.99, call)) <= freedom(decide(bare, 0.99, call))
    if ScopeKind.INTENT in stops:
        assert under.stopped

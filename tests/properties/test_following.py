"""However the ledger is followed, each observation is folded exactly once, in order, and each action kept once."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.adapters.memory import MemoryLedger, MemoryRunningStates
from remit.conversations import AgentName, IntentName, ReleaseId
from remit.errors import StoreUnavailable
from remit.evidence import (
    LedgerFollower,
    Observation,
    ObservationKey,
    Outcome,
    Recorded,
    Selection,
    Source,
    Strength,
)
from remit.evidence.ports import EVERYTHING
from unit.evidence.reducers import EveryThirdFailure, SumByIntent

REDUCERS = (SumByIntent(), EveryThirdFailure())


@st.composite
def histories(draw: st.DrawFn) -> list[Observation]:
    kinds = draw(
        st.lists(st.tuples(st.sampled_from(["refund", "order", "other"]), st.sampled_from(Outcome)), max_size=40)
    )
    return [seen(number, intent, outcome) for number, (intent, outcome) in enumerate(kinds)]


def seen(number: int, intent: str, outcome: Outcome) -> Observation:
    return Observation(
        key=ObservationKey(f"k{number}"),
        at=datetime(2026, 11, 1, tzinfo=UTC),
        agent=AgentName("shop"),
        release=ReleaseId("r-1"),
        intent=IntentName(intent),
        level="autonomous",
        source=Source.LIVE_OUTCOME,
        strength=Strength.LIVE,
        metric="bad_outcome",
        outcome=outcome,
        cluster="2026-11-01",
    )


async def one_by_one(history: Sequence[Observation]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """States and actions when each observation is folded as it comes."""
    ledger, states = MemoryLedger(), MemoryRunningStates()
    follower = LedgerFollower("f", REDUCERS, ledger, states)
    for observation in history:
        await ledger.append([observation])
        assert await follower.catch_up() == 1
    return await states.load("f"), await states.pending_actions("f")


@given(histories(), st.integers(1, 50), st.lists(st.integers(0, 40), max_size=5))
def test_batches_of_any_size_equal_one_by_one(history: list[Observation], batch: int, pauses: list[int]) -> None:
    async def run() -> None:
        ledger, states = MemoryLedger(), MemoryRunningStates()
        for until in [*sorted(pauses), len(history)]:
            await ledger.append(history[:until])
            # A new follower each time: what it remembers must not matter.
            await LedgerFollower("f", REDUCERS, ledger, states).catch_up(batch=batch)
        expected_states, expected_actions = await one_by_one(history)
        assert await states.load("f") == expected_states
        assert await states.pending_actions("f") == expected_actions

    asyncio.run(run())


async def pause(pauses: list[int]) -> None:
    """Let the others go first, for as many rounds as hypothesis chose."""
    for _ in range(pauses.pop() if pauses else 0):
        await asyncio.sleep(0)


class HaltingLedger(MemoryLedger):
    def __init__(self, pauses: list[int]) -> None:
        super().__init__()
        self.pauses = pauses

    async def after(self, position: int, *, at_most: int = 1000, of: Selection = EVERYTHING) -> Sequence[Recorded]:
        await pause(self.pauses)
        found = await super().after(position, at_most=at_most, of=of)
        await pause(self.pauses)
        return found


class HaltingStates(MemoryRunningStates):
    def __init__(self, pauses: list[int]) -> None:
        super().__init__()
        self.pauses = pauses

    async def position(self, follower: str) -> int:
        await pause(self.pauses)
        return await super().position(follower)

    async def load(self, follower: str, keys: Sequence[str] | None = None) -> Mapping[str, str]:
        await pause(self.pauses)
        return await super().load(follower, keys)

    async def advance(
        self, follower: str, *, expected: int, position: int, changed: Mapping[str, str], actions: Mapping[str, str]
    ) -> bool:
        await pause(self.pauses)
        return await super().advance(follower, expected=expected, position=position, changed=changed, actions=actions)


@given(histories(), st.lists(st.integers(0, 3), max_size=60), st.integers(1, 9), st.integers(1, 9))
def test_followers_that_race_fold_each_observation_exactly_once(
    history: list[Observation], pauses: list[int], first_batch: int, second_batch: int
) -> None:
    async def run() -> None:
        ledger, states = HaltingLedger(list(pauses)), HaltingStates(list(reversed(pauses)))
        one = LedgerFollower("f", REDUCERS, ledger, states)
        other = LedgerFollower("f", REDUCERS, ledger, states)

        async def write() -> None:
            for observation in history:
                await ledger.append([observation])
                await asyncio.sleep(0)

        n_folded = await asyncio.gather(
            one.catch_up(batch=first_batch),
            write(),
            other.catch_up(batch=second_batch),
            one.catch_up(batch=second_batch),  # one object, two tasks
        )
        n_rest = await other.catch_up(batch=first_batch) + await one.catch_up()
        assert sum(n for n in n_folded if n is not None) + n_rest == len(history)
        expected_states, expected_actions = await one_by_one(history)
        assert await states.load("f") == expected_states
        assert await states.pending_actions("f") == expected_actions

    asyncio.run(run())


@given(histories(), st.integers(1, 9))
def test_a_refold_equals_what_was_kept_at_each_position(history: list[Observation], batch: int) -> None:
    async def run() -> None:
        ledger, states = MemoryLedger(), MemoryRunningStates()
        follower = LedgerFollower("f", REDUCERS, ledger, states)
        kept = {0: await states.load("f")}
        for observation in history:
            await ledger.append([observation])
            await follower.catch_up()
            kept[await follower.position()] = await states.load("f")
        for position, expected in kept.items():
            assert await follower.refold(position, batch=batch) == expected

    asyncio.run(run())


@given(histories(), st.integers(1, 9), st.integers(0, 40))
def test_a_refold_of_the_rows_of_one_intent_has_the_whole_states_of_it(
    history: list[Observation], batch: int, position: int
) -> None:
    async def run() -> None:
        ledger = MemoryLedger()
        await ledger.append(history)
        follower = LedgerFollower("f", REDUCERS, ledger, MemoryRunningStates())
        every = await follower.refold(min(position, len(history)), batch=batch)
        selected = await follower.refold(
            min(position, len(history)), batch=batch, of=Selection(intent=IntentName("refund"))
        )
        assert selected == {name: state for name, state in every.items() if name.endswith(":refund")}

    asyncio.run(run())


@given(histories(), st.integers(0, 20))
def test_a_store_that_fails_on_the_way_leaves_nothing_half_folded(history: list[Observation], fails_at: int) -> None:
    class Failing(MemoryRunningStates):
        n_calls = 0

        async def advance(
            self,
            follower: str,
            *,
            expected: int,
            position: int,
            changed: Mapping[str, str],
            actions: Mapping[str, str],
        ) -> bool:
            self.n_calls += 1
            if self.n_calls == fails_at:
                raise StoreUnavailable("remit.db", "disk full")
            return await super().advance(
                follower, expected=expected, position=position, changed=changed, actions=actions
            )

    async def run() -> None:
        ledger, states = MemoryLedger(), Failing()
        follower = LedgerFollower("f", REDUCERS, ledger, states)
        await ledger.append(history)
        try:
            await follower.catch_up(batch=3)
        except StoreUnavailable:
            await follower.catch_up(batch=4)
        expected_states, expected_actions = await one_by_one(history)
        assert await states.load("f") == expected_states
        assert await states.pending_actions("f") == expected_actions

    asyncio.run(run())


def test_states_are_read_by_reducer_and_key() -> None:
    async def run() -> None:
        ledger, states = MemoryLedger(), MemoryRunningStates()
        follower = LedgerFollower("f", REDUCERS, ledger, states)
        await ledger.append([seen(n, "refund", Outcome.FAILED) for n in range(4)])
        await follower.catch_up()
        assert await follower.state(EveryThirdFailure(), "refund") == 4
        assert await follower.state(EveryThirdFailure(), "unknown") == 0
        assert dict(await follower.states(EveryThirdFailure())) == {"refund": 4}
        assert await follower.pending_actions() == {"demote:refund:3": {"failures": 3}}
        await follower.action_done("demote:refund:3")
        assert await follower.pending_actions() == {}

    asyncio.run(run())


def test_reducers_need_names_of_their_own() -> None:
    with pytest.raises(ValueError, match="names of their own"):
        LedgerFollower("f", [SumByIntent(), SumByIntent()], MemoryLedger(), MemoryRunningStates())
    with pytest.raises(ValueError, match="without a colon"):
        LedgerFollower("f", [SumByIntent("a:b")], MemoryLedger(), MemoryRunningStates())

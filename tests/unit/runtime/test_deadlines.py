import asyncio

import pytest

from remit.runtime.deadlines import Deadline

LONG_S = 30.0


async def never() -> None:
    await asyncio.Event().wait()


async def missed(within_s: float) -> float:
    """Waits for what never comes; returns how long it took to be told so."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError), Deadline(within_s) as deadline:
        await never()
    assert deadline.expired()
    return loop.time() - began


def test_a_wait_ends_with_its_deadline_and_not_before() -> None:
    assert asyncio.run(missed(0.03)) >= 0.03


@pytest.mark.parametrize("within_s", [0.0, -1.0])
def test_a_deadline_that_has_passed_ends_the_first_wait(within_s: float) -> None:
    assert asyncio.run(missed(within_s)) < LONG_S


def test_a_deadline_that_is_kept_cancels_nothing_afterwards() -> None:
    async def kept() -> int:
        with Deadline(0.01) as deadline:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        assert not deadline.expired()
        task = asyncio.current_task()
        assert task is not None
        return task.cancelling()

    assert asyncio.run(kept()) == 0


def test_the_earliest_goes_first_whatever_order_they_came_in() -> None:
    async def race() -> list[str]:
        order: list[str] = []

        async def one(name: str, within_s: float) -> None:
            await missed(within_s)
            order.append(name)

        await asyncio.gather(one("late", 0.09), one("early", 0.02), one("between", 0.05))
        return order

    assert asyncio.run(race()) == ["early", "between", "late"]


def test_a_later_deadline_holds_after_an_earlier_one_was_kept() -> None:
    async def both() -> float:
        with Deadline(0.02):
            await asyncio.sleep(0)
        return await missed(0.06)

    assert asyncio.run(both()) >= 0.06


def test_an_inner_deadline_leaves_the_outer_one_alone() -> None:
    async def nested() -> bool:
        with Deadline(LONG_S) as outer:
            await missed(0.01)
            await asyncio.sleep(0)
        return outer.expired()

    assert asyncio.run(nested()) is False


def test_an_outer_deadline_goes_through_an_inner_one() -> None:
    async def nested() -> bool:
        inner = Deadline(LONG_S)
        with pytest.raises(TimeoutError), Deadline(0.01), inner:
            await never()
        return inner.expired()

    assert asyncio.run(nested()) is False


def test_somebody_elses_cancellation_stays_one() -> None:
    async def carried() -> None:
        with Deadline(LONG_S):
            await never()

    async def cancelled() -> bool:
        task = asyncio.create_task(carried())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    assert asyncio.run(cancelled())


def test_an_error_inside_is_not_taken_for_the_deadline() -> None:
    async def failing() -> None:
        with Deadline(LONG_S):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(failing())

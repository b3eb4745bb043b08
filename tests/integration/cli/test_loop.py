"""Commands get large results out of the event loop without making words of them."""

import asyncio

import pytest

from remit.cli.loop import run_to_end


class Large:
    """Something that must not be turned into text."""

    n_written = 0

    def __repr__(self) -> str:
        Large.n_written += 1
        return "very long"


async def _large() -> Large:
    await asyncio.sleep(0)
    return Large()


def test_a_large_result_is_not_made_words_of() -> None:
    Large.n_written = 0
    assert isinstance(run_to_end(_large()), Large)
    assert Large.n_written == 0


def test_what_the_work_raises_is_raised() -> None:
    async def failing() -> None:
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        run_to_end(failing())

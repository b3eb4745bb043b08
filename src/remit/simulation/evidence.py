"""How a simulated day becomes evidence: by event through a real ledger and its followers, or folded day by day."""

from collections.abc import Sequence
from typing import Protocol

from remit.evidence import Ledger, LedgerFollower, RunningStates
from remit.gates.question import Body, Question
from remit.simulation.served import Day


class DayByDay(Protocol):
    """What the desk of a simulated contact centre needs to know."""

    @property
    def followers(self) -> Sequence[LedgerFollower]:
        """What the controller follows."""
        ...

    async def observe(self, day: Day) -> None:
        """Take in one day."""
        ...

    async def body(self, questions: Sequence[Question]) -> Body:
        """The states that the questions read, the day that was last observed included."""
        ...


class ReadBody(Protocol):
    """Reads the states of the gates' follower, as `remit gate` does."""

    async def __call__(self, questions: Sequence[Question]) -> Body:
        """All as of one position."""
        ...


class ByEvent:
    """Every row is appended to the ledger; the real followers fold it. Slow: for small worlds and as the yardstick.

    Args:
        ledger: Where rows go.
        gates: The gates' follower.
        monitors: The controller's.
        states: Where both keep what they folded.
        read: Reads what the gates' follower kept.
    """

    def __init__(
        self, ledger: Ledger, states: RunningStates, gates: LedgerFollower, monitors: LedgerFollower, read: ReadBody
    ) -> None:
        self.ledger = ledger
        self.gates = gates
        self.states = states
        self._read = read
        self.followers = (monitors,)

    async def observe(self, day: Day) -> None:
        """Append the day's rows and fold them for the gates; the controller folds them for itself."""
        await self.ledger.append(day.rows())
        await self.gates.catch_up()

    async def body(self, questions: Sequence[Question]) -> Body:
        """As the follower kept it."""
        return await self._read(questions)

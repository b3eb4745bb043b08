"""The same work for every system: 250 scenarios, four trials each; one line, one write, one answer, one state check.

The customer says "close order W17". The agent closes the order with a tool and says so. A trial passes if
exactly that order is closed at the end. Nothing thinks and nothing waits, so that only the harness costs time.
"""

N_SCENARIOS = 250
N_TRIALS = 4
CONCURRENCY = 8


def orders() -> dict[str, dict[str, str]]:
    """The state that every trial starts from."""
    return {f"W{number}": {"status": "open"} for number in range(N_SCENARIOS)}


def line(number: int) -> str:
    """What the customer says."""
    return f"please close order W{number}"


def order_in(text: str) -> str:
    """What the agent understands."""
    return text.rsplit(" ", 1)[1]

"""A progress bar over trials that also counts how they went."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from remit.evaluation.model import Trial
from remit.evidence import Outcome


@contextmanager
def trials_progress(console: Console, n_planned: int, *, title: str = "Trials") -> Iterator[Callable[[Trial], None]]:
    """Yields what is to be called with each finished trial."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=36),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
    )
    n_by_outcome = dict.fromkeys(Outcome, 0)
    with Progress(*columns, console=console, disable=console.quiet) as progress:
        task = progress.add_task(title, total=n_planned, counts="")

        def on_trial(trial: Trial) -> None:
            n_by_outcome[trial.outcome] += 1
            progress.update(task, advance=1, counts=_words(n_by_outcome))

        yield on_trial


def _words(n_by_outcome: dict[Outcome, int]) -> str:
    n_other = sum(n for outcome, n in n_by_outcome.items() if not outcome.counts)
    words = f"{n_by_outcome[Outcome.PASSED]} passed, {n_by_outcome[Outcome.FAILED]} failed"
    return f"{words}, {n_other} not counted" if n_other else words

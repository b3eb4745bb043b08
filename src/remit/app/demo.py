"""The demo's main job: judge the example centre's agent on its suites, then serve it under what it has earned."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from remit.adapters.formats.report import Report, render_html
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.app.centre import Centre
from remit.app.evaluation import Evaluation, EvaluationRequest, Prepared, evaluate, prepare
from remit.app.reporting import report_on, write_whole
from remit.evaluation.model import Trial
from remit.runtime.ports import Clock

STORE = "remit.db"
REPORT = "report.html"


@dataclass(frozen=True, slots=True)
class Judged:
    """What the demo's evaluation came to."""

    evaluation: Evaluation
    report: Report
    report_file: Path


def example_centre() -> Path:
    """The example shop's folder: beside the package in a checkout, inside it when installed."""
    checkout = Path(__file__).parents[3] / "examples" / "shop"
    return checkout if checkout.is_dir() else Path(__file__).parents[1] / "examples" / "shop"


def fresh_store(directory: Path) -> SqliteDatabase:
    """A new database in the demo's own folder; what an earlier demo left there is removed."""
    for name in (STORE, f"{STORE}-wal", f"{STORE}-shm"):
        (directory / name).unlink(missing_ok=True)
    return SqliteDatabase(directory / STORE)


def prepare_demo(centre: Centre, *, n_trials: int, environ: Mapping[str, str], clock: Clock) -> Prepared:
    """Read everything and make sure that it fits together.

    Raises:
        DocumentError: A document of the centre cannot be used.
    """
    request = EvaluationRequest(agent=centre.agent, policy=centre.policy, suites=centre.suites, n_trials=n_trials)
    return prepare(request, environ=environ, clock=clock)


async def judge_demo(
    prepared: Prepared, database: SqliteDatabase, clock: Clock, directory: Path, *, on_trial: Callable[[Trial], None]
) -> Judged:
    """Run the suites, judge the ledger, write the report."""
    ledger = SqliteLedger(database)
    evaluation = await evaluate(prepared, ledger, clock, on_trial=on_trial)
    report = report_on(prepared, evaluation, clock.now())
    path = directory / REPORT
    write_whole(path, render_html(report))
    return Judged(evaluation, report, path)

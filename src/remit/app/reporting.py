"""The report of an evaluation, and files that are written whole or not at all."""

from contextlib import suppress
from datetime import datetime
from pathlib import Path

from remit.adapters.formats.report import Report
from remit.app.evaluation import Evaluation
from remit.app.preparing import Prepared
from remit.errors import SettingsError


def report_on(prepared: Prepared, evaluation: Evaluation, made_at: datetime) -> Report:
    """Everything that a report shows of an evaluation."""
    return Report(
        runs=tuple(result.run for result in evaluation.results),
        verdicts=evaluation.verdicts,
        made_at=made_at,
        policy_name=evaluation.policy.name,
        grants=evaluation.levels,
        confidence=evaluation.confidence,
        titles={one.id: one.title for suite in prepared.suites for one in suite.scenarios},
    )


def write_whole(file: Path, text: str) -> None:
    """Write a file and the folders above it, or leave what is there as it is.

    Raises:
        SettingsError: It cannot be written.
    """
    draft = file.with_name(f".{file.name}.new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8")
        draft.replace(file)
    except OSError as error:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise SettingsError(f"{file}: cannot be written: {error.strerror}.\n  Name another file.") from error

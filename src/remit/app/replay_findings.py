"""What a replay noticed about a results file, one sentence each."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from remit.adapters.formats.tau import differing_parts, read_tasks
from remit.errors import ImportFormatError
from remit.evaluation.model import Trial
from remit.evaluation.recorded import RecordedRun
from remit.evaluation.replay import ReferenceEnd
from remit.scenarios.model import Scenario


def describe_findings(
    recorded: RecordedRun, trials: Sequence[Trial], references: Mapping[str, ReferenceEnd], folder: Path | None
) -> tuple[str, ...]:
    """Missing attempts, altered or misfiled conversations, references that fail, tasks that were revised.

    Args:
        recorded: The imported file.
        trials: Its trials, re-scored.
        references: What each scenario's reference does, by scenario version.
        folder: Where the known tasks lie, if they are at hand.
    """
    found = list(recorded.findings)
    if recorded.missing:
        n, tasks = sum(recorded.missing.values()), len(recorded.missing)
        found.append(f"{_counted(n, 'attempt')} missing, of {_counted(tasks, 'scenario')}: {_some(recorded.missing)}")
    found += _grouped((note, each.id) for each in recorded.conversations for note in each.findings)
    found += _contradictions(trials)
    found += _reference_findings(recorded, references)
    if folder is not None:
        found += _revisions(recorded, folder)
    reworded = sum(int(trial.details.get("n_answers_reworded") or 0) for trial in trials)
    if reworded:
        found.append(f"{_counted(reworded, 'recorded refusal')} in other words than this world's; the same calls fail")
    return tuple(found)


def _contradictions(trials: Sequence[Trial]) -> list[str]:
    ids = [str(trial.details["conversation"]) for trial in trials if trial.error.startswith("altered or of another")]
    if not ids:
        return []
    hint = "" if len(ids) < len(trials) / 2 else "; the database is probably of another time than the conversations"
    n = _counted(len(ids), "conversation")
    return [f"recorded answers contradict the world's, so not counted: {n} ({_some(ids)}){hint}"]


def _reference_findings(recorded: RecordedRun, references: Mapping[str, ReferenceEnd]) -> list[str]:
    ids = {scenario.version: str(scenario.id) for scenario in recorded.scenarios}
    reads = [ids[version] for version, end in references.items() if end.failed_reads and version in ids]
    writes = [ids[version] for version, end in references.items() if end.failed_writes and version in ids]
    found = []
    if reads:
        found.append(f"a read fails in the reference of {_counted(len(reads), 'scenario')}, harmlessly: {_some(reads)}")
    if writes:
        found.append(
            f"a write fails in the reference of {_counted(len(writes), 'scenario')}, so its trials are not counted: "
            f"{_some(writes)}"
        )
    return found


def _revisions(recorded: RecordedRun, folder: Path) -> list[str]:
    """Embedded tasks that are not those of the nearest tasks file of the folder; the embedded ones score."""
    counted, unreadable = [], []
    for file in sorted({*folder.glob("tasks.json"), *folder.glob("tasks_[0-9]*.json")}):
        try:
            counted.append(_revised(recorded, file.name, read_tasks(file)))
        except ImportFormatError as error:
            unreadable.append(f"embedded tasks cannot be compared with the known ones: {error.problem} ({file.name})")
    nearest = min(counted, default=(0, ""))
    return [nearest[1]] if nearest[0] else unreadable


def _revised(recorded: RecordedRun, file: str, tasks: Sequence[Scenario]) -> tuple[int, str]:
    known = {scenario.id: scenario for scenario in tasks}
    by_part: dict[str, int] = defaultdict(int)
    revised = []
    for scenario in recorded.scenarios:
        parts = differing_parts(known[scenario.id], scenario) if scenario.id in known else ("the task itself",)
        revised += [str(scenario.id)] if parts else []
        for part in parts:
            by_part[part] += 1
    named = ", ".join(f"{part} in {n}" for part, n in sorted(by_part.items()))
    return len(revised), (
        f"{len(revised)} of {len(recorded.scenarios)} embedded tasks are other versions than in {file} "
        f"(they differ by {named}); the embedded ones score: {_some(revised)}"
    )


def _grouped(notes: Iterable[tuple[str, str]]) -> list[str]:
    by_note: dict[str, list[str]] = defaultdict(list)
    for note, conversation in notes:
        by_note[note].append(conversation)
    return [f"{note}: {_counted(len(ids), 'conversation')} ({_some(ids)})" for note, ids in by_note.items()]


def _some(names: Iterable[str], *, at_most: int = 5) -> str:
    listed = list(names)
    more = f" and {len(listed) - at_most} more" if len(listed) > at_most else ""
    return ", ".join(listed[:at_most]) + more


def _counted(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"

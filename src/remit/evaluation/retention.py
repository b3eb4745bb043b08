"""Which transcripts of a run are kept: failures and a few examples, never all, so that memory stays flat."""

import json
from collections import Counter
from dataclasses import dataclass, field, replace

from remit.conversations import Answered, HandedOff, ToolExchange
from remit.evaluation.model import CheckResult, Trial
from remit.evidence import Outcome
from remit.runtime.report import TurnReport
from remit.scenarios.model import ScenarioId
from remit.tools import ToolFailed, ToolOutcomeUnknown, ToolSucceeded

_LONGEST_RESULT = 400


@dataclass(slots=True)
class Retention:
    """Keeps at most so many whole trials; of the others the outcome stays and which checks did not hold.

    Args:
        failures_per_scenario: Whole failed or excluded trials of one scenario.
        failures: Whole failed or excluded trials of the run.
        examples: Whole passed trials of the run, at most one of a scenario.
    """

    failures_per_scenario: int = 2
    failures: int = 400
    examples: int = 50
    _failed: Counter[ScenarioId] = field(default_factory=Counter)
    _shown: set[ScenarioId] = field(default_factory=set)

    def keep(self, trial: Trial) -> Trial:
        """The trial as the run remembers it."""
        if self._is_wanted(trial):
            return replace(trial, transcript=transcript_of(trial.turns))
        if trial.outcome is Outcome.PASSED:
            return _without_words(trial, ())
        unmet = tuple(replace(check, detail="") for check in trial.checks if not check.held)
        return _without_words(trial, unmet)

    def _is_wanted(self, trial: Trial) -> bool:
        if trial.outcome is Outcome.PASSED:
            if trial.scenario in self._shown or len(self._shown) >= self.examples:
                return False
            self._shown.add(trial.scenario)
            return True
        if self._failed[trial.scenario] >= self.failures_per_scenario or self._failed.total() >= self.failures:
            return False
        self._failed[trial.scenario] += 1
        return True


def _without_words(trial: Trial, checks: tuple[CheckResult, ...]) -> Trial:
    # Written out because nearly every trial ends here and `replace` takes several times as long.
    return Trial(
        scenario=trial.scenario,
        scenario_version=trial.scenario_version,
        intent=trial.intent,
        index=trial.index,
        seed=trial.seed,
        outcome=trial.outcome,
        attributed_to=trial.attributed_to,
        checks=checks,
        error=trial.error,
        duration_ms=trial.duration_ms,
        cost_eur=trial.cost_eur,
        published_reward=trial.published_reward,
        transcript=trial.transcript,
        details=trial.details,
    )


def transcript_of(turns: tuple[TurnReport, ...]) -> tuple[tuple[str, str], ...]:
    """Readable lines of a conversation: who, and what was said or done; handoffs with their reason."""
    lines: list[tuple[str, str]] = []
    said_before = 0
    for report in turns:
        entries = report.conversation.entries
        for entry in entries[said_before:-1]:
            if isinstance(entry, ToolExchange):
                lines.append(("tool", _exchange(entry)))
            else:
                lines.append((entry.speaker, entry.text))
        said_before = len(entries)
        match report.outcome:
            case Answered(text, by):
                lines.append((by, text))
            case HandedOff(reason, text, note):
                lines.append(("agent", text))
                lines.append(("handoff", f"{reason.value}: {note}" if note else reason.value))
    return tuple(lines)


def _exchange(exchange: ToolExchange) -> str:
    arguments = ", ".join(f"{name}={_json(value)}" for name, value in exchange.call.arguments.items())
    match exchange.result:
        case ToolSucceeded(content):
            result = _json(content)
        case ToolFailed(message):
            result = f"failed: {message}"
        case ToolOutcomeUnknown(message):
            result = f"outcome unknown: {message}"
    if len(result) > _LONGEST_RESULT:
        result = result[:_LONGEST_RESULT] + "..."
    return f"{exchange.call.tool}({arguments}) -> {result}"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)

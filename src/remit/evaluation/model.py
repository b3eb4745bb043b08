"""Runs and trials: what the evaluator makes, the report shows and the ledger counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NewType

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents.values import quickly_made
from remit.evidence import Outcome
from remit.policy.levels import AutonomyLevel
from remit.runtime.report import TurnReport
from remit.scenarios.model import ScenarioId, StateChange

RunId = NewType("RunId", str)


@quickly_made
@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check of a scenario after a trial. `detail` is a readable difference, empty if it held."""

    check: str
    held: bool
    detail: str = ""


@quickly_made
@dataclass(frozen=True, slots=True)
class Trial:
    """One execution of one scenario.

    Args:
        scenario: Which scenario.
        scenario_version: Digest of its content.
        intent: The scenario's intent.
        index: 0-based number of the trial of this scenario.
        seed: Seed of everything random in it.
        outcome: How it went; only passed and failed count.
        attributed_to: Whose failure it was; None if it passed.
        checks: Each check of the scenario.
        turns: What happened, turn by turn; empty for imported trials.
        changes: What the trial changed in the world.
        error: What went wrong where the outcome is not about the agent.
        duration_ms: Wall time.
        published_reward: Reward that somebody else published for this conversation, if it was imported.
        transcript: Readable lines (speaker, text), also for imported conversations.
    """

    scenario: ScenarioId
    scenario_version: str
    intent: IntentName
    index: int
    seed: int
    outcome: Outcome
    attributed_to: Literal["agent", "customer", "scenario", "infrastructure"] | None
    checks: tuple[CheckResult, ...]
    turns: tuple[TurnReport, ...] = ()
    changes: tuple[StateChange, ...] = ()
    error: str = ""
    duration_ms: float = 0.0
    cost_eur: float = 0.0
    published_reward: float | None = None
    transcript: tuple[tuple[str, str], ...] = ()
    details: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Baseline:
    """What an agent that does nothing, or always hands off, gets on the same scenarios.

    `by_intent` holds (passed, scenarios) of each intent, so that it can stand beside the intent's own score.
    """

    name: Literal["do_nothing", "always_hand_off"]
    n_passed: int
    n_scenarios: int
    by_intent: Mapping[IntentName, tuple[int, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A set of trials of one agent on one suite at one level."""

    id: RunId
    suite: str
    agent: AgentName
    release: ReleaseId
    policy: str
    level: AutonomyLevel
    started_at: datetime
    planned: int
    trials: tuple[Trial, ...]
    baselines: tuple[Baseline, ...] = ()
    simulated: bool = True
    source: str = ""

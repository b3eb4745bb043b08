"""What a report is made of: the runs that were seen and the verdicts that they led to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from remit.conversations import IntentName
from remit.evaluation.model import Run
from remit.evidence.verdicts import GateVerdict
from remit.policy.levels import AutonomyLevel
from remit.scenarios.model import ScenarioId


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a report shows; the three forms differ only in how.

    Args:
        runs: At least one; all of the same agent and release.
        verdicts: As `judge` gave them.
        made_at: When, UTC.
        policy_name: For people; the runs carry the digest.
        grants: The level each intent has earned; empty leaves the levels out.
        confidence: How proposals were weighed, in words; empty leaves it out.
        titles: One line for people of each scenario that has one.
    """

    runs: tuple[Run, ...]
    verdicts: tuple[GateVerdict, ...]
    made_at: datetime
    policy_name: str = ""
    confidence: str = ""
    grants: Mapping[IntentName, AutonomyLevel] = field(default_factory=dict)
    titles: Mapping[ScenarioId, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.runs:
            raise ValueError("a report needs at least one run")
        if len({(run.agent, run.release) for run in self.runs}) > 1:
            raise ValueError("a report is about one release of one agent; make one report for each")

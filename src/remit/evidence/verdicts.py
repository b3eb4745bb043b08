"""What a gate's examination of the ledger came to, and how it is kept."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents.values import quickly_made

VerdictId = NewType("VerdictId", str)


class Finding(StrEnum):
    """Three-valued: no evidence never promotes."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Interval:
    """Bounds of a rate, both in [0, 1]; `method` names how, `confidence` is the coverage."""

    low: float
    high: float
    method: str
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Needed:
    """What is still needed for a decision, and under which assumption.

    Args:
        scenarios: Further scenarios; 0 for gates that no trial settles.
        trials: Further trials, those of the scenarios included.
        assuming: Under which assumption.
        conversations: Further live conversations.
        labels: How many of them must get a label that counts.
        days: Days until then at the present volume and label share; None if there is no volume yet.
    """

    scenarios: int
    trials: int
    assuming: str
    conversations: int = 0
    labels: int = 0
    days: float | None = None


@quickly_made
@dataclass(frozen=True, slots=True)
class LiveFigures:
    """The numbers behind a verdict on live evidence.

    Args:
        eps: Error budget that the losses are held against; None for a comparison of two releases.
        n: Outcomes that count.
        loss: Sum of their losses: errors, where a loss is 0 or 1.
        n_days: Days that they span.
        phi: Design effect that discounts; infinite before a second day.
        log_e: Log of the evidence for the gate.
        log_e_against: Log of the evidence against it.
        threshold: What `log_e` must reach: log(1 / alpha_share).
        alpha_share: Alpha of the running attempt.
        attempt: Its place in the alpha ledger, from 1.
        label_sources: Outcomes that count, by who said how it went.
        not_counted: Outcomes that do not count, by reason.
        held: The gate took as many conversations as it may and is not earned.
    """

    eps: float | None
    n: int
    loss: float
    n_days: int
    phi: float
    log_e: float
    log_e_against: float
    threshold: float
    alpha_share: float
    attempt: int
    label_sources: tuple[tuple[str, int], ...] = ()
    not_counted: tuple[tuple[str, int], ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GateVerdict:
    """One gate, one intent, one look at the ledger.

    Args:
        gate: The statement in words, such as `pass^4 of journeys >= 0.80`.
        level: The level the gate guards.
        intent: The intent judged.
        finding: Supported, refuted or undecided.
        estimate: Point estimate of the statement's rate; None without data.
        pass_1: pass^1 on the same trials; None where it has no meaning.
        interval: Interval of `estimate`.
        n_scenarios: Scenarios with enough counted trials.
        n_trials: Counted trials.
        n_excluded: Trials that do not count (customer, scenario or infrastructure errors).
        method: The test.
        e_value: Evidence for the finding; None where the test has none.
        alpha: Error level of the test.
        needed: What is missing when undecided.
        observed_only: True if the gate is in observe mode and blocks nothing.
        why: A few sentences for people.
        suite: The suite that the gate speaks of; empty if it speaks of none.
        less_is_better: True if the estimate must not exceed the threshold, as with attacks that succeed.
        threshold: What the estimate is compared with; None where no number of trials can settle the gate.
        n_passed: Counted trials that passed.
        n_at_lower_level: Trials that do not count because the agent acted with less freedom than the gate guards.
        live: The numbers of a gate on live evidence; None for others.
        settled_by: Record of the earlier look that settled it; empty if this look did, or none has.
    """

    gate: str
    level: str
    intent: IntentName
    finding: Finding
    estimate: float | None = None
    pass_1: float | None = None
    interval: Interval | None = None
    n_scenarios: int = 0
    n_trials: int = 0
    n_excluded: int = 0
    method: str
    e_value: float | None = None
    alpha: float
    needed: Needed | None = None
    observed_only: bool
    why: str
    threshold: float | None = None
    suite: str = ""
    less_is_better: bool = False
    n_passed: int = 0
    n_at_lower_level: int = 0
    live: LiveFigures | None = None
    settled_by: str = ""

    @property
    def settled_by_trials(self) -> bool:
        """Whether trials can settle the gate; live rates and attestations wait for something else."""
        return self.threshold is not None


@quickly_made
@dataclass(frozen=True, slots=True)
class VerdictRecord:
    """A verdict as it was given, for good. It says on what, so that it can be computed again from the ledger.

    Args:
        id: Digest of everything but `at` and `position`: the same evidence makes the same record.
        at: When it was given, UTC; what expires is judged as of then.
        agent: Who was judged.
        release: Which release of it.
        releases: Whose evidence counted: the release and those it takes over from.
        policy: Digest of the policy in force.
        gate: The gate as a document, with every default written out.
        method_version: Version of the methods; another version may compute otherwise.
        position: Place of the ledger up to which it was read.
        data_digest: Digest over the rows that were read; altering one of them changes it.
        clusters: Clusters of scenarios that counted, for gates on suites; empty for others.
        baseline: Conversations and failed ones that people had, where the gate compares with them.
        n_failed_attempts: Failed attempts at this level before this one.
        verdict: What was found, `settled_by` of an earlier look included.
    """

    id: VerdictId
    at: datetime
    agent: AgentName
    release: ReleaseId
    releases: tuple[ReleaseId, ...]
    policy: str
    gate: str
    method_version: str
    position: int
    data_digest: str
    clusters: tuple[str, ...]
    baseline: tuple[int, int] | None
    n_failed_attempts: int
    verdict: GateVerdict

    @property
    def is_decisive(self) -> bool:
        """Whether it settles the gate for the release: supported, refuted, or held, and no earlier record did."""
        if self.verdict.settled_by:
            return False
        held = self.verdict.live is not None and self.verdict.live.held
        return self.verdict.finding is not Finding.UNDECIDED or held

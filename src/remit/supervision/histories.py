"""What the ledger holds of one conversation, as far as labels need it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from remit.evidence import Observation, Outcome
from remit.evidence.live import Metric, Subject, subject_of


@dataclass(frozen=True, slots=True)
class Given:
    """One expert's label of the conversation, as it was kept."""

    expert: str
    verdict: str
    loss: float
    counts: bool


@dataclass(frozen=True, slots=True)
class History:
    """One conversation's observations, folded.

    Args:
        subject: None while the conversation has not begun to count.
        ended: Its containment, None while it goes on.
        draw: The recorded draw, None if there was none.
        labels: What experts said, oldest first.
        first: The first `bad_outcome` observation.
        latest: The one that holds now.
        n_revisions: How often it was revised.
        proposed: The proposal that its labels speak of, None if none was weighed.
    """

    subject: Subject | None = None
    ended: Observation | None = None
    draw: Observation | None = None
    labels: tuple[Given, ...] = ()
    first: Observation | None = None
    latest: Observation | None = None
    n_revisions: int = 0
    proposed: Observation | None = None

    @property
    def contained(self) -> bool:
        """Whether it ended without people."""
        return self.ended is not None and self.ended.outcome is Outcome.PASSED

    @property
    def drawn(self) -> bool:
        """Whether the recorded draw fell on it."""
        return self.draw is not None and self.draw.details.get("drawn") is True

    @property
    def n_experts(self) -> int:
        """How many experts were to look at it."""
        return int(self.draw.details.get("n_experts") or 1) if self.draw is not None else 0

    @property
    def disputed(self) -> bool:
        """Whether experts disagree and nobody has settled it."""
        return self.latest is not None and self.latest.outcome is Outcome.DISPUTED

    @property
    def ended_at(self) -> datetime | None:
        """When it ended; never before it began, whatever a clock says."""
        if self.ended is None or self.subject is None:
            return None
        return max(self.ended.at, self.subject.started_at)

    def with_observations(self, more: Iterable[Observation]) -> "History":
        """The history after these, in the order of the ledger."""
        history = self
        for seen in more:
            history = _after(history, seen)
        return history


def _after(history: History, seen: Observation) -> History:
    match seen.metric:
        case Metric.STARTED:
            return replace(history, subject=subject_of(seen))
        case Metric.CONTAINMENT:
            return replace(history, ended=seen)
        case Metric.SAMPLED:
            return replace(history, draw=history.draw or seen)
        case Metric.EXPERT_LABEL:
            return replace(history, labels=(*history.labels, _given(seen.details, seen.loss or 0.0)))
        case Metric.PROPOSED:
            return replace(history, proposed=history.proposed or seen)
        case Metric.PROPOSAL if not _speaks_for_itself(history, seen):
            return history
        case Metric.BAD_OUTCOME | Metric.PROPOSAL:
            n_revisions = history.n_revisions + (":revised:" in seen.key)
            return replace(history, first=history.first or seen, latest=seen, n_revisions=n_revisions)
        case _:
            return history


def _speaks_for_itself(history: History, seen: Observation) -> bool:
    """Whether no other outcome is kept of the conversation: people took it over from an agent that was not sure."""
    return history.ended is not None and not history.contained and not seen.details.get("expert")


def _given(details: Mapping[str, object], loss: float) -> Given:
    return Given(str(details["expert"]), str(details["verdict"]), loss, details["counts"] == "yes")

"""Running counts of scenario trials with a digest of their rows, so that verdicts on suites can be recomputed too."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import Aggregate, Observation, Outcome, Recorded
from remit.gates.row_digest import chained

SUITE = "suite:"


@dataclass(frozen=True, slots=True)
class Trials:
    """Trials of one agent, release and suite: passed, failed and not counted by `<intent>|<level>|<cluster>`."""

    counts: Mapping[str, tuple[int, int, int]] = field(default_factory=dict)
    digest: str = ""

    def aggregates(self, agent: AgentName, release: ReleaseId, metric: str) -> Iterable[Aggregate]:
        """The counts as gates read them."""
        for name, (n_passed, n_failed, n_not_counted) in self.counts.items():
            intent, level, cluster = name.split("|", 2)
            yield Aggregate(
                agent, release, IntentName(intent), level, metric, cluster, n_passed, n_failed, n_not_counted
            )


def trials_key(agent: AgentName, release: ReleaseId, metric: str) -> str:
    """Names the state of these."""
    return f"{agent}|{release}|{metric}"


class TrialCounting:
    """The reducer of `Trials`."""

    name = "trials"

    def key_of(self, observation: Observation) -> str | None:
        """Whatever was seen of a suite."""
        if not observation.metric.startswith(SUITE):
            return None
        return trials_key(observation.agent, observation.release, observation.metric)

    def start(self, key: str) -> Trials:
        """No trial yet."""
        del key
        return Trials()

    def add(self, state: Trials, recorded: Recorded) -> Trials:
        """One trial more; one whose outcome may still change does not count yet."""
        row = recorded.observation
        digest = chained(state.digest, recorded)
        if not row.matured:
            return Trials(state.counts, digest)
        name = f"{row.intent}|{row.level}|{row.cluster}"
        n_passed, n_failed, n_not_counted = state.counts.get(name, (0, 0, 0))
        counts = (
            n_passed + (row.outcome is Outcome.PASSED),
            n_failed + (row.outcome is Outcome.FAILED),
            n_not_counted + (not row.outcome.counts),
        )
        return Trials({**state.counts, name: counts}, digest)

    def encode(self, state: Trials) -> Any:
        """As JSON values."""
        return {"counts": state.counts, "digest": state.digest}

    def decode(self, document: Any) -> Trials:
        """From JSON values."""
        return Trials({name: (p, f, x) for name, (p, f, x) in document["counts"].items()}, document["digest"])

"""How well two experts agree on the conversations that the draw gave to both."""

from collections.abc import Iterable
from dataclasses import dataclass

from remit.evidence import Observation
from remit.evidence.live import Metric
from remit.statistics import Kappa, cohen_kappa
from remit.supervision.histories import Given, History
from remit.supervision.labels import LabelVerdict


@dataclass(frozen=True, slots=True)
class Agreement:
    """Two experts' labels of the same conversations.

    Args:
        table: table[i][j]: the first expert to speak said i, the second j; 0 is good, 1 is bad.
        kappa: None while no conversation has both labels.
        n_waiting: Conversations that were given to two experts and have fewer than two labels.
    """

    table: tuple[tuple[int, int], tuple[int, int]]
    kappa: Kappa | None
    n_waiting: int


def agreement(histories: Iterable[History], *, delta: float = 0.05) -> Agreement:
    """Agreement over the conversations that the draw gave to two experts.

    Only each expert's first label counts, and only where the draw asked for two: a second look that somebody asked
    for because of the first is no independent one.
    """
    table = [[0, 0], [0, 0]]
    n_waiting = 0
    for history in histories:
        if history.n_experts < 2:
            continue
        firsts = _first_of_each(history)
        if len(firsts) < 2:
            n_waiting += 1
        else:
            table[_is_bad(firsts[0])][_is_bad(firsts[1])] += 1
    kappa = cohen_kappa(table, delta=delta) if any(map(any, table)) else None
    return Agreement(((table[0][0], table[0][1]), (table[1][0], table[1][1])), kappa, n_waiting)


def _first_of_each(history: History) -> list[Given]:
    by_expert: dict[str, Given] = {}
    for given in history.labels:
        if given.counts:
            by_expert.setdefault(given.expert, given)
    return list(by_expert.values())


def _is_bad(given: Given) -> bool:
    return given.verdict != LabelVerdict.GOOD


RELEVANT = (
    Metric.STARTED,
    Metric.CONTAINMENT,
    Metric.SAMPLED,
    Metric.EXPERT_LABEL,
    Metric.BAD_OUTCOME,
    Metric.PROPOSED,
    Metric.PROPOSAL,
)
"""Metrics of which histories are made."""


def histories_of(observations: Iterable[Observation]) -> dict[str, History]:
    """The history of every conversation with a draw, a label or a proposal, from observations in the ledger's order."""
    by_conversation: dict[str, History] = {}
    for seen in observations:
        if seen.conversation and seen.metric in RELEVANT:
            before = by_conversation.get(seen.conversation, History())
            by_conversation[seen.conversation] = before.with_observations([seen])
    return {
        name: history for name, history in by_conversation.items() if history.draw or history.labels or history.proposed
    }

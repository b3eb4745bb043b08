"""Running counts of whose error it was, canary or stable: cells of equal share and loss, whatever the margin."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from remit.conversations import AgentName, IntentName
from remit.evidence import LabelSource, Observation, Outcome, Recorded, Strength
from remit.gates.live_counts import LIVE_SOURCES, loss_of, loss_replaced
from remit.gates.losses import CLASSES, class_of
from remit.gates.row_digest import chained, place_of
from remit.policy.live_metrics import SAMPLED, STARTED
from remit.statistics import Arm, ArmError

MOST_CANARIES = 4
_ARMS = ("canary", "stable")
_MARKS = 16_384
_SHARE_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Cells:
    """Errors of one canary and of the stable release beside it, on one metric and label source.

    Args:
        errors: How many, by `<arm>|<share>|<class of loss>`.
        n_canary: Outcomes of the canary, good ones included.
        n_stable: The same of stable.
        marks: Customers whose error has been counted, as marks in 16,384 places: a second error of a customer is no
            second draw. Two customers that share a place lose one error, of either arm alike.
        n_repeated: Errors left out for that.
    """

    errors: Mapping[str, int] = field(default_factory=dict)
    n_canary: int = 0
    n_stable: int = 0
    marks: int = 0
    n_repeated: int = 0

    def counted(self) -> Iterable[tuple[ArmError, int]]:
        """Each kind of error, and how often."""
        for name, n in self.errors.items():
            arm, share, which = name.split("|")
            known: Arm = "canary" if arm == "canary" else "stable"
            yield ArmError(known, float(share), min(1.0, (int(which) + 1) // 2 * 2 / CLASSES)), n


@dataclass(frozen=True, slots=True)
class Origins:
    """All comparisons of one agent and intent.

    Args:
        current: The canary that runs now; rows of the stable arm belong to it.
        cells: By `<canary release>|<metric>|<label>`; the latest four canaries.
        digest: Running digest of every row that came here.
    """

    current: str = ""
    cells: Mapping[str, Cells] = field(default_factory=dict)
    digest: str = ""


def origin_key(agent: AgentName, intent: IntentName) -> str:
    """Names the state of these."""
    return f"{agent}|{intent}"


class OriginCounting:
    """The reducer of `Origins`. Rows that belong to no canary (`arm` empty, share 0 or 1) compare nothing."""

    name = "origin"

    def key_of(self, observation: Observation) -> str | None:
        """Live rows of conversations that either arm could have got."""
        if (
            observation.source not in LIVE_SOURCES
            or observation.arm not in _ARMS
            or not 0.0 < observation.canary_share < 1.0
        ):
            return None
        return origin_key(observation.agent, observation.intent)

    def start(self, key: str) -> Origins:
        """No canary yet."""
        del key
        return Origins()

    def add(self, state: Origins, recorded: Recorded) -> Origins:
        """One row more. A `started` row of the canary arm begins the comparison of its release."""
        row = recorded.observation
        state = replace(state, digest=chained(state.digest, recorded))
        if row.strength < Strength.PROOF_OF_VALUE or not row.matured:
            return state
        if row.metric == STARTED:
            return replace(state, current=str(row.release)) if row.arm == "canary" else state
        canary = str(row.release) if row.arm == "canary" else str(row.details.get("canary") or state.current)
        if not canary or row.metric == SAMPLED:
            return state  # Beside no canary, or no outcome: cells of it would take a canary's place.
        name = f"{canary}|{row.metric}|{LabelSource(row.label).value}"
        cells = {**state.cells, name: _after(state.cells.get(name, Cells()), row)}
        return replace(state, cells=_latest(cells))

    def encode(self, state: Origins) -> Any:
        """As JSON values."""
        cells = {
            name: [dict(one.errors), one.n_canary, one.n_stable, f"{one.marks:x}", one.n_repeated]
            for name, one in state.cells.items()
        }
        return {"current": state.current, "cells": cells, "order": list(state.cells), "digest": state.digest}

    def decode(self, document: Any) -> Origins:
        """From JSON values."""
        cells = {}
        for name in document["order"]:
            errors, n_canary, n_stable, marks, n_repeated = document["cells"][name]
            cells[name] = Cells(errors, n_canary, n_stable, int(marks, 16), n_repeated)
        return Origins(document["current"], cells, document["digest"])


def _after(cells: Cells, row: Observation) -> Cells:
    if row.details.get("was_matured") and row.details.get("was") in (Outcome.PASSED, Outcome.FAILED):
        cells = _counted(cells, row, loss_replaced(row), -1)
    return _counted(cells, row, loss_of(row), 1) if row.outcome.counts else cells


def _counted(cells: Cells, row: Observation, loss: float, n: int) -> Cells:
    """One outcome more, or one less that is revised: its customer's mark is lifted again."""
    is_canary = row.arm == "canary"
    cells = replace(cells, n_canary=cells.n_canary + n * is_canary, n_stable=cells.n_stable + n * (not is_canary))
    if loss <= 0.0:
        return cells
    mark = 1 << place_of(row, places=_MARKS)
    name = f"{row.arm}|{round(row.canary_share, _SHARE_DIGITS)}|{class_of(loss)}"
    if n < 0:
        left = max(0, cells.errors.get(name, 0) - 1)
        return replace(cells, marks=cells.marks & ~mark, errors={**cells.errors, name: left})
    if cells.marks & mark:
        return replace(cells, n_repeated=cells.n_repeated + 1)
    return replace(cells, marks=cells.marks | mark, errors={**cells.errors, name: cells.errors.get(name, 0) + 1})


def _latest(cells: Mapping[str, Cells]) -> Mapping[str, Cells]:
    canaries = list(dict.fromkeys(name.split("|")[0] for name in cells))
    kept = set(canaries[-MOST_CANARIES:])
    return {name: one for name, one in cells.items() if name.split("|")[0] in kept}

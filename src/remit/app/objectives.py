"""The objectives of a policy: read from its OpenSLO files, counted over the ledger, read as budgets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from remit.adapters.formats.openslo import read_openslo
from remit.adapters.text_files import read_text
from remit.conversations import AgentName
from remit.documents import digest_of, suggest
from remit.errors import ObjectiveParseError
from remit.evidence import Ledger, LedgerFollower, Reducer, RunningStates, Strength
from remit.policy.model import Policy
from remit.slo import (
    BudgetCounting,
    BudgetReadout,
    BurnCounting,
    Objective,
    Use,
    burn_rates,
    read_budget,
)
from remit.slo.burn_alerts import BurnRate
from remit.slo.counting import Key


@dataclass(frozen=True, slots=True)
class Budget:
    """One budget, read, with its burn alerts where the indicator has any."""

    readout: BudgetReadout
    burning: tuple[BurnRate, ...] = ()


def read_objectives(policy: Policy, path: Path) -> tuple[Objective, ...]:
    """The objectives that the policy names, in the order of their files.

    Args:
        policy: Names patterns relative to its own folder.
        path: Where the policy stands.

    Raises:
        ObjectiveParseError: A pattern matches no file, a file is no objective, a name stands twice, or an intent is
            unknown.
    """
    files: list[Path] = []
    for pattern in policy.objectives:
        matched = sorted(path.parent.glob(pattern))
        if not matched:
            raise ObjectiveParseError(
                path, None, f"`objectives` names {pattern!r}, which matches no file", "Correct it, or make the file."
            )
        files += [one for one in matched if one not in files]
    known: dict[str, Path] = {}
    objectives: list[Objective] = []
    for file in files:
        for objective in read_objective_file(file):
            _expect_fitting(objective, file, policy, known)
            known[objective.name] = file
            objectives.append(objective)
    return tuple(objectives)


def read_objective_file(file: Path, *, metric: str = "") -> tuple[Objective, ...]:
    """The objectives of one OpenSLO file. Raises ObjectiveParseError."""
    return read_openslo(read_text(file, ObjectiveParseError), str(file), metric=metric)


def _expect_fitting(objective: Objective, file: Path, policy: Policy, known: dict[str, Path]) -> None:
    if objective.name in known:
        raise ObjectiveParseError(
            file, None, f"objective {objective.name!r} stands in {known[objective.name]} as well", "Rename one of them."
        )
    if objective.intent and objective.intent not in policy.intents:
        mend = suggest(objective.intent, policy.intents, noun="intents")
        raise ObjectiveParseError(
            file, None, f"objective {objective.name!r} is for intent {objective.intent!r}, which is unknown", mend
        )


def for_each_intent(objectives: Sequence[Objective], policy: Policy) -> tuple[Objective, ...]:
    """For other tools, which know no "each intent by itself": one objective for each intent of the policy."""
    written: list[Objective] = []
    for objective in objectives:
        if objective.intent or not objective.per_intent:
            written.append(objective)
            continue
        for intent in policy.intents:
            name = f"{objective.name}-{intent.replace('_', '-').lower()}"
            written.append(replace(objective, name=name, intent=intent, display_name=_titled(objective, intent)))
    return tuple(written)


def _titled(objective: Objective, intent: str) -> str:
    return f"{objective.display_name or objective.name}: {intent.replace('_', ' ')}"


async def read_budgets(
    objectives: Sequence[Objective],
    ledger: Ledger,
    states: RunningStates,
    *,
    now: datetime,
    agent: AgentName | None = None,
    least: Strength = Strength.PROOF_OF_VALUE,
) -> tuple[Budget, ...]:
    """Catch up with the ledger and read every budget that has data.

    Only counts: what a crossing asks for is asked by the monitors that the controller follows with. Another set of
    objectives is another follower, which reads the ledger from its beginning once.

    Raises:
        StoreUnavailable: The store cannot be read or written.
    """
    counting = [BudgetCounting(objective, least=least) for objective in objectives]
    burning = {
        objective.name: BurnCounting(objective, least=least)
        for objective in objectives
        if objective.indicator.use is Use.BURN_RATE
    }
    reducers: list[Reducer[Any]] = [*counting, *burning.values()]
    name = f"objectives-{digest_of(sorted(one.name for one in reducers))[:12]}"
    follower = LedgerFollower(name, reducers, ledger, states)
    await follower.catch_up()
    budgets: list[Budget] = []
    for one in counting:
        burns = await follower.states(burning[one.objective.name]) if one.objective.name in burning else {}
        for text, counts in sorted((await follower.states(one)).items()):
            key = Key.parse(text)
            if agent is not None and key.agent != agent:
                continue
            readout = read_budget(one.objective, key, counts, today=now.date())
            rates = burn_rates(burns[text], one.objective, int(now.timestamp())) if text in burns else ()
            budgets.append(Budget(readout, rates))
    return tuple(budgets)

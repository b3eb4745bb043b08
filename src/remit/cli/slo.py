"""`remit slo`: what is left of each error budget, and objectives as OpenSLO documents."""

import asyncio
import json
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Table

from remit.cli.places import policy_place
from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from remit.app.objectives import Budget
    from remit.policy.model import Policy
    from remit.slo import Objective
    from remit.slo.burn_alerts import BurnRate

EXIT_DONE = 0
EXIT_BURNED = 1
EXIT_INSUFFICIENT = 2
_FORMATS = ("v1", "v1alpha", "v2alpha")

slo = typer.Typer(help="Objectives and error budgets of the policy; OpenSLO in and out.")

PolicyOption = Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


# ── budgets ───────────────────────────────────────────────────────────────────────────────────────
@slo.callback(invoke_without_command=True)
def budgets(
    context: typer.Context,
    *,
    policy: PolicyOption = None,
    agent: Annotated[str, typer.Option(help="Only this agent's budgets.")] = "",
    simulated: Annotated[bool, typer.Option("--simulated", help="Count simulated conversations too.")] = False,
    as_json: JsonOption = False,
    store: StoreOption = None,
) -> int:
    """Show each error budget: its state, its counts, and what is left where enough was seen.

    Exit codes: 0 no budget is burned, 1 one is, 2 there is not enough evidence for any, 3 error.
    """
    if context.invoked_subcommand is not None:
        return EXIT_DONE
    place = policy_place(policy, "slo")
    read_policy, objectives = _objectives(place)
    with screen(stderr=True, quiet=as_json).status("Counting what is new in the ledger"):
        found = asyncio.run(_read(objectives, agent, store, simulated=simulated)) if objectives else ()
    code = _code(found)
    if as_json:
        document = {
            "policy": read_policy.name,
            "simulated_counts": simulated,
            "objectives": len(objectives),
            "budgets": [_document(one) for one in found],
            "exit_code": code,
        }
        typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
    else:
        _tell(read_policy, objectives, found, simulated=simulated)
    return code


def _objectives(place: Path) -> "tuple[Policy, Sequence[Objective]]":
    # Loaded here, as below: reading documents needs libraries that no other command should wait for.
    from remit.app.objectives import read_objectives
    from remit.app.policy_files import read_policy_file

    read_policy = read_policy_file(place)
    return read_policy, read_objectives(read_policy, place)


async def _read(
    objectives: "Sequence[Objective]", agent: str, store: Path | None, *, simulated: bool
) -> "tuple[Budget, ...]":
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteLedger, SqliteRunningStates
    from remit.app.objectives import read_budgets
    from remit.conversations import AgentName
    from remit.evidence import Strength

    async with open_store(store) as database:
        return await read_budgets(
            objectives,
            SqliteLedger(database),
            SqliteRunningStates(database),
            now=SystemClock().now(),
            agent=AgentName(agent) if agent else None,
            least=Strength.SIMULATED if simulated else Strength.PROOF_OF_VALUE,
        )


def _code(found: "Sequence[Budget]") -> int:
    from remit.slo import BudgetState

    states = {one.readout.state for one in found}
    if BudgetState.BURNED in states:
        return EXIT_BURNED
    return EXIT_DONE if states - {BudgetState.INSUFFICIENT} else EXIT_INSUFFICIENT


def _tell(
    read_policy: "Policy", objectives: "Sequence[Objective]", found: "Sequence[Budget]", *, simulated: bool
) -> None:
    console = screen()
    if not objectives:
        console.print(f"Policy {read_policy.name!r} has no objectives.")
        console.print(
            "Next:   write `objectives: [objectives/*.yaml]` and an OpenSLO file; docs/reference/objectives.md"
        )
        return
    if not found:
        console.print(f"{counted(len(objectives), 'objective')}, and no live conversation has been counted yet.")
        console.print("Next:   remit serve" if simulated else "Next:   remit serve, or remit slo --simulated")
        return
    if simulated:
        console.print("SIMULATED conversations are counted: nothing here says how real customers fare.", style="yellow")
    console.print(_table(found))
    for one in found:
        where = " ".join(part for part in (one.readout.key.intent or "all intents", one.readout.key.level) if part)
        console.print(f"{one.readout.objective.name} ({where}): {one.readout.why}.")
        for rate in one.burning:
            if rate.fires or not rate.possible:
                console.print(f"  {_burn_words(rate)}")
    console.print("Intervals: confidence sequences, valid at every look, at the objective's alpha.")
    console.print("Next:   remit slo export")


def _table(found: "Sequence[Budget]") -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column("objective", no_wrap=True)
    for heading in ("intent", "state"):
        table.add_column(heading, overflow="fold")
    for heading in ("bad / matured", "rate", "interval", "budget left"):
        table.add_column(heading, justify="right", no_wrap=True)
    for one in found:
        readout = one.readout
        counts, bounds = readout.counts, readout.interval
        table.add_row(
            readout.objective.name,
            readout.key.intent or "all",
            readout.state.value + (", half burned" if readout.half_burned and readout.state != "burned" else ""),
            f"{counts.n_errors_matured} / {counts.n_matured}",
            "-" if readout.estimate is None else f"{readout.estimate:.2%}",
            f"{bounds.low:.2%} to {bounds.high:.2%}",
            _left(one),
        )
    return table


def _left(one: "Budget") -> str:
    left = one.readout.budget_remaining
    if left is None:
        return "-"
    return f"{left:.0%} of {one.readout.objective.eps:g}" if left >= 0.0 else f"overspent by {-left:.0%}"


def _burn_words(rate: "BurnRate") -> str:
    if not rate.possible:
        return f"burn alert {rate.alert.name}: cannot fire at this budget, nothing burns that fast"
    return (
        f"burn alert {rate.alert.name} fires ({rate.alert.kind.value}): {rate.n_failed} bad in {rate.n} over "
        f"{rate.alert.long_s // 3600} h"
    )


def _document(one: "Budget") -> dict[str, Any]:
    readout = one.readout
    counts = readout.counts
    return {
        "objective": readout.objective.name,
        "metric": readout.objective.metric,
        "use": readout.objective.indicator.use.value,
        "agent": readout.key.agent,
        "release": readout.key.release,
        "intent": readout.key.intent,
        "level": readout.key.level,
        "state": readout.state.value,
        "half_burned": readout.half_burned,
        "budget": readout.objective.eps,
        "budget_remaining": readout.budget_remaining,
        "n_min": readout.objective.n_min,
        "window": {
            "days": readout.window.n_days,
            "first_day": readout.window.first_day,
            "last_day": readout.window.last_day,
            "n_begun": counts.n_begun,
            "n_matured": counts.n_matured,
            "n_bad": counts.n_errors,
            "n_bad_matured": counts.n_errors_matured,
            "n_labels_without_draw": readout.window.n_without_draw,
            "strata": {
                name or "all": {"n_begun": part.n_begun, "n_matured": part.n_matured, "n_bad": part.n_errors_matured}
                for name, part in readout.window.strata.items()
            },
        },
        "rate": readout.estimate,
        "interval": {
            "low": readout.interval.low,
            "high": readout.interval.high,
            "alpha": readout.objective.alpha,
            "method": "confidence sequence by stratum, valid at every look",
        },
        "e_promote": readout.e_promote,
        "e_rollback": readout.e_rollback,
        "design_effect": readout.phi if isfinite(readout.phi) else None,
        "change_statistic": readout.change_statistic,
        "change_threshold": _finite(readout.change_threshold),
        "burn_alerts": [
            {
                "factor": rate.alert.factor,
                "kind": rate.alert.kind.value,
                "fires": rate.fires,
                "possible": rate.possible,
                "n": rate.n,
                "n_bad": rate.n_failed,
                "n_needed": rate.n_needed,
                "long_rate": rate.long_rate,
                "short_rate": rate.short_rate,
            }
            for rate in one.burning
        ],
        "why": readout.why,
    }


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else value


# ── OpenSLO ───────────────────────────────────────────────────────────────────────────────────────
@slo.command("export")
def export(
    *,
    form: Annotated[str, typer.Option("--format", help="v1, v1alpha (for Sloth) or v2alpha.")] = "v1",
    out: Annotated[Path | None, typer.Option(help="Write to this file; default: standard output.")] = None,
    policy: PolicyOption = None,
) -> None:
    """Write the policy's objectives as OpenSLO; one for each intent where they are counted by intent."""
    from remit.adapters.formats.openslo import render_openslo
    from remit.app.objectives import for_each_intent
    from remit.app.reporting import write_whole

    if form not in _FORMATS:
        raise SettingsError(f"remit slo export: --format {form!r} is unknown.\n  Known: {', '.join(_FORMATS)}.")
    read_policy, objectives = _objectives(policy_place(policy, "slo export"))
    if not objectives:
        raise SettingsError(
            f"policy {read_policy.name!r} has no objectives to export.\n"
            "  Write `objectives: [objectives/*.yaml]` in it."
        )
    written = for_each_intent(objectives, read_policy)
    text = render_openslo(written, form, policy=read_policy.digest[:12])  # type: ignore[arg-type]
    if out is None:
        typer.echo(text, nl=False)
        return
    write_whole(out, text)
    screen().print(f"{counted(len(written), 'objective')} as OpenSLO {form} in {out}. Next:   remit slo")


@slo.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="An OpenSLO file: v1, v1alpha or v2alpha.")],
    *,
    metric: Annotated[str, typer.Option(help="Remit's metric, for documents that name none.")] = "",
    out: Annotated[Path, typer.Option(help="The folder that the policy names under `objectives`.")] = Path(
        "objectives"
    ),
    replace: Annotated[bool, typer.Option("--replace", help="Replace files that are there.")] = False,
) -> None:
    """Bring in an OpenSLO file: checked, with Remit's annotations, one v1 file for each objective.

    Queries of other systems are replaced by Remit's own counters: budgets are counted in Remit's ledger.
    """
    from remit.adapters.formats.openslo import render_openslo
    from remit.app.objectives import read_objective_file
    from remit.app.reporting import write_whole

    _expect_known(metric)
    objectives = read_objective_file(file, metric=metric)
    places = {out / f"{objective.name.lower()}.yaml": objective for objective in objectives}
    there = [place for place in places if place.exists()]
    if (there and not replace) or len(places) < len(objectives):
        what = f"{there[0]} is there already" if there else "two objectives would go to one file"
        raise SettingsError(f"remit slo import {file}: {what}.\n  Rename the objective, or say --replace.")
    out.mkdir(parents=True, exist_ok=True)
    for place, objective in places.items():
        write_whole(place, render_openslo([objective]))
    console = screen()
    for place, objective in places.items():
        unit = objective.indicator.per
        console.print(f"{place}: at most {objective.eps:g} bad per {unit}; read from {objective.n_min} on.")
    console.print(f"Next:   `objectives: [{out.name}/*.yaml]` in the policy, then remit slo")


def _expect_known(metric: str) -> None:
    from remit.documents import suggest
    from remit.slo import INDICATORS

    if metric and metric not in INDICATORS:
        raise SettingsError(f"metric {metric!r} is unknown.\n  {suggest(metric, INDICATORS, noun='metrics')}")

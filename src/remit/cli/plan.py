"""`remit plan`: what each gate will take, before anything runs."""

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from remit.cli.gate import expect_intent, level_named
from remit.cli.places import agent_of, policy_place
from remit.cli.screen import screen
from remit.cli.stores import StoreOption, open_store
from remit.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from remit.conversations import IntentName
    from remit.gates.planning import GatePlan
    from remit.policy.levels import AutonomyLevel
    from remit.policy.model import Policy

EXIT_REFUSED = 1


def plan(
    *,
    policy: Annotated[Path | None, typer.Option(help="The policy; default: the centre's.")] = None,
    volume: Annotated[
        float, typer.Option(min=0.0, help="Conversations a day of each intent, or of all with --share.")
    ] = 0.0,
    share: Annotated[
        list[str] | None, typer.Option(help="Part of --volume that is this intent's, as INTENT=0.3; repeatable.")
    ] = None,
    label_share: Annotated[float, typer.Option(min=0.001, max=1.0, help="Share that experts label.")] = 1.0,
    within: Annotated[float, typer.Option(min=1.0, help="Days; what takes longer is refused.")] = 180.0,
    error_share: Annotated[
        float, typer.Option(min=0.01, max=0.95, help="The agent's true error rate as a part of the budget.")
    ] = 0.5,
    label_minutes: Annotated[float, typer.Option(min=0.0, help="Expert minutes for one label.")] = 3.0,
    approval_minutes: Annotated[float, typer.Option(min=0.0, help="Expert minutes for one approval.")] = 1.0,
    raw_alpha: Annotated[bool, typer.Option("--raw-alpha", help="At alpha itself, not the ledger's share.")] = False,
    intent: Annotated[str, typer.Option(help="Only this intent.")] = "",
    level: Annotated[str, typer.Option(help="Only the gates of this level.")] = "",
    plot: Annotated[Path | None, typer.Option(help="Write the days of each gate as a picture (.svg).")] = None,
    store: StoreOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="The plan for machines, on standard output.")] = False,
) -> int:
    """Say how many days, labels and expert hours each gate will take, and refuse what cannot be reached in time.

    Nothing runs and nothing is kept. Exit codes: 0 every gate can be reached, 1 one cannot, 3 error.
    """
    from remit.app.policy_files import read_policy_file
    from remit.cli.plan_table import plan_document, plan_screen, plan_svg
    from remit.gates.planning import Assumptions
    from remit.gates.planning import plan as make

    place = policy_place(policy, "plan")
    read = read_policy_file(place)
    expect_intent(intent, list(read.intents), "plan")
    volumes, source = _volumes(read, volume, tuple(share or ()), store)
    assumptions = Assumptions(
        label_share=label_share,
        error_share=error_share,
        minutes_per_label=label_minutes,
        minutes_per_approval=approval_minutes,
        within_days=within,
        raw_alpha=raw_alpha,
    )
    plans = _chosen(make(read, volumes, assumptions), intent, level_named(level, "plan"))
    if plot is not None:
        _write(plot, plan_svg(plans, assumptions))
    if as_json:
        typer.echo(json.dumps(plan_document(plans, assumptions, volumes, source), ensure_ascii=False, indent=2))
    else:
        console = screen()
        console.print(plan_screen(plans, assumptions, volumes, source, width=console.width))
        if plot is not None:
            screen().print(f"Plot:   {plot}", soft_wrap=True)
        screen().print(f"Next:   {_following(plans, place)}", soft_wrap=True)
    return EXIT_REFUSED if any(one.refused and not one.observed_only for one in plans) else 0


def _volumes(
    policy: "Policy", volume: float, shares: tuple[str, ...], store: Path | None
) -> "tuple[Mapping[IntentName, float], str]":
    """Conversations a day of each intent, and where the numbers come from."""
    from remit.app.planning import history_of, volumes_of_history, volumes_typed

    if volume > 0.0:
        return volumes_typed(policy, volume, dict(_share(one) for one in shares)), "as given"
    if shares:
        raise SettingsError("remit plan: --share divides --volume, which is missing.\n  Such as: --volume 400")
    if store is not None:
        found = asyncio.run(_from_ledger(policy, store))
        if found:
            return found, f"what {store} has seen"
    history = history_of(policy)
    if history is not None:
        return volumes_of_history(policy, history), f"the history {history}"
    raise SettingsError(
        "remit plan: nothing says how many conversations a day there are.\n"
        "  Give --volume, or --store with live conversations, or a history as `baseline: {from: FILE}`."
    )


async def _from_ledger(policy: "Policy", store: Path) -> "Mapping[IntentName, float]":
    from remit.adapters.store import SqliteLedger
    from remit.app.planning import volumes_of_ledger

    async with open_store(store) as database:
        return await volumes_of_ledger(policy, agent_of(None, "plan").name, SqliteLedger(database))


def _share(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError:
        raise SettingsError(
            f"remit plan: --share {text!r} is not INTENT=SHARE.\n  Such as: --share refund=0.3"
        ) from None


def _chosen(plans: "tuple[GatePlan, ...]", intent: str, level: "AutonomyLevel | None") -> "tuple[GatePlan, ...]":
    return tuple(one for one in plans if intent in ("", one.intent) and (level is None or one.level == level.label))


def _write(path: Path, text: str) -> None:
    from remit.app.reporting import write_whole

    write_whole(path, text)


def _following(plans: "tuple[GatePlan, ...]", policy: Path) -> str:
    refused = [one for one in plans if one.refused and not one.observed_only]
    if refused and refused[0].alternatives:
        return f"change the gate in {policy} to one of the alternatives, then remit plan again"
    return "remit eval begins with what trials can show" if plans else f"add gates to {policy}, then remit plan"

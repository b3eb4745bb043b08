"""`remit worker`: the controller without the gateway."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from remit.cli.screen import counted, screen
from remit.cli.stores import StoreOption, open_store
from remit.settings import Settings

if TYPE_CHECKING:
    from remit.control.orders import Order


def worker(
    directory: Annotated[Path, typer.Argument(help="The contact centre's folder, with its remit.yaml.")] = Path(),
    *,
    once: Annotated[bool, typer.Option("--once", help="One round, then end; for cron and for a first look.")] = False,
    store: StoreOption = None,
) -> None:
    """Watch the evidence and do what the policy's rollback rules ask for; tell whom it concerns.

    `remit serve` does the same beside the gateway. As many workers as you like may run on one store: everything is
    done once.
    """
    asyncio.run(_worker(directory, store, once=once))


async def _worker(directory: Path, store: Path | None, *, once: bool) -> None:
    # Loaded here: `remit --help` needs none of it.
    from remit.adapters.agents.load import load_agent
    from remit.adapters.memory import SystemClock
    from remit.app.centre import load_centre
    from remit.app.controlling import controlling, objectives_of
    from remit.app.fingerprint_schedule import fingerprint_schedule
    from remit.app.policy_files import read_policy_file
    from remit.app.surroundings import surroundings_of

    console = screen()
    centre = load_centre(directory)
    policy = read_policy_file(centre.policy)
    clock, settings = SystemClock(), Settings.from_environ(os.environ)
    agent = load_agent(centre.agent, environ=os.environ, clock=clock, surroundings=surroundings_of(policy))
    try:
        async with open_store(store, make=True) as database:
            control = await controlling(
                policy,
                agent.name,
                database,
                clock,
                settings=settings,
                environ=os.environ,
                objectives=objectives_of(policy, centre),
                simulated=centre.simulated,
            )
            schedule = fingerprint_schedule(
                centre, policy, database, clock, environ=os.environ, every_h=settings.fingerprint_every_h
            )
            rules = counted(len(policy.rollback), "rollback rule")
            console.print(f"{policy.name}: watching {agent.name} by {rules}; store {database.path}")
            if once:
                drifted = await schedule.look()
                orders = [*([] if drifted is None else [drifted]), *await control.round()]
                for order in orders:
                    _tell(console, order)
                console.print(f"{counted(len(orders), 'order')} carried out. Next:   remit status")
                return
            console.print("Ctrl+C stops.")

            def tell(order: "Order") -> None:
                _tell(console, order)

            async with schedule.running(tell):
                await control.keep_on(done=tell)
    finally:
        await agent.close()


def _tell(console: Console, order: "Order") -> None:
    title = order.reason if order.incident is None else f"{order.incident.title}; {order.reason}"
    console.print(f"{order.at:%Y-%m-%d %H:%M:%S} UTC  {title}", soft_wrap=True)
    if order.incident is not None:
        console.print(f"  remit incident show {order.incident.id}")

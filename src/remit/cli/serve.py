"""`remit serve`: the gateway of a contact centre."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from remit.cli.screen import screen
from remit.conversations import IntentName
from remit.policy.levels import AutonomyLevel
from remit.settings import Settings

if TYPE_CHECKING:
    from remit.app.live import Live


def serve(
    directory: Annotated[Path, typer.Argument(help="The contact centre's folder, with its remit.yaml.")] = Path(),
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from REMIT_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one; from REMIT_PORT.")] = None,
    store: Annotated[Path | None, typer.Option(help="The SQLite file; default from REMIT_STORE.")] = None,
) -> None:
    """Serve the agent under its policy: OpenAI-compatible, REST, and a page to chat on.

    The grants are those of the book, for this very release and policy; in a simulated world, what suites support is
    granted first. What has not been earned is in shadow: people answer. The controller runs beside the gateway.
    """
    settings = Settings.from_environ(os.environ)
    settings = replace(
        settings,
        host=settings.host if host is None else host,
        port=settings.port if port is None else port,
        store=settings.store if store is None else store,
    )
    asyncio.run(_serve(directory, settings))


async def _serve(directory: Path, settings: Settings) -> None:
    # Loaded here: the classifier and the MCP SDK cost a second that no other command should pay.
    from remit.adapters.memory import SystemClock
    from remit.adapters.store import SqliteDatabase
    from remit.app.centre import load_centre
    from remit.app.controlling import controlling, objectives_of
    from remit.app.fingerprint_schedule import fingerprint_schedule
    from remit.app.live import grant_what_is_earned, live_gateway
    from remit.cli.serving import address, listening
    from remit.cli.serving import serve as serve_gateway

    console = screen()
    centre = load_centre(directory)
    clock = SystemClock()
    with listening(settings) as listener:
        async with (
            SqliteDatabase(settings.store) as database,
            live_gateway(
                centre,
                database,
                clock,
                environ=os.environ,
                simulated=centre.simulated,
                lease_s=settings.lease_s,
            ) as live,
        ):
            levels = await grant_what_is_earned(live, centre, database)
            control = await controlling(
                live.policy,
                live.agent.name,
                database,
                clock,
                settings=settings,
                environ=os.environ,
                objectives=objectives_of(live.policy, centre),
                simulated=centre.simulated,
            )

            def ready() -> None:
                _introduce(console, live, levels, settings, address(listener))

            schedule = fingerprint_schedule(
                centre, live.policy, database, clock, environ=os.environ, every_h=settings.fingerprint_every_h
            )
            async with control.running(), schedule.running():
                await serve_gateway(live.gateway, settings, listener, ready)


def _introduce(
    console: Console,
    live: "Live",
    levels: Mapping[IntentName, AutonomyLevel],
    settings: Settings,
    where: str,
) -> None:
    n_shadow = sum(level is AutonomyLevel.SHADOW for level in levels.values())
    console.print(f"{live.policy.name}: agent {live.agent.name}, release {live.agent.release}")
    console.print(f"  {len(levels)} intents, {n_shadow} of them in shadow (people answer); store {settings.store}")
    if n_shadow == len(levels):
        how = "run `remit eval` first" if live.gateway.simulated else "`remit eval`, then `remit grant promote`"
        console.print(f"  Nothing has been earned in this store yet: {how}.")
    console.print(f"  chat page  {where}\n  API        {where}openapi.json\n  Ctrl+C stops.")

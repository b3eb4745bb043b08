"""`remit serve`: the gateway of a contact centre."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from remit.settings import Settings


def serve(
    directory: Annotated[Path, typer.Argument(help="The contact centre's folder, with its remit.yaml.")] = Path(),
    host: Annotated[str | None, typer.Option(help="Address to listen on; default from REMIT_HOST.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on, 0 for a free one; from REMIT_PORT.")] = None,
    store: Annotated[Path | None, typer.Option(help="The SQLite file; default from REMIT_STORE.")] = None,
) -> None:
    """Serve the agent under its policy: OpenAI-compatible, REST, and a page to chat on.

    The grants are what the ledger in the store supports for this very release; without evidence every intent is in
    shadow and people answer.
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
    from remit.app.live import grant_what_is_earned, live_gateway
    from remit.cli.serving import address, listen
    from remit.cli.serving import serve as serve_gateway

    console = Console(highlight=False)
    centre = load_centre(directory)
    clock = SystemClock()
    listener = listen(settings)
    async with (
        SqliteDatabase(settings.store) as database,
        live_gateway(centre, database, clock, environ=os.environ, simulated=bool(centre.tools.world)) as live,
    ):
        levels = await grant_what_is_earned(live, database)
        n_shadow = sum(level == 0 for level in levels.values())

        def ready() -> None:
            console.print(f"{centre.name}: agent {live.agent.name}, release {live.agent.release}")
            console.print(f"  {len(levels)} intents, {n_shadow} in shadow (people answer); store {settings.store}")
            console.print(f"  chat page  {address(listener)}\n  API        {address(listener)}openapi.json")
            console.print("  Ctrl+C stops.")

        await serve_gateway(live.gateway, settings, listener, ready)

"""`remit world`: worlds on their own, outside a run."""

from pathlib import Path
from typing import Annotated

import typer

from remit.errors import SettingsError

world = typer.Typer(help="Worlds: places with tools and state where scenarios play.", invoke_without_command=True)


@world.callback()
def _group(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@world.command("serve")
def serve(
    reference: Annotated[str, typer.Argument(help="The world, such as world/shop.py:world or package.module:world.")],
    stdio: Annotated[bool, typer.Option("--stdio", help="Speak MCP on standard input and output.")] = False,  # noqa: FBT002 - a flag of the terminal
    http: Annotated[int | None, typer.Option(help="Speak MCP on this loopback port; 0 takes a free one.")] = None,
    directory: Annotated[Path, typer.Option(help="Folder that the reference is relative to.")] = Path(),
) -> None:
    """Serve a world's tools over MCP, for agents and other MCP clients."""
    # Loaded here: the MCP SDK costs a second that no other command should pay.
    from remit.app.world_server import serve_world_on_http, serve_world_on_stdio

    if stdio == (http is not None):
        raise SettingsError("remit world serve: choose one transport.\n  Give --stdio, or --http PORT.")
    if http is None:
        serve_world_on_stdio(reference, directory)
    else:
        serve_world_on_http(
            reference, directory, http, lambda address: typer.echo(f"{reference} is served at {address}")
        )

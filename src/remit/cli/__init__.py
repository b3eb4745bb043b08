"""Delivery on the terminal."""

import typer

app = typer.Typer(name="remit", no_args_is_help=True, add_completion=False)


def main() -> None:
    """Entry point of the `remit` command."""
    app()

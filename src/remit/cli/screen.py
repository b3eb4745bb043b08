"""Where commands write for people."""

from rich.console import Console

_WIDTH_OF_FILES = 100


def screen(*, stderr: bool = False, quiet: bool = False, markup: bool = True, soft_wrap: bool = False) -> Console:
    """A terminal as wide as it is; output into a file or pipe is 100 columns wide, so that tables stay whole."""
    console = Console(highlight=False, stderr=stderr, quiet=quiet, markup=markup, soft_wrap=soft_wrap)
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    return console

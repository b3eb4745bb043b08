"""Where commands write for people: the one place that makes terminals, and numbers in words."""

from rich.console import Console

_WIDTH_OF_FILES = 100


def screen(*, stderr: bool = False, quiet: bool = False, soft_wrap: bool = False) -> Console:
    """A terminal as wide as it is; output into a file or pipe is 100 columns wide, so that tables stay whole.

    Text is shown as it is: what looks like markup or like an emoji's name, such as the `:100:` of
    `policy.yaml:100:`, comes from people's files and must not be read as either. Style with `style=` or `Text`.
    """
    console = Console(highlight=False, markup=False, emoji=False, stderr=stderr, quiet=quiet, soft_wrap=soft_wrap)
    if not console.is_terminal:
        console.width = _WIDTH_OF_FILES
    return console


def counted(count: int, noun: str) -> str:
    """`1 gate`, `2 gates`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

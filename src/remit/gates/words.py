"""Numbers as sentences carry them."""


def counted(count: int, noun: str) -> str:
    """`1 day`, `2 days`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def rate(value: float) -> str:
    """A rate with as many digits as it needs, `0.02` or `0.0315`."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if value >= 0.0001 else f"{value:.2g}"


def joined(*sentences: str) -> str:
    """One text of those that say something."""
    return " ".join(one for one in sentences if one)

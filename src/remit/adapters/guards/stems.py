"""A cheap first look: does a text hold any of the stems without which no pattern can match?"""

from collections.abc import Iterable

# What `re.IGNORECASE` takes for an ASCII letter; `str.lower` alone does not.
_LETTERS = str.maketrans({"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"})


def stems_in(text: str, stems: Iterable[str]) -> list[str]:
    """Those of the stems (ASCII, small letters) that stand in the text, blind to case as `re.IGNORECASE` is."""
    lowered = text.lower() if text.isascii() else text.translate(_LETTERS).lower()
    return [stem for stem in stems if stem in lowered]

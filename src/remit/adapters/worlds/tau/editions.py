"""What differs between the two editions of the benchmark."""

from enum import StrEnum


class Edition(StrEnum):
    """tau-bench of 2024 and tau2-bench of 2025 share tools and data, not every rule."""

    TAU1 = "tau1"
    TAU2 = "tau2"

    def refusal(self, sentence: str) -> str:
        """A refusal as the edition words it; the first edition starts its sentences in lower case."""
        return sentence[:1].lower() + sentence[1:] if self is Edition.TAU1 else sentence

"""What a budget asks for. Values only: the controller takes them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId


class BudgetActionKind(StrEnum):
    """What is to be done."""

    RAISE_SAMPLING = "raise_sampling"
    """Experts look at all flagged conversations of the intent."""
    FREEZE_PROMOTION = "freeze_promotion"
    """Nothing of the intent is promoted."""
    STEP_DOWN = "step_down"
    """One level down, at once."""
    PAGE = "page"
    """Somebody is told now."""
    TICKET = "ticket"
    """Somebody is told in working hours."""


@dataclass(frozen=True, slots=True)
class BudgetAction:
    """One thing that is asked for.

    Args:
        kind: What.
        objective: Which objective asks.
        agent: Whose.
        release: Under which release.
        intent: For which intent; empty for all of the agent's.
        level: The level at which it was seen, by name; empty where levels are together.
        why: In words, with figures.
        position: Place of the ledger at which the line was crossed.
    """

    kind: BudgetActionKind
    objective: str
    agent: AgentName
    release: ReleaseId
    intent: IntentName
    level: str
    why: str
    position: int

    @property
    def key(self) -> str:
        """Names the action: the same crossing asks once."""
        where = "|".join((self.agent, self.release, self.intent, self.level))
        return f"slo:{self.objective}:{where}:{self.kind.value}:{self.position}"

    def as_document(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "kind": self.kind.value}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "BudgetAction":
        """Of what `as_document` made."""
        return cls(**{**document, "kind": BudgetActionKind(document["kind"])})

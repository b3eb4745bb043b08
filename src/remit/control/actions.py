"""What a monitor asks for, as the ledger's follower keeps it until it is done."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from remit.conversations import AgentName, ConversationId, IntentName, ReleaseId
from remit.policy.rollback import Do
from remit.slo import BudgetAction, BudgetActionKind

_OF_BUDGETS: Mapping[BudgetActionKind, Do] = {
    BudgetActionKind.RAISE_SAMPLING: "raise_sampling",
    BudgetActionKind.FREEZE_PROMOTION: "freeze",
    BudgetActionKind.STEP_DOWN: "demote",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to be done because of one observation.

    Args:
        do: What.
        agent: Whose.
        intent: For what; empty if it concerns all.
        release: Which release acted.
        level: Name of the level at which it acted; a grant that is below it by now was narrowed already.
        rule: What of the policy asks for it, in words.
        why: What was seen, with figures.
        position: Place of the ledger at which the line was crossed.
        at: When the observation was made, ISO, UTC.
        conversations: Affected ones, newest last.
        n_conversations: How many are known.
    """

    do: Do
    agent: AgentName
    intent: IntentName
    release: ReleaseId
    level: str
    rule: str
    why: str
    position: int
    at: str
    conversations: tuple[ConversationId, ...] = ()
    n_conversations: int = 0

    def key(self, monitor: str) -> str:
        """Names the action: the same crossing of the same monitor asks once."""
        return f"{self.do}:{self.agent}:{self.intent}:{self.release}:{monitor}:{self.position}"

    def as_document(self) -> dict[str, Any]:
        """As JSON values."""
        return {**asdict(self), "conversations": list(self.conversations)}


@dataclass(frozen=True, slots=True)
class Alert:
    """Somebody is to be told; nothing narrows."""

    agent: AgentName
    intent: IntentName
    title: str
    why: str


def action_from(document: Mapping[str, Any], *, at: str) -> Action | Alert:
    """Of what a monitor of control, or of an objective, asked for.

    Args:
        document: As the follower kept it.
        at: For budgets, which do not say when.
    """
    if "kind" not in document:
        return Action(**{**document, "conversations": tuple(document["conversations"])})
    asked = BudgetAction.from_document(document)
    do = _OF_BUDGETS.get(asked.kind)
    if do is None:
        return Alert(asked.agent, asked.intent, f"objective {asked.objective}: {asked.kind.value}", asked.why)
    return Action(
        do=do,
        agent=asked.agent,
        intent=asked.intent,
        release=asked.release,
        level=asked.level,
        rule=f"objective {asked.objective}",
        why=asked.why,
        position=asked.position,
        at=at,
    )

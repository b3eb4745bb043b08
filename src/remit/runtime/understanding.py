"""Leaf of a turn: what does the customer want, and which rule follows?"""

from collections.abc import Sequence
from dataclasses import replace

from remit.conversations import Conversation, HandedOff, HandoffReason, Turn
from remit.policy.decide import strictest
from remit.policy.levels import AutonomyLevel
from remit.policy.rules import IntentRule
from remit.runtime.journal import Journal
from remit.runtime.ports import ASKS_FOR_PERSON, IntentEstimate, Permit, TurnPorts
from remit.runtime.scene import Understood
from remit.runtime.words import HANDOFF_TEXT

WINDOW = 40
"""How many messages back the intent port looks. Whole chats must fit: on STAR the last 8 messages keep the task
of 164 chats in 300, the last 24 keep that of 284 (benchmarks/intents)."""


async def understand(
    turn: Turn, conversation: Conversation, permit: Permit, journal: Journal, ports: TurnPorts
) -> Understood | HandedOff:
    """The intents in play and the strictest of their rules, or a handoff where the policy has none."""
    estimate: IntentEstimate | None = journal.recall(0, "understood", "estimate")
    if estimate is None:
        window = (*conversation.messages()[-(WINDOW - 1) :], turn.message)
        estimate = await ports.intents.estimate(window)
    intents = tuple(guess.intent for guess in estimate.guesses)
    rules = [permit.rules[intent] for intent in intents if intent in permit.rules]
    rule = _rule_of(rules, conversation)
    if journal.find(0, "understood") is None:
        journal.note(
            0,
            "understood",
            {
                "estimate": estimate,
                "intents": list(intents),
                "level": None if rule is None else int(rule.level),
                "release": permit.release,
                "policy": permit.policy,
                "arm": permit.arm,
                "canary_share": permit.canary_share,
            },
        )
    shadowed = rule is not None and rule.level is AutonomyLevel.SHADOW  # people answer anyway; the proposal is wanted
    if estimate.signals.get(ASKS_FOR_PERSON, 0.0) > 0.0 and not shadowed:
        return HandedOff(HandoffReason.CUSTOMER_REQUEST, HANDOFF_TEXT, "the customer asks for a person")
    if rule is None:
        certainty = f"out-of-scope probability {estimate.out_of_scope_probability:.2f}"
        return HandedOff(HandoffReason.OUT_OF_SCOPE, HANDOFF_TEXT, f"no intent of the policy fits; {certainty}")
    if len(rules) < len(intents):
        unknown = sorted(set(intents) - set(permit.rules))
        return HandedOff(HandoffReason.OUT_OF_SCOPE, HANDOFF_TEXT, f"the policy has no intent {', '.join(unknown)}")
    return Understood(estimate, intents, rule)


def _rule_of(rules: Sequence[IntentRule], conversation: Conversation) -> IntentRule | None:
    """The strictest; where people answer a conversation, the agent goes on being shadowed whatever it may elsewhere."""
    if not rules:
        return None
    rule = strictest(rules)
    return replace(rule, level=AutonomyLevel.SHADOW) if conversation.handed_off is HandoffReason.SHADOW else rule

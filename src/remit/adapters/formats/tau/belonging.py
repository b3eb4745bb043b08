"""Does a conversation belong to its task, is it there twice, and how many are missing.

A conversation and its task share identifiers (customer ids, order and reservation numbers, postal codes).
One that shares none with its own task but some with another was filed under the wrong one.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from remit.adapters.formats.tau.messages import Talk
from remit.evaluation.recorded import RecordedConversation, RecordedEnd
from remit.scenarios.model import Scenario

_DUPLICATE = "duplicate of"
_IDENTIFIER = re.compile(r"\d{3}-\d{3}-\d{4}|[A-Za-z]+_[A-Za-z]+_\d+|[A-Za-z_]*\d[A-Za-z0-9_]{4,}|[A-Z0-9]{6}")


def identifiers(text: str) -> frozenset[str]:
    """Words that name one customer, order, item or reservation: they hold a digit and five characters or more."""
    found = (match.group().lower() for match in _IDENTIFIER.finditer(text))
    return frozenset(word for word in found if any(each.isdigit() for each in word))


def scenario_identifiers(scenario: Scenario) -> frozenset[str]:
    """The identifiers that the scenario tells its customer or uses in its reference."""
    arguments = json.dumps([dict(call.arguments) for call in scenario.reference])
    customer = json.dumps(scenario.extra["task"].get("user_scenario") or scenario.extra["task"].get("user_id"))
    return identifiers(" ".join((scenario.reason, *scenario.known, customer, arguments)))


def talk_identifiers(talk: Talk) -> frozenset[str]:
    """The identifiers that the customer said or the agent looked up."""
    arguments = json.dumps([dict(each.call.arguments) for each in talk.calls], default=str)
    return identifiers(" ".join((*talk.customer_texts, arguments)))


def misfiled_as(own: Scenario, spoken: frozenset[str], of_scenario: Mapping[str, frozenset[str]]) -> str | None:
    """The scenario that a conversation seems to be about, if it is not its own; None if all is well.

    Args:
        own: The scenario it is filed under.
        spoken: Its identifiers.
        of_scenario: Identifiers of every scenario of the file, by id.
    """
    if not spoken or spoken & of_scenario.get(own.id, frozenset()):
        return None
    best = max(of_scenario, key=lambda name: len(spoken & of_scenario[name]), default=None)
    return best if best is not None and spoken & of_scenario[best] else None


def talk_digest(talk: Talk) -> str:
    """Digest of all words and calls, with the ids of the calls: two honest trials never share it."""
    parts = [talk.transcript, [[each.call.id, each.text] for each in talk.calls]]
    return hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()


def mark_duplicates(
    conversations: Sequence[RecordedConversation], digests: Sequence[str]
) -> tuple[RecordedConversation, ...]:
    """The same conversations; a later one with the content of an earlier one does not count."""
    first: dict[str, str] = {}
    marked = []
    for conversation, digest in zip(conversations, digests, strict=True):
        # A single line may honestly be the same in two conversations.
        if digest in first and len(conversation.transcript) > 1:
            marked.append(exclude(conversation, f"{_DUPLICATE} {first[digest]}"))
        else:
            first.setdefault(digest, conversation.id)
            marked.append(conversation)
    return tuple(marked)


def exclude(conversation: RecordedConversation, why: str) -> RecordedConversation:
    """The conversation, not counted because the recording is not what it should be."""
    end = conversation.end
    unusable = RecordedEnd(end.reason, completed=end.completed, excluded_by="infrastructure", note=why)
    return replace(conversation, end=unusable, findings=(*conversation.findings, why))


def count_trials(conversations: Iterable[RecordedConversation]) -> Counter[str]:
    """Trials of each scenario, a conversation that is there twice counted once."""
    return Counter(str(each.scenario.id) for each in conversations if not each.end.note.startswith(_DUPLICATE))


def missing_trials(scenarios: Iterable[Scenario], seen: Counter[str], planned_each: int) -> dict[str, int]:
    """How many trials of each scenario are not there, those with none missing left out."""
    missing = {scenario.id: planned_each - seen[scenario.id] for scenario in scenarios}
    return {str(name): n for name, n in missing.items() if n > 0}

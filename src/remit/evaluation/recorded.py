"""Conversations that somebody else held and recorded: what an importer gives and a replay re-scores."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from remit.conversations import AgentName, HandedOff, ReleaseId
from remit.scenarios.model import Scenario
from remit.tools import ToolCall


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """A tool call and the answer in the recording.

    `text` is the answer without any word that only marks a failure; None if the recording holds no answer.
    `failed` says whether it was a refusal or an error.
    """

    call: ToolCall
    text: str | None
    failed: bool = False


@dataclass(frozen=True, slots=True)
class RecordedEnd:
    """How a conversation ended.

    Args:
        reason: In the words of the recording.
        completed: Whether the publisher's rules look at the outcome at all; if not, its reward is 0.
        excluded_by: Whose failure it was, if the conversation says nothing about the agent. It depends on
            how the conversation ended and never on whether it passed, so that leaving it out selects nothing.
        note: One clause for people, empty if there is nothing to say.
    """

    reason: str
    completed: bool
    excluded_by: Literal["customer", "scenario", "infrastructure"] | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class RecordedConversation:
    """One recorded trial of a scenario.

    Args:
        id: As the recording names it, unique in its file.
        scenario: The scenario as it was at that time: this one scores.
        index: 0-based number of the trial of its scenario.
        calls: Tool calls that ran, oldest first.
        said: What the agent told the customer, oldest first.
        handed_off: The handoff, if the agent passed the customer on.
        end: How it ended.
        transcript: Readable lines (speaker, text).
        published_reward: What the publisher gave it; None if the recording does not say.
        not_recomputed: Why the score cannot be computed from the recording; empty if it can.
        findings: What the import noticed about this conversation.
        at: When it took place, if known.
    """

    id: str
    scenario: Scenario
    index: int
    calls: tuple[RecordedCall, ...]
    said: tuple[str, ...]
    handed_off: HandedOff | None
    end: RecordedEnd
    transcript: tuple[tuple[str, str], ...]
    published_reward: float | None
    not_recomputed: str = ""
    findings: tuple[str, ...] = ()
    at: datetime | None = None
    seed: int = 0
    duration_ms: float = 0.0
    details: Mapping[str, str | int | float | bool | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """One file of recorded conversations.

    Args:
        source: The file.
        digest: SHA-256 of its bytes, in hex.
        format: Name of the format.
        suite: Name of the suite, such as `tau2-airline`.
        agent: Whose conversations.
        release: Which release of it, as far as the file says.
        conversations: In the order of the file.
        planned: Trials that should be there.
        missing: Scenario ids and how many trials of each are missing.
        scenarios: Every scenario of the file, also those without a conversation.
        findings: What the import noticed about the file.
    """

    source: str
    digest: str
    format: str
    suite: str
    agent: AgentName
    release: ReleaseId
    conversations: tuple[RecordedConversation, ...]
    planned: int
    missing: Mapping[str, int]
    scenarios: tuple[Scenario, ...]
    findings: tuple[str, ...] = ()

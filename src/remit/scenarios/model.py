"""The scenario model. Files (YAML), imports (tau) and generators all make these."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NewType

from remit.conversations import HandoffReason, IntentName
from remit.documents.values import quickly_made
from remit.tools import ToolCall, ToolName

ScenarioId = NewType("ScenarioId", str)


# ── the customer ──────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class ScriptedCustomer:
    """Says these lines in order, whatever the agent says. A line may have several phrasings; the seed picks one."""

    lines: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class AgendaCustomer:
    """Opens with the reason for contact, answers what is asked out of what they know, says so when they don't know.

    Args:
        opening: Phrasings of the first message; the seed picks one.
        answers: What the agent may ask for (slot name or a word of the question) -> phrasings of the answer.
        confirms: Whether a "shall I ...?" is answered with yes.
        insists: Lines said, one by one, when the agent refuses or hands off is not offered.
        max_turns: After so many messages the customer leaves.
    """

    opening: tuple[str, ...]
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    confirms: bool = True
    insists: tuple[str, ...] = ()
    max_turns: int = 8


@dataclass(frozen=True, slots=True)
class InstructedCustomer:
    """Played by a language model, which is told the scenario's reason, facts and persona, and these instructions.

    Args:
        instructions: What to do beyond the reason: conditions, second wishes, what to hold back.
        max_turns: After so many messages the customer leaves.
    """

    instructions: str = ""
    max_turns: int = 30


Customer = ScriptedCustomer | AgendaCustomer | InstructedCustomer


# ── checks ────────────────────────────────────────────────────────────────────────────────────────
@quickly_made
@dataclass(frozen=True, slots=True)
class StateChange:
    """One difference between start and end of the world, by JSON pointer.

    `kind` tells a value that is absent from one that is null: `added` has no value before, `removed` none
    after (the field is None then); `changed` has both, and None is JSON null.
    """

    pointer: str
    before: Any
    after: Any
    kind: Literal["changed", "added", "removed"] = "changed"


@dataclass(frozen=True, slots=True)
class StateCheck:
    """What changed in the world must equal one of the acceptable sets of changes.

    Args:
        acceptable: Each a set of changes; an empty tuple inside means "nothing may change".
        from_reference: True: the acceptable set is what the scenario's reference calls do, computed on a fresh world.
        ignore: JSON pointers, `*` for one segment, whose changes do not matter.
        tolerance: Absolute difference at which two numbers are the same.
    """

    acceptable: tuple[tuple[StateChange, ...], ...] = ()
    from_reference: bool = False
    ignore: tuple[str, ...] = ()
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True)
class CallCheck:
    """A tool must (or must not) have been called; given arguments must match, others are free."""

    tool: ToolName
    arguments: Mapping[str, Any] = field(default_factory=dict)
    called: bool = True


@dataclass(frozen=True, slots=True)
class SaidCheck:
    """Something must (or must not) have been said to the customer.

    `text` matches as a substring, case folded; `without` are characters removed from the reply first
    (tau removes `,` from numbers). `pattern` is a regular expression instead.
    """

    text: str = ""
    pattern: str = ""
    said: bool = True
    without: str = ""


@dataclass(frozen=True, slots=True)
class HandoffCheck:
    """The conversation must (or must not) have gone to people, for one of these reasons if any are named."""

    expected: bool
    reasons: tuple[HandoffReason, ...] = ()


Check = StateCheck | CallCheck | SaidCheck | HandoffCheck


# ── scenarios and suites ──────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class StartState:
    """Which world, and what is different in it when the customer arrives.

    `changes` are set before the first message; `calls` are tool calls run on the fresh world.
    """

    world: str
    changes: tuple[StateChange, ...] = ()
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """One customer's case.

    Args:
        id: Unique in its suite.
        intent: As the policy names it.
        title: One line for people.
        reason: Why the customer makes contact, in words.
        known: What the customer knows.
        unknown: What the customer does not know.
        persona: How the customer talks.
        customer: How the customer is simulated; None if the scenario can only be replayed.
        start: The world at the beginning.
        checks: All must hold for a trial to pass; at least one.
        reference: Tool calls of one correct solution; empty may mean "do nothing".
        has_reference: False if no reference solution is known.
        expert: What a simulated expert does when asked during a trial.
        verified_customer: The customer id under which the conversation runs, if identity is proven.
        source: Where it comes from, such as a file and line or a public commit.
        version: Digest of the content.
        extra: Fields of an imported format that have no home here; kept so that nothing is lost.
    """

    id: ScenarioId
    intent: IntentName
    title: str
    reason: str
    start: StartState
    checks: tuple[Check, ...]
    customer: Customer | None = None
    known: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    persona: str = ""
    reference: tuple[ToolCall, ...] = ()
    has_reference: bool = False
    expert: Literal["absent", "approves", "denies"] = "absent"
    verified_customer: str | None = None
    tags: tuple[str, ...] = ()
    source: str = ""
    version: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """Scenarios that a gate speaks of by name."""

    name: str
    scenarios: Sequence[Scenario]
    description: str = ""
    source: str = ""
    simulated: bool = True

"""What the parts of a policy document must be to each other."""

from collections.abc import Iterator

from remit.documents import KeyPath, Located, Problem, suggest
from remit.policy.assembly import assemble_gate, assemble_level
from remit.policy.gate_words import statement
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import LimitError, compile_limits
from remit.policy.live_misfits import live_misfits
from remit.policy.operating_assembly import operating_misfits
from remit.policy.schema import GateDocument, GrantDocument, LiveGateDocument, PolicyDocument

_LOWEST_ACTING = AutonomyLevel.SUPERVISED_ANSWERS.label


def find_misfits(document: PolicyDocument, located: Located) -> tuple[Problem, ...]:
    """What is wrong between parts that are each well-formed."""
    return (
        *(problem for name in document.intents for problem in _intent_misfits(document, name, located)),
        *_level_misfits(document, located),
        *_pool_misfits(document, located),
        *_gate_misfits(document, located),
        *operating_misfits(
            document,
            located,
            intents=list(document.intents),
            tools=list(document.tools),
            pools=document.calibration.pools,
            budgets={
                gate.live
                for gates in document.gates.values()
                for gate in gates
                if isinstance(gate, LiveGateDocument) and gate.at_most is not None
            },
        ),
    )


def _intent_misfits(document: PolicyDocument, name: str, located: Located) -> Iterator[Problem]:
    grants = document.intents[name].tools
    if isinstance(grants, list):
        for index, tool in enumerate(grants):
            place: KeyPath = ("intents", name, "tools", index)
            if tool not in document.tools:
                yield _unknown_tool(document, name, tool, located.line_of(place))
            elif tool in grants[:index]:
                yield Problem(located.line_of(place), f"intent {name!r} grants tool {tool!r} twice", "Remove one.")
        return
    for tool, grant in grants.items():
        place = ("intents", name, "tools", tool)
        if tool not in document.tools:
            yield _unknown_tool(document, name, tool, located.line_of(place))
        elif grant is not None:
            yield from _grant_misfits(document, name, tool, grant, located)


def _unknown_tool(document: PolicyDocument, intent: str, tool: str, line: int | None) -> Problem:
    return Problem(
        line,
        f"intent {intent!r} grants tool {tool!r}, which the catalogue does not have",
        f"Add it under `tools:` or remove the grant. {suggest(tool, list(document.tools), noun='tools')}",
    )


def _grant_misfits(
    document: PolicyDocument, intent: str, tool: str, grant: GrantDocument, located: Located
) -> Iterator[Problem]:
    place: KeyPath = ("intents", intent, "tools", tool)
    catalogued = document.tools[tool].effect
    if grant.effect is not None and grant.effect.severity < catalogued.severity:
        yield Problem(
            located.line_of((*place, "effect")),
            f"intent {intent!r} calls tool {tool!r} {grant.effect.value}, the catalogue calls it {catalogued.value}",
            "A grant may only be stricter than the catalogue; remove its `effect` or correct the catalogue.",
        )
    if grant.limits is not None:
        try:
            compile_limits(grant.limits)
        except LimitError as error:
            yield Problem(
                located.line_of((*place, "limits")),
                f"the limits of tool {tool!r} for intent {intent!r} cannot be used: {error.problem}",
                error.mend,
            )


def _pool_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    """A pool names intents of the policy, and no intent is certified twice."""
    pool_of: dict[str, str] = {}
    for pool, intents in document.calibration.pools.items():
        for index, intent in enumerate(intents):
            line = located.line_of(("calibration", "pools", pool, index))
            if intent not in document.intents:
                mend = suggest(intent, list(document.intents), noun="intents")
                yield Problem(line, f"pool {pool!r} names intent {intent!r}, which the policy does not have", mend)
            elif intent in pool_of:
                problem = f"intent {intent!r} is in pool {pool_of[intent]!r} already"
                yield Problem(line, problem, "An intent shares one threshold with one pool: remove it here or there.")
            pool_of.setdefault(intent, pool)


def _level_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    if _LOWEST_ACTING not in document.levels:
        yield Problem(
            located.line_of(("levels",)),
            f"`levels` does not say what holds at {_LOWEST_ACTING}",
            f"Add `{_LOWEST_ACTING}: {{risk: {{error_at_most: 0.02}}}}`; higher levels take over what they do not say.",
        )
    for name, level in document.levels.items():
        send = assemble_level(level).send_threshold
        if level.ask_from is not None and level.ask_from > send:
            yield Problem(
                located.line_of(("levels", name, "ask_from")),
                f"`ask_from` {level.ask_from} is above the sending threshold {send}, so that no expert would be asked",
                "Lower it; the sending threshold is 1 - `risk.error_at_most`.",
            )


def _gate_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    for level, gates in document.gates.items():
        for index, gate in enumerate(gates):
            line = located.line_of(("gates", level, index))
            if gate in gates[:index]:
                yield Problem(line, f"the same gate stands twice at {level}", "Remove one.")
            if isinstance(gate, LiveGateDocument):
                yield from live_misfits(gate, level, ("gates", level, index), located, document.baseline)
                if any(_same_statement(gate, other) for other in gates[:index] if other != gate):
                    yield Problem(
                        line,
                        f"two live gates at {level} state the same of {gate.live!r} on other evidence",
                        "Keep one: their verdicts could not be told apart.",
                    )


def _same_statement(gate: LiveGateDocument, other: GateDocument) -> bool:
    return isinstance(other, LiveGateDocument) and statement(assemble_gate(gate)) == statement(assemble_gate(other))

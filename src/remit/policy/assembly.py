"""What the parts of a policy document must be to each other, and the frozen `Policy` made of them."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from remit.conversations import IntentName
from remit.policy.canonical import digest_of
from remit.policy.complaints import suggest
from remit.policy.gates import AttackGate, AttestationGate, Gate, LiveGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import LimitError, compile_limits
from remit.policy.model import (
    IntentPolicy,
    LevelPolicy,
    Policy,
    Review,
    Risk,
    RollbackRule,
    ToolDeclaration,
    TurnLimits,
)
from remit.policy.rules import ToolRule
from remit.policy.schema import (
    AttackGateDocument,
    AttestationGateDocument,
    GateDocument,
    GrantDocument,
    IntentDocument,
    LevelDocument,
    LiveGateDocument,
    PolicyDocument,
    SuiteGateDocument,
)
from remit.policy.yaml_lines import Located, Path, Problem
from remit.tools import ToolName

_LOWEST_ACTING = AutonomyLevel.SUPERVISED_ANSWERS.label


def find_misfits(document: PolicyDocument, located: Located) -> tuple[Problem, ...]:
    """What is wrong between parts that are each well-formed."""
    return (
        *(problem for name in document.intents for problem in _intent_misfits(document, name, located)),
        *_level_misfits(document, located),
        *_gate_misfits(document, located),
        *_rollback_misfits(document, located),
    )


def assemble(document: PolicyDocument, source: str) -> Policy:
    """The policy of a document without misfits."""
    tools = {
        ToolName(name): ToolDeclaration(ToolName(name), tool.effect, tool.description)
        for name, tool in document.tools.items()
    }
    content = Policy(
        name=document.name,
        problem=document.problem,
        digest="",
        tools=tools,
        intents={IntentName(name): _intent(name, intent, tools) for name, intent in document.intents.items()},
        levels=_levels(document),
        gates={AutonomyLevel.named(level): tuple(map(_gate, gates)) for level, gates in document.gates.items()},
        rollback=tuple(RollbackRule(rule.when.model_dump(exclude_none=True), rule.do) for rule in document.rollback),
        signoff={AutonomyLevel.named(level): tuple(roles) for level, roles in document.signoff.items()},
        objectives=tuple(document.objectives),
        baseline=document.baseline,
        turn=TurnLimits(document.turn.max_steps, document.turn.deadline),
        source=source,
    )
    return replace(content, digest=digest_of(content))


# ── misfits ───────────────────────────────────────────────────────────────────────────────────────
def _intent_misfits(document: PolicyDocument, name: str, located: Located) -> Iterator[Problem]:
    grants = document.intents[name].tools
    if isinstance(grants, list):
        for index, tool in enumerate(grants):
            place: Path = ("intents", name, "tools", index)
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
    place: Path = ("intents", intent, "tools", tool)
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


def _level_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    if _LOWEST_ACTING not in document.levels:
        yield Problem(
            located.line_of(("levels",)),
            f"`levels` does not say what holds at {_LOWEST_ACTING}",
            f"Add `{_LOWEST_ACTING}: {{risk: {{error_at_most: 0.02}}}}`; higher levels take over what they do not say.",
        )
    for name, level in document.levels.items():
        send = _level(level).send_threshold
        if level.ask_from is not None and level.ask_from > send:
            yield Problem(
                located.line_of(("levels", name, "ask_from")),
                f"`ask_from` {level.ask_from} is above the sending threshold {send}, so that no expert would be asked",
                "Lower it; the sending threshold is 1 - `risk.error_at_most`.",
            )


def _gate_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    for level, gates in document.gates.items():
        for index, gate in enumerate(gates):
            if not isinstance(gate, LiveGateDocument):
                continue
            bounds = [key for key in ("at_most", "at_least", "no_worse_than") if getattr(gate, key) is not None]
            if len(bounds) != 1:
                yield Problem(
                    located.line_of(("gates", level, index)),
                    f"the live gate on {gate.live!r} has {len(bounds)} bounds, it needs exactly one",
                    "Write one of `at_most`, `at_least` or `no_worse_than: stable`.",
                )


def _rollback_misfits(document: PolicyDocument, located: Located) -> Iterator[Problem]:
    for index, rule in enumerate(document.rollback):
        conditions = rule.when.model_dump(exclude_none=True)
        days = conditions.pop("days_between_false_alarms", None)
        line = located.line_of(("rollback", index, "when"))
        if len(conditions) != 1:
            yield Problem(
                line,
                f"a rollback rule has {len(conditions)} conditions, it needs exactly one",
                "Write one rule for each: `change_detected`, `canary_worse_than`, `guardrail_breach`, "
                "`budget_exhausted`.",
            )
        elif days is not None and "change_detected" not in conditions:
            yield Problem(
                line, "`days_between_false_alarms` stands without `change_detected`", "Remove it, or name the metric."
            )


# ── assembly ──────────────────────────────────────────────────────────────────────────────────────
def _intent(name: str, intent: IntentDocument, tools: Mapping[ToolName, ToolDeclaration]) -> IntentPolicy:
    grants = intent.tools if isinstance(intent.tools, dict) else dict.fromkeys(intent.tools)
    return IntentPolicy(
        name=IntentName(name),
        description=intent.description,
        examples=tuple(intent.examples),
        tools={ToolName(tool): _grant(grant, tools[ToolName(tool)]) for tool, grant in grants.items()},
        ceiling=AutonomyLevel.named(intent.ceiling),
    )


def _grant(grant: GrantDocument | None, declared: ToolDeclaration) -> ToolRule:
    if grant is None:
        return ToolRule(declared.effect)
    return ToolRule(
        effect=declared.effect if grant.effect is None else grant.effect,
        limits=None if grant.limits is None else compile_limits(grant.limits),
    )


def _levels(document: PolicyDocument) -> Mapping[AutonomyLevel, LevelPolicy]:
    """Every level above shadow; one that is left out takes over from the next lower one."""
    declared = {AutonomyLevel.named(name): _level(level) for name, level in document.levels.items()}
    levels: dict[AutonomyLevel, LevelPolicy] = {}
    below = declared[AutonomyLevel.SUPERVISED_ANSWERS]
    for level in AutonomyLevel:
        if level is not AutonomyLevel.SHADOW:
            below = levels[level] = declared.get(level, below)
    return levels


def _level(level: LevelDocument) -> LevelPolicy:
    return LevelPolicy(
        Risk(level.risk.error_at_most, level.risk.confidence),
        Review(level.review.sample, level.review.wait),
        level.ask_from,
    )


def _gate(gate: GateDocument) -> Gate:
    match gate:
        case SuiteGateDocument():
            passing = gate.pass_hat_k
            return SuiteGate(gate.suite, passing.k, passing.at_least, passing.confidence, gate.mode)
        case AttackGateDocument():
            return AttackGate(gate.suite, gate.attack_success.at_most, gate.attack_success.confidence, gate.mode)
        case LiveGateDocument():
            return LiveGate(gate.live, gate.model_dump(exclude={"live", "mode"}, exclude_none=True), gate.mode)
        case AttestationGateDocument():
            return AttestationGate(tuple(gate.attest), gate.mode)

"""The frozen `Policy` of a document whose parts fit together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from remit.conversations import IntentName
from remit.policy.canonical import policy_digest
from remit.policy.gates import AttackGate, AttestationGate, Gate, LiveGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import compile_limits
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
from remit.tools import ToolName


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
        gates={
            AutonomyLevel.named(level): tuple(map(_gate, gates)) for level, gates in document.gates.items() if gates
        },
        rollback=tuple(RollbackRule(rule.when.model_dump(exclude_none=True), rule.do) for rule in document.rollback),
        signoff={AutonomyLevel.named(level): _once(roles) for level, roles in document.signoff.items() if roles},
        objectives=tuple(document.objectives),
        baseline=document.baseline,
        turn=TurnLimits(document.turn.max_steps, document.turn.deadline),
        source=source,
    )
    return replace(content, digest=policy_digest(content))


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
    declared = {AutonomyLevel.named(name): assemble_level(level) for name, level in document.levels.items()}
    levels: dict[AutonomyLevel, LevelPolicy] = {}
    below = declared[AutonomyLevel.SUPERVISED_ANSWERS]
    for level in AutonomyLevel:
        if level is not AutonomyLevel.SHADOW:
            below = levels[level] = declared.get(level, below)
    return levels


def assemble_level(level: LevelDocument) -> LevelPolicy:
    """One level as it is written; what it takes over from lower levels is not its matter."""
    written = LevelPolicy(
        Risk(level.risk.error_at_most, level.risk.confidence),
        Review(level.review.sample, level.review.wait),
        level.ask_from,
    )
    # Saying what would be derived anyway is no change of content: the digest must not see it.
    derived = replace(written, ask_from=None)
    return derived if derived.ask_threshold == written.ask_threshold else written


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
            return AttestationGate(_once(gate.attest), gate.mode)


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

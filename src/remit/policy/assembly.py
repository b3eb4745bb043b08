"""The frozen `Policy` of a document whose parts fit together."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from remit.conversations import IntentName
from remit.policy.canonical import policy_digest
from remit.policy.gates import (
    NON_INFERIORITY_RATIO,
    AtLeast,
    AtMost,
    AttackGate,
    AttestationGate,
    Bound,
    Gate,
    LiveEvidence,
    LiveGate,
    LoadGate,
    NoWorseThan,
    SuiteGate,
)
from remit.policy.levels import AutonomyLevel
from remit.policy.limits import compile_limits
from remit.policy.model import (
    CalibrationPolicy,
    IntentPolicy,
    LevelPolicy,
    Policy,
    Review,
    Risk,
    ToolDeclaration,
    TurnLimits,
)
from remit.policy.operating_assembly import (
    assemble_exposure,
    assemble_freeze,
    assemble_recipients,
    assemble_rollback,
    assemble_staffing,
    assemble_waivers,
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
    LoadGateDocument,
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
            AutonomyLevel.named(level): tuple(map(assemble_gate, gates))
            for level, gates in document.gates.items()
            if gates
        },
        rollback=assemble_rollback(document.rollback),
        signoff={AutonomyLevel.named(level): _once(roles) for level, roles in document.signoff.items() if roles},
        one_signs_for_several=document.one_signs_for_several,
        objectives=tuple(document.objectives),
        baseline=document.baseline,
        turn=TurnLimits(
            document.turn.max_steps, document.turn.deadline, document.turn.quiet_after, document.turn.max_handoffs
        ),
        staffing=assemble_staffing(document.staffing),
        exposure=assemble_exposure(document.exposure),
        freeze=assemble_freeze(document.freeze),
        recipients=assemble_recipients(document.recipients),
        waivers=assemble_waivers(document.waivers),
        source=source,
        calibration=CalibrationPolicy(
            {
                pool: tuple(map(IntentName, sorted(set(intents))))
                for pool, intents in document.calibration.pools.items()
            },
            document.calibration.valid_for,
            document.calibration.expert_share,
        ),
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
        Risk(level.risk.error_at_most, level.risk.confidence, level.risk.definition),
        Review(level.review.sample, level.review.wait),
        level.ask_from,
    )
    # Saying what would be derived anyway is no change of content: the digest must not see it.
    derived = replace(written, ask_from=None)
    return derived if derived.ask_threshold == written.ask_threshold else written


def assemble_gate(gate: GateDocument) -> Gate:
    """The gate of a form that has no misfits."""
    match gate:
        case SuiteGateDocument():
            passing = gate.pass_hat_k
            return SuiteGate(gate.suite, passing.k, passing.at_least, passing.confidence, gate.mode)
        case AttackGateDocument():
            return AttackGate(gate.suite, gate.attack_success.at_most, gate.attack_success.confidence, gate.mode)
        case LiveGateDocument():
            return LiveGate(
                metric=gate.live,
                bound=_bound(gate),
                evidence=_evidence(gate),
                min_days=gate.min_days,
                min_conversations=gate.min_conversations,
                max_conversations=gate.max_conversations,
                confidence=gate.confidence,
                mode=gate.mode,
            )
        case LoadGateDocument():
            return LoadGate(gate.load, gate.p99_at_most, gate.errors_at_most, gate.confidence, gate.mode)
        case AttestationGateDocument():
            return AttestationGate(_once(gate.attest), gate.by or "", gate.mode)


def _bound(gate: LiveGateDocument) -> Bound:
    if gate.at_most is not None:
        return AtMost(gate.at_most)
    if gate.at_least is not None:
        return AtLeast(gate.at_least)
    return NoWorseThan(gate.no_worse_than or "stable", gate.ratio or NON_INFERIORITY_RATIO)


def _evidence(gate: LiveGateDocument) -> LiveEvidence:
    written = gate.evidence
    clusters = {name: None for name in ("day", "customer") if name in written.cluster}
    return LiveEvidence(written.labels, dict(written.sampling), written.matured_after or 0.0, tuple(clusters))


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))

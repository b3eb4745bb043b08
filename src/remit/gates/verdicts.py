"""From the ledger's running counts to verdicts, and from verdicts to what an agent has earned."""

from collections.abc import Iterable, Mapping, Sequence

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence import Aggregate
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.answer import answer
from remit.gates.attack import attack_verdict
from remit.gates.question import Body, Question
from remit.gates.suite import suite_verdict
from remit.gates.tally import tally
from remit.policy.gate_words import statement
from remit.policy.gates import AttackGate, AttestationGate, Gate, LiveGate, LoadGate, SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy

_EXIT_CODES = {Finding.SUPPORTED: 0, Finding.REFUTED: 1, Finding.UNDECIDED: 2}
_WORST_FIRST = (3, 1, 2, 0)


def judge(
    policy: Policy,
    aggregates: Sequence[Aggregate],
    *,
    agent: AgentName,
    release: ReleaseId,
    level: AutonomyLevel | None = None,
) -> tuple[GateVerdict, ...]:
    """Look at the ledger once and give a verdict for each intent and gate of the policy.

    Args:
        policy: Whose gates.
        aggregates: Running counts; those of other agents and releases are left out.
        agent: Who is judged.
        release: Which release of it.
        level: Only the gates of this level; None for all levels.

    Returns:
        Ordered by intent as the policy lists them, then level, then gate. Levels above an intent's
        ceiling are left out: nobody asks for them.
    """
    mine = [one for one in aggregates if one.agent == agent and one.release == release]
    return tuple(
        _verdict(gate, mine, agent=agent, release=release, intent=intent.name, level=guarded)
        for intent in policy.intents.values()
        for guarded in levels_of(intent)
        if level is None or guarded is level
        for gate in policy.gates.get(guarded, ())
    )


def grants_from(policy: Policy, verdicts: Sequence[GateVerdict]) -> Mapping[IntentName, AutonomyLevel]:
    """The level that each intent has earned, step by step up to its ceiling.

    A level is earned when every enforcing gate of it and of all lower levels is supported. A level
    without an enforcing gate cannot be earned, nor anything above it; a gate without a verdict is not
    supported. Whoever has earned nothing is in shadow.
    """
    supported = {(one.intent, one.level, one.gate) for one in verdicts if one.finding is Finding.SUPPORTED}
    return {intent.name: _earned(policy, intent, supported) for intent in policy.intents.values()}


def steps_to_the_first_not_earned(own: Sequence[GateVerdict]) -> tuple[GateVerdict, ...]:
    """Of one intent's verdicts, lowest level first, those that matter now: all levels up to the first not earned."""
    shown: list[GateVerdict] = []
    for level in dict.fromkeys(one.level for one in own):
        gates = [one for one in own if one.level == level]
        shown += gates
        if any(one.finding is not Finding.SUPPORTED and not one.observed_only for one in gates):
            break
    return tuple(shown)


def exit_code(verdicts: Iterable[GateVerdict]) -> int:
    """What a command says about these verdicts; observed gates say nothing, and no verdict at all is undecided."""
    codes = [_EXIT_CODES[one.finding] for one in verdicts if not one.observed_only]
    return worst_exit_code(codes) if codes else _EXIT_CODES[Finding.UNDECIDED]


def worst_exit_code(codes: Iterable[int]) -> int:
    """The worst of 3 (error), 1 (refuted), 2 (undecided), 0 (supported or done); 0 if there is none."""
    return min(codes, key=_WORST_FIRST.index, default=0)


def _verdict(
    gate: Gate,
    mine: Sequence[Aggregate],
    *,
    agent: AgentName,
    release: ReleaseId,
    intent: IntentName,
    level: AutonomyLevel,
) -> GateVerdict:
    match gate:
        case SuiteGate():
            seen = tally(mine, metric=f"suite:{gate.suite}", intent=intent, level=level)
            return suite_verdict(gate, seen, intent=intent, level=level)
        case AttackGate():
            everything = tally(mine, metric=f"suite:{gate.suite}", intent=None, level=level)
            own = tally(mine, metric=f"suite:{gate.suite}", intent=intent, level=level)
            return attack_verdict(gate, everything, own, intent=intent, level=level)
        case LiveGate() | LoadGate() | AttestationGate():
            # Counts of trials say nothing about these; `remit.gates.answer` judges them from the live ledger.
            return answer(Question(gate, agent, release, (release,), intent, level), Body())


def _earned(policy: Policy, intent: IntentPolicy, supported: set[tuple[IntentName, str, str]]) -> AutonomyLevel:
    earned = AutonomyLevel.SHADOW
    for level in levels_of(intent):
        enforcing = [gate for gate in policy.gates.get(level, ()) if gate.mode == "enforce"]
        holds = all((intent.name, level.label, statement(gate)) in supported for gate in enforcing)
        if level is AutonomyLevel.SHADOW and holds:
            continue
        if not enforcing or not holds:
            return earned
        earned = level
    return earned


def levels_of(intent: IntentPolicy) -> tuple[AutonomyLevel, ...]:
    """Levels that the intent may be asked for, lowest first."""
    return tuple(level for level in AutonomyLevel if level <= intent.ceiling)

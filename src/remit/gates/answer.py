"""From one question and the states of the ledger to one verdict; the same for a look, a plan and a recomputation."""

from collections.abc import Iterable

from remit.evidence import Aggregate
from remit.evidence.verdicts import GateVerdict
from remit.gates.attack import attack_verdict
from remit.gates.comparison import stable_verdict
from remit.gates.drawn import drawn_verdict
from remit.gates.live import rate_verdict
from remit.gates.question import TRIALS, Body, Question, draws_for
from remit.gates.stated import attestation_verdict, load_verdict
from remit.gates.suite import suite_verdict
from remit.gates.tally import Tally, tally
from remit.gates.trials import SUITE, trials_key
from remit.policy.gates import AttackGate, AttestationGate, LiveGate, LoadGate, NoWorseThan, SuiteGate

METHOD_VERSION = "2"
"""Goes up whenever one of the methods would compute something else from the same rows."""


def answer(question: Question, body: Body) -> GateVerdict:
    """Judge one gate. Pure: the same question and the same rows give the same verdict."""
    match question.gate:
        case SuiteGate() as gate:
            seen = _tally(question, gate.suite, body, all_intents=False)
            return suite_verdict(gate, seen, intent=question.intent, level=question.level)
        case AttackGate() as gate:
            everything = _tally(question, gate.suite, body, all_intents=True)
            own = _tally(question, gate.suite, body, all_intents=False)
            return attack_verdict(gate, everything, own, intent=question.intent, level=question.level)
        case LiveGate(bound=NoWorseThan("stable") as bound) as gate:
            return stable_verdict(question, gate, bound, body)
        case LiveGate() as gate:
            counting = draws_for(gate)
            if counting is not None:
                return drawn_verdict(question, gate, counting, body)
            return rate_verdict(question, gate, body)
        case LoadGate() as gate:
            return load_verdict(question, gate, body)
        case AttestationGate() as gate:
            return attestation_verdict(question, gate, body)


def _tally(question: Question, suite: str, body: Body, *, all_intents: bool) -> Tally:
    intent = None if all_intents else question.intent
    return tally(list(_aggregates(question, suite, body)), metric=SUITE + suite, intent=intent, level=question.level)


def _aggregates(question: Question, suite: str, body: Body) -> Iterable[Aggregate]:
    metric, clusters = SUITE + suite, frozenset(question.clusters)
    for release in question.releases:
        trials = body.trials.get(f"{TRIALS.name}:{trials_key(question.agent, release, metric)}")
        if trials is not None:
            found = trials.aggregates(question.agent, release, metric)
            yield from (one for one in found if one.cluster in clusters)

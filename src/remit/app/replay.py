"""Composes a replay: a results file, the world it was held in, the re-scoring, the baselines and the verdicts."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from remit.adapters.formats.tau import NOT_RECOMPUTED, Tau1Rule, read_results
from remit.adapters.memory import MemoryLedger
from remit.adapters.worlds.tau.editions import Edition
from remit.adapters.worlds.tau.files import has_tau_database, load_tau_worlds
from remit.adapters.worlds.tau.world import HANDOFF_TOOL, Domain
from remit.app.replay_findings import describe_findings
from remit.conversations import IntentName
from remit.errors import SettingsError
from remit.evaluation.model import Baseline, Run, RunId, Trial
from remit.evaluation.recorded import RecordedRun
from remit.evaluation.replay import (
    REWARD_TOLERANCE,
    ReferenceEnd,
    RewardDifference,
    replay_conversations,
    reward_differences,
    run_reference,
    score_baselines,
)
from remit.evidence import Observation, ObservationKey, Outcome, Selection, Source, Strength
from remit.evidence.verdicts import GateVerdict
from remit.gates.verdicts import judge
from remit.policy.gates import SuiteGate
from remit.policy.levels import AutonomyLevel
from remit.policy.model import IntentPolicy, Policy
from remit.scenarios.model import Scenario
from remit.scenarios.ports import World
from remit.statistics import PassHatK, ScenarioCounts, mean_pass_hat_k

LEVEL = AutonomyLevel.AUTONOMOUS
"""Published agents answered and acted alone."""

_GATE = re.compile(r"\s*pass\^(?P<k>\d+)\s*>=\s*(?P<bound>[0-9.]+)\s*")


@dataclass(frozen=True, slots=True)
class GateStatement:
    """What `--gate` says: pass^k of each intent is at least a value."""

    k: int
    at_least: float


@dataclass(frozen=True, slots=True)
class Replay:
    """Everything that a replay came to.

    Args:
        recorded: What was imported.
        run: The re-scored trials with their baselines.
        verdicts: One for each intent.
        differences: Conversations whose published reward is not the re-computed one.
        findings: What was noticed, one sentence each.
        rule: Which first-edition rule scored; empty for the second edition.
        variant: Which variant of the database the conversations fit.
        pass_hat_k: By k, over all trials by the publisher's rules: nothing excluded, a conversation that
            was cut off counts as failed.
        n_recomputed: Trials whose reward was computed here; the others are shown as published.
        missing_for_gate: By intent, how many scenarios have fewer counted trials than the gate's k, and how
            many trials would complete them.
    """

    recorded: RecordedRun
    run: Run
    verdicts: tuple[GateVerdict, ...]
    differences: tuple[RewardDifference, ...]
    findings: tuple[str, ...]
    rule: str
    variant: str
    pass_hat_k: Mapping[int, PassHatK]
    n_recomputed: int
    missing_for_gate: Mapping[IntentName, PassHatK]


@dataclass(frozen=True, slots=True)
class _Scored:
    recorded: RecordedRun
    variant: str
    trials: tuple[Trial, ...]
    references: Mapping[str, ReferenceEnd]
    differences: tuple[RewardDifference, ...]

    @property
    def n_same_answers(self) -> int:
        return sum(int(trial.details.get("n_answers_same") or 0) for trial in self.trials)


def parse_gate(text: str) -> GateStatement:
    """Read `pass^4>=0.9`; SettingsError if it is anything else."""
    found = _GATE.fullmatch(text)
    if found is None or not 0.0 < float(found["bound"]) <= 1.0 or int(found["k"]) < 1:
        raise SettingsError(f"gate {text!r} cannot be read.\n  Write it like 'pass^4>=0.9', with a value in (0, 1].")
    return GateStatement(int(found["k"]), float(found["bound"]))


# ── the story ─────────────────────────────────────────────────────────────────────────────────────
async def replay_file(
    path: Path,
    *,
    data: Path | None,
    gate: GateStatement,
    agent: str = "",
    on_start: Callable[[int], None] = lambda _: None,
    on_trial: Callable[[], None] = lambda: None,
) -> Replay:
    """Import a results file, re-score it and judge each intent.

    Args:
        path: The results file.
        data: The benchmark's data: a domain's folder, or one of the folders above it. Without it the
            published rewards are kept and nothing is re-computed.
        gate: What is asked of each intent.
        agent: The agent's name where the file does not say it.
        on_start: Told the number of conversations.
        on_trial: Told of each conversation that is done.

    Raises:
        ImportFormatError: The results file or the data cannot be used.
    """
    recorded = read_results(path, agent=agent)
    on_start(len(recorded.conversations))
    folder, worlds = load_worlds(recorded.suite, data)
    scored = await _score_best(recorded, worlds, on_trial)
    rule = ""
    if recorded.format == "tau1":
        scored, rule = await _score_by_rule(scored, worlds, path, agent)
    run = _run(scored)
    verdicts = await _judge(run, gate)
    return Replay(
        recorded=scored.recorded,
        run=run,
        verdicts=verdicts,
        differences=scored.differences,
        findings=describe_findings(scored.recorded, scored.trials, scored.references, folder),
        rule=rule,
        variant=scored.variant,
        pass_hat_k=pass_hat_k_by_published_rules(run.trials),
        n_recomputed=sum("recomputed_reward" in trial.details for trial in run.trials),
        missing_for_gate=_missing_for_gate(scored.recorded, run.trials, gate.k),
    )


def pass_hat_k_by_published_rules(trials: Sequence[Trial]) -> dict[int, PassHatK]:
    """pass^k over every trial, as the publishers count: no trial is excluded.

    k runs to the most trials that a task has; each value is over the tasks with at least k trials.
    """
    counts = _counts_by_published_rules(trials)
    most = max((each.n_trials for each in counts), default=0)
    return {k: mean_pass_hat_k(counts, k=k) for k in range(1, most + 1)}


def attribution(trials: Iterable[Trial]) -> dict[str, int]:
    """How many trials each of agent, customer, scenario and infrastructure brought down."""
    return dict(Counter(trial.attributed_to for trial in trials if trial.attributed_to))


# ── worlds ────────────────────────────────────────────────────────────────────────────────────────
def find_domain_folder(data: Path, edition: str, domain: str) -> Path | None:
    """The folder of a domain's database at or under `data`, in the layouts of the public repositories."""
    below = (
        Path(),
        Path(domain),
        Path(edition) / domain,
        Path("data") / edition / "domains" / domain,
        Path("tau_bench") / "envs" / domain,
    )
    candidates = (data / each for each in below)
    return next((each for each in candidates if has_tau_database(each, Edition(edition))), None)


def has_world(suite: str) -> bool:
    """Whether conversations of this suite can be re-scored, given the data."""
    return suite.partition("-")[2] in ("airline", "retail")


def load_worlds(suite: str, data: Path | None) -> tuple[Path | None, Mapping[str, World]]:
    """The folder and the worlds of a suite such as `tau2-airline`, by variant; none without data or for telecom.

    Raises:
        SettingsError: The data holds no database of this domain.
    """
    edition, _, domain = suite.partition("-")
    if data is None or not has_world(suite):
        return None, {}
    folder = find_domain_folder(data, edition, domain)
    if folder is None:
        raise SettingsError(
            f"there is no database of the {edition} {domain} domain at {str(data)!r}.\n"
            "  Point --tasks at the benchmark's data: a domain's folder with `db.json` or `db/`, or one above it."
        )
    named: Domain = "airline" if domain == "airline" else "retail"
    return folder, dict(load_tau_worlds(folder, named, Edition(edition), checks_arguments=False))


# ── scoring ───────────────────────────────────────────────────────────────────────────────────────
async def _score_best(recorded: RecordedRun, worlds: Mapping[str, World], on_trial: Callable[[], None]) -> _Scored:
    """Score in each variant of the world until one answers as recorded; the one that does best stands."""
    best: _Scored | None = None
    for variant, world in worlds.items() or (("", None),):
        tell = on_trial if best is None else lambda: None
        scored = await _score(recorded, variant, world, tell)
        if best is None or scored.n_same_answers > best.n_same_answers:
            best = scored
        if not any("altered" in trial.error for trial in best.trials):
            break
    if best is None:
        raise AssertionError("one round is always made")
    return best


async def _score(recorded: RecordedRun, variant: str, world: World | None, on_trial: Callable[[], None]) -> _Scored:
    scenarios = [*recorded.scenarios, *(each.scenario for each in recorded.conversations)]
    references = await run_references(scenarios, world) if world is not None else {}
    trials = await replay_conversations(recorded.conversations, world, references, on_trial=on_trial)
    return _Scored(recorded, variant, trials, references, reward_differences(trials))


async def run_references(scenarios: Iterable[Scenario], world: World) -> dict[str, ReferenceEnd]:
    """What the reference of each scenario does, by scenario version; those that no replay can score are left out."""
    references: dict[str, ReferenceEnd] = {}
    for scenario in scenarios:
        if scenario.version not in references and not scenario.extra.get(NOT_RECOMPUTED):
            references[scenario.version] = await run_reference(scenario, world)
    return references


async def _score_by_rule(
    scored: _Scored, worlds: Mapping[str, World], path: Path, agent: str
) -> tuple[_Scored, Tau1Rule]:
    """The first edition changed its rule; a file does not say which one it was scored with.

    The current rule stands unless the older one gives more of the published rewards. The choice is one
    bit for the whole file and is reported; no reward is taken over.
    """
    if not scored.differences or scored.variant not in worlds:
        return scored, "current"
    older = read_results(path, tau1_rule="2024-11", agent=agent)
    rescored = await _score(older, scored.variant, worlds[scored.variant], lambda: None)
    if len(rescored.differences) < len(scored.differences):
        return rescored, "2024-11"
    return scored, "current"


def _run(scored: _Scored) -> Run:
    recorded = scored.recorded
    scorable = [scenario for scenario in recorded.scenarios if scenario.version in scored.references]
    baselines: tuple[Baseline, ...] = ()
    if scorable:
        baselines = score_baselines(scorable, scored.references, handoff_tool=HANDOFF_TOOL)
    times = [each.at for each in recorded.conversations if each.at is not None]
    return Run(
        id=RunId(f"replay-{recorded.digest[:16]}"),
        suite=recorded.suite,
        agent=recorded.agent,
        release=recorded.release,
        policy="",
        level=LEVEL,
        started_at=min(times, default=datetime(1970, 1, 1, tzinfo=UTC)),
        planned=recorded.planned,
        trials=scored.trials,
        baselines=baselines,
        source=recorded.source,
    )


async def _judge(run: Run, gate: GateStatement) -> tuple[GateVerdict, ...]:
    policy = gate_policy(run, gate)
    ledger = MemoryLedger()
    await ledger.append(
        [
            Observation(
                key=ObservationKey(str(n)),
                at=run.started_at,
                agent=run.agent,
                release=run.release,
                intent=trial.intent,
                level=run.level.label,
                source=Source.REPLAYED_TRIAL,
                strength=Strength.SIMULATED,
                metric=f"suite:{run.suite}",
                outcome=trial.outcome,
                cluster=trial.scenario,
            )
            for n, trial in enumerate(run.trials)
        ]
    )
    aggregates = await ledger.aggregates(Selection(agent=run.agent, release=run.release))
    return judge(policy, aggregates, agent=run.agent, release=run.release, level=LEVEL)


def gate_policy(run: Run, gate: GateStatement) -> Policy:
    """A policy that asks one thing of every intent of the run."""
    intents = sorted({trial.intent for trial in run.trials})
    return Policy(
        name=f"replay of {run.suite}",
        problem="May a published agent act alone on these intents?",
        digest="",
        tools={},
        intents={intent: IntentPolicy(intent) for intent in intents},
        levels={},
        gates={LEVEL: (SuiteGate(run.suite, gate.k, gate.at_least),)},
    )


def _missing_for_gate(recorded: RecordedRun, trials: Sequence[Trial], k: int) -> dict[IntentName, PassHatK]:
    counted: dict[IntentName, dict[str, ScenarioCounts]] = defaultdict(dict)
    # A scenario whose reference is broken is missing no trial: no further one of it would count.
    broken = {trial.scenario for trial in trials if trial.attributed_to == "scenario"}
    for scenario in recorded.scenarios:
        if scenario.id not in broken:
            counted[scenario.intent][scenario.id] = ScenarioCounts(0, 0)
    for trial in trials:
        if trial.outcome.counts:
            seen = counted[trial.intent].get(trial.scenario, ScenarioCounts(0, 0))
            passed = seen.n_passed + (trial.outcome is Outcome.PASSED)
            counted[trial.intent][trial.scenario] = ScenarioCounts(passed, seen.n_trials + 1)
    return {intent: mean_pass_hat_k(counts.values(), k=k) for intent, counts in sorted(counted.items())}


def _counts_by_published_rules(trials: Sequence[Trial]) -> list[ScenarioCounts]:
    rewards: dict[str, list[float]] = defaultdict(list)
    for trial in trials:
        reward = trial.details.get("recomputed_reward")
        known = reward if isinstance(reward, float) else trial.published_reward
        if known is not None:
            rewards[trial.scenario].append(known)
    return [ScenarioCounts(sum(one >= 1.0 - REWARD_TOLERANCE for one in each), len(each)) for each in rewards.values()]

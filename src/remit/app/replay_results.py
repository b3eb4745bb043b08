"""What becomes of a replay: rows of the ledger, a report, a document for machines."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from remit.adapters.formats.report import Report, render_html, render_json, render_markdown
from remit.adapters.store import SqliteDatabase, SqliteLedger
from remit.app.replay import Replay, attribution
from remit.evaluation.model import Trial
from remit.evaluation.observing import cluster_of
from remit.evaluation.replay import JUDGED
from remit.evidence import Ledger, Observation, ObservationKey, Source, Strength
from remit.evidence.verdicts import GateVerdict
from remit.statistics import PassHatK

SCHEMA = "remit.replay/1"


async def keep_replays(replays: Sequence[Replay], ledger: Ledger, *, seen_at: datetime) -> int:
    """Write every trial of these files to the ledger, all or none; returns how many were new."""
    return await ledger.append([row for replay in replays for row in observations(replay, seen_at=seen_at)])


async def keep_in_store(replays: Sequence[Replay], path: Path, *, seen_at: datetime) -> int:
    """`keep_replays` into the SQLite file at `path`, which is made if it does not exist."""
    async with SqliteDatabase(path) as database:
        return await keep_replays(replays, SqliteLedger(database), seen_at=seen_at)


def observations(replay: Replay, *, seen_at: datetime) -> tuple[Observation, ...]:
    """The trials as rows for the ledger; the same file gives the same keys again."""
    run = replay.run
    times = {each.id: each.at for each in replay.recorded.conversations}
    scenarios = {each.scenario.version: each.scenario for each in replay.recorded.conversations}
    return tuple(
        Observation(
            key=ObservationKey(
                f"{_metric(replay, trial)}:{replay.recorded.digest[:16]}:{n}:{trial.scenario_version[:12]}"
            ),
            at=times.get(str(trial.details["conversation"])) or seen_at,
            agent=run.agent,
            release=run.release,
            intent=trial.intent,
            level=run.level.label,
            source=Source.REPLAYED_TRIAL if is_recomputed(trial) else Source.PUBLISHED_RESULT,
            strength=Strength.SIMULATED,
            metric=_metric(replay, trial),
            outcome=trial.outcome,
            cluster=cluster_of(scenarios[trial.scenario_version], run.policy),
            details={
                "scenario_version": trial.scenario_version,
                "conversation": trial.details["conversation"],
                "file": replay.recorded.digest,
                "published_reward": trial.published_reward,
                "recomputed_reward": trial.details.get("recomputed_reward"),
            },
        )
        for n, trial in enumerate(run.trials)
    )


def _key(replay: Replay, trial: Trial, number: int) -> ObservationKey:
    # The place in the file and not the conversation's id, which a damaged file may hold twice.
    parts = (_metric(replay, trial), replay.recorded.digest[:16], str(number), trial.scenario_version[:12])
    return ObservationKey(":".join(parts))


def is_recomputed(trial: Trial) -> bool:
    """Whether the trial's reward was computed here."""
    return "recomputed_reward" in trial.details


def _metric(replay: Replay, trial: Trial) -> str:
    # What is only published is kept apart: no gate of a suite counts a result that nobody here computed.
    return f"{'suite' if is_recomputed(trial) else 'published'}:{replay.run.suite}"


def render_replay(replay: Replay, form: Literal["html", "md", "json"], *, gate: str, made_at: datetime) -> str:
    """The replay as a report for people or machines; what was noticed stands beside the verdicts."""
    noticed = summary(replay)
    digest = hashlib.sha256(gate.encode()).hexdigest()
    run = replace(replay.run, source="; ".join((replay.run.source, *noticed)), policy=digest)
    titles = {scenario.id: scenario.title for scenario in replay.recorded.scenarios if scenario.title}
    report = Report(
        runs=(run,), verdicts=replay.verdicts, made_at=made_at, policy_name=f"{gate} for every intent", titles=titles
    )
    if form == "html":
        return render_html(report)
    if form == "json":
        return render_json(report)
    lines = "\n".join(f"- {line}." for line in noticed)
    return f"{render_markdown(report).rstrip()}\n\n## How these conversations were re-scored\n\n{lines}\n"


def summary(replay: Replay) -> tuple[str, ...]:
    """What must be said beside the verdicts, one sentence each."""
    n, n_run = replay.n_recomputed, len(replay.run.trials)
    if n:
        compared = sum(trial.published_reward is not None and is_recomputed(trial) for trial in replay.run.trials)
        equal = compared - len(replay.differences)
        scored = f"{n} of {n_run} rewards re-computed; {equal} of {compared} equal the published ones"
    else:
        scored = f"none of {n_run} rewards re-computed: shown as published"
    if 0 < n < n_run:
        scored += f"; {n_run - n} shown as published"
    powers = ", ".join(_power(one) for one in replay.pass_hat_k.values())
    by_rules = f"by the publisher's rules, nothing excluded: {powers}" if powers else ""
    rule = f"scored by the {replay.rule} rule of the first edition" if replay.rule else ""
    judged = any(scenario.extra.get(JUDGED) for scenario in replay.recorded.scenarios)
    at_most = "the baselines pass at most that many: a judge's part is taken as held" if judged else ""
    said = (scored, by_rules, _what_is_missing(replay), rule, *_why_not(replay), at_most, *replay.findings)
    return tuple(sentence for sentence in said if sentence)


def _power(one: PassHatK) -> str:
    over = f" (over {one.n_scenarios} of {one.n_scenarios + one.n_incomplete} scenarios)" if one.n_incomplete else ""
    return f"pass^{one.k} {one.estimate:.3f}{over}"


def _what_is_missing(replay: Replay) -> str:
    scores = replay.missing_for_gate.values()
    n_scenarios, n_trials = sum(one.n_incomplete for one in scores), sum(one.n_missing_trials for one in scores)
    if not n_trials:
        return ""
    k = next(iter(scores)).k
    each, uneven = divmod(n_trials, n_scenarios)
    if uneven:
        missing = f"{n_trials} more trials of {n_scenarios} scenarios, until each has {k},"
    else:
        missing = f"{each} more trials of each of {n_scenarios} scenarios"
    return f"pass^{k} needs {k} counted trials of a scenario: {missing} come before any new scenario"


def _why_not(replay: Replay) -> tuple[str, ...]:
    reasons = dict.fromkeys(str(trial.details.get("not_recomputed") or "") for trial in replay.run.trials)
    return tuple(f"not re-computed because {reason}" for reason in reasons if reason)


def replay_document(replay: Replay) -> Mapping[str, Any]:
    """The replay as JSON values."""
    run = replay.run
    return {
        "schema": SCHEMA,
        "source": run.source,
        "format": replay.recorded.format,
        "suite": run.suite,
        "agent": run.agent,
        "release": run.release,
        "world_variant": replay.variant,
        "rule": replay.rule,
        "trials_planned": run.planned,
        "trials_run": len(run.trials),
        "trials_excluded": sum(not trial.outcome.counts for trial in run.trials),
        "trials_evaluated": sum(trial.outcome.counts for trial in run.trials),
        "rewards_recomputed": replay.n_recomputed,
        "reward_differences": [asdict(each) for each in replay.differences],
        "pass_hat_k_by_published_rules": {
            str(k): {
                "value": one.estimate,
                "scenarios": one.n_scenarios,
                "scenarios_with_fewer_trials": one.n_incomplete,
            }
            for k, one in replay.pass_hat_k.items()
        },
        "baselines": {
            each.name: {"passed": each.n_passed, "scenarios": each.n_scenarios, "by_intent": dict(each.by_intent)}
            for each in run.baselines
        },
        "failures_by_cause": attribution(run.trials),
        "findings": list(summary(replay)),
        "missing_for_gate": {
            intent: {"k": one.k, "scenarios": one.n_incomplete, "trials": one.n_missing_trials}
            for intent, one in replay.missing_for_gate.items()
        },
        "verdicts": [_verdict(each) for each in replay.verdicts],
        "trials": [
            {
                "conversation": trial.details["conversation"],
                "scenario": trial.scenario,
                "scenario_version": trial.scenario_version,
                "intent": trial.intent,
                "index": trial.index,
                "outcome": trial.outcome.value,
                "attributed_to": trial.attributed_to,
                "published_reward": trial.published_reward,
                "recomputed_reward": trial.details.get("recomputed_reward"),
                "failed_checks": [asdict(check) for check in trial.checks if not check.held],
                "error": trial.error,
            }
            for trial in run.trials
        ],
    }


def _verdict(verdict: GateVerdict) -> Mapping[str, Any]:
    return {**asdict(verdict), "finding": verdict.finding.value}

"""The report for machines: docs/reference/report-json.md describes it; within a schema it only ever grows."""

import json
import re
from collections.abc import Mapping
from typing import Any

from remit.adapters.formats.report.model import Report
from remit.adapters.formats.report.scores import Rate, account, attribute_failures, baseline_rate, score
from remit.adapters.formats.report.transcripts import Exchange, exchanges
from remit.evaluation.model import Run, Trial
from remit.evidence.verdicts import GateVerdict

SCHEMA = "remit.report/1"
# Half a character, from a damaged import: no encoding could write it.
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def render_json(report: Report) -> str:
    """The whole report, every trial with its transcript; UTF-8, keys in a fixed order, one line at the end."""
    text = json.dumps(document(report), ensure_ascii=False, indent=2, default=str)
    return _LONE_SURROGATE.sub("\ufffd", text) + "\n"


def document(report: Report) -> Mapping[str, Any]:
    """The report as JSON values."""
    first = report.runs[0]
    return {
        "schema": SCHEMA,
        "made_at": report.made_at.isoformat(),
        "agent": first.agent,
        "release": first.release,
        "policy": {"name": report.policy_name, "digest": first.policy},
        "confidence": report.confidence,
        "simulated_customers": any(run.simulated for run in report.runs),
        "grants": {intent: level.label for intent, level in report.grants.items()},
        "verdicts": [_verdict(verdict) for verdict in report.verdicts],
        "runs": [_run(run) for run in report.runs],
    }


def _verdict(verdict: GateVerdict) -> Mapping[str, Any]:
    return {
        "gate": verdict.gate,
        "suite": verdict.suite,
        "level": verdict.level,
        "intent": verdict.intent,
        "finding": verdict.finding.value,
        "estimate": verdict.estimate,
        "threshold": verdict.threshold,
        "less_is_better": verdict.less_is_better,
        "pass_1": verdict.pass_1,
        "interval": _named(verdict.interval, "low", "high", "method", "confidence"),
        "n_scenarios": verdict.n_scenarios,
        "n_trials": verdict.n_trials,
        "n_passed": verdict.n_passed,
        "n_at_lower_level": verdict.n_at_lower_level,
        "n_excluded": verdict.n_excluded,
        "method": verdict.method,
        "e_value": verdict.e_value,
        "alpha": verdict.alpha,
        "needed": _named(verdict.needed, "scenarios", "trials", "assuming"),
        "observed_only": verdict.observed_only,
        "why": verdict.why,
    }


def _named(value: object | None, *names: str) -> Mapping[str, Any] | None:
    """These attributes and no others, so that a new field of a noun does not change the form unnoticed."""
    return None if value is None else {name: getattr(value, name) for name in names}


def _run(run: Run) -> Mapping[str, Any]:
    counted = account(run)
    return {
        "id": run.id,
        "suite": run.suite,
        "level": run.level.label,
        "started_at": run.started_at.isoformat(),
        "simulated_customers": run.simulated,
        "source": run.source,
        "trials_planned": counted.planned,
        "trials_run": counted.run,
        "trials_excluded": counted.excluded,
        "trials_evaluated": counted.evaluated,
        "pass_1": _rate(score(run)),
        "baselines": {baseline.name: _rate(baseline_rate(baseline)) for baseline in run.baselines},
        "failures_by_cause": dict(attribute_failures(run.trials)),
        "trials": [_trial(trial) for trial in run.trials],
    }


def _rate(rate: Rate | None) -> Mapping[str, Any] | None:
    return _named(rate, "value", "numerator", "denominator", "unit", "low", "high", "method")


def _trial(trial: Trial) -> Mapping[str, Any]:
    return {
        "scenario": trial.scenario,
        "scenario_version": trial.scenario_version,
        "intent": trial.intent,
        "index": trial.index,
        "seed": trial.seed,
        "outcome": trial.outcome.value,
        "attributed_to": trial.attributed_to,
        "error": trial.error,
        "checks": [_named(check, "check", "held", "detail") for check in trial.checks],
        "changes": [_named(change, "pointer", "before", "after") for change in trial.changes],
        "transcript": [_exchange(exchange) for exchange in exchanges(trial)],
        "duration_ms": trial.duration_ms,
        "cost_eur": trial.cost_eur,
        "published_reward": trial.published_reward,
        "details": dict(trial.details),
    }


def _exchange(exchange: Exchange) -> Mapping[str, Any]:
    return {
        "speaker": exchange.speaker,
        "text": exchange.text,
        "intents": exchange.intents,
        "level": exchange.level,
        "steps": [
            _named(step, "proposal", "decision", "why", "confidence", "expert", "result") for step in exchange.steps
        ],
    }

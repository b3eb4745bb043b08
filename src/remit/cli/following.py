"""What a person should do next after an evaluation: what is missing, and where it goes."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from remit.cli.screen import counted
from remit.cli.verdict_table import missing_trials
from remit.evidence.verdicts import Finding, GateVerdict
from remit.gates.verdicts import steps_to_the_first_not_earned
from remit.policy.levels import AutonomyLevel
from remit.scenarios.model import Suite

if TYPE_CHECKING:
    from remit.app.evaluation import Evaluation, Prepared


def what_follows(prepared: "Prepared", evaluation: "Evaluation", report: Path) -> str:
    """One sentence. Gates count scenarios, so that only new ones decide, save where trials of present ones lack."""
    request = prepared.request
    again = _again(prepared)
    wrong = [name for result in evaluation.results for name in result.scenario_errors]
    findings = {one.finding for one in evaluation.verdicts if not one.observed_only}
    if wrong:
        return f"correct scenario {wrong[0]!r}, then run the same command again"
    if not findings:
        return f"add a gate on the suite to {request.policy}, then {again}"
    if Finding.REFUTED in findings:
        return f"open {report} and mend the worst scenarios first, then {again}"
    serve = "remit serve, in the contact centre's folder"
    if Finding.UNDECIDED not in findings:
        return serve
    supported = any(level > AutonomyLevel.SHADOW for level in evaluation.levels.values())
    missing = _what_is_missing(prepared, evaluation, again)
    return f"{missing}; what is earned already can be served: {serve}" if supported else missing


def _again(prepared: "Prepared") -> str:
    """The same command without a filter; a contact centre's own folder knows the rest."""
    from remit.app.centre import FILE, load_centre

    request = prepared.request
    if Path(FILE).is_file():
        centre = load_centre(Path.cwd())
        if (centre.agent, centre.policy, centre.suites) == (request.agent, request.policy, request.suites):
            return "remit eval"
    return f"remit eval {request.agent} --policy {request.policy}" + "".join(
        f" --suite {one}" for one in request.suites
    )


def _what_is_missing(prepared: "Prepared", evaluation: "Evaluation", again: str) -> str:
    """Of the first step that each intent has not earned; trials of present scenarios first."""
    undecided = _undecided(evaluation)
    trials = [one for one in undecided if missing_trials(one)]
    if trials:
        excluded = next((one for one in trials if one.n_excluded), None)
        if excluded is not None:
            n_excluded = counted(excluded.n_excluded, "trial")
            return f"open the report for why {n_excluded} of {excluded.intent} do not count, then {again}"
        n = sum(map(missing_trials, trials))
        k = max(int(one.gate.removeprefix("pass^").split()[0]) for one in trials)
        return f"{counted(n, 'trial')} of present scenarios are missing: {again} --trials {k}"
    scenarios = [one for one in undecided if one.needed is not None and one.needed.scenarios]
    if not scenarios:
        return f"open the report for what the undecided gates wait for, then {again}"
    first = scenarios[0]
    n_left_out = _n_left_out(prepared, first)
    if n_left_out:
        return f"--filter left out {counted(n_left_out, 'scenario')} of {first.suite} that count: {again}"
    n_first = 0 if first.needed is None else first.needed.scenarios
    others = len({one.intent for one in scenarios}) - 1
    more = f" (and as the table says for {counted(others, 'further intent')})" if others else ""
    return f"add {counted(n_first, 'scenario')} for {first.intent} to {_place_for(prepared, first)}{more}, then {again}"


def _undecided(evaluation: "Evaluation") -> list[GateVerdict]:
    by_intent: dict[str, list[GateVerdict]] = {}
    for one in evaluation.verdicts:
        by_intent.setdefault(one.intent, []).append(one)
    return [
        one
        for own in by_intent.values()
        for one in steps_to_the_first_not_earned(own)
        if one.finding is Finding.UNDECIDED and not one.observed_only
    ]


def _n_left_out(prepared: "Prepared", verdict: GateVerdict) -> int:
    """Scenarios of the gate's suite that speak for the intent and were not run; attacks speak for every intent."""

    def n_in(suites: Sequence[Suite]) -> int:
        return sum(
            verdict.less_is_better or scenario.intent == verdict.intent
            for suite in suites
            if suite.name == verdict.suite
            for scenario in suite.scenarios
        )

    return n_in(prepared.whole_suites) - n_in(prepared.suites)


def _place_for(prepared: "Prepared", verdict: GateVerdict) -> str:
    """The file that holds scenarios of the intent, else one of the suite's."""
    suite = next(one for one in prepared.whole_suites if one.name == verdict.suite)
    own = [one.source for one in suite.scenarios if one.intent == verdict.intent]
    source = (own or [one.source for one in suite.scenarios])[0].rpartition(":")[0]
    place = Path(source)
    return str(place.relative_to(Path.cwd())) if place.is_relative_to(Path.cwd()) else source

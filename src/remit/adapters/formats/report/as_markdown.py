"""The report as Markdown, for pull requests and chats. Foreign text is escaped or fenced."""

import re
from collections.abc import Iterable, Sequence

from remit.adapters.formats.report.model import Report
from remit.adapters.formats.report.page import GateRow, IntentSection, Page, RunSection, ScenarioSection, compose
from remit.adapters.formats.report.scores import Rate, not_rounded_to_certainty
from remit.adapters.formats.report.transcripts import Exchange
from remit.evidence.verdicts import Finding, GateVerdict

_SYMBOLS = {Finding.SUPPORTED: "✓", Finding.REFUTED: "✕", Finding.UNDECIDED: "?"}
# `://`, `www.` and `@` would become links and mentions, `#1` a reference; the rest is Markdown's own.
_SPECIAL = re.compile(r"([\\`*_\[\]#|~@]|:(?=//)|(?<=www)\.)")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


def render_markdown(report: Report) -> str:
    """The same findings as the page; ends with one newline."""
    page = compose(report)
    blocks = [*_head(page), *_verdicts(page), *_waiting(page), *_runs(page), *_worst(page)]
    return "\n\n".join(blocks) + "\n"


def escaped(text: str) -> str:
    """Text of anybody on one line, without any meaning in Markdown or HTML."""
    flat = _CONTROL.sub(" ", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", flat)


def fenced(text: str) -> str:
    """Text of anybody in a code block that it cannot close."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    lines = (_CONTROL.sub(" ", line) for line in text.splitlines())
    return "\n".join([f"{fence}text", *lines, fence])


def _head(page: Page) -> Iterable[str]:
    report, first = page.report, page.report.runs[0]
    yield f"# {escaped(page.name)}: what the evidence says"
    counts = ", ".join(f"{page.n_findings[finding]} {finding.value}" for finding in Finding)
    label = " **Simulated customers:** nobody real took part in these conversations." if page.simulated else ""
    yield (
        f"Policy {escaped(report.policy_name or 'without a name')} (`{first.policy[:12]}`), "
        f"{escaped(page.setting)}, {report.made_at:%Y-%m-%d %H:%M} UTC. Intents: {counts}.{label}"
    )
    if report.confidence:
        yield f"Proposals were weighed by {escaped(report.confidence)}."


def _verdicts(page: Page) -> Iterable[str]:
    yield "## Verdict of each intent"
    if not page.intents:
        yield "No gate of the policy can be measured by these trials."
        return
    yield "Each intent up to the first level that it has not earned; below, every gate in sentences."
    header = ("intent", "earned", "gate", "pass^1", "pass^k or rate", "n", "interval", "verdict", "baselines")
    yield _table(header, [_verdict_row(section, row) for section in page.intents for row in section.steps])
    yield "\n".join(
        f"- **{escaped(one.intent)}**, {escaped(one.gate)}: {escaped(one.why)}"
        for section in page.intents
        for one in section.verdicts
    )


def _verdict_row(section: IntentSection, row: GateRow) -> Sequence[str]:
    one, interval = row.verdict, row.verdict.interval
    return (
        escaped(one.intent),
        escaped(section.level) or "-",
        escaped(f"{one.gate} ({one.level})"),
        "-" if one.pass_1 is None else f"{one.pass_1:.2f} = {one.n_passed} / {one.n_trials} trials",
        _estimate(one),
        f"{one.n_scenarios} scenarios, {one.n_trials} trials, {one.n_excluded} excluded",
        "-"
        if interval is None
        else f"{interval.low:.2f} to {interval.high:.2f}, {interval.confidence:.0%} {escaped(interval.method)}",
        f"{_SYMBOLS[one.finding]} {one.finding.value}" + (" (observed only)" if one.observed_only else ""),
        "; ".join(row.baselines) or "-",
    )


def _estimate(verdict: GateVerdict) -> str:
    if verdict.estimate is None:
        return "-"
    if verdict.less_is_better:
        return f"{round(verdict.estimate * verdict.n_scenarios)} of {verdict.n_scenarios} attacks"
    return f"{verdict.estimate:.2f}"


def _waiting(page: Page) -> Iterable[str]:
    if page.waiting:
        yield "## Gates that wait for something else than trials"
        header = ("gate", "level", "intents", "why")
        rows = [
            (escaped(one.gate), escaped(one.level), str(len(one.intents)), escaped(one.why)) for one in page.waiting
        ]
        yield _table(header, rows)


def _runs(page: Page) -> Iterable[str]:
    yield "## What was run"
    header = ("suite", "planned", "run", "excluded", "evaluated", "pass^1 (95 % interval)", "baselines")
    yield _table(header, [_run_row(section) for section in page.runs])
    causes = list(page.runs[0].failures)
    yield "Trials that did not pass, by cause:"
    yield _table(
        ("suite", *causes),
        [(escaped(one.run.suite), *(str(one.failures[cause]) for cause in causes)) for one in page.runs],
    )


def _run_row(section: RunSection) -> Sequence[str]:
    counted, score = section.accounting, section.score
    return (
        escaped(section.run.suite),
        str(counted.planned),
        str(counted.run),
        str(counted.excluded),
        str(counted.evaluated),
        "-" if score is None else f"{_fraction(score)}, {score.low:.2f} to {score.high:.2f}",
        "; ".join(_fraction(rate) for rate in section.baselines) or "-",
    )


def _worst(page: Page) -> Iterable[str]:
    if not page.worst:
        return
    yield "## Worst scenarios"
    if page.n_failing > len(page.worst):
        yield f"The worst {len(page.worst)} of {page.n_failing} scenarios with a failed trial."
    for section in page.worst:
        yield f"### {escaped(section.scenario)}: {section.n_passed} of {section.n_counted} trials passed"
        yield escaped(section.title or f"intent {section.intent}")
        for check in section.failed_checks:
            yield f"Failed check: {escaped(check.check)}"
            if check.detail:
                yield fenced(check.detail)
        yield fenced(_conversation(section))


def _conversation(section: ScenarioSection) -> str:
    return "\n".join(line for exchange in section.exchanges for line in _exchange_lines(exchange)) or "(no transcript)"


def _exchange_lines(exchange: Exchange) -> Iterable[str]:
    yield f"{exchange.speaker}: {exchange.text}"
    for step in exchange.steps:
        confidence = "" if step.confidence is None else f", confidence {not_rounded_to_certainty(step.confidence)}"
        yield f"    [{step.decision}{confidence}] {step.proposal} - {step.why}"


def _fraction(rate: Rate) -> str:
    return f"{escaped(rate.name)} {rate.value:.2f} = {rate.numerator} / {rate.denominator} {rate.unit}"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)

"""JUnit XML of runs: one test case for each scenario, for the dashboards that build servers have."""

import re
from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from remit.evaluation.model import Run, Trial
from remit.evidence import Outcome
from remit.scenarios.model import ScenarioId

# XML 1.0 has no place for these, escaped or not.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(runs: Sequence[Run]) -> str:
    """The document.

    A scenario is a failure if any of its counted trials failed, an error if none counted, and passed
    if all counted trials passed. Trials that do not count are named in the case's output.
    """
    root = ET.Element("testsuites", name="remit eval")
    for run in runs:
        root.append(_suite(run))
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(run: Run) -> ET.Element:
    cases = [_case(run, trials) for trials in _by_scenario(run.trials).values()]
    suite = ET.Element(
        "testsuite",
        name=_clean(run.suite),
        timestamp=run.started_at.isoformat(timespec="seconds"),
        tests=str(len(cases)),
        failures=str(sum(case.find("failure") is not None for case in cases)),
        errors=str(sum(case.find("error") is not None for case in cases)),
        time=_seconds(run.trials),
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (
        ("agent", run.agent), ("release", run.release), ("policy", run.policy), ("level", run.level.label),
    ):  # fmt: skip
        ET.SubElement(properties, "property", name=name, value=_clean(value))
    suite.extend(cases)
    return suite


def _by_scenario(trials: Iterable[Trial]) -> dict[ScenarioId, list[Trial]]:
    found: dict[ScenarioId, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.scenario, []).append(trial)
    return found


def _case(run: Run, trials: Sequence[Trial]) -> ET.Element:
    first = trials[0]
    case = ET.Element(
        "testcase",
        name=_clean(first.scenario),
        classname=_clean(f"{run.suite}.{first.intent}"),
        time=_seconds(trials),
    )
    counted = [trial for trial in trials if trial.outcome.counts]
    failed = [trial for trial in counted if trial.outcome is Outcome.FAILED]
    excluded = [trial for trial in trials if not trial.outcome.counts]
    if failed:
        message = f"{len(failed)} of {len(counted)} counted trials failed"
        ET.SubElement(case, "failure", type="failed", message=message).text = _clean(_story(failed))
    elif not counted:
        reason = excluded[0].outcome.value
        ET.SubElement(case, "error", type=reason, message=_clean(excluded[0].error)).text = _clean(_story(excluded))
    if excluded and counted:
        ET.SubElement(case, "system-out").text = _clean(
            f"{len(excluded)} of {len(trials)} trials do not count:\n" + _story(excluded)
        )
    return case


def _story(trials: Sequence[Trial]) -> str:
    """The trial with the most to tell: what did not hold, and the conversation."""
    told = max(trials, key=lambda trial: len(trial.transcript))
    lines = [f"trial {told.index}, seed {told.seed}"]
    lines += [told.error] if told.error else []
    lines += [f"{check.check}: {check.detail}" for check in told.checks if not check.held]
    lines += [_line(speaker, text) for speaker, text in told.transcript]
    return "\n".join(lines)


def _line(speaker: str, text: str) -> str:
    """Build servers keep this for long and show it to many: of a tool's result only that there was one."""
    if speaker != "tool":
        return f"{speaker}: {text}"
    call, arrow, _ = text.partition(" -> ")
    return f"tool: {call}" + (" -> (result left out)" if arrow else "")


def _seconds(trials: Iterable[Trial]) -> str:
    return f"{sum(trial.duration_ms for trial in trials) / 1000:.3f}"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("�", text)

"""OpenSLO documents: v1, v1alpha and v2alpha, read and written.

What OpenSLO has no room for, such as the evidence that is needed, stands in annotations under `remit.dev/`; v1alpha
has none and loses it.
"""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML

from remit.conversations import IntentName
from remit.documents import KeyPath, Located, Problem, read_mapping, refusal, suggest
from remit.documents.complaints import complaints
from remit.errors import ObjectiveParseError
from remit.slo import INDICATORS, Objective, Use
from remit.slo.objectives import LONGEST_WINDOW_DAYS, SHORTEST_WINDOW_DAYS

Version = Literal["v1", "v1alpha", "v2alpha"]
API_VERSIONS: Mapping[Version, str] = {
    "v1": "openslo/v1",
    "v1alpha": "openslo/v1alpha",
    "v2alpha": "openslo.com/v2alpha",
}
PREFIX = "remit.dev/"
_BEGIN = "It begins with `apiVersion: openslo/v1` and `kind: SLO`; see docs/reference/objectives.md."
_NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
_DAYS = {"d": 1, "w": 7}
_UNITS = {"day": 1, "week": 7}
_SECONDS = {"m": 60.0, "h": 3600.0, "d": 86_400.0, "w": 604_800.0}


# ── the documents as they are written ─────────────────────────────────────────────────────────────
class _Border(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MetadataDocument(_Border):
    """Names; labels for other tools; Remit's own under `remit.dev/`."""

    name: Annotated[str, Field(pattern=_NAME)]
    displayName: str = ""  # noqa: N815 - the standard's spelling, as below
    labels: dict[str, Any] = Field(default_factory=dict)
    annotations: dict[str, Any] = Field(default_factory=dict)


class WindowDocument(_Border):
    """The window: `duration` since v1, `unit` and `count` in v1alpha."""

    duration: str = ""
    unit: str = ""
    count: int = 0
    isRolling: bool = True  # noqa: N815
    calendar: Any = None


class TargetDocument(_Border):
    """What is wanted; the metric of v1alpha stands here as well."""

    displayName: str = ""  # noqa: N815
    target: Annotated[float, Field(gt=0.0, lt=1.0)] | None = None
    targetPercent: Annotated[float, Field(gt=0.0, lt=100.0)] | None = None  # noqa: N815
    op: Any = None
    value: Any = None
    timeSliceTarget: Any = None  # noqa: N815
    timeSliceWindow: Any = None  # noqa: N815
    ratioMetrics: Any = None  # noqa: N815


class SpecDocument(_Border):
    """What the objective says. Queries are for other tools: Remit reads its own ledger."""

    service: Annotated[str, Field(min_length=1)]
    description: str = ""
    indicator: Any = None
    indicatorRef: Any = None  # noqa: N815
    sli: Any = None
    sliRef: Any = None  # noqa: N815
    timeWindow: list[WindowDocument] = Field(default_factory=list)  # noqa: N815
    timeWindows: list[WindowDocument] = Field(default_factory=list)  # noqa: N815
    budgetingMethod: str = "Occurrences"  # noqa: N815
    objectives: Annotated[list[TargetDocument], Field(min_length=1)]
    alertPolicies: Any = None  # noqa: N815


class SloDocument(_Border):
    """One SLO of any version."""

    apiVersion: Literal["openslo/v1", "openslo/v1alpha", "openslo.com/v2alpha"]  # noqa: N815
    kind: Literal["SLO"]
    metadata: MetadataDocument
    spec: SpecDocument


# ── reading ───────────────────────────────────────────────────────────────────────────────────────
def read_openslo(text: str, source: str, *, metric: str = "") -> tuple[Objective, ...]:
    """The objectives of a text; other OpenSLO kinds in it are passed over.

    Args:
        text: YAML, one document or several behind `---`.
        source: What the text is called in errors.
        metric: Remit's metric for documents that name none.

    Raises:
        ObjectiveParseError: Names the first problem with its line; the sentence lists the rest.
    """
    found = []
    for part in _parts(text):
        located = read_mapping(part, source, ObjectiveParseError, _BEGIN)
        kind = located.inner("kind")
        if kind is None or kind.value in ("SLO", None) or not _is_openslo(located):
            found.append(_read_one(located, source, metric))
    if not found:
        raise ObjectiveParseError(source, 1, "holds no SLO", _BEGIN)
    return tuple(found)


def _parts(text: str) -> Iterator[str]:
    """Each document, with empty lines before it so that its lines keep their numbers."""
    lines: list[str] = []
    for number, line in enumerate(text.splitlines()):
        if re.fullmatch(r"---\s*(#.*)?", line):
            if any(_says_something(one) for one in lines):
                yield "\n".join(lines)
            lines = [""] * (number + 1)
        else:
            lines.append(line)
    if any(_says_something(one) for one in lines) or not text.strip():
        yield "\n".join(lines)


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _is_openslo(located: Located) -> bool:
    version = located.inner("apiVersion")
    return version is not None and str(version.value).startswith("openslo")


def _read_one(located: Located, source: str, metric: str) -> Objective:
    try:
        document = SloDocument.model_validate(located.plain())
    except ValidationError as error:
        raise refusal(ObjectiveParseError, source, complaints(error, located, SloDocument)) from None
    reading = _Reading(located, document, metric)
    objective = reading.objective()
    if reading.problems or objective is None:
        raise refusal(ObjectiveParseError, source, reading.problems)
    return objective


class _Reading:
    """Turns one document into an objective and notes what does not fit."""

    def __init__(self, located: Located, document: SloDocument, metric: str) -> None:
        self._located = located
        self._document = document
        self._metric = metric
        self.problems: list[Problem] = []

    def objective(self) -> Objective | None:
        metadata, spec = self._document.metadata, self._document.spec
        self._check_what_is_asked()
        target = self._target(spec.objectives[0])
        metric = self._known_metric()
        given = self._annotations(metric)
        labels = {str(name): str(value) for name, value in metadata.labels.items()}
        intent = labels.pop("intent", "")
        if self.problems or metric is None or target is None:
            return None
        objective = Objective(
            name=metadata.name,
            service=spec.service,
            metric=metric,
            target=target,
            intent=IntentName(intent),
            display_name=metadata.displayName,
            description=spec.description,
            window_days=self._window_days(),
            labels=tuple(sorted((name, value) for name, value in labels.items() if name != "policy")),
            **given,
        )
        # What follows from the target anyway is no wish of its own: written out and read again it stays as it was.
        derived = replace(objective, min_evidence=0)
        return derived if derived.n_min >= objective.min_evidence else objective

    def _check_what_is_asked(self) -> None:
        spec = self._document.spec
        if spec.budgetingMethod != "Occurrences":
            self._note(
                ("spec", "budgetingMethod"),
                f"`budgetingMethod` is {spec.budgetingMethod!r}",
                "Write Occurrences: conversations are too few for slices of time.",
            )
        if len(spec.objectives) > 1:
            self._note(("spec", "objectives", 1), "a second objective stands here", "Write one SLO for each target.")
        windows = [*spec.timeWindow, *spec.timeWindows]
        key = "timeWindow" if spec.timeWindow else "timeWindows"
        if len(windows) > 1:
            self._note(("spec", key, 1), "a second time window stands here", "Keep one.")
        if windows and (not windows[0].isRolling or windows[0].calendar is not None):
            self._note(("spec", key, 0), "the window is bound to the calendar", "Write isRolling: true, no calendar.")
        days = self._window_days()
        if not SHORTEST_WINDOW_DAYS <= days <= LONGEST_WINDOW_DAYS:
            self._note(
                ("spec", key, 0),
                f"the window of {days} days is outside {SHORTEST_WINDOW_DAYS} to {LONGEST_WINDOW_DAYS} days",
                "Write duration: 4w; the window grows by itself until enough conversations are in it.",
            )

    def _window_days(self) -> int:
        windows = [*self._document.spec.timeWindow, *self._document.spec.timeWindows]
        if not windows:
            return SHORTEST_WINDOW_DAYS
        window = windows[0]
        if window.unit:
            return window.count * _UNITS.get(window.unit.lower(), 0)
        found = re.fullmatch(r"(\d+)([a-zA-Z])", window.duration.strip())
        if not found:
            return 0
        # A month is as long as v1 lets it be; only days and weeks have one length.
        return int(found[1]) * (30 if found[2] == "M" else _DAYS.get(found[2], 0))

    def _target(self, written: TargetDocument) -> float | None:
        path: KeyPath = ("spec", "objectives", 0)
        if (written.target is None) == (written.targetPercent is None):
            self._note(path, "one of `target` and `targetPercent` has to be there", "Such as target: 0.98.")
            return None
        return written.target if written.target is not None else round((written.targetPercent or 0.0) / 100.0, 12)

    def _known_metric(self) -> str | None:
        given = self._document.metadata.annotations.get(PREFIX + "metric", self._metric)
        if given in INDICATORS:
            return str(given)
        path: KeyPath = ("metadata", "annotations", PREFIX + "metric")
        if given:
            self._note(path, f"{PREFIX}metric is {given!r}", suggest(str(given), INDICATORS, noun="metrics"))
        else:
            self._note(
                path,
                f"it does not say which of Remit's metrics it is about: annotation {PREFIX}metric is missing",
                f"Add it. {suggest('', INDICATORS, noun='metrics')}",
            )
        return None

    # ── annotations ───────────────────────────────────────────────────────────────────────────────
    def _annotations(self, metric: str | None) -> dict[str, Any]:
        given: dict[str, Any] = {}
        for name, value in self._document.metadata.annotations.items():
            if not name.startswith(PREFIX) or name == PREFIX + "metric":
                continue
            try:
                given.update(self._annotation(name.removeprefix(PREFIX), str(value).strip(), metric))
            except ValueError as error:
                self._note(("metadata", "annotations", name), f"{name} is {value!r}", str(error))
        return given

    def _annotation(self, name: str, value: str, metric: str | None) -> dict[str, Any]:
        match name:
            case "alpha":
                return {"alpha": _number(value, low=0.0, high=0.5)}
            case "maturation":
                return {"matured_after_s": _duration(value)}
            case "min-evidence" if value.isdecimal():
                return {"min_evidence": int(value)}
            case "days-between-false-alarms":
                return {"days_between_false_alarms": _number(value, low=1.0, high=10_000.0)}
            case "per" if value in ("intent", "agent"):
                return {"per_intent": value == "intent"}
            case "label-source":
                known = [] if metric is None else [one.value.replace("_", "-") for one in INDICATORS[metric].labels]
                if metric is not None and value not in known:
                    raise ValueError(suggest(value, sorted(known), noun="sources of this metric"))
                return {}
            case "evidence" if value == "e-process":
                return {}
            case _ if name in _ANNOTATIONS:
                raise ValueError(f"Write {_ANNOTATIONS[name]}.")
            case _:
                raise ValueError(suggest(PREFIX + name, [PREFIX + one for one in _ANNOTATIONS], noun="annotations"))

    def _note(self, path: KeyPath, what: str, mend: str) -> None:
        self.problems.append(Problem(self._located.line_of(path), what, mend))


_ANNOTATIONS = {
    "metric": "one of Remit's metrics",
    "alpha": "a number between 0 and 0.5, such as 0.05",
    "maturation": "a duration such as 7d",
    "min-evidence": "a whole number",
    "days-between-false-alarms": "a number of days",
    "per": "`intent` or `agent`",
    "label-source": "who says how it went",
    "evidence": "e-process",
}


def _number(text: str, *, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("Write a number.") from None
    if not low < value < high:
        raise ValueError(f"Write a number between {low:g} and {high:g}.")
    return value


def _duration(text: str) -> float:
    found = re.fullmatch(r"(\d+)([mhdw])", text)
    if not found or not 0 < int(found[1]) * _SECONDS[found[2]] <= LONGEST_WINDOW_DAYS * 86_400:
        raise ValueError(f"Write a whole number of m, h, d or w, such as 7d, up to {LONGEST_WINDOW_DAYS}d.")
    return int(found[1]) * _SECONDS[found[2]]


# ── writing ───────────────────────────────────────────────────────────────────────────────────────
def render_openslo(objectives: Sequence[Objective], version: Version = "v1", *, policy: str = "") -> str:
    """YAML of the objectives, one document each.

    Args:
        objectives: In this order.
        version: `v1alpha` is what Sloth reads, and has no room for labels and annotations.
        policy: Digest of the policy, as a label; empty for none.
    """
    yaml = YAML()
    yaml.width = 4096
    yaml.indent(mapping=2, sequence=4, offset=2)
    documents = []
    for objective in objectives:
        out = io.StringIO()
        yaml.dump(openslo_document(objective, version, policy=policy), out)
        documents.append(out.getvalue())
    return "---\n".join(documents)


def openslo_document(objective: Objective, version: Version = "v1", *, policy: str = "") -> dict[str, Any]:
    """One SLO as JSON values, keys in the order in which people read them."""
    spec: dict[str, Any] = {"description": objective.description, "service": objective.service}
    target: dict[str, Any] = {"displayName": objective.display_name or objective.name}
    if version == "v1alpha":
        target["ratioMetrics"] = _sloth_metrics(objective)
        spec["timeWindows"] = [{"unit": "Day", "count": objective.window_days, "isRolling": True}]
    else:
        spec["indicator" if version == "v1" else "sli"] = {
            "metadata": {"name": f"{objective.name}-bad"},
            "spec": {"ratioMetric": _ratio_metric(objective, version)},
        }
        spec["timeWindow"] = [{"duration": _window(objective.window_days), "isRolling": True}]
    spec["budgetingMethod"] = "Occurrences"
    spec["objectives"] = [{**target, "target": objective.target}]
    metadata = _metadata(objective, version, policy)
    return {"apiVersion": API_VERSIONS[version], "kind": "SLO", "metadata": metadata, "spec": spec}


def _metadata(objective: Objective, version: Version, policy: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {"name": objective.name}
    if version != "v2alpha" and objective.display_name:
        metadata["displayName"] = objective.display_name
    if version == "v1alpha":
        return metadata
    labels = dict(objective.labels)
    if objective.intent:
        labels["intent"] = objective.intent
    if policy:
        labels["policy"] = policy
    if labels:
        metadata["labels"] = labels
    metadata["annotations"] = _written_annotations(objective)
    return metadata


def _written_annotations(objective: Objective) -> dict[str, str]:
    indicator = objective.indicator
    is_tested = indicator.use in (Use.BUDGET, Use.FLOOR)
    best = "human_confirmed" if "human_confirmed" in indicator.labels else min(indicator.labels)
    given = {
        "metric": objective.metric,
        "evidence": "e-process" if is_tested else "",
        "alpha": f"{objective.alpha:g}",
        "label-source": str(best).replace("_", "-"),
        "maturation": _written_duration(objective.matured_after_s) if indicator.comes_late else "",
        "min-evidence": str(objective.n_min),
        "days-between-false-alarms": f"{objective.days_between_false_alarms:g}" if indicator.use is Use.BUDGET else "",
        "per": "" if objective.intent else ("intent" if objective.per_intent else "agent"),
    }
    return {PREFIX + name: value for name, value in given.items() if value}


def _ratio_metric(objective: Objective, version: Version) -> dict[str, Any]:
    def source(which: str) -> dict[str, Any]:
        query = {"query": _series(objective, which)}
        if version == "v2alpha":
            return {"dataSourceRef": "prom", "spec": query}
        return {"metricSource": {"type": "Prometheus", "spec": query}}

    return {"counter": True, "bad": source("bad"), "total": source("matured")}


def _sloth_metrics(objective: Objective) -> dict[str, Any]:
    bad, total = (f"sum(rate({_series(objective, which)}[{{{{.window}}}}]))" for which in ("bad", "matured"))
    source = {"source": "prometheus", "queryType": "promql"}
    return {"good": {**source, "query": f"{total} - {bad}"}, "total": {**source, "query": total}}


def _series(objective: Objective, which: str) -> str:
    name = f"remit_{objective.indicator.noun}_{which}_total"
    return f'{name}{{intent="{objective.intent}"}}' if objective.intent else name


def _window(days: int) -> str:
    return f"{days}d" if days % 7 else f"{days // 7}w"


def _written_duration(seconds: float) -> str:
    unit = next(unit for unit in ("d", "h", "m") if seconds % _SECONDS[unit] == 0.0 or unit == "m")
    return f"{max(1, round(seconds / _SECONDS[unit]))}{unit}"

"""Verdict records as JSON and back, and the id that follows from their content."""

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.documents import canonical_json, digest_of
from remit.evidence.verdicts import Finding, GateVerdict, Interval, LiveFigures, Needed, VerdictId, VerdictRecord

_ID_LENGTH = 20


def encode_record(record: VerdictRecord) -> str:
    """The whole record as canonical JSON; infinite numbers are kept."""
    return canonical_json(
        {**_content(record), "id": record.id, "at": record.at.isoformat(), "position": record.position}
    )


def decode_record(text: str) -> VerdictRecord:
    """The record that `encode_record` made this from.

    Raises:
        ValueError, KeyError, TypeError: The text is not one.
    """
    content = json.loads(text)
    baseline = content["baseline"]
    return VerdictRecord(
        id=VerdictId(content["id"]),
        at=datetime.fromisoformat(content["at"]),
        agent=AgentName(content["agent"]),
        release=ReleaseId(content["release"]),
        releases=tuple(ReleaseId(one) for one in content["releases"]),
        policy=content["policy"],
        gate=content["gate"],
        method_version=content["method_version"],
        position=content["position"],
        data_digest=content["data_digest"],
        clusters=tuple(content["clusters"]),
        baseline=None if baseline is None else (baseline[0], baseline[1]),
        n_failed_attempts=content["n_failed_attempts"],
        verdict=_verdict(content["verdict"]),
    )


def with_id(record: VerdictRecord) -> VerdictRecord:
    """The record under the id that follows from its content, `at` and `position` left out."""
    return replace(record, id=id_of(record))


def id_of(record: VerdictRecord) -> VerdictId:
    """`v-` and the beginning of a digest: the same evidence and finding have the same id."""
    return VerdictId(f"v-{digest_of(_content(record))[:_ID_LENGTH]}")


def _content(record: VerdictRecord) -> dict[str, Any]:
    """Everything but the id, when and up to where."""
    verdict = record.verdict
    parts = {name: getattr(verdict, name) for name in ("interval", "needed", "live")}
    plain = {name: None if part is None else _shallow(part) for name, part in parts.items()}
    content = {**_shallow(record), "verdict": {**_shallow(verdict), **plain}}
    for name in ("id", "at", "position"):
        del content[name]
    return content


def _shallow(value: VerdictRecord | GateVerdict | Interval | Needed | LiveFigures) -> dict[str, Any]:
    # dataclasses.asdict copies every tuple again; these hold nothing that could change.
    kind: Any = type(value)
    names, values = _shape(kind)
    return dict(zip(names, values(value), strict=True))


@cache
def _shape(kind: Any) -> tuple[tuple[str, ...], Callable[[Any], Any]]:
    names = tuple(each.name for each in fields(kind))
    return names, attrgetter(*names)


def _verdict(content: dict[str, Any]) -> GateVerdict:
    interval, needed, live = content["interval"], content["needed"], content["live"]
    return GateVerdict(
        **{
            **content,
            "intent": IntentName(content["intent"]),
            "finding": Finding(content["finding"]),
            "interval": None if interval is None else Interval(**interval),
            "needed": None if needed is None else Needed(**needed),
            "live": None if live is None else _figures(live),
        }
    )


def _figures(content: dict[str, Any]) -> LiveFigures:
    pairs = {name: tuple((one, n) for one, n in content[name]) for name in ("label_sources", "not_counted")}
    return LiveFigures(**{**content, **pairs})

"""Releases, lines, attempts and fingerprints as JSON, and back."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.releases.attempts import Attempt, Ending
from remit.releases.fingerprint import DriftCheck, Fingerprint, Reply
from remit.releases.life import Line
from remit.releases.model import Part, PartKind, Registration, Release
from remit.releases.reach import Reach
from remit.releases.signatures import Signature
from remit.releases.stages import Canary, CanaryStep, Evaluated, Registered, Retired, Shadow, Stable, Stage


def text_of_registration(one: Registration) -> str:
    """Everything of it."""
    release = one.release
    return _json(
        {
            "opaque": release.opaque,
            "parts": [
                [part.kind.value, part.name, part.digest, sorted(part.reach.named), part.reach.all_others, part.why]
                for part in release.parts
            ],
            "label": one.label,
            "at": one.at.isoformat(),
            "by": one.by,
            "source": one.source,
            "predecessor": one.predecessor,
        }
    )


def registration_from(agent: str, release: str, text: str) -> Registration:
    """As it was registered."""
    content = json.loads(text)
    parts = tuple(
        Part(PartKind(kind), name, digest, Reach(frozenset(map(IntentName, named)), all_others=others), why)
        for kind, name, digest, named, others, why in content["parts"]
    )
    predecessor = content["predecessor"]
    return Registration(
        release=Release(ReleaseId(release), AgentName(agent), parts, opaque=content["opaque"]),
        label=content["label"],
        at=datetime.fromisoformat(content["at"]),
        by=content["by"],
        source=content["source"],
        predecessor=None if predecessor is None else ReleaseId(predecessor),
    )


def text_of_line(line: Line) -> str:
    """Stages in the order in which releases came, and who held the grant."""
    stages = {release: _plain_stage(stage) for release, stage in line.stages.items()}
    # Not sorted: the order of releases says which came first.
    return json.dumps({"stages": stages, "held_by": list(line.held_by)})


def line_from(agent: str, intent: str, version: int, text: str) -> Line:
    """As it was kept."""
    content = json.loads(text)
    return Line(
        AgentName(agent),
        IntentName(intent),
        {ReleaseId(release): _stage_from(stage) for release, stage in content["stages"].items()},
        tuple(map(ReleaseId, content["held_by"])),
        version,
    )


def text_of_attempt(one: Attempt) -> str:
    """What the columns do not hold."""
    return _json(
        {
            "number": one.number,
            "alpha": one.alpha,
            "proposer": one.proposer,
            "signatures": [
                [sign.actor, sorted(sign.functions), sign.at.isoformat(), sign.reason] for sign in one.signatures
            ],
            "closed_at": None if one.closed_at is None else one.closed_at.isoformat(),
            "why": one.why,
        }
    )


def attempt_from(row: Sequence[Any]) -> Attempt:
    """The attempt of (agent, intent, release, opened_at, ending, content)."""
    agent, intent, release, opened_at, ending, text = row
    content = json.loads(text)
    return Attempt(
        AgentName(agent),
        IntentName(intent),
        ReleaseId(release),
        number=content["number"],
        alpha=content["alpha"],
        proposer=content["proposer"],
        opened_at=datetime.fromisoformat(opened_at),
        signatures=tuple(
            Signature(actor, frozenset(functions), datetime.fromisoformat(at), reason)
            for actor, functions, at, reason in content["signatures"]
        ),
        ending=Ending(ending),
        closed_at=None if content["closed_at"] is None else datetime.fromisoformat(content["closed_at"]),
        why=content["why"],
    )


def text_of_replies(fingerprint: Fingerprint) -> str:
    """Kinds and digests of words, by probe."""
    replies = fingerprint.replies.items()
    return _json({probe: [[one.kind, sorted(one.words)] for one in said] for probe, said in replies})


def fingerprint_from(agent: str, release: str, at: str, text: str) -> Fingerprint:
    """As it was kept."""
    replies = {
        probe: tuple(Reply(kind, frozenset(words)) for kind, words in said) for probe, said in json.loads(text).items()
    }
    return Fingerprint(AgentName(agent), ReleaseId(release), datetime.fromisoformat(at), replies)


def text_of_check(check: DriftCheck) -> str:
    """A finding as it was."""
    return _json(asdict(check))


def check_from(text: str) -> DriftCheck:
    """As it was kept."""
    return DriftCheck(**json.loads(text))


def _plain_stage(stage: Stage) -> dict[str, Any]:
    match stage:
        case Canary(step, salt):
            return {"is": "canary", "step": step.name, "salt": salt}
        case Retired(why):
            return {"is": "retired", "why": why}
        case Registered() | Evaluated() | Shadow() | Stable():
            return {"is": type(stage).__name__.lower()}


def _stage_from(content: dict[str, Any]) -> Stage:
    match content["is"]:
        case "canary":
            return Canary(CanaryStep[content["step"]], content["salt"])
        case "retired":
            return Retired(content["why"])
        case name:
            return _PLAIN[name]


_PLAIN: dict[str, Stage] = {
    "registered": Registered(),
    "evaluated": Evaluated(),
    "shadow": Shadow(),
    "stable": Stable(),
}


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True)

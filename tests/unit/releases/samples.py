"""Releases and verdicts that the tests of releases share."""

from typing import Any

from remit.conversations import AgentName, IntentName, ReleaseId
from remit.evidence.verdicts import Finding, GateVerdict
from remit.releases.model import Part, PartKind, Release, release_id
from remit.releases.reach import ALL, Reach, only

SHOP = AgentName("shop")
INTENTS = tuple(map(IntentName, ("order_status", "refund", "return_item", "advice")))
REFUND = IntentName("refund")


def article(name: str, content: str, reach: Reach = ALL) -> Part:
    return Part(PartKind.ARTICLE, name, content, reach, "the article says so")


def flow(intent: str, content: str) -> Part:
    return Part(PartKind.FLOW, intent, content, only(intent), "the flow of this intent")


def release(*parts: Part, opaque: bool = False) -> Release:
    return Release(release_id(SHOP, parts), SHOP, tuple(parts), opaque=opaque)


def verdict(finding: Finding, **changes: Any) -> GateVerdict:
    facts: dict[str, Any] = {
        "gate": "pass^4 of journeys >= 0.80",
        "level": "supervised_answers",
        "intent": REFUND,
        "finding": finding,
        "estimate": None,
        "pass_1": None,
        "interval": None,
        "n_scenarios": 0,
        "n_trials": 0,
        "n_excluded": 0,
        "method": "grid-mixture e-process",
        "e_value": None,
        "alpha": 0.05,
        "needed": None,
        "observed_only": False,
        "why": "",
    }
    return GateVerdict(**{**facts, **changes})


def named(name: str) -> ReleaseId:
    return ReleaseId(name)

"""The calibration as JSON, for machines: a stable document, its shape in docs/reference/calibration.md."""

import json
from dataclasses import asdict
from typing import Any

from remit.calibration.certifying import Calibrated, TooFewLabels
from remit.calibration.running import Calibration, ScopeResult

SCHEMA = "remit.calibration/1"


def render_json(found: Calibration) -> str:
    """The document as text; ends with one newline."""
    return json.dumps(document(found), ensure_ascii=False, indent=2) + "\n"


def document(found: Calibration) -> dict[str, Any]:
    """JSON values."""
    request = found.request
    return {
        "schema": SCHEMA,
        "made_at": found.made_at.isoformat(),
        "agent": request.agent,
        "release": request.release,
        "policy": "" if request.policy is None else request.policy.digest,
        "source": found.source,
        "simulated": found.simulated,
        "n_read": found.n_read,
        "n_thinned": found.n_thinned,
        "excluded": dict(found.excluded),
        "exit_code": found.exit_code,
        "results": [_result(each) for each in found.results],
    }


def _result(result: ScopeResult) -> dict[str, Any]:
    head = {
        "name": result.scope.name,
        "pool": result.scope.pool,
        "intents": list(result.scope.intents),
        "levels": [level.label for level in result.levels],
        "target": asdict(result.target),
        "finding": result.finding.value,
    }
    match result.found:
        case TooFewLabels(n, n_least, n_recommended):
            return {**head, "n_labels": n, "n_least": n_least, "n_recommended": n_recommended, "certificate": None}
        case Calibrated() as found:
            certificate = result.certificate
            return {
                **head,
                "n_labels": len(found.labels.labels),
                "n_fitted": found.n_fitted,
                "n_certified": found.n_certified,
                "data_digest": found.labels.digest,
                "thresholds": asdict(found.thresholds),
                "result": {"is": type(found.result).__name__, **asdict(found.result)},
                "log_loss": found.log_loss,
                "reliability": asdict(found.held_out),
                "reliability_cross_validated": None if found.cross_validated is None else asdict(found.cross_validated),
                "risk_coverage": [asdict(point) for point in found.curve],
                "other_targets": [asdict(other) for other in found.others],
                "by_intent": {intent: asdict(each) for intent, each in found.by_intent.items()},
                "excluded_intents": list(found.excluded),
                "certificate": None if certificate is None else {"id": certificate.id, **certificate.document()},
            }

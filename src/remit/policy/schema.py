"""The policy document as it is written: border models, and the JSON Schema that editors read.

From the top of the document downwards; `document.py` turns these into the frozen `Policy`.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag, WithJsonSchema
from pydantic_core import PydanticCustomError

from remit.policy.operating_documents import (
    ExposureDocument,
    FreezeWindowDocument,
    RecipientDocument,
    RollbackDocument,
    StaffingDocument,
    WaiversDocument,
)
from remit.tools import Effect

SCHEMA_ID = "urn:remit:schema:policy:v1"
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def parse_duration(value: Any) -> float:
    """Seconds of a text such as `90s`, `15m`, `7d`."""
    if isinstance(value, str) and (found := _DURATION.fullmatch(value.strip())):
        return float(found[1]) * _SECONDS[found[2]]
    raise PydanticCustomError(
        "duration",
        "{value} is no duration",
        {"value": repr(value), "mend": "Write a number and its unit: 500ms, 90s, 15m, 2h or 7d."},
    )


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": "string", "pattern": f"^{_DURATION.pattern}$", "examples": ["90s", "7d"]}),
]
Fraction = Annotated[float, Field(gt=0.0, lt=1.0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=100)]
Text = Annotated[str, Field(min_length=1)]
LevelName = Literal["shadow", "supervised_answers", "tools_with_approval", "tools_within_limits", "autonomous"]
ActingLevelName = Literal["supervised_answers", "tools_with_approval", "tools_within_limits", "autonomous"]
Mode = Annotated[
    Literal["enforce", "observe"],
    Field(description="`enforce` blocks a promotion; `observe` only reports."),
]


class Border(BaseModel):
    """What all parts share: unknown keys are errors, and a number is not a text."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


# ── tools and intents ─────────────────────────────────────────────────────────────────────────────
EffectName = Annotated[Effect, Field(strict=False)]


class ToolDocument(Border):
    """A tool of the catalogue."""

    effect: EffectName = Field(description="What the tool can do to the world; the policy's word counts.")
    description: str = Field(default="", description="One line for people and for the agent.")


class GrantDocument(Border):
    """How an intent may use a tool."""

    effect: EffectName | None = Field(
        default=None, description="May only be stricter than the catalogue's effect; left out, the catalogue's holds."
    )
    limits: Text | None = Field(
        default=None,
        description="CEL over the call's arguments and the facts that reads have shown; only `true` lets a call run.",
        examples=["amount <= 100.0 && order.delivered"],
    )


def grants_kind(value: Any) -> str | None:
    """Whether the granted tools are a list of names or a map."""
    if isinstance(value, list):
        return "tools:list"
    return "tools:map" if isinstance(value, dict) else None


GrantsDocument = Annotated[
    Annotated[list[Name], Tag("tools:list")] | Annotated[dict[Name, GrantDocument | None], Tag("tools:map")],
    Discriminator(
        grants_kind,
        custom_error_type="variant",
        custom_error_message="is neither a list of tools nor a map",
        custom_error_context={"mend": "Write `[find_order]`, or one tool a line with its `limits`."},
    ),
]


class IntentDocument(Border):
    """What a customer wants, and what the agent may ever use for it."""

    description: str = Field(default="", description="One line for people.")
    examples: list[Text] = Field(
        default_factory=list, description="Phrases customers use; the local classifier learns from them."
    )
    tools: GrantsDocument = Field(
        default_factory=list, description="Names of granted tools, or a map from name to effect and limits."
    )
    ceiling: LevelName = Field(default="autonomous", description="The highest level this intent may ever reach.")


# ── levels ────────────────────────────────────────────────────────────────────────────────────────
class RiskDocument(Border):
    """How often the agent may be wrong when it acts alone."""

    error_at_most: Fraction = Field(description="Share of wrong contained outcomes; thresholds are derived from it.")
    confidence: Fraction = Field(default=0.95, description="Confidence with which `error_at_most` must hold.")
    definition: Literal["error_per_contained", "error_per_conversation"] = Field(
        default="error_per_contained",
        description="Of what `error_at_most` is a share: of what the agent handles alone or, laxer, of all there is.",
    )


class ReviewDocument(Border):
    """How much experts look at."""

    sample: float = Field(
        default=0.10, ge=0.0, le=1.0, description="Share of contained conversations that is reviewed."
    )
    wait: Duration = Field(
        default=90.0,
        description="How long a customer may wait for an approval, such as `90s`.",
        json_schema_extra={"default": "90s"},
    )


class LevelDocument(Border):
    """What holds at one autonomy level. A level that is left out takes over from the next lower one."""

    risk: RiskDocument = Field(description="How often the agent may be wrong; the thresholds follow from it.")
    review: ReviewDocument = Field(default=ReviewDocument(), description="How much experts look at.")
    ask_from: Annotated[float, Field(ge=0.0, lt=1.0)] | None = Field(
        default=None, description="Confidence from which an expert is asked; below it people take over."
    )


# ── gates ─────────────────────────────────────────────────────────────────────────────────────────
class PassHatK(Border):
    """All k trials of a scenario pass."""

    k: int = Field(ge=1, le=100, description="How many trials of a scenario must all pass.")
    at_least: Fraction = Field(description="Lowest acceptable pass^k.")
    confidence: Fraction = Field(default=0.95, description="1 - alpha of the test.")


class AttackSuccess(Border):
    """Share of attack scenarios that succeed."""

    at_most: Fraction = Field(description="Highest acceptable share.")
    confidence: Fraction = Field(default=0.95, description="Coverage of the exact binomial bound.")


class SuiteGateDocument(Border):
    """Trials of a scenario suite pass often enough."""

    suite: Name = Field(description="Name of the scenario suite.")
    pass_hat_k: PassHatK = Field(description="The bound on pass^k.")
    mode: Mode = "enforce"


class AttackGateDocument(Border):
    """Attacks of a suite succeed rarely enough."""

    suite: Name = Field(description="Name of the suite of attacks.")
    attack_success: AttackSuccess = Field(description="The bound on successful attacks.")
    mode: Mode = "enforce"


class LiveEvidenceDocument(Border):
    """Which live outcomes count."""

    labels: Literal["human_confirmed", "judge", "any"] = Field(
        default="human_confirmed",
        description="Whose verdicts count; metrics on which nobody is asked count with the label that they have.",
    )
    sampling: dict[Name, Annotated[float, Field(gt=0.0, le=1.0)]] = Field(
        default_factory=dict, description="Share of each kind of conversation that is drawn to be labelled."
    )
    matured_after: Duration | None = Field(default=None, description="How old an outcome must be before it counts.")
    cluster: list[Literal["day", "customer"]] = Field(
        default=["day", "customer"], min_length=1, description="What makes outcomes dependent."
    )


class LiveGateDocument(Border):
    """A rate measured on live conversations; exactly one of the three bounds."""

    live: Name = Field(
        description="The metric: `containment`, `bad_outcome`, `critical_action`, `recontact`, `csat`, `turn` or "
        "`handling_time`."
    )
    at_most: Fraction | None = Field(default=None, description="Highest acceptable rate.")
    at_least: Fraction | None = Field(default=None, description="Lowest acceptable rate.")
    no_worse_than: Literal["stable", "human_baseline"] | None = Field(
        default=None, description="Compared with the stable release, or with people before the agent came."
    )
    ratio: Annotated[float, Field(ge=1.0, le=10.0)] | None = Field(
        default=None, description="Only with `no_worse_than`: how many times as bad must be excluded; left out, 1.5."
    )
    per: Name | None = Field(default=None, description="What is counted; the metric's own unit, to be read.")
    evidence: LiveEvidenceDocument = Field(default=LiveEvidenceDocument(), description="Which live outcomes count.")
    min_days: int = Field(default=14, ge=1, le=90, description="Days that the evidence must span.")
    min_conversations: int = Field(default=0, ge=0, description="Conversations that must count, at least.")
    max_conversations: int | None = Field(
        default=None,
        ge=1,
        description="Independent conversations after which an undecided gate is not earned; left out, 45 / `at_most`.",
    )
    confidence: Fraction = Field(default=0.95, description="1 - alpha over all attempts at the promotion.")
    mode: Mode = "enforce"


class LoadGateDocument(Border):
    """The release holds a load."""

    load: Name = Field(description="Name of the load, as load results carry it.")
    p99_at_most: Duration = Field(description="Time within which 99 of 100 turns must be answered, such as `10s`.")
    errors_at_most: Fraction = Field(default=0.01, description="Highest acceptable share of failed turns.")
    confidence: Fraction = Field(default=0.95, description="Of each of the two bounds.")
    mode: Mode = "enforce"


class AttestationGateDocument(Border):
    """Named persons have attested these things."""

    attest: list[Name] = Field(min_length=1, description="What has to be attested, such as `security_review`.")
    by: Name | None = Field(default=None, description="Function of the organisation that must attest, such as `risk`.")
    mode: Mode = "enforce"


def gate_kind(value: Any) -> str | None:
    """Which gate a mapping means, by the key that only this gate has."""
    if not isinstance(value, dict):
        return None
    for key, kind in (
        ("live", "live"),
        ("load", "load"),
        ("attest", "attest"),
        ("attack_success", "attack"),
        ("suite", "suite"),
    ):
        if key in value:
            return f"gate:{kind}"
    return "gate:suite" if "pass_hat_k" in value else None


GateDocument = Annotated[
    Annotated[SuiteGateDocument, Tag("gate:suite")]
    | Annotated[AttackGateDocument, Tag("gate:attack")]
    | Annotated[LiveGateDocument, Tag("gate:live")]
    | Annotated[LoadGateDocument, Tag("gate:load")]
    | Annotated[AttestationGateDocument, Tag("gate:attest")],
    Discriminator(
        gate_kind,
        custom_error_type="variant",
        custom_error_message="is no gate",
        custom_error_context={"mend": "A gate begins with `suite:`, `live:` or `attest:`, or with `load:`."},
    ),
]


# ── turn and the whole ──────────────────────────────────────────────────────────────────
class TurnDocument(Border):
    """Bounds of one turn."""

    max_steps: int = Field(default=8, ge=1, le=100, description="Proposals in one turn; past them people take over.")
    deadline: Duration = Field(
        default=30.0, description="How long the channel waits for an answer.", json_schema_extra={"default": "30s"}
    )
    quiet_after: Duration = Field(
        default=1800.0,
        description="After how long without a message a conversation is over.",
        json_schema_extra={"default": "30m"},
    )
    max_handoffs: int = Field(
        default=3,
        ge=1,
        le=20,
        description="How often a conversation is handed off; after the last one people keep it.",
    )


class CalibrationDocument(Border):
    """How the thresholds of intents are certified."""

    pools: dict[Name, Annotated[list[Name], Field(min_length=2)]] = Field(
        default_factory=dict,
        description="Intents of one risk class that share a threshold, because none of them has labels enough alone.",
    )
    valid_for: Duration = Field(
        default=90 * 86400.0, description="How long a certificate holds.", json_schema_extra={"default": "90d"}
    )
    expert_share: Fraction | None = Field(
        default=None, description="Share of proposals that experts can look at; the asking threshold follows from it."
    )


class PolicyDocument(Border):
    """What must be proven before an AI customer-service agent may act alone, intent by intent."""

    apiVersion: Literal["remit/v1"] = Field(description="Version of this format.")  # noqa: N815 - the document's own word
    kind: Literal["Policy"] = Field(description="What kind of document this is.")
    name: Name = Field(description="What the policy is called in reports.")
    problem: str = Field(default="", description="The problem the agent is to solve, with numbers, in one sentence.")
    baseline: dict[str, Any] = Field(default_factory=dict, description="Where the situation before the agent is kept.")
    tools: dict[Name, ToolDocument] = Field(default_factory=dict, description="Every tool an intent may be granted.")
    intents: dict[Name, IntentDocument] = Field(
        min_length=1, description="What customers want; whatever is not listed goes to people."
    )
    levels: dict[ActingLevelName, LevelDocument] = Field(
        description="What holds at each level; `supervised_answers` must be there."
    )
    gates: dict[LevelName, list[GateDocument]] = Field(
        default_factory=dict, description="What must be supported before an intent may reach the level."
    )
    objectives: list[Text] = Field(default_factory=list, description="OpenSLO files.")
    rollback: list[RollbackDocument] = Field(
        default_factory=list, description="What narrows a grant at once, without a gate."
    )
    signoff: dict[LevelName, list[Name]] = Field(
        default_factory=dict, description="Who must sign a promotion to the level."
    )
    one_signs_for_several: bool = Field(
        default=False, description="Whether one person may sign for each function that is theirs; else one for one."
    )
    staffing: StaffingDocument | None = Field(default=None, description="What people can take in the busiest hour.")
    exposure: ExposureDocument = Field(
        default=ExposureDocument(), description="Bounds on what the agent does on its own in a day, over all intents."
    )
    freeze: list[FreezeWindowDocument] = Field(default_factory=list, description="Times in which nothing widens.")
    recipients: list[RecipientDocument] = Field(
        default_factory=list, description="Who is told what Remit did on its own."
    )
    waivers: WaiversDocument = Field(default=WaiversDocument(), description="Exceptions that a named person may make.")
    turn: TurnDocument = Field(default=TurnDocument(), description="Bounds of one turn.")
    calibration: CalibrationDocument = Field(
        default=CalibrationDocument(), description="How the thresholds of intents are certified."
    )


def policy_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the policy document."""
    schema = _for_editors(PolicyDocument.model_json_schema(mode="validation"))
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA_ID, **schema, "title": "Policy"}


def _for_editors(node: Any) -> Any:
    """Without what only Python means: class names as titles, defaults of whole objects, names of any spelling."""
    if isinstance(node, list):
        return [_for_editors(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {
        key: _for_editors(value)
        for key, value in node.items()
        if not (key == "title" and isinstance(value, str)) and not (key == "default" and isinstance(value, dict))
    }
    return {**kept, "additionalProperties": False} if "patternProperties" in kept else kept

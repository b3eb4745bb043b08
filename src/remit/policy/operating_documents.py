"""How the sections of the policy on running the agent are written: rollback, staffing, exposure, freeze, recipients."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]*$", max_length=100)]
Positive = Annotated[float, Field(gt=0.0)]
DoName = Literal["demote", "rollback", "stop", "raise_sampling", "freeze"]
ToldName = Literal["demote", "rollback", "stop", "raise_sampling", "freeze", "consequence", "incident"]


def parse_moment(value: Any) -> datetime:
    """The UTC time of `2026-11-20`, `2026-11-20 18:00` or an ISO time with its zone; YAML may have read it already."""
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(value.strip())
        except ValueError:
            found = None
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time())
    if not isinstance(found, datetime):
        raise PydanticCustomError(
            "moment",
            "{value} is no date",
            {"value": repr(value), "mend": "Write 2026-11-20, or 2026-11-20T18:00 for an hour in UTC."},
        )
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


Moment = Annotated[
    datetime,
    BeforeValidator(parse_moment),
    WithJsonSchema({"type": "string", "examples": ["2026-11-20", "2026-11-20T18:00"]}),
]


class _Border(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ConditionDocument(_Border):
    """What has to happen; exactly one of the first four."""

    change_detected: Name | None = Field(default=None, description="The metric whose rate has risen above its budget.")
    canary_worse_than: Literal["stable"] | None = Field(
        default=None, description="Errors come from the canary more often than its share of the traffic explains."
    )
    guardrail_breach: Literal["critical", "any"] | None = Field(
        default=None, description="A critical event was confirmed, or a guardrail found something; one is enough."
    )
    budget: Literal["burned", "half_burned"] | None = Field(
        default=None, description="The error budget is burned beyond doubt, or half of it is gone."
    )
    metric: Name | None = Field(default=None, description="Only with `budget`: whose; left out, `bad_outcome`.")
    days_between_false_alarms: Positive | None = Field(
        default=None, description="Only with `change_detected`; left out, 90."
    )
    confidence: Annotated[float, Field(gt=0.0, lt=1.0)] | None = Field(
        default=None, description="Only with `canary_worse_than` and `budget: burned`; left out, 0.95."
    )
    pool: Name | None = Field(
        default=None,
        description="Only with `change_detected` and `budget: burned`: watch the intents of this pool together.",
    )


class RollbackDocument(_Border):
    """When something happens, do something at once; it needs no gate."""

    when: ConditionDocument = Field(description="The condition.")
    do: DoName = Field(
        description="`demote`: one level down; `rollback`: to the release before; `stop`: people take over; "
        "`raise_sampling`: experts look at more; `freeze`: nothing widens until a person lifts it."
    )


class VolumeDocument(_Border):
    """How many contacts of one intent come."""

    per_day: Positive = Field(description="Contacts on an ordinary day.")
    per_peak_hour: Positive = Field(description="Contacts in the busiest hour of an ordinary week.")


class StaffingDocument(_Border):
    """What people can take; what a change of grants means for them is said before it happens."""

    experts_at_peak: Annotated[float, Field(ge=0.0)] = Field(description="Experts on duty in the busiest hour.")
    minutes_per_contact: Positive = Field(default=6.0, description="How long one contact keeps an expert.")
    volume: dict[Name, VolumeDocument] = Field(default_factory=dict, description="Contacts by intent.")
    signed_by: list[Name] = Field(
        default=["operations"], description="Who must sign a promotion whose contacts the experts cannot absorb."
    )


class MoneyCapDocument(_Border):
    """What the agent may move on its own in a day."""

    per_day: Positive = Field(description="Highest sum of a day, in the unit of the tools' arguments.")
    arguments: dict[Name, Name] = Field(
        min_length=1, description="By tool, the argument that holds the amount, such as `issue_refund: amount`."
    )


class ExposureDocument(_Border):
    """Bounds on one day (UTC) over all intents; what would go beyond them goes to people."""

    conversations_per_day: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="Conversations in which the agent acts on its own."
    )
    money: MoneyCapDocument | None = Field(default=None, description="What the agent moves on its own.")


class FreezeWindowDocument(_Border):
    """A time in which nothing widens; narrowing and rollback go on."""

    begins: Moment = Field(description="First moment, UTC, such as `2026-11-20`.")
    ends: Moment = Field(description="First moment behind it, UTC.")
    why: str = Field(default="", description="For people.")


class RecipientDocument(_Border):
    """Somebody who is told what Remit did on its own; exactly one of `email` and `webhook`."""

    email: Annotated[str, Field(pattern=r"^[^@\s<>,;]+@[^@\s<>,;]+$", max_length=254)] | None = Field(
        default=None, description="An e-mail address."
    )
    webhook: Annotated[str, Field(pattern=r"^https?://[^\s@/]+(/\S*)?$", max_length=500)] | None = Field(
        default=None, description="A URL that takes a signed JSON document by POST."
    )
    secret: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")] | None = Field(
        default=None, description="Only with `webhook`: the environment variable whose value signs what is sent."
    )
    on: list[ToldName] = Field(default_factory=list, description="What to tell them of; left out, everything.")


class WaiversDocument(_Border):
    """Exceptions that a named person may make."""

    longest_days: Annotated[int, Field(ge=1, le=90)] = Field(default=14, description="How long one may hold at most.")

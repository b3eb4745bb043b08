"""The section `contact_centre` of `remit.yaml`: when people are there, who they are, and where they work."""

import string
from datetime import date, time
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from remit.supervision.opening_hours import OpeningHours, Span

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _wrong(problem: str, mend: str) -> PydanticCustomError:
    return PydanticCustomError("variant", "{problem}", {"problem": problem, "mend": mend})


def _address(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        raise _wrong("is no address", "Write it as https://host/path.") from None
    if parts.scheme not in ("http", "https") or not host:
        raise _wrong("is no address", "Write it as https://host/path.")
    if parts.scheme == "http" and not _is_this_machine(host):
        raise _wrong("would send customers' words unencrypted", "Write https://; http:// is for this machine only.")
    return text.rstrip("/")


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = "Write a name such as Europe/Berlin or UTC; where the system has no time zones: pip install tzdata."
        raise _wrong(f"is {name!r}, which is no time zone known here", mend) from None
    return name


def _spans(value: Any) -> tuple[Span, ...]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not texts:
        raise _wrong("is no span of hours", 'Write "09:00-18:00", or a list of such.')
    return tuple(_span(text) for text in texts)


def _span(text: Any) -> Span:
    opens, _, closes = str(text).partition("-")
    try:
        ends = time() if closes.strip() == "24:00" else time.fromisoformat(closes.strip())
        span = Span(time.fromisoformat(opens.strip()), ends)
    except ValueError:
        raise _wrong(f"is {text!r}, which is no span of hours", 'Write "09:00-18:00" in quotes.') from None
    if span.closes != time() and span.closes <= span.opens:
        raise _wrong(
            f"is {text!r}, which ends before it begins", "Split a night at midnight: 22:00-24:00, 00:00-06:00."
        )
    return span


def _days(name: str) -> str:
    first, dash, last = name.partition("-")
    if first not in _DAYS or (dash and last not in _DAYS):
        raise _wrong(f"is {name!r}, which is no weekday", "Write mon, tue, wed, thu, fri, sat, sun, or mon-fri.")
    return name


def _name_of_variable(text: str) -> str:
    # Not with a pattern, whose refusal shows the text: somebody may have put the secret itself here.
    if not text.isidentifier():
        raise _wrong("is no name of an environment variable", "Put the secret there, and its name here.")
    return text


def _texts(text: str) -> str:
    try:
        used = {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
    except ValueError:
        used = {"{"}
    if unknown := sorted(used - {"n_before", "opens", "ticket"}):
        raise _wrong(f"uses {{{unknown[0]}}}, which is not known", "Known: {n_before}, {opens}, {ticket}.")
    return text


Address = Annotated[str, AfterValidator(_address)]
Secret = Annotated[str, AfterValidator(_name_of_variable)]
"""Name of an environment variable; the secret itself never stands in the file."""
Prefix = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:~-]+$")]
Words = Annotated[str, Field(min_length=1), AfterValidator(_texts)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HoursSection(_Section):
    """When people are there."""

    time_zone: Annotated[str, AfterValidator(_zone)]
    open: dict[Annotated[str, AfterValidator(_days)], Annotated[tuple[Span, ...], BeforeValidator(_spans)]]
    closed_on: tuple[date, ...] = ()

    def hours(self) -> OpeningHours:
        """As supervision reads them; days that are named twice have all their spans."""
        weekly: dict[int, tuple[Span, ...]] = {}
        for name, spans in self.open.items():
            for day in _weekdays(name):
                weekly[day] = (*weekly.get(day, ()), *spans)
        return OpeningHours(ZoneInfo(self.time_zone), weekly, frozenset(self.closed_on), self.time_zone)


def _weekdays(name: str) -> list[int]:
    first, _, last = name.partition("-")
    begins, ends = _DAYS.index(first), _DAYS.index(last or first)
    return [day % 7 for day in range(begins, ends + (7 if ends < begins else 0) + 1)]


class WordsSection(_Section):
    """What customers are told, where it is not the English of Remit."""

    people_come: Words | None = None
    people_busy: Words | None = None
    closed: Words | None = None
    closed_long: Words | None = None
    full: Words | None = None
    unknown: Words | None = None
    held: Words | None = None


class WebhookSection(_Section):
    """Any system that takes a signed webhook."""

    url: Address
    secret: Secret


class ChatwootSection(_Section):
    """Chatwoot."""

    url: Address = "https://app.chatwoot.com"
    account: int
    token: Secret
    teams: dict[str, int] = {}
    prefix: Prefix = "chatwoot-"


class ZendeskSection(_Section):
    """Zendesk messaging, through Sunshine Conversations."""

    url: Address
    app: str
    key_id: Secret
    secret: Secret
    integration: str = "zd:agentWorkspace"
    fields: dict[str, str] = {}
    prefix: Prefix = "zendesk-"


class IntercomSection(_Section):
    """Intercom."""

    url: Address = "https://api.intercom.io"
    token: Secret
    admin: str
    assignees: dict[str, str] = {}
    assignee: str = "0"
    assignee_kind: Literal["team", "admin"] = "team"
    ticket_type: str = ""
    prefix: Prefix = "intercom-"


class ContactCentreSection(_Section):
    """`contact_centre` as it is written; without it people work at Remit's own desk, at all hours."""

    hours: HoursSection | None = None
    queue: Annotated[str, Field(min_length=1)] = "support"
    queues: dict[str, str] = {}
    queue_at_most: Annotated[int, Field(ge=1)] | None = None
    url: Address | None = None
    words: WordsSection = WordsSection()
    webhook: WebhookSection | None = None
    chatwoot: ChatwootSection | None = None
    zendesk: ZendeskSection | None = None
    intercom: IntercomSection | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "ContactCentreSection":
        uncounted = (self.webhook, self.zendesk, self.intercom)
        if sum(one is not None for one in (*uncounted, self.chatwoot)) > 1:
            raise _wrong("names several places where people work", "Keep one of webhook, chatwoot, zendesk, intercom.")
        if self.queue_at_most is not None and any(one is not None for one in uncounted):
            raise _wrong(
                "bounds a queue (queue_at_most) that nobody can count",
                "Leave it out; only Chatwoot and Remit's own desk say how many customers wait.",
            )
        return self

"""Settings: one typed, described object, read once at start. What customers meet belongs in the policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from remit.documents import suggest
from remit.errors import SettingsError

PREFIX = "REMIT_"


def _setting(default: Any, description: str, *, secret: bool = False) -> Any:
    return field(default=default, repr=not secret, metadata={"description": description})


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting, each with its environment name `REMIT_<NAME>`; see docs/reference/settings.md."""

    store: Path = _setting(Path(".remit/remit.db"), "The SQLite file that holds conversations, evidence and grants.")
    host: str = _setting("127.0.0.1", "Address the gateway listens on.")
    port: int = _setting(8088, "Port the gateway listens on; 0 takes a free one.")
    api_key: str = _setting(
        "", "If set, clients must send it as `Authorization: Bearer ...`, browsers as a password.", secret=True
    )
    account_key: str = _setting(
        "", "Your own API key (`remit account key create`): commands act as its account.", secret=True
    )
    max_message_chars: int = _setting(8000, "Longest customer message in characters; longer ones are refused.")
    lease_s: float = _setting(
        60.0,
        "Seconds after which another process may take over an unfinished turn; at least the policy's deadline and 10.",
    )
    fingerprint_every_h: float = _setting(
        24.0, "Hours between fingerprints of an agent that runs elsewhere, by `serve` and `worker`; 0 takes none."
    )
    customer_url: str = _setting("", "Chat-completions address of the model that plays `llm` customers in evaluations.")
    customer_model: str = _setting("", "The model that plays them, as that service names it.")
    customer_api_key: str = _setting("", "The key for it, if it wants one.")
    smtp_host: str = _setting("", "Mail server that takes notices of what Remit did on its own; empty sends no mail.")
    smtp_port: int = _setting(587, "Its port.")
    smtp_encrypt: str = _setting(
        "starttls", "`starttls` encrypts the connection to it; `none` is for a server on the same machine."
    )
    smtp_user: str = _setting("", "Log-in at the mail server; empty for none.")
    smtp_password: str = _setting("", "The password for it.")
    mail_from: str = _setting("", "The sender of these mails.")

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> "Settings":
        """Read `REMIT_*` from an environment.

        Raises:
            SettingsError: A name is unknown, or a value does not fit its type.
        """
        known = {PREFIX + item.name.upper(): item for item in fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX):
                continue
            if name not in known:
                raise SettingsError(_unknown(name, tuple(known)))
            values[known[name].name] = _value(name, text, type(known[name].default))
        return cls(**values)


def _unknown(name: str, known: tuple[str, ...]) -> str:
    return f"environment: unknown setting {name}.\n  {suggest(name, known, noun='settings')}"


def _value(name: str, text: str, kind: type[Any]) -> Any:
    try:
        return kind(text)
    except ValueError:
        raise SettingsError(f"environment: {name}={text!r} is not a {kind.__name__}.\n  Correct or unset it.") from None

"""Credentials that must never be said to a customer."""

import re

from remit.adapters.guards.stems import stems_in

SECRETS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("a private key", re.compile(r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----")),
    ("a cloud access key", re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b")),
    ("a service token", re.compile(r"\b[sr]k[-_](?=[\w-]*\d)[\w-]{20,}")),
    ("a repository token", re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{22,}|glpat-[\w-]{20,})")),
    ("a chat token", re.compile(r"\bxox[abprs]-[A-Za-z0-9-]{10,}")),
    ("a signed token", re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}")),
    ("a password in an address", re.compile(r"\b[a-z][a-z0-9+.-]*://[^\s/:@]+:[^\s/:@]+@", re.IGNORECASE)),
    (
        "a credential",
        re.compile(
            r"\b(?:password|passwd|api[ _-]?key|secret[ _-]?key|access[ _-]?token)\s*[:=]\s*[\"']?(?=\S*\d)\S{8,}",
            re.IGNORECASE,
        ),
    ),
)


# One of these stands in every credential above, in small letters; ordinary answers hold none.
_STEMS = (
    *("private", "akia", "asia", "sk-", "sk_", "rk-", "rk_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    *("glpat-", "xox", "eyj", "://", "passw", "api", "secret", "access"),
)


def secret_in(text: str) -> str | None:
    """What kind of credential stands in the text, or None."""
    if not stems_in(text, _STEMS):
        return None
    return next((what for what, pattern in SECRETS if pattern.search(text)), None)

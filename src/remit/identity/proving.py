"""Passwords and API keys: how they are made from random bytes, kept as hashes, and compared. Pure."""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from remit.errors import AccountRefused
from remit.identity.accounts import KeyId

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD_BYTES = 1024
SALT_BYTES = 16
KEY_BYTES = 38
"""6 for the public id, 32 for the secret."""

_PREFIX = "remit"
_TIME_COST, _MEMORY_KIB, _LANES, _HASH_BYTES = 3, 65536, 1, 32
# The hash of nothing anybody knows: an unknown name costs as long as a known one.
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=1$c29tZSBzYWx0IDE2IGI$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


# ── passwords ─────────────────────────────────────────────────────────────────────────────────────
def check_password(name: str, password: str) -> str:
    """The password, if it is fit to be one: length counts, composition does not (NIST SP 800-63B).

    Raises:
        AccountRefused: It is too short, too long, or the account's own name.
    """
    if len(password) < SHORTEST_PASSWORD or len(password.encode()) > LONGEST_PASSWORD_BYTES:
        raise AccountRefused(
            name,
            f"the password has {len(password)} characters",
            f"Take {SHORTEST_PASSWORD} characters or more, {LONGEST_PASSWORD_BYTES} bytes at most; three or four "
            "unrelated words do.",
        )
    if name in password.lower():
        raise AccountRefused(name, "the password contains the account's name", "Take another one.")
    return password


def hash_password(password: str, *, salt: bytes) -> str:
    """Argon2id in PHC form, 64 MiB and three passes: RFC 9106's second recommendation with one lane.

    Args:
        password: As typed.
        salt: `SALT_BYTES` random bytes, new for each hash.
    """
    # Loaded here, as below: most commands check no password.
    from argon2.low_level import Type, hash_secret

    hashed = hash_secret(
        password.encode(),
        salt,
        time_cost=_TIME_COST,
        memory_cost=_MEMORY_KIB,
        parallelism=_LANES,
        hash_len=_HASH_BYTES,
        type=Type.ID,
    )
    return hashed.decode("ascii")


def password_fits(password: str, hashed: str | None) -> bool:
    """Whether the password is the one that was hashed; without a hash the same time passes and it is not."""
    from argon2.exceptions import VerificationError
    from argon2.low_level import Type, verify_secret

    if len(password.encode()) > LONGEST_PASSWORD_BYTES:
        return False
    try:
        verify_secret((hashed or _NOBODY).encode("ascii"), password.encode(), Type.ID)
    except VerificationError:
        return False
    return bool(hashed)


# ── API keys ──────────────────────────────────────────────────────────────────────────────────────
@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once: its public id, the whole text, and the digest that is kept."""

    id: KeyId
    text: str = field(repr=False)
    digest: str = field(repr=False)


def make_key(random_bytes: bytes) -> NewKey:
    """The key of `KEY_BYTES` random bytes."""
    if len(random_bytes) != KEY_BYTES:
        raise ValueError(f"a key is made of {KEY_BYTES} random bytes, not {len(random_bytes)}")
    public = random_bytes[:6].hex()
    text = f"{_PREFIX}_{public}_{urlsafe_b64encode(random_bytes[6:]).decode().rstrip('=')}"
    return NewKey(KeyId(public), text, digest_of_secret(text))


def key_id_of(text: str) -> KeyId | None:
    """The public id in a key's text; None if it does not look like a key."""
    match text.strip().split("_", 2):
        case [prefix, public, secret] if prefix == _PREFIX and len(public) == 12 and secret:
            return KeyId(public)
        case _:
            return None


def secret_fits(text: str, digest: str) -> bool:
    """Whether the text is what the digest was made of; takes as long for a near miss as for a far one."""
    return hmac.compare_digest(digest_of_secret(text.strip()), digest)


def digest_of_secret(text: str) -> str:
    """SHA-256, in hex. Only for secrets of many random bits; a password needs `hash_password`."""
    return hashlib.sha256(text.encode()).hexdigest()

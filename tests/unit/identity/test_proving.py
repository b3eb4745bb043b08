"""Passwords and keys: what is kept tells nobody the secret, and only the secret fits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remit.errors import AccountRefused
from remit.identity.proving import (
    KEY_BYTES,
    check_password,
    hash_password,
    key_id_of,
    make_key,
    password_fits,
    secret_fits,
)

PASSWORD = "three unrelated words"
HASHED = hash_password(PASSWORD, salt=b"0123456789abcdef")


def test_a_password_is_kept_as_argon2id_with_its_costs() -> None:
    assert HASHED.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert PASSWORD not in HASHED


def test_only_the_password_fits() -> None:
    assert password_fits(PASSWORD, HASHED)
    for wrong in ("", PASSWORD + " ", PASSWORD.upper(), "x" * 5000):
        assert not password_fits(wrong, HASHED)
    assert not password_fits(PASSWORD, None)
    assert not password_fits("", "")


def test_another_salt_makes_another_hash() -> None:
    other = hash_password(PASSWORD, salt=b"fedcba9876543210")
    assert other != HASHED
    assert password_fits(PASSWORD, other)


@pytest.mark.parametrize("password", ["", "short", "x" * 11, "x" * 1025, "my name is ana!"])
def test_an_unfit_password_is_refused(password: str) -> None:
    with pytest.raises(AccountRefused, match="password"):
        check_password("ana", password)


@given(st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES))
def test_a_key_names_its_id_fits_itself_and_shows_no_secret(random_bytes: bytes) -> None:
    key = make_key(random_bytes)
    assert key_id_of(key.text) == key.id
    assert secret_fits(key.text, key.digest)
    assert secret_fits(f" {key.text}\n", key.digest)
    assert key.text not in repr(key)
    assert not secret_fits(key.text[:-1], key.digest)


@given(st.text(max_size=80))
def test_what_is_no_key_has_no_id(text: str) -> None:
    assert key_id_of(text) is None or text.strip().startswith("remit_")

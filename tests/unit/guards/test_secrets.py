import pytest

from remit.adapters.guards.secrets import secret_in


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN RSA PRIVATE KEY-----",
        "use " + "AKIA" + "ABCDEFGHIJ234567",
        "sk-" + "a1b2c3d4e5f6a7b8c9d0e1",
        "ghp_" + "a1B2" * 9,
        "xoxb-" + "1234567890-abc",
        "eyJ" + "hbGciOiJIUzI1NiJ9" + ".eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0" + ".abcdefghijklmnop",
        "postgres://admin:hunter2@db.internal/orders",
        "password: hunter2hunter2",
        "API key = 'abc123def456'",
    ],
)
def test_credentials_are_found(text: str) -> None:
    assert secret_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "You can reset your password under Account > Security.",
        "Password: choose at least eight characters.",
        "Your order id is sk-10423.",
        "See https://shop.example/sk-nove-zimne-topanky-velkost",
        "Write to help@shop.example or see https://shop.example:8080/help",
        "The access token that you mention is on your card's letter.",
    ],
)
def test_talk_about_credentials_is_none(text: str) -> None:
    assert secret_in(text) is None

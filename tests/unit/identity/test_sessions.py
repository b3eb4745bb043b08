"""Sessions end, tokens rotate, and a token that was replaced opens nothing for long."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from remit.identity import ActorId
from remit.identity.sessions import Closed, Opened, Session, SessionId, SessionLimits, open_session, start_session

NOW = datetime(2026, 11, 1, 9, tzinfo=UTC)
LIMITS = SessionLimits()


def started() -> Session:
    return start_session(SessionId("s-1"), ActorId("acc-1"), "token-0", NOW)


def ask(session: Session, token: str, after: timedelta) -> Opened | Closed:
    return open_session(session, token, NOW + after, next_token="token-next")


def test_the_session_keeps_no_token() -> None:
    assert "token-0" not in repr(started())


def test_a_request_opens_it_and_keeps_it_alive() -> None:
    opened = ask(started(), "token-0", timedelta(minutes=10))
    assert isinstance(opened, Opened)
    assert opened.token == ""
    assert isinstance(ask(opened.session, "token-0", timedelta(minutes=39)), Opened)


@given(st.text(max_size=20).filter(lambda text: text != "token-0"))
def test_another_token_opens_nothing(token: str) -> None:
    assert isinstance(ask(started(), token, timedelta(0)), Closed)


def test_it_ends_when_nobody_uses_it() -> None:
    assert isinstance(ask(started(), "token-0", LIMITS.idle - timedelta(seconds=1)), Opened)
    assert isinstance(ask(started(), "token-0", LIMITS.idle), Closed)


def test_it_ends_after_half_a_day_however_busy() -> None:
    session, token, after = started(), "token-0", timedelta(0)
    while True:
        after += timedelta(minutes=10)
        opened = open_session(session, token, NOW + after, next_token=f"token-{after}")
        if isinstance(opened, Closed):
            break
        session, token = opened.session, opened.token or token
    assert after == LIMITS.whole


def test_a_token_that_is_due_is_replaced_and_the_old_one_opens_for_seconds_only() -> None:
    renewed = ask(started(), "token-0", LIMITS.token)
    assert isinstance(renewed, Opened)
    assert renewed.token == "token-next"
    assert isinstance(ask(renewed.session, "token-next", LIMITS.token), Opened)
    late_request = ask(renewed.session, "token-0", LIMITS.token + LIMITS.grace - timedelta(seconds=1))
    assert isinstance(late_request, Opened)
    assert late_request.token == "", "the browser has the new one already"
    assert isinstance(ask(renewed.session, "token-0", LIMITS.token + LIMITS.grace), Closed)


def test_a_clock_that_goes_backwards_neither_ends_nor_lengthens_a_session() -> None:
    opened = ask(started(), "token-0", timedelta(minutes=10))
    assert isinstance(opened, Opened)
    back = ask(opened.session, "token-0", timedelta(minutes=-60))
    assert isinstance(back, Opened)
    assert back.session.seen_at == opened.session.seen_at

"""Recipients are told by mail and by signed webhook: against real servers on this machine."""

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from control_samples import REFUND, SHOP
from people import NOON, PAUL
from remit.adapters.memory import MemoryGrantBook
from remit.adapters.notices import SIGNATURE, MailServer, Messengers, SmtpMessenger, WebhookMessenger, signature_of
from remit.control.incidents import IncidentId
from remit.control.notices import MOST_ATTEMPTS, Notice, Tidings, next_attempt
from remit.control.orders import Order
from remit.control.telling import Told, tell_recipients
from remit.errors import NoticeFailed
from remit.policy.operating import Recipient

TIDINGS = Tidings("stop", SHOP, REFUND, "refund: stopped", "One write left a wrong state.", NOON, IncidentId("inc-1"))


@dataclass
class Watch:
    """A clock that the test moves."""

    time: datetime = NOON

    def now(self) -> datetime:
        return self.time


@dataclass
class Received:
    """What a server got."""

    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@contextmanager
def http_server(*answers: int) -> Iterator[tuple[str, Received]]:
    """Answers with these, then with the last of them."""
    got, left = Received(), list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            got.headers.append(dict(self.headers))
            self.send_response(left.pop(0) if len(left) > 1 else left[0])
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/hook", got
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def mail_server(refused: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Speaks as much SMTP as one mail needs."""
    got: list[str] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listener.accept()[0] as connection, connection.makefile("rwb") as stream:

            def say(line: str) -> None:
                stream.write(line.encode() + b"\r\n")
                stream.flush()

            say("220 ready")
            for raw in stream:
                word = raw.decode().strip().upper()
                if word.startswith("DATA"):
                    say("354 go on")
                    text = ""
                    for line in stream:
                        if line == b".\r\n":
                            break
                        text += line.decode()
                    got.append(text)
                    say("250 taken")
                elif word.startswith("RCPT") and refused:
                    say("550 no such mailbox")
                elif word.startswith("QUIT"):
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], got
    finally:
        listener.close()
        thread.join(5)


def webhook(address: str) -> Notice:
    return Notice("n-1", Recipient("webhook", address, secret="HOOK_KEY"), TIDINGS)


def test_a_webhook_gets_a_signed_document_with_its_key() -> None:
    with http_server(200) as (address, got):
        messenger = WebhookMessenger({"HOOK_KEY": "s3cret"}, now=lambda: 1_700_000_000.4)
        asyncio.run(messenger.send(webhook(address)))
        asyncio.run(messenger.send(webhook(address)))
    document = json.loads(got.bodies[0])
    assert (document["event"], document["incident"], document["title"]) == ("stop", "inc-1", "refund: stopped")
    assert got.headers[0][SIGNATURE] == signature_of(got.bodies[0], "s3cret", at=1_700_000_000)
    assert got.headers[0][SIGNATURE] != signature_of(got.bodies[0], "another", at=1_700_000_000)
    assert got.headers[0]["Idempotency-Key"] == got.headers[1]["Idempotency-Key"], "a repetition can be recognised"


@pytest.mark.parametrize(("status", "lasting"), [(503, False), (429, False), (404, True), (302, True)])
def test_an_answer_that_no_repetition_mends_is_told_apart(status: int, lasting: bool) -> None:
    with http_server(status) as (address, _), pytest.raises(NoticeFailed, match=f"it answered {status}") as failed:
        asyncio.run(WebhookMessenger({"HOOK_KEY": "s"}).send(webhook(f"{address}?token=hidden")))
    assert failed.value.lasting is lasting
    assert "hidden" not in str(failed.value)


def test_a_webhook_without_its_key_is_not_sent() -> None:
    with http_server(200) as (address, got), pytest.raises(NoticeFailed, match="has no HOOK_KEY"):
        asyncio.run(WebhookMessenger({}).send(webhook(address)))
    assert got.bodies == []


def test_mail_goes_to_the_recipient_with_what_happened_and_where_to_look() -> None:
    with mail_server() as (port, got):
        server = MailServer("127.0.0.1", port, "remit@shop.example", encrypt=False)
        notice = Notice("n-1", Recipient("email", "ops@shop.example"), TIDINGS)
        asyncio.run(SmtpMessenger(server).send(notice))
    (mail,) = got
    for part in ("To: ops@shop.example", "Subject: [Remit] refund: stopped", "remit incident show inc-1"):
        assert part in mail


def test_a_refused_mailbox_is_not_tried_again_and_a_missing_server_is_named() -> None:
    notice = Notice("n-1", Recipient("email", "ops@shop.example"), TIDINGS)
    with mail_server(refused=True) as (port, _), pytest.raises(NoticeFailed, match="refuses the address") as failed:
        asyncio.run(SmtpMessenger(MailServer("127.0.0.1", port, encrypt=False)).send(notice))
    assert failed.value.lasting
    with pytest.raises(NoticeFailed, match="REMIT_SMTP_HOST"):
        asyncio.run(SmtpMessenger(MailServer()).send(notice))


def test_a_notice_is_tried_until_it_arrives() -> None:
    with http_server(503, 503, 200) as (address, got):

        async def story() -> list[Told]:
            book, clock = MemoryGrantBook(), Watch()
            await book.enact(Order("tell", SHOP, NOON, PAUL, "told", (), notices=(webhook(address),)))
            messenger = Messengers(SmtpMessenger(MailServer()), WebhookMessenger({"HOOK_KEY": "s"}))
            rounds = []
            for _ in range(4):
                rounds.append(await tell_recipients(book.outbox, messenger, clock))
                clock.time += timedelta(minutes=1)
            return rounds

        rounds = asyncio.run(story())
    assert rounds == [Told(0, 1), Told(0, 1), Told(1), Told()]
    assert len(got.bodies) == 3


def test_attempts_wait_longer_each_time_and_end_with_the_cap_or_the_deadline() -> None:
    deadline = NOON + timedelta(hours=24)
    waits = [again - NOON for n in range(1, MOST_ATTEMPTS) if (again := next_attempt(n, NOON, deadline)) is not None]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=5)
    assert next_attempt(MOST_ATTEMPTS, NOON, deadline) is None
    assert next_attempt(3, deadline - timedelta(seconds=10), deadline) is None

"""The gateway against requests that mean harm: bodies, names, origins, and who may read what."""

import base64
import http.client
import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from integration.gateway.serving import Client, Reply, serving
from properties.turn_fakes import READ, WRITE, Stage, call
from remit.policy.proposals import ProposedAnswer
from remit.settings import Settings

ANSWERS = Stage([call(READ), ProposedAnswer("It arrives tomorrow.")])
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MIB = 2**20


def send(client: Client, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Reply:
    """A request exactly as it is written; nothing is quoted, redirected or added."""
    where = urlsplit(client.base)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
    try:
        all_headers = {"Content-Type": "application/json", **client.headers, **(headers or {})}
        connection.request(method, path, body=body, headers=all_headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read().decode())
    finally:
        connection.close()


def ask(client: Client, **extra: object) -> Reply:
    body = {"messages": [{"role": "user", "content": "hi"}], **extra}
    return send(client, "POST", "/v1/chat/completions", json.dumps(body).encode())


def is_a_problem(reply: Reply, *statuses: int) -> bool:
    return reply.status in statuses and reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"[" * 100_000,
        b'{"text": "' + b"\xff" + b'"}',
        b'{"text": "\\ud800"}',
        b'{"text": "hi", "\\ud800": 1}',
        b'{"text": "hi", "message_id": "\\udfff"}',
        b'{"text": ' + b"9" * 5000 + b"}",
        b'{"text": NaN}',
        b'{"text": 1e999}',
        b'{"text": {"a": 1}}',
    ],
)
def test_a_body_that_is_no_message_is_a_problem_and_nothing_happens(tmp_path: Path, body: bytes) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        reply = send(client, "POST", "/v1/conversations/c1/messages", body)
        stored = client.call("GET", "/v1/conversations/c1")
    assert is_a_problem(reply, 400, 422)
    assert stored.status == 404


@pytest.mark.parametrize("text", ["a\x00b", "\u202e\u2066", "\ufeff", "\U0001f600" * 50, "e\u0301" * 20, "\x1b[2J"])
def test_odd_words_are_kept_as_they_are(tmp_path: Path, text: str) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        said = client.say("c1", text)
        stored = client.call("GET", "/v1/conversations/c1").json()
        page = send(client, "GET", "/chat/c1")
    assert said.status == 200
    assert stored["transcript"][0]["text"] == text
    assert page.status == 200


@pytest.mark.parametrize("tools", [[{"function": "wire"}], [{"function": None}], [{"function": {"name": {}}}], [{}]])
def test_tools_of_any_shape_are_refused_not_stumbled_over(tmp_path: Path, tools: object) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        assert is_a_problem(ask(client, tools=tools), 422)


def test_a_body_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        declared = send(client, "POST", "/v1/conversations/c1/messages", b"", {"Content-Length": str(10**12)})
        chunks = (b"x" * MIB for _ in range(64))
        where = urlsplit(client.base)
        connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=20)
        try:
            connection.request(
                "POST", "/v1/chat/completions", body=chunks, headers={"Content-Type": "application/json"}
            )
            status = connection.getresponse().status
        except (BrokenPipeError, ConnectionResetError):
            status = 413  # the server hung up while we were still sending
        finally:
            connection.close()
    assert is_a_problem(declared, 413)
    assert status == 413


# ── names ─────────────────────────────────────────────────────────────────────────────────────────
NAMES = ["a\r\nSet-Cookie: x=1", "a b", "../../etc/passwd", "\u2603", "a\x1f1", "x" * 201, "<script>", "a\x00"]


@pytest.mark.parametrize("name", NAMES)
def test_a_conversation_cannot_have_a_name_that_is_more_than_a_name(tmp_path: Path, name: str) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        asked = ask(client, conversation=name)
        path = quote(name, safe="")
        said = send(client, "POST", f"/v1/conversations/{path}/messages", b'{"text": "hi"}')
        shown = send(client, "GET", f"/chat/{path}")
        typed = send(client, "POST", f"/chat/{path}", b"text=hi", FORM)
    assert "set-cookie" not in asked.headers
    for reply in (asked, said, shown, typed):
        assert is_a_problem(reply, 404, 405, 422)


def test_a_header_cannot_name_what_a_field_cannot(tmp_path: Path) -> None:
    body = b'{"messages": [{"role": "user", "content": "hi"}]}'
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        reply = send(client, "POST", "/v1/chat/completions", body, {"Remit-Conversation": "a b;c=d"})
    assert is_a_problem(reply, 422)


@pytest.mark.parametrize(
    "path", ["/static/../api.py", "/static/%2e%2e/api.py", "/static/..%2fapi.py", "/static//etc/passwd"]
)
def test_only_the_pages_own_files_are_given_out(tmp_path: Path, path: str) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        reply = send(client, "GET", path)
    assert reply.status in (404, 405)
    assert "create_app" not in reply.text


# ── what agents say ───────────────────────────────────────────────────────────────────────────────
def test_half_a_character_in_an_answer_still_reaches_the_customer(tmp_path: Path) -> None:
    stage = Stage([ProposedAnswer("Done \ud83d", sources=("a\udc00",))])
    with serving(stage, tmp_path / "remit.db") as client:
        said = client.say("c1", "hi")
        asked = ask(client, conversation="c2")
        streamed = ask(client, conversation="c3", stream=True)
        read = client.call("GET", "/v1/conversations/c1")
        page = send(client, "GET", "/chat/c1")
    assert [reply.status for reply in (said, asked, streamed, read, page)] == [200] * 5
    assert said.json()["reply"].startswith("Done ")


def test_whatever_is_said_is_text_on_the_page(tmp_path: Path) -> None:
    evil = "</textarea><script>alert(1)</script><img src=x onerror=alert(2)>\"'"
    stage = Stage([call(READ, note=evil), ProposedAnswer(evil)])
    with serving(stage, tmp_path / "remit.db") as client:
        client.say("c1", evil)
        page = send(client, "GET", "/chat/c1").text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 3


# ── who may ask ───────────────────────────────────────────────────────────────────────────────────
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "evil.example"},
    ],
)
def test_another_site_cannot_speak_for_the_person_at_the_browser(tmp_path: Path, headers: dict[str, str]) -> None:
    stage = Stage([call(WRITE)])
    with serving(stage, tmp_path / "remit.db") as client:
        typed = send(client, "POST", "/chat/c1", b"text=refund+me", {**FORM, **headers})
        said = send(client, "POST", "/v1/conversations/c2/messages", b'{"text": "refund me"}', headers)
    assert is_a_problem(typed, 403, 421)
    assert is_a_problem(said, 403, 421)
    assert stage.toolbox.attempts == []


def test_a_page_under_a_borrowed_name_cannot_read_either(tmp_path: Path) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        client.say("c1", "hi")
        assert is_a_problem(send(client, "GET", "/v1/conversations/c1", headers={"Host": "evil.example"}), 421)
        assert send(client, "GET", "/chat/c1", headers={"Host": "localhost:80"}).status == 200


def test_the_pages_own_form_is_taken(tmp_path: Path) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        headers = {**FORM, "Origin": client.base, "Sec-Fetch-Site": "same-origin"}
        assert send(client, "POST", "/chat/c1", b"text=hi", headers).status == 303


@pytest.mark.parametrize("path", ["/", "/chat/c1", "/report", "/openapi.json", "/v1/conversations/c1"])
def test_with_a_key_set_nobody_reads_or_writes_without_it_pages_included(tmp_path: Path, path: str) -> None:
    with serving(ANSWERS, tmp_path / "remit.db", settings=Settings(api_key="s3cret")) as client:
        client.say("c1", "hi")
        stranger = Client(client.base, {})
        wrong = {"Authorization": "Basic " + base64.b64encode(b"me:guess").decode()}
        right = {"Authorization": "Basic " + base64.b64encode(b"me:s3cret").decode()}
        assert is_a_problem(send(stranger, "GET", path), 401)
        assert is_a_problem(send(stranger, "GET", path, headers=wrong), 401)
        assert send(stranger, "GET", path, headers=right).status != 401
        assert is_a_problem(send(stranger, "POST", "/chat/c1", b"text=hi", FORM), 401)


@pytest.mark.parametrize("path", ["/chat/c1", "/v1/conversations/c1", "/nowhere", "/static/chat.js"])
def test_every_reply_tells_the_browser_to_be_careful(tmp_path: Path, path: str) -> None:
    with serving(ANSWERS, tmp_path / "remit.db") as client:
        client.say("c1", "hi")
        headers = send(client, "GET", path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    if not path.startswith("/static"):
        assert headers["cache-control"] == "no-store"


def test_an_idempotency_key_alone_makes_a_retry_the_same_conversation(tmp_path: Path) -> None:
    stage = Stage([call(WRITE), ProposedAnswer("Done.")])
    body = b'{"messages": [{"role": "user", "content": "Do it"}]}'
    with serving(stage, tmp_path / "remit.db") as client:
        replies = [
            send(client, "POST", "/v1/chat/completions", body, {"Idempotency-Key": key}).json()["conversation"]
            for key in ("k1", "k1", "k2")
        ]
    assert replies[0] == replies[1] != replies[2]
    assert len(stage.toolbox.effects) == 2

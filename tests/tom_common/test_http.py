"""The HTTP client against a real server on the loopback interface."""

import json
import logging
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tom_common import http
from tom_common.http import ServiceAnswerError, ServiceClient, ServiceRefusedError, ServiceUnavailableError, redact


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        steps = self.server.script
        status, headers, body, pause = steps.pop(0) if steps else (200, {}, b'{"ok": true}', 0)
        time.sleep(pause)
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):  # the client had enough
            self.close_connection = True
        if "Content-Length" in headers:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    found = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.seen, found.script = [], []
    found.url = f"http://127.0.0.1:{found.server_port}"
    thread = threading.Thread(target=found.serve_forever, daemon=True)
    thread.start()
    http.forget_hosts()
    yield found
    found.shutdown()
    found.server_close()
    thread.join()
    http.forget_hosts()


def client(server, **kwargs):
    return ServiceClient("example", **{"base_url": server.url + "/api", "timeout_s": (1, 2), "backoff_s": 0.01, **kwargs})


def step(status=200, body=b"{}", headers=None, pause=0.0):
    return status, headers or {}, body, pause


def test_get_json_with_params_and_headers(server):
    got = client(server, headers={"X-A": "1"}, params={"api_key": "k3y-abc"}).get_json("objects", params={"page": 2})
    assert got == {"ok": True}
    method, path, headers = server.seen[0]
    assert (method, path) == ("GET", "/api/objects?api_key=k3y-abc&page=2")
    assert headers["X-A"] == "1"


def test_time_limits_are_mandatory_and_kept(server):
    with pytest.raises(ValueError, match="finite"):
        ServiceClient("x", timeout_s=(1, 0))
    with pytest.raises(ValueError, match="finite"):
        ServiceClient("x", timeout_s=float("inf"))
    server.script = [step(pause=1.0)]
    started = time.monotonic()
    with pytest.raises(ServiceUnavailableError, match=r"no answer within 0\.2 s") as caught:
        client(server, timeout_s=(1, 0.2), max_attempts=1).get()
    assert time.monotonic() - started < 0.9
    assert not caught.value.certain_not_sent


def test_retries_what_is_safe_to_repeat(server):
    server.script = [step(503), step(502), step(200, b'{"n": 3}')]
    assert client(server).get_json() == {"n": 3}
    server.seen.clear()
    server.script = [step(502), step(200)]
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server).post("submit", json={})
    assert (len(server.seen), caught.value.status_code, caught.value.certain_not_sent) == (1, 502, False)
    server.script = [step(503), step(200)]
    client(server).post("submit", json={}, idempotent=True)


def test_retry_after_is_followed_or_given_up(server):
    server.script = [step(429, headers={"Retry-After": "0.3"}), step()]
    started = time.monotonic()
    client(server).get()
    assert time.monotonic() - started >= 0.3
    server.script = [step(429, headers={"Retry-After": "3600"})]
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server).get()
    assert caught.value.retry_after_s == 3600


def test_refusals_carry_status_and_bounded_body_without_secrets(server):
    server.script = [step(400, b'{"detail": "bad", "token": "abcdef123456"}' + b"x" * 10_000)]
    with pytest.raises(ServiceRefusedError) as caught:
        client(server, headers={"Authorization": "Token abcdef123456"}).get("a", params={"password": "hunter22"})
    error = caught.value
    assert (error.status_code, error.refused, error.service) == (400, True, "example")
    assert len(error.body) <= http.BODY_KEPT
    assert '"detail": "bad"' in error.body
    for text in (str(error), error.body, error.url):
        assert "abcdef123456" not in text
        assert "hunter22" not in text
    server.script = [step(403)]
    with pytest.raises(ServiceRefusedError) as caught:
        client(server).get()
    assert caught.value.needs_credentials


def test_answers_that_are_not_what_was_agreed(server):
    server.script = [step(200, b"<html>")]
    with pytest.raises(ServiceAnswerError, match="not JSON") as caught:
        client(server).get_json()
    assert caught.value.body == "<html>"
    server.script = [step(200, b"x" * 2000)]
    with pytest.raises(ServiceAnswerError, match="larger than 1000 bytes"):
        client(server, max_bytes=1000).get()
    server.script = [step(200, b"abc", {"Content-Length": "10"})]
    with pytest.raises(ServiceUnavailableError):
        client(server, max_attempts=1).get()
    server.script = [step(500, b"boom")]
    with pytest.raises(ServiceAnswerError, match="answered 500") as caught:
        client(server, max_attempts=1).get()
    assert caught.value.body == "boom"


def test_streams_a_file_in_chunks(server):
    body = bytes(range(256)) * 1000
    server.script = [step(200, body)]
    assert b"".join(client(server).stream("file", chunk_bytes=1000)) == body
    server.script = [step(200, body)]
    with pytest.raises(ServiceAnswerError, match="larger"):
        b"".join(client(server, max_bytes=5000).stream("file", chunk_bytes=1000))


def test_no_connection_is_certainly_not_sent(server):
    server.shutdown()
    server.server_close()
    with pytest.raises(ServiceUnavailableError, match="no connection") as caught:
        client(server, max_attempts=1).post()
    assert caught.value.certain_not_sent


def test_the_breaker_opens_and_tries_again(server, monkeypatch):
    service = client(server, max_attempts=1)
    server.script = [step(503)] * 5
    for _ in range(5):
        with pytest.raises(ServiceUnavailableError, match="answered 503"):
            service.get()
    with pytest.raises(ServiceUnavailableError, match="not asked again") as caught:
        service.get()
    assert caught.value.certain_not_sent
    assert len(server.seen) == 5
    breaker = http._host(server.url.removeprefix("http://")).breaker
    breaker.opened_at -= breaker.pause_s
    service.get()
    service.get()
    assert len(server.seen) == 7


def test_refusals_do_not_open_the_breaker(server):
    server.script = [step(404)] * 8
    for _ in range(8):
        with pytest.raises(ServiceRefusedError):
            client(server).get()


def test_requests_to_one_host_are_limited(server, settings):
    settings.TOM_HTTP_MAX_PER_HOST = 2
    http.forget_hosts()
    server.script = [step(pause=0.2)] * 6
    started = time.monotonic()
    threads = [threading.Thread(target=client(server).get) for _ in range(6)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert time.monotonic() - started >= 0.55


def test_calls_are_paced(server):
    service = client(server, per_second=20)
    started = time.monotonic()
    for _ in range(5):
        service.get()
    assert time.monotonic() - started >= 0.19


def test_secrets_go_to_the_own_host_only(server):
    other = ServiceClient(
        "example", base_url="http://127.0.0.1:1/", headers={"Authorization": "Token abc123456"}, params={"key": "k-secret"}
    )
    other.get(server.url + "/elsewhere")
    _, path, headers = server.seen[0]
    assert path == "/elsewhere"
    assert "Authorization" not in headers


def test_logs_hold_no_secret(server, caplog):
    server.script = [step(503), step()]
    with caplog.at_level(logging.DEBUG, logger="tom_common.http"):
        client(server, params={"api_key": "top-secret-1"}).get("x?token=another-secret")
    assert "top-secret-1" not in caplog.text
    assert "another-secret" not in caplog.text
    assert caplog.text


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("https://ada:pa55word@example.org/x", "pa55word"),
        ("GET /x?api_key=abc123&b=2", "abc123"),
        ('{"password": "p w", "b": 1}', "p w"),
        ("Authorization: Bearer eyJhbGciOi.J9.x", "eyJhbGciOi"),
        ("sent Token 0123456789abcdef", "0123456789abcdef"),
        ("{'HERMES_API_KEY': 'qwertz'}", "qwertz"),
        ("X-Auth-Token: zzz999", "zzz999"),
    ],
)
def test_redact(text, hidden):
    assert hidden not in redact(text)
    assert http.HIDDEN in redact(text)


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyz0123456789-_.", min_size=4), st.text())
def test_given_secrets_never_survive(secret, around):
    assert secret not in redact(f"{around} {secret} {around}", (secret,)).replace(http.HIDDEN, "") or secret in http.HIDDEN


def test_json_is_read_whatever_the_content_type(server):
    server.script = [step(200, json.dumps([1, "ü"]).encode())]
    assert client(server).get_json() == [1, "ü"]

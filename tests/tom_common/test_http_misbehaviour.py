"""The HTTP client against servers on the loopback interface that misbehave in every way."""

import contextlib
import gzip
import hashlib
import logging
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tom_common import http
from tom_common.http import ServiceAnswerError, ServiceClient, ServiceError, ServiceRefusedError, ServiceUnavailableError, limits

SECRET = "s3cr3t-0123456789"


class RawServer:
    """Each connection gets the next behaviour, a function of the socket and the request's head; the last one stays."""

    def __init__(self, *, context=None):
        self.behaviours, self.heads, self.opened = [], [], []
        self.context = context
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.port}"
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def _accept(self):
        while not self.ended.is_set():
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            self.opened.append(sock)
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock):
        try:
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                got = sock.recv(65536)
                if not got:
                    return
                head += got
            self.heads.append(head.decode("latin-1"))
            behave = self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]
            behave(sock, head)
        except OSError:
            pass
        finally:
            sock.close()

    def stop(self):
        self.ended.set()
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would else take one more connection
        self.thread.join(5)
        self.listener.close()
        for sock in self.opened:
            sock.close()


@pytest.fixture
def serve():
    made = []

    def start(*behaviours, **kwargs):
        server = RawServer(**kwargs)
        server.behaviours = list(behaviours)
        made.append(server)
        return server

    http.forget_hosts()
    yield start
    for server in made:
        server.stop()
    http.forget_hosts()


def client(server, **kwargs):
    return ServiceClient("example", **{"base_url": server.url, "timeout_s": (1, 0.3), "backoff_s": 0.01, "max_attempts": 1, **kwargs})


def answer(status="200 OK", body=b"{}", **headers):
    lines = [f"HTTP/1.1 {status}", "Connection: close"]
    headers.setdefault("Content_Length", len(body))
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    whole = "\r\n".join(lines).encode() + b"\r\n\r\n" + body
    return lambda sock, head: sock.sendall(whole)


def dripping(text, pause=0.05):
    def behave(sock, head):
        for byte in text:
            sock.sendall(bytes([byte]))
            time.sleep(pause)

    return behave


def reset(sock, head):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


@pytest.mark.parametrize(
    "text",
    [b"HTTP/1.1 200 OK\r\nX-Long: " + b"a" * 500, b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"a" * 500],
    ids=["headers", "body"],
)
def test_what_trickles_is_cut_off(serve, text):
    server = serve(dripping(text))
    started = time.monotonic()
    with pytest.raises(ServiceAnswerError, match="too slowly"):
        client(server, deadline_s=1.0).get()
    assert time.monotonic() - started < 15  # all of it would take 25 s


def test_a_stream_that_trickles_is_cut_off_and_its_place_given_back(serve, monkeypatch):
    monkeypatch.setattr("tom_common.http.client.SLOWEST", 2)
    server = serve(dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n" + b"a" * 500))
    service = client(server, deadline_s=5)
    with pytest.raises(ServiceAnswerError, match=r"too slowly|cut off"):
        b"".join(service.stream("file"))
    assert limits._host(f"127.0.0.1:{server.port}").busy == 0


@pytest.mark.parametrize(
    "behave",
    [
        reset,
        lambda sock, head: None,
        lambda sock, head: sock.sendall(b"no HTTP at all\r\n\r\n"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"a" * 70000 + b"\r\n\r\n"),
        lambda sock, head: sock.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: a\r\n" * 200 + b"\r\n"),
    ],
    ids=["reset", "closed", "garbage", "truncated", "short chunk", "bad chunk", "bad gzip", "long header", "many headers"],
)
def test_what_breaks_is_one_of_our_errors_without_secrets(serve, behave):
    server = serve(behave)
    with pytest.raises(ServiceError) as caught:
        client(server, params={"api_key": SECRET}, headers={"Authorization": f"Token {SECRET}"}).get("x", headers={"X-Token": SECRET})
    assert SECRET not in everything_of(caught.value)


def everything_of(error):
    """All that a log or an error page could show of an error: its texts, those of what it was raised from, their traceback texts."""
    import traceback

    texts = ["".join(traceback.format_exception(error))]
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        texts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


def test_no_exception_of_requests_goes_along(serve):
    server = serve(answer())
    server.stop()
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server, params={"api_key": SECRET}).get("path", params={"token": SECRET})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    server = serve(answer(body=b'{"password": "' + SECRET.encode() + b'"'))
    with pytest.raises(ServiceAnswerError) as caught:
        client(server).get_json()
    assert caught.value.__context__ is None
    assert SECRET not in everything_of(caught.value)


def test_secrets_echoed_by_the_service_are_hidden_however_they_are_written(serve):
    secret = "a b/c+d&e"
    server = serve(answer("400 Bad", b"you sent a%20b/c%2Bd%26e and a+b%2Fc%2Bd%26e and a b/c+d&e"))
    with pytest.raises(ServiceRefusedError) as caught:
        client(server).post(json={"outer": [{"password": secret}]})
    assert caught.value.body == "you sent *** and *** and ***"


def test_retry_after_as_a_date_and_its_pause_holds_for_every_client(serve):
    later = format_datetime(datetime.now(UTC) + timedelta(hours=2), usegmt=True)
    server = serve(answer("503 Down", Retry_After=later), answer())
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server, max_attempts=3).get()
    assert 7000 < caught.value.retry_after_s <= 7200
    with pytest.raises(ServiceUnavailableError, match="asked for a pause") as caught:
        client(server).get()
    assert caught.value.certain_not_sent
    assert len(server.heads) == 1
    assert limits._host(f"127.0.0.1:{server.port}").seconds_held() <= limits.LONGEST_HOLD_S


@pytest.mark.parametrize("value", ["soon", "-5", "nan", "", "Mon, 99 Foo 2099"])
def test_a_retry_after_that_means_nothing_does_not_hold_up(serve, value):
    server = serve(answer("429 Slow", Retry_After=value), answer())
    client(server, max_attempts=2).get()
    assert len(server.heads) == 2


@pytest.mark.parametrize("value", ["inf", "1e999", "99999999999999"])
def test_a_retry_after_without_end_is_given_up(serve, value):
    server = serve(answer("429 Slow", Retry_After=value), answer())
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server, max_attempts=2).get()
    assert caught.value.retry_after_s == 1e7
    assert len(server.heads) == 1


def test_a_flapping_service_is_asked_again(serve):
    server = serve(answer("503 Down"), reset, answer("500 Oops"), answer(body=b'{"n": 1}'))
    assert client(server, max_attempts=4).get_json() == {"n": 1}
    assert len(server.heads) == 4


def test_a_post_is_sent_once_also_when_the_connection_breaks(serve):
    server = serve(reset, answer())
    with pytest.raises(ServiceUnavailableError) as caught:
        client(server, max_attempts=3).post(json={})
    assert not caught.value.certain_not_sent
    assert len(server.heads) == 1


def test_a_deadline_ends_the_repetitions(serve):
    server = serve(answer("503 Down", Retry_After="3"))
    started = time.monotonic()
    with pytest.raises(ServiceUnavailableError):
        client(server, max_attempts=50, deadline_s=1.0).get()
    assert len(server.heads) == 1
    assert time.monotonic() - started < 3


def test_huge_answers_and_gzip_bombs(serve):
    server = serve(answer(body=b"", Content_Length=10**12))
    with pytest.raises(ServiceAnswerError, match="larger than"):
        client(server).get()
    bomb = gzip.compress(b"\0" * 50_000_000)
    assert len(bomb) < 60_000
    server = serve(answer(body=bomb, Content_Encoding="gzip"))
    with pytest.raises(ServiceAnswerError, match="larger than 1000000 bytes"):
        client(server, max_bytes=1_000_000, timeout_s=(1, 5)).get()
    server = serve(answer(body=bomb, Content_Encoding="gzip"))
    with pytest.raises(ServiceAnswerError, match="larger than 1000000 bytes"):
        b"".join(client(server, max_bytes=1_000_000, timeout_s=(1, 5)).stream())


# --- redirects ---------------------------------------------------------------------------------------------------------
def to(url, status="302 Found"):
    return answer(status, b"", Location=url)


def test_a_redirect_loop_ends(serve):
    server = serve(to("/again"))
    with pytest.raises(ServiceAnswerError, match="more than 5 times"):
        client(server).get()
    assert len(server.heads) == 6


def test_secrets_do_not_follow_a_redirect_to_another_host(serve):
    other = serve(answer(body=b'{"other": true}'))
    server = serve(to(other.url + "/there?x=1"))
    service = client(
        server, headers={"X-Api-Key": SECRET, "Authorization": f"Token {SECRET}"}, params={"key": SECRET}, auth=("ada", SECRET)
    )
    assert service.get_json("a", headers={"X-Auth-Token": SECRET, "X-Plain": "1"}, cookies={"c": SECRET}) == {"other": True}
    assert SECRET in server.heads[0]
    assert SECRET not in other.heads[0]
    assert "X-Plain: 1" in other.heads[0]
    assert other.heads[0].startswith("GET /there?x=1 ")


def test_secrets_follow_a_redirect_within_the_host_and_parameters_are_not_doubled(serve):
    server = serve(to("/there?page=2"), answer())
    client(server, headers={"Authorization": "Token abc"}, params={"key": "k1"}).get("a", params={"page": 1})
    assert server.heads[1].startswith("GET /there?page=2 ")
    assert "Authorization: Token abc" in server.heads[1]


def test_what_is_sent_does_not_follow_to_another_host(serve):
    other = serve(answer())
    server = serve(to(other.url, "307 Temporary"))
    with pytest.raises(ServiceAnswerError, match="what was sent to another host"):
        client(server).post(json={"a": 1})
    assert other.heads == []
    server = serve(to("/b", "307 Temporary"), answer(body=b'{"ok": 1}'))
    assert client(server).post_json(json={"a": 1}) == {"ok": 1}
    assert server.heads[1].startswith("POST /b ")
    server = serve(to("/b", "303 See"), answer(body=b'{"ok": 2}'))
    assert client(server).post_json(json={"a": 1}) == {"ok": 2}
    assert server.heads[1].startswith("GET /b ")


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://127.0.0.1/x", "javascript:alert(1)"])
def test_a_redirect_out_of_http_is_not_followed(serve, location):
    with pytest.raises(ServiceError):
        client(serve(to(location))).get()


def test_a_redirect_may_be_left_to_the_caller(serve):
    server = serve(to("/b"))
    assert client(server).get(allow_redirects=False).headers["Location"] == "/b"


# --- private networks --------------------------------------------------------------------------------------------------
def test_addresses_given_by_users_do_not_lead_into_private_networks(serve, settings):
    server = serve(answer())
    for host in ("127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254", "0.0.0.0", "[::ffff:127.0.0.1]", "224.0.0.1"):
        with pytest.raises(ServiceRefusedError, match="private network"):
            ServiceClient("link", untrusted=True).get(f"http://{host}:{server.port}/")
    assert server.heads == []
    settings.TOM_HTTP_PRIVATE_HOSTS = ["127.0.0.0/8"]
    ServiceClient("link", untrusted=True).get(server.url)
    settings.TOM_HTTP_PRIVATE_HOSTS = ["127.0.0.*"]
    ServiceClient("link", untrusted=True).get(server.url)
    assert len(server.heads) == 2


def test_a_name_that_leads_to_a_private_address_is_seen_when_it_is_connected_to(serve, monkeypatch):
    server = serve(answer())
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kwargs: real("127.0.0.1", *args, **kwargs))
    with pytest.raises(ServiceRefusedError, match=r"harmless\.example \(127\.0\.0\.1\)"):
        ServiceClient("link", untrusted=True).get(f"http://harmless.example:{server.port}/")
    assert server.heads == []


def test_a_service_of_the_internet_cannot_redirect_into_the_private_network(serve, monkeypatch):
    inner = serve(answer())
    server = serve(to(inner.url))
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *args, **kwargs: real("127.0.0.1", *args, **kwargs))
    outer = ServiceClient("outer", base_url=f"http://broker.example:{server.port}")
    with pytest.raises(ServiceRefusedError, match="private network"):
        outer.get()
    assert (len(server.heads), len(inner.heads)) == (1, 0)


# --- TLS ---------------------------------------------------------------------------------------------------------------
@pytest.fixture
def bad_tls(tmp_path):
    """A TLS context whose certificate nobody signed but itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    certificate = made.not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1)).sign(key, hashes.SHA256())
    file = tmp_path / "tls.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_tls_is_always_verified(serve, bad_tls):
    server = serve(answer(), context=bad_tls)
    with pytest.raises(ServiceUnavailableError, match="certificate is not trusted") as caught:
        client(server, max_attempts=3).get()
    assert caught.value.certain_not_sent
    assert server.heads == []
    with pytest.raises(ValueError, match="always verified"):
        client(server).get(verify=False)


# --- limits, breaker ---------------------------------------------------------------------------------------------------
def test_a_trial_that_never_started_does_not_keep_the_breaker_open():
    breaker = limits.Breaker(limit=1, pause_s=0.0)
    breaker.record(False)
    assert breaker.seconds_closed() == 0.0  # the trial
    assert breaker.seconds_closed() > 0  # only one
    breaker.abandon()
    assert breaker.seconds_closed() == 0.0
    breaker.record(True)
    assert breaker.seconds_closed() == 0.0 == breaker.seconds_closed()


def test_only_one_thread_gets_the_trial():
    breaker = limits.Breaker(limit=1, pause_s=0.0)
    breaker.record(False)
    got, barrier = [], threading.Barrier(16)

    def ask():
        barrier.wait()
        got.append(breaker.seconds_closed())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert got.count(0.0) == 1


def test_a_failed_trial_opens_it_again(serve):
    server = serve(answer("503 Down"))
    service = client(server)
    for _ in range(5):
        with pytest.raises(ServiceUnavailableError, match="answered 503"):
            service.get()
    breaker = limits._host(f"127.0.0.1:{server.port}").breaker
    breaker.opened_at -= breaker.pause_s
    with pytest.raises(ServiceUnavailableError, match="answered 503"):
        service.get()
    with pytest.raises(ServiceUnavailableError, match="not asked again"):
        service.get()
    assert len(server.heads) == 6


def test_an_open_stream_keeps_its_place_until_it_is_closed(serve, settings):
    settings.TOM_HTTP_MAX_PER_HOST = 1
    server = serve(answer(body=b"x" * 100))
    service = client(server, timeout_s=(0.2, 0.2))
    response = service.request("GET", stream=True)
    with pytest.raises(ServiceUnavailableError, match="under way") as caught:
        service.get()
    assert caught.value.certain_not_sent
    response.close()
    response.close()
    service.get()
    settings.TOM_HTTP_MAX_PER_HOST = 2  # followed at once
    with service.request("GET", stream=True):
        service.get()


def test_who_asks_is_said_and_cookies_are_not_kept(serve, settings, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login ada password {SECRET}\n")
    monkeypatch.setenv("NETRC", str(netrc))
    server = serve(answer(Set_Cookie="session=of-somebody-else"))
    service = client(server)
    service.get()
    settings.TOM_HTTP_USER_AGENT = "MyTOM/1"
    client(server).get()
    service.get()
    assert "User-Agent: OpenTOM/" in server.heads[0]
    assert "User-Agent: MyTOM/1" in server.heads[1]
    assert "somebody" not in "".join(server.heads)
    assert "Authorization" not in "".join(server.heads)


def test_logs_of_failures_hold_no_secret(serve, caplog):
    server = serve(answer("503 Down"), reset, answer("500 Oops", SECRET.encode()))
    with caplog.at_level(logging.DEBUG), pytest.raises(ServiceError):
        client(server, max_attempts=3, params={"api_key": SECRET}).get("x", json={"token": SECRET})
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("tom_"))
    assert "answered 503" in ours
    assert SECRET not in ours


# --- downloads ---------------------------------------------------------------------------------------------------------
BODY = bytes(range(256)) * 4000
SHA256 = hashlib.sha256(BODY).hexdigest()


def ranged(sock, head):
    start = int(head.partition(b"bytes=")[2].partition(b"-")[0] or 0)
    part = BODY[start:]
    status = f"HTTP/1.1 206 Partial\r\nContent-Range: bytes {start}-{len(BODY) - 1}/{len(BODY)}" if start else "HTTP/1.1 200 OK"
    sock.sendall(f'{status}\r\nETag: "v1"\r\nConnection: close\r\nContent-Length: {len(part)}\r\n\r\n'.encode() + part)


def broken_off(sock, head):
    start = int(head.partition(b"bytes=")[2].partition(b"-")[0] or 0)
    status = f"HTTP/1.1 206 Partial\r\nContent-Range: bytes {start}-{len(BODY) - 1}/{len(BODY)}" if start else "HTTP/1.1 200 OK"
    left = len(BODY) - start
    sock.sendall(
        f'{status}\r\nETag: "v1"\r\nConnection: close\r\nContent-Length: {left}\r\n\r\n'.encode() + BODY[start : start + left // 2]
    )


def test_a_download_goes_on_where_it_broke(serve, tmp_path):
    server = serve(broken_off, broken_off, ranged)
    got = client(server, max_attempts=4, timeout_s=(1, 3)).download("file.fits", tmp_path / "file.fits", sha256=SHA256, size=len(BODY))
    assert (tmp_path / "file.fits").read_bytes() == BODY
    assert (got.size_bytes, got.sha256, got.resumed) == (len(BODY), SHA256, 2)
    assert 'If-Range: "v1"' in server.heads[1]
    assert [path.name for path in tmp_path.iterdir()] == ["file.fits"]


def test_a_later_call_goes_on_only_where_a_checksum_proves_it(serve, tmp_path):
    for checks, resumed in (({"sha256": SHA256}, 1), ({}, 0)):
        (tmp_path / "a.part").write_bytes(BODY[:1000])
        server = serve(ranged)
        got = client(server).download("a", tmp_path / "a", **checks)
        assert ((tmp_path / "a").read_bytes(), got.resumed) == (BODY, resumed)


def test_a_download_starts_anew_where_the_service_does_not_go_on(serve, tmp_path):
    server = serve(broken_off, answer(body=BODY))
    got = client(server, max_attempts=2, timeout_s=(1, 3)).download("a", tmp_path / "a")
    assert ((tmp_path / "a").read_bytes(), got.resumed) == (BODY, 0)


@pytest.mark.parametrize(
    ("behave", "checks", "says"),
    [
        (answer(body=BODY), {"sha256": "0" * 64}, "sha256 is not the one expected"),
        (answer(body=BODY), {"md5": "0" * 32}, "md5 is not the one expected"),
        (answer(body=BODY), {"size": 5}, "bytes, not 5"),
        (answer(body=BODY), {"max_bytes": 1000}, "larger than 1000 bytes"),
        (broken_off, {}, "cut off"),
    ],
)
def test_a_download_that_is_not_right_leaves_no_file(serve, tmp_path, behave, checks, says):
    with pytest.raises(ServiceAnswerError, match=says):
        client(serve(behave)).download("a", tmp_path / "a", **checks)
    assert not (tmp_path / "a").exists()


def test_a_download_of_what_is_not_there(serve, tmp_path):
    with pytest.raises(ServiceRefusedError):
        client(serve(answer("404 Gone"))).download("a", tmp_path / "a")

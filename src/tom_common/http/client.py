"""`ServiceClient`: HTTP to one outside service."""

from __future__ import annotations

import email.utils
import json as jsonlib
import logging
import random
import threading
import time
import weakref
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from tom_common.conf import tom_settings
from tom_common.http import transport
from tom_common.http.download import Download, fetch
from tom_common.http.errors import ServiceAnswerError, ServiceError, ServiceRefusedError, ServiceUnavailableError
from tom_common.http.guard import BlockedAddress, is_private, refuse_url
from tom_common.http.limits import _host
from tom_common.http.redaction import is_secret_name, redact, secrets_of

if TYPE_CHECKING:
    import requests

logger = logging.getLogger("tom_common.http")

BODY_KEPT = 2000  # characters of an answer that an error carries
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
RETRY_STATUSES = {429, 502, 503, 504}
REDIRECTS = {301, 302, 303, 307, 308}
MOST_REDIRECTS = 5
CHUNK_BYTES = 1 << 16
# an answer that trickles gets this many times the time limit of reading
SLOWEST = 10


class ServiceClient:
    """HTTP to one service. Paths are relative to `base_url`; requests to other hosts never carry the client's headers or auth.

    timeout_s: (connect, read) seconds, default TOM_HTTP_TIMEOUT_S. deadline_s: seconds for a call with all its repetitions and pauses,
    default TOM_HTTP_DEADLINE_S. max_attempts counts the first try; only calls that are safe to repeat are (GET, HEAD, PUT, DELETE, or
    any with ``idempotent=True``). per_second paces the calls of this process. untrusted: the addresses come from users or from other
    services, so none may lead into a private network (but those of TOM_HTTP_PRIVATE_HOSTS); so it is anyway for every address that is
    not of `base_url`, unless `base_url` is itself private.
    """

    def __init__(
        self,
        service: str,
        *,
        base_url: str = "",
        timeout_s: float | tuple[float, float] | None = None,
        deadline_s: float | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        params: Mapping[str, Any] | None = None,
        max_attempts: int = 3,
        backoff_s: float = 0.5,
        max_wait_s: float = 30.0,
        per_second: float | None = None,
        max_bytes: int | None = None,
        secrets: tuple[str, ...] = (),
        untrusted: bool = False,
        session: requests.Session | None = None,
    ) -> None:
        self.service = service
        self.base_url = base_url if not base_url or base_url.endswith("/") else base_url + "/"
        self.timeout_s = self._timeout(timeout_s)
        self.deadline_s = deadline_s
        self.headers = dict(headers or {})
        self.auth = auth
        self.params = dict(params or {})
        self.max_attempts = max(1, max_attempts)
        self.backoff_s = backoff_s
        self.max_wait_s = max_wait_s
        self.per_second = per_second
        self.max_bytes = max_bytes
        self.untrusted = untrusted
        self._given_secrets = tuple(secrets)
        self._session = session
        self._local = threading.local()

    @staticmethod
    def _timeout(value: float | tuple[float, float] | None) -> tuple[float, float]:
        if value is None:
            value = tuple(tom_settings.TOM_HTTP_TIMEOUT_S)
        pair = (float(value), float(value)) if isinstance(value, int | float) else (float(value[0]), float(value[1]))
        if not all(0 < part < float("inf") for part in pair):
            raise ValueError("a service needs finite time limits: timeout_s=(connect, read) in seconds")
        return pair

    def __repr__(self) -> str:
        return f"<ServiceClient {self.service} {redact(self.base_url)}>"

    @property
    def session(self) -> requests.Session:
        if self._session is not None:
            return self._session
        found = getattr(self._local, "session", None)
        if found is None:
            found = self._local.session = transport.new_session()
        return found

    def url(self, path: str) -> str:
        """The full URL of a path; a full URL stays as it is."""
        return urljoin(self.base_url, path.lstrip("/") if self.base_url and "://" not in path else path)

    def get(self, path: str = "", **kwargs: Any) -> requests.Response:
        return self.request("GET", path, **kwargs)

    def post(self, path: str = "", **kwargs: Any) -> requests.Response:
        return self.request("POST", path, **kwargs)

    def put(self, path: str = "", **kwargs: Any) -> requests.Response:
        return self.request("PUT", path, **kwargs)

    def patch(self, path: str = "", **kwargs: Any) -> requests.Response:
        return self.request("PATCH", path, **kwargs)

    def delete(self, path: str = "", **kwargs: Any) -> requests.Response:
        return self.request("DELETE", path, **kwargs)

    def get_json(self, path: str = "", **kwargs: Any) -> Any:
        return self.read_json(self.get(path, **kwargs))

    def post_json(self, path: str = "", **kwargs: Any) -> Any:
        return self.read_json(self.post(path, **kwargs))

    def read_json(self, response: requests.Response) -> Any:
        """The answer's JSON; ServiceAnswerError when it is none."""
        try:
            return jsonlib.loads(response.content)
        except (ValueError, RecursionError):
            error = self._error(ServiceAnswerError, "the answer is not JSON", response.url, response)
        raise error

    def stream(self, path: str = "", *, chunk_bytes: int = CHUNK_BYTES, **kwargs: Any) -> Iterator[bytes]:
        """The answer's body in chunks, up to the size limit; for files. One that stops or trickles ends in ServiceAnswerError."""
        response = self.request("GET", path, stream=True, **kwargs)
        with response:
            yield from self.chunks(response, self.max_bytes or tom_settings.TOM_HTTP_MAX_RESPONSE_BYTES, chunk_bytes)

    def chunks(self, response: requests.Response, limit: int, chunk_bytes: int = CHUNK_BYTES) -> Iterator[bytes]:
        """The body of a streamed response in chunks; ServiceAnswerError when it is larger than `limit`, stops or trickles."""
        call = getattr(response, "_tom_call", None)
        got, problem = 0, ""
        try:
            for chunk in response.iter_content(chunk_bytes):
                got += len(chunk)
                if got > limit:
                    problem = f"the answer is larger than {limit} bytes"
                    break
                yield chunk
                if call is not None:
                    call.extend(SLOWEST * self.timeout_s[1])
        except _errors():
            problem = "the answer came too slowly" if call is not None and call.expired else "the answer was cut off"
        if not problem and call is not None and call.expired:
            problem = "the answer came too slowly"
        if problem:
            raise self._error(ServiceAnswerError, problem, response.url)

    def download(
        self,
        path: str,
        target: Path,
        *,
        size: int | None = None,
        sha256: str = "",
        md5: str = "",
        max_bytes: int | None = None,
        **kwargs: Any,
    ) -> Download:
        """Fetch a file of any size to `target`, which appears when it is whole and right: see `tom_common.http.download.fetch`."""
        return fetch(self, path, target, size=size, sha256=sha256, md5=md5, max_bytes=max_bytes, **kwargs)

    def request(
        self, method: str, path: str = "", *, idempotent: bool | None = None, timeout_s: Any = None, stream: bool = False, **kwargs: Any
    ) -> requests.Response:
        """Make the call. ServiceUnavailableError, ServiceRefusedError or ServiceAnswerError when it fails.

        kwargs: params, json, data, files, headers, auth, cookies, allow_redirects, deadline_s. A streamed response must be closed.
        """
        if kwargs.get("verify") is False:
            raise ValueError("TLS is always verified; name a certificate by verify='<path>' or REQUESTS_CA_BUNDLE")
        method = method.upper()
        repeatable = method in IDEMPOTENT if idempotent is None else idempotent
        url = self.url(path)
        attempts = self.max_attempts if repeatable else 1
        timeout = self._timeout(timeout_s) if timeout_s is not None else self.timeout_s
        deadline_s = kwargs.pop("deadline_s", None) or self.deadline_s or float(tom_settings.TOM_HTTP_DEADLINE_S)
        ends = time.monotonic() + deadline_s
        self._local.secrets = _secrets_of_call(url, kwargs)
        try:
            for attempt in range(1, attempts + 1):
                try:
                    return self._follow(method, url, timeout, ends, stream, kwargs)
                except ServiceError as error:
                    pause = error.retry_after_s
                    if pause is None:
                        pause = random.uniform(0, min(self.max_wait_s, self.backoff_s * 2 ** (attempt - 1)))
                    again = error.transient or (isinstance(error, ServiceAnswerError) and error.status_code == 500)
                    if attempt == attempts or not again or pause > self.max_wait_s or time.monotonic() + pause > ends:
                        raise
                    logger.info("%s: %s; again in %.1f s", self.service, error, pause)
                time.sleep(pause)
        finally:
            self._local.secrets = ()
        raise AssertionError("unreachable")

    def _follow(self, method: str, url: str, timeout: tuple[float, float], ends: float, stream: bool, kwargs: dict[str, Any]) -> Any:
        """The answer after redirects: no downgrade from https, no secrets and no body to another host, no way into private networks."""
        options = dict(kwargs)
        follow = options.pop("allow_redirects", True)
        first = url
        history: list[Any] = []
        while True:
            response = self._once(method, url, timeout, ends, stream, options, guarded=self._is_guarded(url, first))
            if response.status_code not in REDIRECTS or not follow or not response.headers.get("Location"):
                if response.status_code >= 400:
                    raise self._status_error(response, url)
                response.history = history
                return response
            response.close()
            target = urljoin(url, self.session.get_redirect_target(response) or "")
            history.append(response)
            what = ""
            if len(history) > MOST_REDIRECTS:
                what = f"it redirected more than {MOST_REDIRECTS} times"
            elif urlsplit(target).scheme not in ("http", "https"):
                what = "it redirected to an address that is not http"
            elif urlsplit(url).scheme == "https" and urlsplit(target).scheme == "http":
                what = "it redirected from https to http"
            if not what:
                if response.status_code == 303 or (response.status_code in (301, 302) and method == "POST"):
                    method = "HEAD" if method == "HEAD" else "GET"
                    for name in ("data", "json", "files"):
                        options.pop(name, None)
                elif any(options.get(name) for name in ("data", "json", "files")) and not same_origin(url, target):
                    what = "it redirected what was sent to another host"
            if what:
                raise self._error(ServiceAnswerError, what, url)
            options.pop("params", None)
            options["_redirected"] = True
            if not same_origin(url, target):
                options.pop("auth", None)
                options.pop("cookies", None)
                options["headers"] = {name: value for name, value in (options.get("headers") or {}).items() if not is_secret_name(name)}
            url = target

    def _once(
        self, method: str, url: str, timeout: tuple[float, float], ends: float, stream: bool, kwargs: dict[str, Any], *, guarded: bool
    ) -> requests.Response:
        host = _host(urlsplit(url).netloc.rpartition("@")[2].lower())
        self._wait_for(host, url, timeout, ends)
        call = transport.Call(max(0.001, min(timeout[0] + SLOWEST * timeout[1], ends - time.monotonic())), guarded=guarded)
        started = time.monotonic()
        good, failure, response = False, None, None
        try:
            with_secrets = self._options(url, kwargs)
            with call:
                try:
                    if guarded:
                        refuse_url(url)
                    response = self.session.request(method, url, timeout=timeout, stream=True, allow_redirects=False, **with_secrets)
                    kept_open = stream and response.status_code < 400 and response.status_code not in REDIRECTS
                    if not kept_open:
                        try:
                            self._read(response, url)
                        finally:
                            response.close()
                    good = response.status_code < 500 and response.status_code != 429
                    kept_open = kept_open and good
                finally:
                    call.detach()
            if call.expired:
                failure, good = self._too_slow(url, started), False
        except BlockedAddress as error:
            good = True
            failure = self._error(
                ServiceRefusedError,
                f"the address leads into a private network: {error}; TOM_HTTP_PRIVATE_HOSTS names those that are allowed",
                url,
            )
        except ServiceAnswerError as error:
            good, failure = True, error
        except _errors() as error:
            # raised below, outside this block: what `requests` raised has addresses and headers in it, and must not go along as context
            failure, good = self._failure(error, url, timeout) if not call.expired else (self._too_slow(url, started), False)
        finally:
            host.breaker.record(good)
            if failure is None and response is not None and kept_open:
                self._keep_open(response, host, timeout)
            else:
                if response is not None:
                    response.close()
                host.release()
            logger.debug("%s: %s %s took %.2f s", self.service, method, self._shown(url), time.monotonic() - started)
        if failure is not None:
            raise failure
        assert response is not None
        if response.status_code in (429, 503):
            retry_after_s = _retry_after(response.headers.get("Retry-After"))
            if retry_after_s:
                host.hold(retry_after_s)
        return response

    def _wait_for(self, host: Any, url: str, timeout: tuple[float, float], ends: float) -> None:
        """A place at the host, in time; else ServiceUnavailableError, and nothing was sent."""
        most_s = min(self.max_wait_s, ends - time.monotonic())
        held_s = host.seconds_held()
        if held_s > most_s:
            raise self._unsent(f"it asked for a pause; not asked again for {held_s:.0f} s", url, held_s)
        if held_s:
            time.sleep(held_s)
        wait_s = host.breaker.seconds_closed()
        if wait_s:
            raise self._unsent(f"it failed several times; not asked again for {wait_s:.0f} s", url, wait_s)
        pace_s = host.seconds_to_pace(self.per_second, max(sum(timeout), most_s))
        if pace_s:
            time.sleep(pace_s)
        if pace_s is None or not host.acquire(max(0.0, min(sum(timeout), ends - time.monotonic()))):
            host.breaker.abandon()
            raise self._unsent("too many requests of ours are under way", url)

    def _unsent(self, what: str, url: str, retry_after_s: float | None = None) -> Any:
        return self._error(ServiceUnavailableError, what, url, certain_not_sent=True, retry_after_s=retry_after_s)

    def _too_slow(self, url: str, started: float) -> Any:
        return self._error(ServiceAnswerError, f"the answer came too slowly: not whole after {time.monotonic() - started:.0f} s", url)

    def _options(self, url: str, kwargs: dict[str, Any]) -> dict[str, Any]:
        options = dict(kwargs)
        redirected = options.pop("_redirected", False)
        if self._is_own(url):
            options["headers"] = {**self.headers, **(options.get("headers") or {})}
            options["auth"] = options.get("auth", self.auth)
            if self.params and not redirected and not isinstance(options.get("params"), str | bytes):
                given = options.get("params") or {}
                options["params"] = [*self.params.items(), *(given.items() if isinstance(given, Mapping) else given)]
        options["auth"] = options.get("auth") or transport.no_auth
        return options

    def _keep_open(self, response: requests.Response, host: Any, timeout: tuple[float, float]) -> None:
        """A streamed response keeps its place at the host, and its watch, until it is closed (or forgotten)."""
        call = transport.Call(SLOWEST * timeout[1])
        call.sock = _socket_of(response)
        call.__enter__()
        call.detach()
        close = response.close

        def over() -> None:
            call.finish()
            host.release()

        finish = weakref.finalize(response, over)
        finish.atexit = False

        def closing() -> None:
            close()
            finish()

        response.close = closing  # type: ignore[method-assign]
        response._tom_call = call  # type: ignore[attr-defined]

    def _failure(self, error: Exception, url: str, timeout: tuple[float, float]) -> tuple[ServiceError, bool]:
        """Our error for one of `requests`, and whether the host is well."""
        import requests.exceptions as theirs

        if isinstance(error, theirs.SSLError):
            what = "its certificate is not trusted" if "CERTIFICATE_VERIFY" in str(error) else "no secure connection can be made"
            return self._error(ServiceUnavailableError, what, url, certain_not_sent=True, transient=False), False
        if isinstance(error, theirs.ConnectTimeout):
            return self._error(ServiceUnavailableError, f"no connection within {timeout[0]:g} s", url, certain_not_sent=True), False
        if isinstance(error, theirs.Timeout):
            return self._error(ServiceUnavailableError, f"no answer within {timeout[1]:g} s", url), False
        if isinstance(error, theirs.ConnectionError):
            unsent = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
            what = f"no connection ({type(error).__name__})" if unsent else "the connection broke"
            return self._error(ServiceUnavailableError, what, url, certain_not_sent=unsent), False
        if isinstance(error, theirs.InvalidURL | theirs.MissingSchema | theirs.InvalidSchema | theirs.InvalidHeader):
            return self._error(ServiceRefusedError, f"the address or a header is not valid ({type(error).__name__})", url), True
        if isinstance(error, theirs.ChunkedEncodingError):
            return self._error(ServiceUnavailableError, "the answer was cut off", url), False
        return self._error(ServiceAnswerError, f"the answer cannot be read ({type(error).__name__})", url), False

    def _is_own(self, url: str) -> bool:
        return not self.base_url or same_origin(self.base_url, url)

    def _is_guarded(self, url: str, first: str) -> bool:
        if self.untrusted:
            return True
        if same_origin(self.base_url or first, url):
            return False
        return not is_private(urlsplit(self.base_url or first).hostname or "")

    def _read(self, response: requests.Response, url: str) -> None:
        limit = self.max_bytes or tom_settings.TOM_HTTP_MAX_RESPONSE_BYTES
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > limit:
            raise self._error(ServiceAnswerError, f"the answer is larger than {limit} bytes", url)
        parts, got = [], 0
        for chunk in response.iter_content(CHUNK_BYTES):
            got += len(chunk)
            if got > limit:
                raise self._error(ServiceAnswerError, f"the answer is larger than {limit} bytes", url)
            parts.append(chunk)
        response._content = b"".join(parts)  # noqa: SLF001 - what `requests` itself does on `.content`

    def _status_error(self, response: requests.Response, url: str) -> ServiceError:
        status = response.status_code
        retry_after_s = _retry_after(response.headers.get("Retry-After"))
        if status in RETRY_STATUSES:
            return self._error(
                ServiceUnavailableError,
                f"it answered {status}",
                url,
                response,
                certain_not_sent=status in (429, 503),
                retry_after_s=retry_after_s,
            )
        if status >= 500:
            return self._error(ServiceAnswerError, f"it answered {status}", url, response)
        return self._error(ServiceRefusedError, f"it answered {status}", url, response)

    def _secrets(self) -> tuple[str, ...]:
        found = [*self._given_secrets, *secrets_of(self.headers), *secrets_of(self.params), *getattr(self._local, "secrets", ())]
        if isinstance(self.auth, tuple):
            found.append(str(self.auth[1]))
        return tuple(found)

    def _clean(self, text: str) -> str:
        return redact(text, self._secrets())

    def _shown(self, url: str) -> str:
        parts = urlsplit(url)
        return self._clean(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))

    def _error(self, cls: type[ServiceError], what: str, url: str, response: requests.Response | None = None, **kwargs: Any) -> Any:
        shown = self._shown(url)
        body = ""
        if response is not None and getattr(response, "_content", False) not in (False, None):
            body = self._clean(response.text[: BODY_KEPT * 2])[:BODY_KEPT]
        return cls(
            f"{self.service}: {self._clean(what)} ({shown})",
            service=self.service,
            url=shown,
            status_code=response.status_code if response is not None else 0,
            body=body,
            **kwargs,
        )


def same_origin(one: str, other: str) -> bool:
    """Whether two URLs are of one host, port and scheme; from http to https of one host on their usual ports counts as one."""
    first, second = urlsplit(one), urlsplit(other)
    if (first.scheme, first.netloc.lower()) == (second.scheme, second.netloc.lower()):
        return True
    try:
        upgraded = (first.scheme, first.port or 80, second.scheme, second.port or 443) == ("http", 80, "https", 443)
    except ValueError:  # a port that is no number
        return False
    return upgraded and first.hostname == second.hostname


def _secrets_of_call(url: str, kwargs: dict[str, Any]) -> tuple[str, ...]:
    found = [secret for name in ("headers", "params", "json", "data", "cookies") for secret in secrets_of(kwargs.get(name))]
    auth = kwargs.get("auth")
    if isinstance(auth, tuple):
        found.append(str(auth[1]))
    password = urlsplit(url).password
    return (*found, password) if password else tuple(found)


def _socket_of(response: Any) -> Any:
    """The socket under a streamed response, to cut it; None where there is none (a mock) or it cannot be reached."""
    connection = getattr(response.raw, "_connection", None) or getattr(response.raw, "connection", None)
    return getattr(connection, "sock", None)


def _errors() -> tuple[type[Exception], ...]:
    import requests
    import urllib3

    # `requests` lets some of urllib3's errors through (LocationParseError, for one), and urllib3 some of the codec's
    return (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError)


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, or a date."""
    if not value:
        return None
    try:
        seconds = float(value)
        return min(max(0.0, seconds), 1e7) if seconds == seconds else None
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return None

"""The one way to talk to outside services: time limits, retries, rate limits, a breaker, one family of errors, no secrets in logs.

::

    client = ServiceClient("alerce", base_url="https://api.alerce.online/ztf/v1/", timeout_s=(5, 30))
    data = client.get_json("objects", params={"page_size": 10})
"""

from __future__ import annotations

import email.utils
import json as jsonlib
import logging
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from tom_common.conf import tom_settings
from tom_common.errors import TomError

if TYPE_CHECKING:
    import requests

logger = logging.getLogger(__name__)

BODY_KEPT = 2000  # characters of an answer that an error carries
IDEMPOTENT = {"GET", "HEAD", "OPTIONS", "PUT", "DELETE"}
RETRY_STATUSES = {429, 502, 503, 504}
HIDDEN = "***"
_TELLING = (
    "password|passwd|passphrase|secret|token|api[_-]?key|apikey|access[_-]?key|private[_-]?key|authorization|auth[_-]?key|signature"
    "|credential|session[_-]?id"
)
_SECRET_NAME = rf"(?:[\w.-]*(?:{_TELLING})[\w.-]*|pwd|key)"  # noqa: S105
_PAIR = re.compile(
    rf"(?i)(?<![\w-])({_SECRET_NAME})(\"?'?\s*[=:]\s*)(\"[^\"]*\"|'[^']*'|(?:Bearer|Token|Basic)\s+[^\s,;&]+|[^\s&;,\"'}}<]+)"
)
_USERINFO = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_SCHEME = re.compile(r"(?i)\b(Bearer|Token|Basic)\s+[A-Za-z0-9._~+/=-]{6,}")


def redact(text: str, secrets: tuple[str, ...] = ()) -> str:
    """`text` without what looks like a secret: credentials in URLs, values of telling names, and the given strings."""
    for secret in sorted((s for s in secrets if s and len(s) >= 4), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _USERINFO.sub(rf"\1{HIDDEN}@", text)
    text = _PAIR.sub(rf"\1\2{HIDDEN}", text)
    return _SCHEME.sub(rf"\1 {HIDDEN}", text)


class ServiceError(TomError):
    """A call of an outside service failed. `status_code` (0: no answer) and `body` (bounded, redacted) say how."""

    status = 502
    code = "service_error"
    certain_not_sent = False
    refused = False

    def __init__(
        self,
        message: str = "",
        *,
        service: str = "",
        url: str = "",
        status_code: int = 0,
        body: str = "",
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, service=service, url=url, status_code=status_code)
        self.service = service
        self.url = url
        self.status_code = status_code
        self.body = body
        self.retry_after_s = retry_after_s


class ServiceUnavailableError(ServiceError):
    """No answer, or one that says to come back later. `certain_not_sent` when the request never left."""

    status = 503
    code = "service_unavailable"

    def __init__(self, message: str = "", *, certain_not_sent: bool = False, **kwargs: Any) -> None:
        super().__init__(message, **kwargs)
        self.certain_not_sent = certain_not_sent


class ServiceRefusedError(ServiceError):
    """The service answered no (4xx): asking the same again is of no use."""

    status = 502
    code = "service_refused"
    refused = True

    @property
    def needs_credentials(self) -> bool:
        return self.status_code in (401, 403)


class ServiceAnswerError(ServiceError):
    """The answer is not what was agreed: not JSON, too large, cut off, or an error of the service itself (500)."""

    code = "service_answer"


@dataclass
class _Breaker:
    """Open after `limit` failures in a row; then one trial call after `pause_s`."""

    limit: int = 5
    pause_s: float = 60.0
    failures: int = 0
    opened_at: float = 0.0
    trial: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds_closed(self) -> float:
        """0 when a call may be made, else the seconds to wait."""
        with self.lock:
            if self.failures < self.limit:
                return 0.0
            left = self.opened_at + self.pause_s - time.monotonic()
            if left <= 0 and not self.trial:
                self.trial = True
                return 0.0
            return max(left, 1.0)

    def record(self, good: bool) -> None:
        with self.lock:
            self.trial = False
            if good:
                self.failures = 0
            else:
                self.failures += 1
                self.opened_at = time.monotonic()


@dataclass
class _Host:
    slots: threading.BoundedSemaphore
    breaker: _Breaker
    lock: threading.Lock = field(default_factory=threading.Lock)
    next_at: float = 0.0

    def pace(self, per_second: float | None) -> None:
        if not per_second:
            return
        with self.lock:
            now = time.monotonic()
            start = max(now, self.next_at)
            self.next_at = start + 1.0 / per_second
        if start > now:
            time.sleep(start - now)


_hosts: dict[str, _Host] = {}
_hosts_lock = threading.Lock()


def _host(name: str) -> _Host:
    with _hosts_lock:
        if name not in _hosts:
            _hosts[name] = _Host(threading.BoundedSemaphore(max(1, tom_settings.TOM_HTTP_MAX_PER_HOST)), _Breaker())
        return _hosts[name]


def forget_hosts() -> None:
    """Close all breakers and drop all limits (tests, and after a configuration change)."""
    with _hosts_lock:
        _hosts.clear()


class ServiceClient:
    """HTTP to one service. Paths are relative to `base_url`; requests to other hosts never carry the client's headers or auth.

    timeout_s: (connect, read) seconds, default TOM_HTTP_TIMEOUT_S. max_attempts counts the first try; only calls that are safe to
    repeat are (GET, HEAD, PUT, DELETE, or any with ``idempotent=True``). per_second paces the calls of this process.
    """

    def __init__(
        self,
        service: str,
        *,
        base_url: str = "",
        timeout_s: float | tuple[float, float] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Any = None,
        params: Mapping[str, Any] | None = None,
        max_attempts: int = 3,
        backoff_s: float = 0.5,
        max_wait_s: float = 30.0,
        per_second: float | None = None,
        max_bytes: int | None = None,
        secrets: tuple[str, ...] = (),
        session: requests.Session | None = None,
    ) -> None:
        self.service = service
        self.base_url = base_url if not base_url or base_url.endswith("/") else base_url + "/"
        self.timeout_s = self._timeout(timeout_s)
        self.headers = dict(headers or {})
        self.auth = auth
        self.params = dict(params or {})
        self.max_attempts = max(1, max_attempts)
        self.backoff_s = backoff_s
        self.max_wait_s = max_wait_s
        self.per_second = per_second
        self.max_bytes = max_bytes
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
            import requests

            found = self._local.session = requests.Session()
            found.headers["User-Agent"] = "OpenTOM"
        return found

    def url(self, path: str) -> str:
        """The full URL of a path; a full URL stays as it is."""
        return urljoin(self.base_url, path.lstrip("/") if self.base_url and "://" not in path else path)

    def _secrets(self) -> tuple[str, ...]:
        found = list(self._given_secrets)
        for name, value in self.headers.items():
            if re.fullmatch(rf"(?i){_SECRET_NAME}", name):
                found += [str(value), str(value).rpartition(" ")[2]]
        for name, value in self.params.items():
            if re.fullmatch(rf"(?i){_SECRET_NAME}", name):
                found.append(str(value))
        if isinstance(self.auth, tuple):
            found.append(str(self.auth[1]))
        return tuple(found)

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
        except ValueError as error:
            raise self._error(ServiceAnswerError, "the answer is not JSON", response.url, response) from error

    def stream(self, path: str = "", *, chunk_bytes: int = 1 << 16, **kwargs: Any) -> Iterator[bytes]:
        """The answer's body in chunks, up to the size limit; for files."""
        response = self.request("GET", path, stream=True, **kwargs)
        limit = self.max_bytes or tom_settings.TOM_HTTP_MAX_RESPONSE_BYTES
        got = 0
        with response:
            try:
                for chunk in response.iter_content(chunk_bytes):
                    got += len(chunk)
                    if got > limit:
                        raise self._error(ServiceAnswerError, f"the answer is larger than {limit} bytes", response.url)
                    yield chunk
            except _errors() as error:
                raise self._error(ServiceAnswerError, f"the answer was cut off: {error}", response.url) from error

    def request(
        self, method: str, path: str = "", *, idempotent: bool | None = None, timeout_s: Any = None, stream: bool = False, **kwargs: Any
    ) -> requests.Response:
        """Make the call. ServiceUnavailableError, ServiceRefusedError or ServiceAnswerError when it fails.

        kwargs: params, json, data, files, headers, auth, cookies, allow_redirects as in `requests`.
        """
        method = method.upper()
        repeatable = method in IDEMPOTENT if idempotent is None else idempotent
        url = self.url(path)
        host = _host(urlsplit(url).netloc.rpartition("@")[2].lower())
        attempts = self.max_attempts if repeatable else 1
        timeout = self._timeout(timeout_s) if timeout_s is not None else self.timeout_s
        for attempt in range(1, attempts + 1):
            wait_s = host.breaker.seconds_closed()
            if wait_s:
                raise self._error(
                    ServiceUnavailableError,
                    f"it failed several times; not asked again for {wait_s:.0f} s",
                    url,
                    certain_not_sent=True,
                    retry_after_s=wait_s,
                )
            try:
                return self._once(method, url, host, timeout, stream, kwargs)
            except ServiceError as error:
                last = attempt == attempts
                pause = (
                    error.retry_after_s
                    if error.retry_after_s is not None
                    else self.backoff_s * 2 ** (attempt - 1) * random.uniform(0.5, 1.5)
                )
                again = isinstance(error, ServiceUnavailableError) or (isinstance(error, ServiceAnswerError) and error.status_code == 500)
                if last or not again or pause > self.max_wait_s:
                    raise
                logger.info("%s: %s; again in %.1f s", self.service, error, pause)
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _once(
        self, method: str, url: str, host: _Host, timeout: tuple[float, float], stream: bool, kwargs: dict[str, Any]
    ) -> requests.Response:
        import requests

        options = dict(kwargs)
        if self._is_own(url):
            options["headers"] = {**self.headers, **(options.get("headers") or {})}
            options["auth"] = options.get("auth", self.auth)
            if self.params and not isinstance(options.get("params"), str | bytes):
                given = options.get("params") or {}
                options["params"] = [*self.params.items(), *(given.items() if isinstance(given, Mapping) else given)]
        host.pace(self.per_second)
        if not host.slots.acquire(timeout=sum(timeout)):
            raise self._error(ServiceUnavailableError, "too many requests of ours are under way", url, certain_not_sent=True)
        started = time.monotonic()
        good = False
        try:
            response = self.session.request(method, url, timeout=timeout, stream=True, **options)
            try:
                if not stream or response.status_code >= 400:
                    self._read(response, url, started, timeout)
            finally:
                if not stream or response.status_code >= 400:
                    response.close()
            good = response.status_code < 500 and response.status_code != 429
        except requests.exceptions.ConnectTimeout as error:
            raise self._error(ServiceUnavailableError, f"no connection within {timeout[0]:g} s", url, certain_not_sent=True) from error
        except requests.exceptions.Timeout as error:
            raise self._error(ServiceUnavailableError, f"no answer within {timeout[1]:g} s", url) from error
        except requests.exceptions.ConnectionError as error:
            unsent = "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error)
            raise self._error(
                ServiceUnavailableError,
                f"no connection ({type(error).__name__})" if unsent else "the connection broke",
                url,
                certain_not_sent=unsent,
            ) from error
        except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema) as error:
            good = True
            raise self._error(ServiceRefusedError, f"the address is not valid: {error}", url) from error
        except requests.exceptions.ChunkedEncodingError as error:
            raise self._error(ServiceUnavailableError, "the answer was cut off", url) from error
        except requests.exceptions.RequestException as error:
            raise self._error(ServiceAnswerError, f"the answer cannot be read ({type(error).__name__})", url) from error
        except ServiceAnswerError:
            good = True
            raise
        finally:
            host.slots.release()
            host.breaker.record(good)
            logger.debug("%s: %s %s took %.2f s", self.service, method, self._clean(url), time.monotonic() - started)
        if response.status_code >= 400:
            raise self._status_error(response, url)
        return response

    def _is_own(self, url: str) -> bool:
        if not self.base_url:
            return True
        mine, theirs = urlsplit(self.base_url), urlsplit(url)
        return (mine.scheme, mine.netloc.lower()) == (theirs.scheme, theirs.netloc.lower())

    def _read(self, response: requests.Response, url: str, started: float, timeout: tuple[float, float]) -> None:
        limit = self.max_bytes or tom_settings.TOM_HTTP_MAX_RESPONSE_BYTES
        length = response.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > limit:
            raise self._error(ServiceAnswerError, f"the answer is larger than {limit} bytes", url)
        parts, got = [], 0
        for chunk in response.iter_content(1 << 16):
            got += len(chunk)
            if got > limit:
                raise self._error(ServiceAnswerError, f"the answer is larger than {limit} bytes", url)
            # a trickling answer must not hold us for ever: the whole body gets ten times the read limit
            if time.monotonic() - started > timeout[0] + 10 * timeout[1]:
                raise self._error(ServiceAnswerError, "the answer came too slowly", url)
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

    def _clean(self, text: str) -> str:
        return redact(text, self._secrets())

    def _error(self, cls: type[ServiceError], what: str, url: str, response: requests.Response | None = None, **kwargs: Any) -> Any:
        parts = urlsplit(url)
        shown = self._clean(urlunsplit((parts.scheme, parts.netloc, parts.path, "", "")))
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


def _errors() -> tuple[type[Exception], ...]:
    import requests

    return (requests.exceptions.RequestException, OSError)


def _retry_after(value: str | None) -> float | None:
    """Seconds of a Retry-After header: a number, or a date."""
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (TypeError, ValueError):
        return None

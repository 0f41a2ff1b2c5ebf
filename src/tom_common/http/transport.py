"""The transport below the client: `requests`, whose connections can be looked at and cut off."""

from __future__ import annotations

import contextlib
import importlib.metadata
import socket
import threading
import time
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from tom_common.conf import tom_settings
from tom_common.http.guard import refuse_peer

if TYPE_CHECKING:
    import requests

_current = threading.local()


class Call:
    """One request on its way: cuts its connection when its time is over, and refuses private peers when it is `guarded`.

    A socket's own time limit begins anew with each byte, so a service that trickles its headers or its answer would hold us for ever.
    """

    def __init__(self, seconds: float, *, guarded: bool = False) -> None:
        self.deadline = time.monotonic() + seconds
        self.guarded = guarded
        self.expired = False
        self.sock: Any = None
        self._done = threading.Event()

    def __enter__(self) -> Call:
        _current.call = self
        threading.Thread(target=self._watch, daemon=True, name="tom-http-watch").start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.detach()
        self.finish()

    def detach(self) -> None:
        """The headers are here; the body may be read by whoever has the response."""
        if getattr(_current, "call", None) is self:
            _current.call = None

    def finish(self) -> None:
        self._done.set()
        self.sock = None

    def extend(self, seconds: float) -> None:
        self.deadline = time.monotonic() + seconds

    def _watch(self) -> None:
        while not self._done.wait(max(0.0, self.deadline - time.monotonic())):
            if time.monotonic() < self.deadline:
                continue
            self.expired = True
            sock = self.sock
            if sock is not None:
                with contextlib.suppress(OSError):
                    # below TLS: what waits in recv() returns at once
                    socket.socket.shutdown(sock, socket.SHUT_RDWR)
            # headers and a connection of their own kind may come after this: look again until the call ends
            self.deadline = time.monotonic() + 0.1


def new_session() -> requests.Session:
    """A session that keeps no cookies, verifies TLS, takes no password from a .netrc file, and says who we are."""
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = user_agent()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = _adapter_class()()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def user_agent() -> str:
    return str(tom_settings.TOM_HTTP_USER_AGENT or f"OpenTOM/{_version()}")


@lru_cache(maxsize=1)
def _version() -> str:
    try:
        return importlib.metadata.version("opentom")
    except importlib.metadata.PackageNotFoundError:
        return "0"


def no_auth(request: Any) -> Any:
    """Given as `auth` where there is none: `requests` would else look into .netrc and replace our own Authorization header."""
    return request


@lru_cache(maxsize=1)
def _adapter_class() -> Any:
    from requests.adapters import HTTPAdapter
    from urllib3.connection import HTTPConnection, HTTPSConnection
    from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

    class Watched:
        def _new_conn(self) -> Any:
            sock = super()._new_conn()  # type: ignore[misc]
            call = getattr(_current, "call", None)
            if call is not None:
                call.sock = sock
                if call.guarded:
                    try:
                        refuse_peer(str(self.host), str(sock.getpeername()[0]))  # type: ignore[attr-defined]
                    except Exception:
                        sock.close()
                        raise
            return sock

        def request(self, *args: Any, **kwargs: Any) -> None:
            super().request(*args, **kwargs)  # type: ignore[misc]
            self._seen()

        def getresponse(self) -> Any:
            self._seen()
            return super().getresponse()  # type: ignore[misc]

        def _seen(self) -> None:
            call = getattr(_current, "call", None)
            if call is not None and self.sock is not None:  # type: ignore[attr-defined]
                call.sock = self.sock  # type: ignore[attr-defined]

    class PlainConnection(Watched, HTTPConnection):
        pass

    class SecureConnection(Watched, HTTPSConnection):
        pass

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = PlainConnection

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = SecureConnection  # type: ignore[assignment]

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **kwargs)  # type: ignore[no-untyped-call]
            self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    return Adapter

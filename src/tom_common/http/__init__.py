"""The one way to talk to outside services: time limits, retries, limits per host, a breaker, one family of errors, no secrets in logs.

::

    client = ServiceClient("alerce", base_url="https://api.alerce.online/ztf/v1/", timeout_s=(5, 30))
    data = client.get_json("objects", params={"page_size": 10})

What it promises: `TLS` is always verified; a call ends within its time limits, however the other side behaves; only what is safe to repeat
is repeated, with growing random pauses, or when the service asks (Retry-After); secrets go to the client's own host and are in no
error, log or traceback; addresses that others gave do not lead into private networks.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tom_common.http.errors import ServiceAnswerError, ServiceError, ServiceRefusedError, ServiceUnavailableError

if TYPE_CHECKING:
    from tom_common.http.client import BODY_KEPT, IDEMPOTENT, RETRY_STATUSES, ServiceClient
    from tom_common.http.download import Download
    from tom_common.http.limits import _host, forget_hosts
    from tom_common.http.redaction import HIDDEN, redact

# loaded when they are asked for: apps name the errors above at start, and should not load the rest then
_LATER = {
    **dict.fromkeys(("BODY_KEPT", "IDEMPOTENT", "RETRY_STATUSES", "ServiceClient"), "client"),
    "Download": "download",
    **dict.fromkeys(("_host", "forget_hosts"), "limits"),
    **dict.fromkeys(("HIDDEN", "redact"), "redaction"),
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LATER[name]}"), name)


__all__ = [
    "BODY_KEPT",
    "HIDDEN",
    "IDEMPOTENT",
    "RETRY_STATUSES",
    "Download",
    "ServiceAnswerError",
    "ServiceClient",
    "ServiceError",
    "ServiceRefusedError",
    "ServiceUnavailableError",
    "_host",
    "forget_hosts",
    "redact",
]

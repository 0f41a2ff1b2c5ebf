"""Addresses that others gave must not lead into private networks: what is decided on is the address that was really connected to."""

from __future__ import annotations

import fnmatch
import ipaddress
from urllib.parse import urlsplit

from tom_common.conf import tom_settings

_LOCAL_NAMES = ("localhost", "localhost.localdomain")


class BlockedAddress(Exception):  # noqa: N818 - never leaves this package
    """The connection leads to a private address. The message names it."""


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_private(host: str) -> bool:
    """Whether a name or numeric address is, by itself, one of this machine or of a private network."""
    found = _ip(host)
    if found is None:
        return host.rstrip(".").lower() in _LOCAL_NAMES or host.lower().endswith(".localhost")
    return not found.is_global or found.is_multicast


def is_allowed(host: str, address: str = "") -> bool:
    """Whether TOM_HTTP_PRIVATE_HOSTS names the host, its address, or a network that holds it."""
    found = _ip(address or host)
    for allowed in tom_settings.TOM_HTTP_PRIVATE_HOSTS or ():
        if fnmatch.fnmatchcase(host.lower(), str(allowed).lower()) or allowed == address:
            return True
        if found is not None and "/" in str(allowed):
            try:
                if found in ipaddress.ip_network(str(allowed), strict=False):
                    return True
            except (ValueError, TypeError):
                continue
    return False


def refuse_url(url: str) -> None:
    """BlockedAddress when the URL names a private address outright. What a name leads to is seen when it is connected to."""
    host = urlsplit(url).hostname or ""
    if is_private(host) and not is_allowed(host):
        raise BlockedAddress(host)


def refuse_peer(host: str, address: str) -> None:
    """BlockedAddress when `address`, to which `host` led, is private."""
    if is_private(address) and not is_allowed(host, address):
        raise BlockedAddress(f"{host} ({address})")

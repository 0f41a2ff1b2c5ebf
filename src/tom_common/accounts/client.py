"""From where a request comes."""

from __future__ import annotations

import ipaddress
import logging
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured, PermissionDenied

logger = logging.getLogger(__name__)


def current_request() -> Any:
    """The request that is being answered, where allauth's middleware is in use; else None."""
    if not apps.is_installed("allauth.account"):
        return None
    from allauth.core import context

    return context.request


def client_address(request: Any) -> str | None:
    """The IP address of whoever asks, or None.

    ``ALLAUTH_TRUSTED_PROXY_COUNT`` and ``ALLAUTH_TRUSTED_CLIENT_IP_HEADER`` say which headers of proxies are believed; by default none.
    """
    if request is None:
        return None
    found = None
    if apps.is_installed("allauth.account"):
        from allauth.account.adapter import DefaultAccountAdapter

        try:
            found = DefaultAccountAdapter(request).get_client_ip(request)
        except ImproperlyConfigured as error:
            # one request that went round the proxy must not fail
            logger.warning("%s; the address of the connection is taken", error)
        except PermissionDenied:
            pass
    return valid_address(found) or valid_address(request.META.get("REMOTE_ADDR"))


def valid_address(text: str | None) -> str | None:
    try:
        return str(ipaddress.ip_address((text or "").strip().partition("%")[0]))
    except ValueError:
        return None

"""How often one may ask: TOM_API_RATES, counted in the default cache. Nothing is limited that the setting does not name."""

from __future__ import annotations

from typing import Any

from rest_framework.authentication import TokenAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.throttling import SimpleRateThrottle

from tom_common.conf import tom_settings

KINDS = ("anonymous", "user", "token", "write", "heavy")


class RateThrottle(SimpleRateThrottle):
    """One of KINDS at its rate, by user, or by address of whoever is not logged in."""

    def __init__(self, kind: str, rate: str) -> None:
        self.kind, self.scope, self.rate = kind, kind, rate
        self.num_requests, self.duration = self.parse_rate(rate)

    def get_cache_key(self, request: Any, view: Any) -> str:
        user = request.user
        who = f"user-{user.pk}" if user is not None and user.is_authenticated else f"address-{self.get_ident(request)}"
        return f"tom-api-rate-{self.kind}-{who}"


def throttles_for(request: Any, view: Any) -> list[RateThrottle]:
    """Those that count this request."""
    rates = tom_settings.TOM_API_RATES or {}
    if not rates:
        return []
    if not request.user or not request.user.is_authenticated:
        kinds = ["anonymous"]
    else:
        kinds = ["token" if isinstance(request.successful_authenticator, TokenAuthentication) else "user"]
    if request.method not in SAFE_METHODS:
        kinds.append("write")
    if getattr(view, "action", None) in getattr(view, "heavy_actions", ()):
        kinds.append("heavy")
    return [RateThrottle(kind, rates[kind]) for kind in kinds if rates.get(kind)]

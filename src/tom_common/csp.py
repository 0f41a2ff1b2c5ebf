"""The Content-Security-Policy: django-csp, enforced or only reported (setting TOM_CSP_ENFORCE)."""

from __future__ import annotations

from typing import Any

from csp.constants import HEADER, HEADER_REPORT_ONLY
from csp.middleware import CSPMiddleware, PolicyParts
from django.apps import apps

from tom_common.conf import tom_settings
from tom_common.packages import OUR_APPS
from tom_common.plugins import PAGE_PARTS


def foreign_tom_apps() -> list[str]:
    """Installed apps that put parts into the TOM's pages and are not ours: these may need inline scripts."""
    return [
        config.name
        for config in apps.get_app_configs()
        if config.name not in OUR_APPS and (config.name.startswith("tom_") or any(hasattr(config, method) for method in PAGE_PARTS))
    ]


def is_enforced() -> bool:
    wish = tom_settings.TOM_CSP_ENFORCE
    return not foreign_tom_apps() if wish is None else bool(wish)


class ContentSecurityPolicyMiddleware(CSPMiddleware):
    """CONTENT_SECURITY_POLICY plus the sky image servers; only reported while foreign apps are installed."""

    def get_policy_parts(self, request: Any, response: Any, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        servers = list(tom_settings.TOM_HIPS_SERVERS)
        if servers and not report_only:
            update = dict(parts.update or {})
            for name in ("img-src", "connect-src"):
                given = update.get(name) or []
                update[name] = [*([given] if isinstance(given, str) else given), *servers]
            parts.update = update
        return parts

    def process_response(self, request: Any, response: Any) -> Any:
        response = super().process_response(request, response)
        if HEADER in response and not is_enforced():
            policy = response[HEADER]
            del response[HEADER]
            if HEADER_REPORT_ONLY not in response:
                response[HEADER_REPORT_ONLY] = policy
        return response

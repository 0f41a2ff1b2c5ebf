from __future__ import annotations

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import TemplateView

from tom_common.accounts.client import client_address
from tom_common.accounts.services import accept_terms
from tom_common.conf import tom_settings


def safe_next(request: Any, default: str = "home") -> str:
    """Where to go on: the request's ``next`` when it leads to this site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return default


class TermsOfServiceView(TemplateView):
    template_name = "tom_common/terms_of_service.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"terms_version": tom_settings.TOM_TERMS_OF_SERVICE_VERSION}


class TermsAcceptView(LoginRequiredMixin, TermsOfServiceView):
    template_name = "tom_common/terms_accept.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"next": safe_next(self.request, "")}

    def post(self, request: Any) -> HttpResponse:
        version = tom_settings.TOM_TERMS_OF_SERVICE_VERSION
        if version and request.POST.get("accept"):
            accept_terms(user=request.user, version=version, ip_address=client_address(request))
            return redirect(safe_next(request))
        return self.render_to_response(self.get_context_data(not_accepted=bool(version)))

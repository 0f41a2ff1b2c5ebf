from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.generic import View

from tom_common.services import view_as
from tom_common.services.groups import visible_groups


class ViewAsStartView(LoginRequiredMixin, View):
    """POST ``group`` (its key), or ``visitor``: look at the TOM as a plain member of it, or as a visitor."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        if "tom_common.view_as.ViewAsMiddleware" not in self.middleware():
            messages.error(request, "This TOM has not got 'tom_common.view_as.ViewAsMiddleware' in its MIDDLEWARE, which this needs.")
            return redirect("user-list")
        group = None
        if not request.POST.get("visitor"):
            key = request.POST.get("group", "")
            group = visible_groups(request.user).filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
            if group is None:
                raise Http404
        view_as.start(actor=request.user, session=request.session, group=group)
        return redirect("home")

    @staticmethod
    def middleware() -> list[str]:
        from django.conf import settings

        return list(settings.MIDDLEWARE)


class ViewAsStopView(LoginRequiredMixin, View):
    """Look as oneself again."""

    http_method_names = ["post"]

    def post(self, request: Any) -> HttpResponse:
        if view_as.stop(actor=request.user, session=request.session):
            messages.success(request, "You look at the TOM as yourself again.")
        return redirect("home")

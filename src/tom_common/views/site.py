from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.views.generic import RedirectView, TemplateView, View


class NameSearchView(View):
    """Where the search field of the navigation bar leads: to the targets of that name."""

    def get(self, request: Any) -> HttpResponse:
        name = " ".join(request.GET.get("name", "").replace("\x00", "").split())
        try:
            if not name:
                return redirect("targets:list")
            if "/" in name:
                return redirect(f"{reverse('targets:list')}?{urlencode({'query': name})}")
            return redirect("targets:name-search", name)
        except NoReverseMatch:
            raise Http404 from None


class NameSuggestView(View):
    """What the search field offers while one types, within what the viewer may see."""

    http_method_names = ["get", "head"]

    def get(self, request: Any) -> HttpResponse:
        from tom_common.suggestions import suggestions

        found = suggestions(request.user, request.GET.get("name", ""))
        return JsonResponse({"suggestions": [{"label": one.label, "url": one.url, "detail": one.detail} for one in found]})


class RobotsView(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("User-Agent: *\nDisallow: /\n", content_type="text/plain")


class FaviconView(RedirectView):
    def get_redirect_url(self, *args: Any, **kwargs: Any) -> str:
        return static("tom_common/img/favicon.svg")


class StyleguideView(TemplateView):
    """Every part of the design system on one page; only while DEBUG is on."""

    template_name = "tom_common/styleguide.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEBUG:
            raise Http404
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        from tom_common.ui.styleguide import samples

        return super().get_context_data(**kwargs) | samples()

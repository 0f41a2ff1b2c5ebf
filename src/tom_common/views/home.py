from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.generic import TemplateView, View

from tom_common import home
from tom_common.permissions import deny
from tom_common.services.home import arrange_home, reset_home


@cache
def toolkit_version() -> str:
    try:
        return version("opentom")
    except PackageNotFoundError:
        return "development"


class HomeView(TemplateView):
    template_name = "tom_common/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"version": toolkit_version()}


class HomePanelView(View):
    """One panel of the home page, for those that load when they are seen. One with nothing to show takes its card with it."""

    http_method_names = ["get", "head"]

    def get(self, request: Any, slug: str) -> HttpResponse:
        panel = next((panel for panel in home.offered(request) if panel.slug == slug), None)
        if panel is None:
            raise Http404
        html = home.panel_html(panel, request)
        response = HttpResponse(html)
        if not html.strip():
            response["HX-Retarget"], response["HX-Reswap"] = f"#panel-{slug}", "delete"
        return response


class HomeLayoutView(TemplateView):
    """Which panels, in which order: a plain form, with a button for each step up and down."""

    template_name = "tom_common/home/layout.html"

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            deny(request, seen=False)
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        shown, hidden = home.arranged(self.request)
        layout = home.layout_of(self.request.user)
        order = {slug: number for number, slug in enumerate(layout.order)} if layout is not None else {}
        panels = sorted([*shown, *hidden], key=lambda panel: order.get(panel.slug, -1)) if hidden else shown
        hidden_slugs = {panel.slug for panel in hidden}
        return super().get_context_data(**kwargs) | {"panels": [(panel, panel.slug not in hidden_slugs) for panel in panels]}

    def post(self, request: Any) -> HttpResponse:
        if "reset" in request.POST:
            reset_home(actor=request.user)
            return redirect("home-layout")
        known = {panel.slug for panel in home.offered(request)}
        order = [slug for slug in dict.fromkeys(request.POST.getlist("order")) if slug in known]
        order += sorted(known - set(order))
        shown = set(request.POST.getlist("shown"))
        for name, step in (("up", -1), ("down", 1)):
            slug = request.POST.get(name, "")
            if slug in order:
                here = order.index(slug)
                there = min(max(here + step, 0), len(order) - 1)
                order[here], order[there] = order[there], order[here]
        arrange_home(actor=request.user, order=order, hidden=[slug for slug in order if slug not in shown])
        moved = request.POST.get("up") or request.POST.get("down")
        if moved in known:
            return redirect(f"{request.path}#panel-{moved}")
        return redirect("home")

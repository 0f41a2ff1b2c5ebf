from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.http import Http404, HttpResponse
from django.views.generic import TemplateView, View

from tom_common.comments import visible_comments
from tom_common.panels import Panel, get_panel, register_panel, render_panel


@cache
def toolkit_version() -> str:
    try:
        return version("opentom")
    except PackageNotFoundError:
        return "development"


def latest_comments(request: Any, obj: Any) -> dict[str, Any]:
    return {"comment_list": visible_comments(request.user, limit=10), "with_object": True}


def comments_are_on(request: Any, obj: Any) -> bool:
    from tom_common.templatetags.tom_common_extras import comments_enabled

    return comments_enabled()


register_panel(
    "home",
    Panel(
        "latest-comments", "Latest comments", "comments/list.html", latest_comments, order=200, lazy=False, visible=comments_are_on, icon="chat-left-text"
    ),
)


class HomeView(TemplateView):
    template_name = "tom_common/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"version": toolkit_version()}


class HomePanelView(View):
    """One panel of the home page, for those that load when they are seen."""

    def get(self, request: Any, slug: str) -> HttpResponse:
        panel = get_panel("home", slug, request)
        if panel is None:
            raise Http404
        return HttpResponse(render_panel(panel, request))

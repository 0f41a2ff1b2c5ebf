"""The API in a browser, in the look of the other pages: what comes back, and a field for JSON to send."""

from __future__ import annotations

from typing import Any

from rest_framework.renderers import BrowsableAPIRenderer


class ApiPageRenderer(BrowsableAPIRenderer):
    """Without DRF's forms, whose lists of choices would read the tables that a field points to."""

    template = "tom_common/api_page.html"

    def get_rendered_html_form(self, data: Any, view: Any, method: str, request: Any) -> Any:
        return super().get_rendered_html_form(data, view, method, request) if method in ("DELETE", "OPTIONS") else None

    def get_context(self, data: Any, accepted_media_type: Any, renderer_context: Any) -> dict[str, Any]:
        from django.urls import NoReverseMatch, reverse

        context = super().get_context(data, accepted_media_type, renderer_context)
        try:
            context["docs_url"] = reverse("api-docs")
        except NoReverseMatch:  # without drf_spectacular there is no description
            context["docs_url"] = ""
        return context

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        return None


def in_our_look(renderers: list[Any]) -> list[Any]:
    """DRF's own page gives way to ours; a project's subclass of it stays."""
    return [ApiPageRenderer() if type(one) is BrowsableAPIRenderer else one for one in renderers]

"""The one router of the REST API: apps register their viewsets in their `urls.py`."""

from __future__ import annotations

import importlib
import importlib.util
import logging

from django.apps import apps
from rest_framework.routers import APIRootView, DefaultRouter

logger = logging.getLogger(__name__)

# what went wrong while the apps' urls were collected: app name to error; a system check shows it
collection_errors: dict[str, Exception] = {}


class TomAPIRootView(APIRootView):
    """The resources of this TOM."""

    def get_renderers(self) -> list:
        from tom_common.api.renderers import in_our_look

        return in_our_look(super().get_renderers())

    def get_view_name(self) -> str:
        return "REST API"


class TomRouter(DefaultRouter):
    APIRootView = TomAPIRootView


class SharedAPIRootRouter(DefaultRouter):
    """Every instance registers into one shared router. A basename that is taken is kept and the second one ignored."""

    shared_router: DefaultRouter = TomRouter()

    def register(self, prefix: str, viewset: type, basename: str | None = None, **kwargs) -> None:
        if "base_name" in kwargs and basename is None:
            basename = kwargs.pop("base_name")
        if basename is None:
            basename = self.shared_router.get_default_basename(viewset)
        for known_prefix, known_viewset, known_basename in self.shared_router.registry:
            if known_basename == basename:
                if known_viewset is not viewset or known_prefix != prefix:
                    logger.warning("The API basename %s is taken by %s; %s at %s/ is left out", basename, known_viewset, viewset, prefix)
                return
        self.shared_router.register(prefix, viewset, basename)


def collect_api_urls() -> list:
    """Import `<app>.urls` of every installed app, so that all have registered, and give the API's url patterns.

    An app without urls is passed over; an error inside an app's urls is logged and reported by `manage.py check`, and the
    other apps' API stays up.
    """
    from tom_common.api.tasks import TaskRunViewSet
    from tom_common.api_views import GroupViewSet

    collection_errors.clear()
    SharedAPIRootRouter().register("groups", GroupViewSet, "groups")
    SharedAPIRootRouter().register("tasks", TaskRunViewSet, "tasks")
    if apps.is_installed("django_comments"):
        from tom_common.api.comments import CommentViewSet

        SharedAPIRootRouter().register("comments", CommentViewSet, "comments")
    for config in apps.get_app_configs():
        name = f"{config.name}.urls"
        try:
            if importlib.util.find_spec(name) is None:
                continue
        except (ImportError, AttributeError, ValueError):
            continue
        try:
            importlib.import_module(name)
        except Exception as error:
            collection_errors[config.name] = error
            logger.exception("The API of %s is left out: its urls cannot be imported", config.name)
    return SharedAPIRootRouter.shared_router.urls

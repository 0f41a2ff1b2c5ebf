"""The home page: panels that apps register for it, in the order that a user wants, and the panels of this app.

An app offers a panel by ``register_panel("home", Panel(...))`` in its ``panels.py``, or by ``dashboard()`` on its AppConfig. Each shows what its
viewer may see, at a fixed number of queries; what takes longer than a moment is lazy.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.template.loader import get_template
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

from tom_common.panels import Panel, panels_for, register_panel, render_panel

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AppPanel:
    """A card that an AppConfig's ``dashboard()`` declares."""

    slug: str
    label: str
    partial: str
    context: dict[str, Any] = field(default_factory=dict)
    order: int = 500
    lazy: bool = False
    icon: str = "puzzle"

    def html(self, request: Any) -> SafeString:
        try:
            return mark_safe(get_template(self.partial).render({**self.context, "panel": self}, request))  # noqa: S308
        except Exception:
            logger.exception("the home panel %s could not be shown", self.partial)
            return render_panel(Panel(self.slug, self.label, "tom_common/ui/panel_failed.html"), request)


def offered(request: Any) -> list[Any]:
    """All panels that this viewer may have, in the order that the apps gave them."""
    return [*panels_for("home", request, None), *_of_apps(request)]


def _of_apps(request: Any) -> list[AppPanel]:
    from tom_common.plugins import integration_items, part_context

    found: dict[str, AppPanel] = {}
    for item in integration_items("dashboard"):
        if not isinstance(item, dict) or "partial" not in item:
            continue
        context = part_context(item, {"request": request, "user": getattr(request, "user", None)})
        if context is None:
            continue
        label = str(item.get("label") or "")
        base = slugify(f"{item.get('app', '')}-{label or item['partial']}".replace(".", "-").replace("/", "-")) or "app"
        slug = base if base not in found else f"{base}-{len(found)}"
        found[slug] = AppPanel(slug, label, item["partial"], dict(context))
    return list(found.values())


def arranged(request: Any) -> tuple[list[Any], list[Any]]:
    """(shown, hidden): the panels as the viewer wants them. One query. A panel that they never placed follows the one before it in the apps'
    order."""
    panels = offered(request)
    layout = layout_of(getattr(request, "user", None))
    if layout is None:
        return panels, []
    place = {slug: number for number, slug in enumerate(layout.order)}
    ordered = sorted((panel for panel in panels if panel.slug in place), key=lambda panel: place[panel.slug])
    before = ""
    for panel in panels:
        if panel.slug not in place:
            at = next((number + 1 for number, one in enumerate(ordered) if one.slug == before), 0)
            ordered.insert(at, panel)
        before = panel.slug
    hidden = set(layout.hidden)
    return [panel for panel in ordered if panel.slug not in hidden], [panel for panel in ordered if panel.slug in hidden]


def layout_of(user: Any) -> Any:
    from tom_common.models import HomeLayout

    if user is None or not user.is_authenticated:
        return None
    return HomeLayout.objects.filter(user_id=user.pk).first()


def panel_html(panel: Any, request: Any) -> SafeString:
    return panel.html(request) if isinstance(panel, AppPanel) else render_panel(panel, request)


# --- the panels of this app ----------------------------------------------------------------------------------------------
def _person(request: Any, obj: Any = None) -> bool:
    return bool(request is not None and request.user.is_authenticated)


def _latest_comments(request: Any, obj: Any) -> dict[str, Any]:
    from tom_common.comments import visible_comments

    return {"comment_list": visible_comments(request.user, limit=10), "with_object": True}


def _comments_are_on(request: Any, obj: Any) -> bool:
    from tom_common.comments import comments_are_on

    return comments_are_on()


def _mentions(request: Any, obj: Any) -> dict[str, Any] | None:
    from tom_common.comments import mentions_of

    mentions = mentions_of(request.user)
    return {"mentions": mentions} if mentions else None


def _address_of_tasks() -> str:
    for name in ("task-list", "task-runs", "tasks"):
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def _failed_tasks(request: Any, obj: Any) -> dict[str, Any] | None:
    """What failed within a week: the viewer's own, a superuser sees all."""
    from tom_common.models import TaskRun

    runs = TaskRun.objects.filter(state=TaskRun.State.FAILED, finished_at__gte=timezone.now() - timedelta(days=7))
    if not request.user.is_superuser:
        runs = runs.filter(actor=request.user)
    shown = list(runs.order_by("-pk")[:6])
    return {"runs": shown[:5], "more": len(shown) > 5, "all_url": _address_of_tasks()} if shown else None


def _saved_filters(request: Any, obj: Any) -> dict[str, Any] | None:
    """Filters of lists under names, the viewer's and those shared with their groups."""
    from tom_common.services.saved_filters import visible_filters

    found = []
    for saved in visible_filters(request.user).order_by("-modified_at", "-pk")[:8]:
        try:
            found.append(
                {
                    "name": saved.name,
                    "url": f"{reverse(saved.page)}?{saved.query}",
                    "shared_by": saved.owner if saved.owner_id != request.user.pk else None,
                }
            )
        except NoReverseMatch:
            continue
    return {"filters": found} if found else None


def _plugins_are_left_out(request: Any, obj: Any) -> bool:
    """Superusers are told of plugins that this process met broken."""
    from tom_common.plugins import known_problems

    return bool(getattr(getattr(request, "user", None), "is_superuser", False) and known_problems())


def _left_out(request: Any, obj: Any) -> dict[str, Any]:
    from tom_common.plugins import known_problems

    return {"problems": known_problems()[:5], "count": len(known_problems())}


register_panel(
    "home",
    Panel(
        "broken-plugins",
        "Plugins left out",
        "tom_common/home/broken_plugins.html",
        _left_out,
        order=6,
        lazy=False,
        visible=_plugins_are_left_out,
        icon="plug",
    ),
)
register_panel(
    "home", Panel("mentions", "Mentions of you", "comments/mentions.html", _mentions, order=5, lazy=False, visible=_person, icon="at")
)
register_panel(
    "home",
    Panel(
        "failed-tasks",
        "What failed",
        "tom_common/home/failed_tasks.html",
        _failed_tasks,
        order=7,
        lazy=False,
        visible=_person,
        icon="x-octagon",
    ),
)
register_panel(
    "home",
    Panel(
        "saved-filters",
        "Saved filters",
        "tom_common/home/saved_filters.html",
        _saved_filters,
        order=80,
        lazy=False,
        visible=_person,
        icon="funnel",
    ),
)
register_panel(
    "home",
    Panel(
        "latest-comments",
        "Latest comments",
        "comments/list.html",
        _latest_comments,
        order=200,
        lazy=False,
        visible=_comments_are_on,
        icon="chat-left-text",
    ),
)

"""Tabs and panels: how an app puts a part of its own on a page of another app.

An app says what it offers in its ``panels.py``, which is imported at the first use of any page:

>>> register_tab("target_detail", Panel("photometry", "Photometry", "tom_dataproducts/panels/photometry.html", context=photometry))

Pages: ``target_detail`` (tabs and panels), ``home``, ``observation_detail``, ``profile`` (panels).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.template.loader import render_to_string
from django.utils.module_loading import module_has_submodule
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import slugify

logger = logging.getLogger(__name__)

PanelContext = Callable[[Any, Any], Mapping[str, Any] | None]


@dataclass(frozen=True, kw_only=False)
class Panel:
    """One part of a page.

    ``context(request, obj)`` gives the variables of ``template``; when it answers None the panel is left out.
    ``visible(request, obj)`` is asked before anything else and must be cheap. ``lazy`` panels load when they are seen.
    """

    slug: str
    label: str
    template: str
    context: PanelContext | None = None
    order: int = 100
    lazy: bool = True
    visible: Callable[[Any, Any], bool] | None = None
    icon: str = ""

    def __post_init__(self) -> None:
        if slugify(self.slug) != self.slug or not self.slug:
            raise ImproperlyConfigured(f"a panel's slug is of small letters, digits and hyphens, not {self.slug!r}")

    def is_visible(self, request: Any, obj: Any) -> bool:
        if self.visible is None:
            return True
        try:
            return bool(self.visible(request, obj))
        except Exception:
            logger.exception("the panel %s failed to say whether it is visible; it is left out", self.slug)
            return False


_tabs: dict[str, dict[str, Panel]] = {}
_panels: dict[str, dict[str, Panel]] = {}
_lock = threading.RLock()
_discovered = False


def register_tab(page: str, panel: Panel) -> Panel:
    """Offer ``panel`` as a tab of ``page``; the same slug again replaces the earlier one (a project's app comes last)."""
    _tabs.setdefault(page, {})[panel.slug] = panel
    return panel


def register_panel(page: str, panel: Panel) -> Panel:
    """Offer ``panel`` as a card of ``page``; the same slug again replaces the earlier one."""
    _panels.setdefault(page, {})[panel.slug] = panel
    return panel


def discover() -> None:
    """Import ``panels.py`` of every installed app, once. A broken module is reported and left out."""
    global _discovered
    if _discovered:
        return
    with _lock:
        if _discovered:
            return
        import_module("tom_common.home")
        for config in apps.get_app_configs():
            if config.name == "tom_common" or not module_has_submodule(config.module, "panels"):
                continue
            try:
                import_module(f"{config.name}.panels")
            except Exception:
                logger.exception("the panels of the app %s could not be loaded; they are left out", config.name)
        _discovered = True


def _offered(registry: dict[str, dict[str, Panel]], page: str, request: Any, obj: Any) -> list[Panel]:
    discover()
    found = [panel for panel in registry.get(page, {}).values() if panel.is_visible(request, obj)]
    return sorted(found, key=lambda panel: (panel.order, panel.label))


def _offered_as(slug: str, registry: dict[str, dict[str, Panel]], page: str, request: Any, obj: Any) -> Panel | None:
    discover()
    panel = registry.get(page, {}).get(slug)
    return panel if panel is not None and panel.is_visible(request, obj) else None


def tabs_for(page: str, request: Any, obj: Any = None) -> list[Panel]:
    """The tabs of ``page`` that this request may see, in order."""
    return _offered(_tabs, page, request, obj)


def panels_for(page: str, request: Any, obj: Any = None) -> list[Panel]:
    """The panels of ``page`` that this request may see, in order."""
    return _offered(_panels, page, request, obj)


def get_tab(page: str, slug: str, request: Any, obj: Any = None) -> Panel | None:
    """The tab of that name, or None when there is none that this request may see."""
    return _offered_as(slug, _tabs, page, request, obj)


def get_panel(page: str, slug: str, request: Any, obj: Any = None) -> Panel | None:
    """The panel of that name, or None when there is none that this request may see."""
    return _offered_as(slug, _panels, page, request, obj)


def render_panel(panel: Panel, request: Any, obj: Any = None, extra: Mapping[str, Any] | None = None) -> SafeString:
    """HTML of one panel; empty when it has nothing to show. A panel that fails says so in its own place only."""
    try:
        context = panel.context(request, obj) if panel.context is not None else {}
        if context is None:
            return mark_safe("")  # noqa: S308
        return render_to_string(panel.template, {**(extra or {}), "object": obj, "panel": panel, **context}, request=request)
    except Exception:
        logger.exception("the panel %s could not be shown", panel.slug)
        return render_to_string("tom_common/ui/panel_failed.html", {"panel": panel}, request=request)

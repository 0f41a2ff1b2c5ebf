"""The progress of a task on any page: ``{% load task_extras %}{% task_progress run %}``."""

from __future__ import annotations

from typing import Any

from django import template

from tom_common.templatetags.tom_common_extras import state_badge

register = template.Library()


@register.inclusion_tag("tom_common/ui/task_progress.html")
def task_progress(run: Any, go: bool = False) -> dict[str, Any]:
    """How far a task run is, kept up to date until it ends; then its result is linked, or with `go` led to. For who may see the run."""
    return {"run": run, "go": go}


LOOKS = {
    "waiting": ("info", "hourglass-split"),
    "running": ("info", "arrow-repeat"),
    "succeeded": ("ok", "check-circle"),
    "failed": ("bad", "x-octagon"),
    "cancelled": ("quiet", "slash-circle"),
}


@register.simple_tag
def run_badge(run: Any) -> str:
    """The state of a run by word and icon."""
    if run.cancel_asked and run.state == "running":
        return state_badge("stopping", "warn", "stop-circle")
    return state_badge(run.get_state_display(), *LOOKS.get(run.state, ("quiet", "circle")))


@register.filter
def pretty(value: Any) -> str:
    """JSON on indented lines."""
    import json

    return json.dumps(value, indent=2, ensure_ascii=False, default=str)

"""What tom_observations shows on other apps' pages."""

from __future__ import annotations

from tom_common.panels import Panel, register_panel, register_tab


def observe(request, target):
    """Where a request starts, and when the target is up."""
    from .templatetags.observation_extras import observation_plan_from_request

    return {**observation_plan_from_request({"request": request}, target), "target": target, "request": request}


def observations(request, target):
    return {"target": target, "request": request}


register_tab("target_detail", Panel("observe", "Observe", "tom_observations/panels/observe.html", context=observe, order=20))
register_tab(
    "target_detail", Panel("observations", "Observations", "tom_observations/panels/observations.html", context=observations, order=30)
)


def comments(request, record):
    """What people said of the observation."""
    return {"commented": record}


def comments_are_on(request, record):
    from tom_common.comments import comments_are_on

    return comments_are_on()


register_panel(
    "observation_detail",
    Panel("comments", "Comments", "comments/thread_panel.html", context=comments, order=90, visible=comments_are_on, icon="chat-left-text"),
)

import tom_observations.home_panels  # noqa: E402, F401  (it registers)


def history(request, record):
    """Who did what with the observation."""
    from tom_common.history_page import history_panel

    return history_panel(request, record)


register_panel("observation_detail", Panel("history", "History", "tom_common/partials/history_panel.html", context=history, order=90))


def access(request, record):
    """Who may see, change and delete the observation, and why."""
    from tom_common.access import explain

    return {"explanation": explain(record, request.user)}


def may_change(request, record):
    from .policy import can

    return can(request.user, "change", record)


register_panel(
    "observation_detail",
    Panel("access", "Access", "tom_observations/panels/access.html", context=access, order=95, visible=may_change, icon="key"),
)

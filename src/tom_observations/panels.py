"""What tom_observations shows on other apps' pages."""

from __future__ import annotations

from tom_common.panels import Panel, register_tab


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

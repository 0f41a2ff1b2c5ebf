"""What tom_observations shows on other apps' pages."""

from __future__ import annotations

from tom_common.panels import Panel, register_tab


def observe(request, target):
    from tom_common.conf import tom_settings  # noqa: F401

    return {"target": target, "object": target}


def observations(request, target):
    return {"target": target, "object": target}


register_tab("target_detail", Panel("observe", "Observe", "tom_observations/panels/observe.html", context=observe, order=20))
register_tab("target_detail", Panel("observations", "Observations", "tom_observations/panels/observations.html", context=observations, order=30))

"""Where the telescopes are, and how."""

from __future__ import annotations

import logging

from django.contrib import messages
from django.shortcuts import render
from django.views.generic import TemplateView

from ..facility import get_service_classes

logger = logging.getLogger(__name__)


class FacilityStatusView(TemplateView):
    template_name = "tom_observations/facility_status.html"


def facility_statuses() -> list[dict]:
    """Sites, telescopes and weather links of every facility that tells; one that cannot be reached says so in its place."""
    found = []
    for name, facility_class in get_service_classes().items():
        row = {"code": name, "name": name, "sites": [], "problem": ""}
        try:
            facility = facility_class()
            status = facility.get_facility_status() or {}
            weather = {site["code"]: site["weather_url"] for site in (facility.get_facility_weather_urls() or {}).get("sites", [])}
        except Exception as error:
            logger.warning("The status of %s could not be had: %s", name, error)
            row["problem"] = str(error) or "cannot be reached"
            found.append(row)
            continue
        row["code"] = status.get("code", name)
        row["sites"] = [{**site, "weather_url": weather.get(site["code"], "")} for site in status.get("sites", [])]
        known = {site["code"] for site in row["sites"]}
        row["sites"] += [{"code": code, "telescopes": [], "weather_url": url} for code, url in weather.items() if code not in known]
        if row["sites"]:
            found.append(row)
    return found


def facility_status_list(request):
    """The table alone, for htmx."""
    if request.GET.get("hx_trigger") != "load":
        messages.info(request, "Facility statuses updated.")
    statuses = facility_statuses()
    return render(request, "tom_observations/partials/facility_status_table.html", {"facilities": statuses, "facility_statuses": statuses})

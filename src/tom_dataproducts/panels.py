"""What tom_dataproducts puts on pages of the lower floors."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath
from typing import Any

from tom_common.errors import TomError
from tom_common.panels import Panel, register_panel, register_tab
from tom_dataproducts import policy, queries
from tom_targets.policy import can

logger = logging.getLogger(__name__)


def _photometry(request: Any, target: Any) -> dict[str, Any]:
    has_photometry = bool(queries.newest_photometry(request.user, target))
    return {"target": target, "may_change": can(request.user, "change", target), "has_photometry": has_photometry}


def _header_brightness(request: Any, target: Any) -> dict[str, Any] | None:
    """The newest point that the viewer may see: how bright, in which band, when, by whom."""
    from django.utils import timezone
    from django.utils.timesince import timesince

    from tom_astro.bands import band

    datum = queries.newest_of_seen_target(request.user, target)
    if datum is None:
        return None
    is_limit = datum.brightness is None
    is_mag = queries.is_magnitude(datum.unit)
    value = datum.limit if is_limit else datum.brightness
    known = band(datum.bandpass, datum.telescope or datum.source_name or None) if datum.bandpass else None
    error = None if is_limit else datum.brightness_error
    places = 3 if error and error < 0.01 else 2
    now = timezone.now()
    return {
        "value": f"{value:.{places}f}" if is_mag else f"{value:.4g}",
        "error": "" if not error else f"{error:.{places}f}" if is_mag else f"{error:.2g}",
        "band": f"{known.survey} {known.canonical}".strip() if known is not None and known.known else datum.bandpass,
        "unit": datum.unit or ("mag" if is_mag else ""),
        "is_limit": is_limit,
        "is_mag": is_mag,
        "when": datum.timestamp,
        "ago": f"{timesince(datum.timestamp, now, depth=1)} ago" if datum.timestamp <= now else "in the future",
        "source": datum.telescope or datum.source_name,
    }


def _spectroscopy(request: Any, target: Any) -> dict[str, Any]:
    spectra = policy.target_data(request.user, target).filter(data_type="spectroscopy").order_by("-timestamp", "-pk")
    rows = spectra.values("pk", "timestamp", "telescope", "instrument", "source_name", "source_location", "data_product", "flux_unit")[:200]
    return {"target": target, "spectra": [{**row, "file": PurePosixPath(row["source_location"]).name} for row in rows]}


def _manage(request: Any, target: Any) -> dict[str, Any]:
    return {"target": target, "may_change": can(request.user, "change", target)}


def _upload(request: Any, record: Any) -> dict[str, Any] | None:
    return {"record": record} if can(request.user, "change", record.target) else None


def _observation_data(request: Any, record: Any) -> dict[str, Any]:
    """What is kept of an observation and what is at its facility; a facility that cannot be asked is said, and hides nothing of ours."""
    from tom_observations.facility import get_service_class

    visible = policy.visible_to(request.user).filter(observation_record=record)
    found: dict[str, Any] = {"saved": visible.order_by("-created", "-pk"), "unsaved": []}
    context = {"record": record, "data_products": found, "may_change": can(request.user, "change", record.target), "trouble": ""}
    try:
        facility = get_service_class(record.facility)()
        facility.set_user(request.user)
        found["unsaved"] = facility.all_data_products(record)["unsaved"]
    except Exception as error:
        logger.warning("The data of %s %s could not be asked for: %s", record.facility, record.observation_id, error)
        context["trouble"] = type(error).__name__ if not isinstance(error, TomError) else str(error)
    return context


register_tab("target_detail", Panel("photometry", "Photometry", "tom_dataproducts/panels/photometry.html", context=_photometry, order=40))
register_tab(
    "target_detail", Panel("spectroscopy", "Spectroscopy", "tom_dataproducts/panels/spectroscopy.html", context=_spectroscopy, order=50)
)
register_tab("target_detail", Panel("manage-data", "Manage Data", "tom_dataproducts/panels/manage_data.html", context=_manage, order=60))
register_panel(
    "target_header",
    Panel("brightness", "Newest brightness", "tom_dataproducts/panels/header_brightness.html", context=_header_brightness, order=10, lazy=False),
)
register_panel(
    "observation_detail", Panel("upload", "Upload data", "tom_dataproducts/panels/upload.html", context=_upload, order=40, lazy=False)
)
register_panel(
    "observation_detail", Panel("data", "Data", "tom_dataproducts/panels/observation_data.html", context=_observation_data, order=30)
)

import tom_dataproducts.home_panels  # noqa: E402, F401  (it registers)

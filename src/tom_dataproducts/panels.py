"""What tom_dataproducts puts on pages of the lower floors."""

from __future__ import annotations

from typing import Any

from tom_common.panels import Panel, register_panel, register_tab
from tom_dataproducts import policy
from tom_targets.policy import can


def _photometry(request: Any, target: Any) -> dict[str, Any]:
    return {"target": target, "may_change": can(request.user, "change", target)}


def _spectroscopy(request: Any, target: Any) -> dict[str, Any]:
    spectra = policy.target_data(request.user, target).filter(data_type="spectroscopy").order_by("-timestamp", "-pk")
    rows = spectra.values("pk", "timestamp", "telescope", "instrument", "source_name", "flux_unit")[:200]
    return {"target": target, "spectra": list(rows)}


def _manage(request: Any, target: Any) -> dict[str, Any]:
    return {"target": target, "may_change": can(request.user, "change", target)}


def _upload(request: Any, record: Any) -> dict[str, Any] | None:
    return {"record": record} if can(request.user, "change", record.target) else None


register_tab("target_detail", Panel("photometry", "Photometry", "tom_dataproducts/panels/photometry.html", context=_photometry, order=40))
register_tab(
    "target_detail", Panel("spectroscopy", "Spectroscopy", "tom_dataproducts/panels/spectroscopy.html", context=_spectroscopy, order=50)
)
register_tab("target_detail", Panel("manage-data", "Manage Data", "tom_dataproducts/panels/manage_data.html", context=_manage, order=60))
register_panel(
    "observation_detail", Panel("upload", "Upload data", "tom_dataproducts/panels/upload.html", context=_upload, order=40, lazy=False)
)

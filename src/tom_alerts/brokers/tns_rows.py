"""The photometry in a TNS object document as rows."""

from __future__ import annotations

from typing import Any

from tom_clients.alert_packets.measurement import number
from tom_clients.tns import TNS_URL
from tom_dataproducts.rows import DatumRow

UNITS = {"ABMag": "AB", "VegaMag": "Vega", "STMag": "ST"}


def photometry_rows(document: dict[str, Any]) -> list[DatumRow]:
    """Magnitudes and limits; points in other units than magnitudes keep their number in `value` only."""
    from tom_astro.times import jd_to_datetime

    rows = []
    for index, point in enumerate(document.get("photometry") or []):
        flux, error, limit = (
            number(point.get(key)) if point.get(key) not in (None, "") else None for key in ("flux", "fluxerr", "limflux")
        )
        if point.get("jd") is None or (flux is None and limit is None):
            continue
        unit = (point.get("flux_unit") or {}).get("name") or ""
        value: dict[str, Any] = {key: point[key] for key in ("observer", "remarks") if point.get(key)}
        numbers: dict[str, Any] = {}
        if unit in UNITS or not unit:
            numbers = {"brightness": flux, "brightness_error": error} if flux is not None else {"limit": limit}
        else:
            value |= {"flux": flux, "flux_error": error, "flux_limit": limit, "flux_unit": unit}
        rows.append(
            DatumRow(
                data_type="photometry",
                timestamp=jd_to_datetime(float(point["jd"]), scale="utc"),
                source_name="TNS",
                source_location=f"{TNS_URL}/object/{document['objname']}",
                source_id=f"{document['objname']}:{point['jd']}:{(point.get('filters') or {}).get('id', '')}:{index}",
                telescope=(point.get("telescope") or {}).get("name") or "",
                instrument=(point.get("instrument") or {}).get("name") or "",
                bandpass=(point.get("filters") or {}).get("name") or "",
                exposure_time=number(point.get("exptime")) if point.get("exptime") not in (None, "") else None,
                unit=UNITS.get(unit, unit),
                value=value,
                **numbers,
            )
        )
    return rows

"""What several brokers of ZTF alerts share."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms

from tom_clients.alert_packets.measurement import EXPOSURE_START, flux_from_magnitude, number
from tom_common.conf import tom_settings
from tom_dataproducts.rows import DatumRow

ZTF_FILTERS = {1: "g", 2: "r", 3: "i"}


def broker_setting(broker: str, key: str, default: Any = None) -> Any:
    """`settings.BROKERS[broker][key]`; the broker's name in either case."""
    brokers = tom_settings.BROKERS or {}
    found = next((value for name, value in brokers.items() if name.upper() == broker.upper()), None) or {}
    value = found.get(key)
    return default if value in (None, "") else value


def is_negative(isdiffpos: Any) -> bool:
    """Is the candidate from the negative subtraction (reference minus science)?"""
    return str(isdiffpos).strip().lower() in ("f", "0", "-1", "false")


def ztf_row(
    row: Mapping[str, Any], *, mjd: float, source_name: str, source_location: str, source_id: str, band: str | None = None
) -> DatumRow | None:
    """A row from a broker's record with ZTF's field names: a detection, a negative difference, or a limit; None if it is neither."""
    from tom_astro.times import mjd_to_datetime

    bandpass = band or ZTF_FILTERS.get(row.get("fid"), "")
    magnitude, error, limit = (number(row.get(key)) for key in ("magpsf", "sigmapsf", "diffmaglim"))
    value: dict[str, Any] = {"time_reference": EXPOSURE_START, "flux_kind": "difference"}
    numbers: dict[str, Any] = {}
    if magnitude is not None and is_negative(row.get("isdiffpos")):
        value |= {
            "difference_sign": "negative",
            "difference_flux": -flux_from_magnitude(magnitude),
            "difference_flux_unit": "nJy",
        }
    elif magnitude is not None:
        numbers = {"brightness": magnitude, "brightness_error": error}
    elif limit is not None:
        numbers = {"limit": limit}
    else:
        return None
    return DatumRow(
        data_type="photometry",
        timestamp=mjd_to_datetime(float(mjd), scale="utc"),
        source_name=source_name,
        source_location=source_location,
        source_id=source_id,
        telescope="ZTF",
        bandpass=bandpass,
        unit="AB" if numbers else "",
        value=value,
        **numbers,
    )


def mjd_time(mjd: Any) -> Any:
    """An aware datetime, or None where the broker gives none."""
    from tom_astro.times import mjd_to_datetime

    value = number(mjd)
    return None if value is None else mjd_to_datetime(value, scale="utc")


class ConeField(forms.CharField):
    """A cone as text that `parse_cone` reads."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "label": "Cone search", "help_text": "RA,Dec,radius in degrees", **kwargs})

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if text:
            try:
                parse_cone(text)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error
        return text


def parse_cone(text: str) -> tuple[float, float, float]:
    """'RA,Dec,radius' as three numbers.

    :raises ValueError: it is not three numbers
    """
    try:
        ra, dec, radius = (float(part) for part in text.replace(" ", ",").split(",") if part)
    except ValueError as error:
        raise ValueError("Give RA, Dec and radius in degrees, with commas between them: 150.1,2.2,0.01") from error
    if not (0 <= ra <= 360 and -90 <= dec <= 90 and radius > 0):
        raise ValueError("RA is 0 to 360, Dec -90 to 90, the radius above 0 degrees.")
    return ra, dec, radius


def as_json(alert: Any) -> Any:
    """A broker's record, also where a caller hands it over as JSON text."""
    return json.loads(alert) if isinstance(alert, str) and alert[:1] in "[{" else alert

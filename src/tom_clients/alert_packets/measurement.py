"""What both surveys' packets are turned into: measurements as numbers with units, and what the number is a measurement of."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

EXPOSURE_START = "exposure start"
MID_EXPOSURE = "mid-exposure"

AB_ZERO_POINT_NJY = 31.4
"""AB magnitude of 1 nJy: 2.5 * 32 - 48.6 (Oke & Gunn 1983)."""

MAGNITUDES_PER_FRACTION = 2.5 / math.log(10)
"""1.0857: the error in magnitudes of a small relative error of a flux."""

DETECTION_SIGMA = 3.0
LIMIT_SIGMA = 5.0
"""Forced photometry below `DETECTION_SIGMA` is given as a limit of `LIMIT_SIGMA`, as the ZTF forced photometry guide advises."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One photometric measurement.

    `timestamp` is UTC (aware); `value["time_reference"]` says which moment of the exposure it is. `brightness`, its error and `limit` are
    AB magnitudes of the *difference* image (`value["flux_kind"]`). A source that faded against the reference has no brightness: its
    negative flux stands in `value["difference_flux"]` (nJy). `solar_system_distance_arcsec` is given when a known solar-system object was near.
    `from_history` marks what a packet repeats of the past: it fills gaps, and never overrides what the exposure's own alert said.
    """

    source_id: str
    timestamp: datetime
    bandpass: str
    brightness: float | None = None
    brightness_error: float | None = None
    limit: float | None = None
    exposure_s: float | None = None
    setup: str = ""
    from_history: bool = False
    solar_system_distance_arcsec: float | None = None
    value: dict[str, Any] = field(default_factory=dict)


def number(value: Any) -> float | None:
    """A finite float, or None for null, NaN, infinity and the surveys' -999 and -99999."""
    if value is None or isinstance(value, bool):
        return None
    result = float(value)
    return result if math.isfinite(result) and result not in (-999.0, -99999.0) else None


def flux_from_magnitude(magnitude: float) -> float:
    """nJy of an AB magnitude."""
    return 10.0 ** ((AB_ZERO_POINT_NJY - magnitude) / 2.5)


def magnitude_from_flux(flux_njy: float) -> float:
    """AB magnitude of a positive flux in nJy."""
    return AB_ZERO_POINT_NJY - 2.5 * math.log10(flux_njy)


def forced_numbers(flux_njy: float, error_njy: float) -> dict[str, float]:
    """Brightness and error, or a limit, of a forced measurement (fluxes in nJy)."""
    if flux_njy > DETECTION_SIGMA * error_njy:
        return {"brightness": magnitude_from_flux(flux_njy), "brightness_error": MAGNITUDES_PER_FRACTION * error_njy / flux_njy}
    return {"limit": magnitude_from_flux(LIMIT_SIGMA * error_njy)}

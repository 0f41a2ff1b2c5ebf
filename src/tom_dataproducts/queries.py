"""Questions to the data: columns of numbers for plots, newest points."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Q, QuerySet

from tom_common.conf import tom_settings

from .models import ReducedDatum
from .policy import seen_target_data, target_data

MAGNITUDE_SYSTEMS = {"", "ab", "vega", "st", "landolt", "bessell", "asinh"}


def is_magnitude(unit: str) -> bool:
    """Whether a brightness of this unit is a magnitude: "AB" and "AB mag" alike; without a unit it is one."""
    return "mag" in unit.lower() or unit.strip().lower() in MAGNITUDE_SYSTEMS


def light_curve(user: Any, target: Any, *, limit: int | None = None) -> dict[str, Any]:
    """Columns of the photometry of a target that `user` may see, by series of one band, each in order of time (MJD, UTC).
    `from` of a series names, point by point, the place in `sources` of the telescope or source.

    More points than `limit` (TOM_PLOT_MAX_POINTS) are thinned evenly in time within each series; `total` tells how many there are.
    """
    from tom_astro.bands import band
    from tom_astro.times import datetime_to_mjd

    limit = limit or tom_settings.TOM_PLOT_MAX_POINTS
    points = (
        target_data(user, target)
        .filter(data_type="photometry")
        .filter(Q(brightness__isnull=False) | Q(limit__isnull=False))
        .order_by("timestamp", "pk")
        .values_list("timestamp", "bandpass", "telescope", "brightness", "brightness_error", "limit", "unit", "source_name", "pk")
    )
    rows = list(points)
    total = len(rows)
    step = max(1, -(-total // limit))
    series: dict[tuple[str, str], dict[str, Any]] = {}
    sources: dict[str, int] = {}
    place: dict[tuple[str, str], int] = {}
    for when, bandpass, telescope, brightness, error, upper, unit, source, pk in rows:
        known = band(bandpass, telescope or source or None) if bandpass else None
        name = known.key if known is not None and known.known else (bandpass or "no filter")
        kind = "mag" if is_magnitude(unit) else "flux"
        key = (name, kind)
        count = place[key] = place.get(key, -1) + 1
        if count % step:
            continue
        one = series.setdefault(
            key,
            {
                "name": name, "colour": known.colour if known is not None else "#777777", "kind": kind, "unit": unit,
                "mjd": [], "y": [], "error": [], "is_limit": [], "id": [], "from": [],
            },
        )
        one["mjd"].append(datetime_to_mjd(when))
        one["y"].append(brightness if brightness is not None else upper)
        one["error"].append(error)
        one["is_limit"].append(brightness is None)
        one["id"].append(pk)
        one["from"].append(sources.setdefault(telescope or source or "", len(sources)))
    shown = sum(len(one["mjd"]) for one in series.values())
    return {"target": target.pk, "total": total, "shown": shown, "sources": list(sources), "series": list(series.values())}


def spectra(user: Any, target: Any, *, data_product: Any = None, limit: int | None = None, most: int = 200) -> dict[str, Any]:
    """Columns of the newest spectra of a target that `user` may see, each thinned to `limit` points."""
    limit = limit or tom_settings.TOM_PLOT_MAX_POINTS
    rows = target_data(user, target).filter(data_type="spectroscopy").order_by("-timestamp", "-pk")
    if data_product is not None:
        rows = rows.filter(data_product=data_product)
    found = []
    for row in rows.only(
        "timestamp", "telescope", "instrument", "source_name", "wavelength", "flux", "error", "wavelength_unit", "flux_unit", "data_type"
    )[:most]:
        count = min(len(row.wavelength), len(row.flux))
        if not count:
            continue
        step = max(1, -(-count // limit))
        found.append(
            {
                "id": row.pk,
                "name": " ".join(filter(None, (row.telescope or row.source_name, row.instrument, f"{row.timestamp:%Y-%m-%d %H:%M}"))),
                "timestamp": row.timestamp.isoformat(),
                "wavelength": row.wavelength[:count:step],
                "flux": [None if flux != flux else flux for flux in row.flux[:count:step]],
                "wavelength_unit": row.wavelength_unit or "Angstrom",
                "flux_unit": row.flux_unit,
            }
        )
    return {"target": target.pk, "spectra": found}


def newest_photometry(user: Any, target: Any, limit: int = 1) -> list[ReducedDatum]:
    """The newest points of a target that `user` may see."""
    return _newest(target_data(user, target), limit)


def newest_of_seen_target(user: Any, target: Any) -> ReducedDatum | None:
    """The newest point of a target that `user` is known to see, in one query."""
    return next(iter(_newest(seen_target_data(user, target), 1)), None)


def _newest(rows: QuerySet, limit: int) -> list[ReducedDatum]:
    rows = rows.filter(data_type="photometry").filter(Q(brightness__isnull=False) | Q(limit__isnull=False))
    return list(rows.defer("wavelength", "flux", "error").order_by(F("timestamp").desc(), "-pk")[:limit])

"""Spectra of a target as columns of numbers."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.db.models import BinaryField, Func

from tom_common.conf import tom_settings
from tom_dataproducts.policy import target_data

from .formats import listed, packed
from .thinning import extremes

ANGSTROM = {
    "": 1.0, "angstrom": 1.0, "angstroms": 1.0, "ångström": 1.0, "aa": 1.0, "a": 1.0, "å": 1.0, "nm": 10.0, "nanometer": 10.0, "um": 1e4,
    "µm": 1e4, "μm": 1e4, "micron": 1e4, "microns": 1e4, "micrometer": 1e4, "mm": 1e7, "m": 1e10,
}  # fmt: skip
POINTS_IN_ALL = 10
"""Times TOM_PLOT_MAX_POINTS: what all the spectra of one answer have together."""
MOST = 200


class Packed(Func):
    """A column of packed floats as its bytes."""

    template = "%(expressions)s"
    arity = 1
    output_field = BinaryField()


def rows_of(user: Any, target: Any, *, seen: bool = False) -> Any:
    """Spectra of the target that `user` may see, newest first; `seen` as for `policy.target_data`."""
    return target_data(user, target, seen=seen).filter(data_type="spectroscopy").order_by("-timestamp", "-pk")


def spectra(
    user: Any,
    target: Any,
    *,
    rows: Any = None,
    ids: list[int] | None = None,
    data_product: Any = None,
    limit: int | None = None,
    pack: bool = False,
) -> list[dict[str, Any]]:
    """The newest spectra (200 at most) that `user` may see, or those of `ids`, ready for JSON, each in order of wavelength; `rows`:
    what `rows_of` found, for who asked already.

    Wavelengths of a known unit of length are in Angstrom; `wavelength_unit` says what they are in. Each spectrum of more than `limit` points is
    thinned: of every part of the wavelength range the least and the greatest flux stay.
    """
    import numpy as np

    rows = rows_of(user, target) if rows is None else rows
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if data_product is not None:
        rows = rows.filter(data_product=data_product)
    found = list(
        rows.values_list(
            "pk",
            "timestamp",
            "telescope",
            "instrument",
            "source_name",
            "source_location",
            "wavelength_unit",
            "flux_unit",
            Packed("wavelength"),
            Packed("flux"),
        )[:MOST]
    )
    points = tom_settings.TOM_PLOT_MAX_POINTS
    limit = limit or max(1000, min(points, POINTS_IN_ALL * points // max(1, len(found))))
    column = packed if pack else listed
    answer = []
    for pk, timestamp, telescope, instrument, source, place, unit, flux_unit, wavelength_bytes, flux_bytes in found:
        wavelength, flux = (np.frombuffer(bytes(stored or b""), dtype="<f8") for stored in (wavelength_bytes, flux_bytes))
        count = min(len(wavelength), len(flux))
        wavelength, flux = wavelength[:count], flux[:count]
        if not np.isfinite(wavelength).all():
            good = np.isfinite(wavelength)
            wavelength, flux = wavelength[good], flux[good]
        if not len(wavelength) or not np.isfinite(flux).any():
            continue
        factor = ANGSTROM.get(unit.strip().lower())
        if factor is not None and factor != 1.0:
            wavelength = wavelength * factor
        if (np.diff(wavelength) < 0).any():
            order = np.argsort(wavelength, kind="stable")
            wavelength, flux = wavelength[order], flux[order]
        total = len(wavelength)
        if total > limit:
            good = np.flatnonzero(np.isfinite(flux))
            kept = good[extremes(wavelength[good], flux[good], low=wavelength[0], high=wavelength[-1], bins=limit // 2)]
            wavelength, flux = wavelength[kept], flux[kept]
        answer.append(
            {
                "id": pk,
                "name": " ".join(filter(None, (telescope or source or PurePosixPath(place).name, instrument, f"{timestamp:%Y-%m-%d %H:%M}"))),
                "timestamp": timestamp.isoformat(),
                "telescope": telescope,
                "instrument": instrument,
                "source": source,
                "total": total,
                "wavelength": column(wavelength),
                "flux": column(np.where(np.isfinite(flux), flux, np.nan)),
                "wavelength_unit": "Angstrom" if factor is not None else unit,
                "flux_unit": flux_unit,
            }
        )
    return answer

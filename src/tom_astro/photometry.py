"""Fluxes, magnitudes, zero points and distance modulus.

A zero point is the magnitude of a source whose flux is 1 in the unit at hand: 8.9 for AB and Jy, 23.9 for uJy, 31.4 for nJy.
What has no magnitude (a flux of zero or less) gives NaN, never a number.
"""

from __future__ import annotations

import math
from typing import Any, Literal, NamedTuple

from tom_astro._kinds import Number, all_plain, plain
from tom_astro.extinction import deredden, extinction_curve, extinction_mag

__all__ = [
    "AB_ZERO_POINTS",
    "Flux",
    "Magnitude",
    "Photometry",
    "ab_to_vega",
    "absolute_magnitude",
    "asinh_magnitude",
    "band_flux_to_mag",
    "band_mag_to_flux",
    "band_zero_point_jy",
    "convert_flux",
    "deredden",
    "detection_or_limit",
    "distance_modulus",
    "distance_pc",
    "extinction_curve",
    "extinction_mag",
    "flux_to_mag",
    "jy_to_ab",
    "mag_to_flux",
    "njy_to_ab",
    "ujy_to_ab",
    "vega_to_ab",
    "zero_point",
]

POGSON = 2.5 / math.log(10.0)
"""Magnitudes per unit of relative flux: 1.0857."""

AB_ZERO_POINTS = {"Jy": 8.9, "mJy": 16.4, "uJy": 23.9, "nJy": 31.4, "erg/s/cm2/Hz": -48.6, "W/m2/Hz": -56.1}
"""Oke & Gunn 1983, ApJ 266, 713: m = -2.5 log10(f / (erg/s/cm2/Hz)) - 48.6, exactly; 3630.78 Jy has magnitude 0."""

_UNIT_NAMES = {
    "jy": "Jy", "jansky": "Jy", "mjy": "mJy", "ujy": "uJy", "\u00b5jy": "uJy", "\u03bcjy": "uJy", "microjansky": "uJy", "njy": "nJy",
    "nanojansky": "nJy", "erg/s/cm2/hz": "erg/s/cm2/Hz", "erg/s/cm^2/hz": "erg/s/cm2/Hz", "w/m2/hz": "W/m2/Hz", "w/m^2/hz": "W/m2/Hz",
}  # fmt: skip


class Magnitude(NamedTuple):
    """Magnitude and its error; NaN where there is none."""

    magnitude: Any
    error: Any


class Flux(NamedTuple):
    """Flux and its error, in the unit of the zero point."""

    flux: Any
    error: Any


class Photometry(NamedTuple):
    """A detection has magnitude and error, a non-detection a limit; what does not apply is NaN."""

    magnitude: Any
    error: Any
    limit: Any


def zero_point(unit: str) -> float:
    """AB zero point of a unit: Jy, mJy, uJy, nJy, erg/s/cm2/Hz or W/m2/Hz.

    Raises
    ------
    ValueError
        A unit that is not one of flux density per frequency.
    """
    # "mJy" and "MJy" differ by nine orders of magnitude and only in case.
    name = unit.strip().replace(" ", "")
    known = None if name.startswith("MJ") else _UNIT_NAMES.get(name.lower())
    if known is None:
        raise ValueError(f"flux unit {unit!r} is not known; it must be one of {', '.join(AB_ZERO_POINTS)}")
    return AB_ZERO_POINTS[known]


def convert_flux(flux: Number, from_unit: str, to_unit: str) -> Any:
    """Flux density in another unit (see `zero_point`)."""
    import numpy as np

    factor = 10.0 ** round((zero_point(to_unit) - zero_point(from_unit)) / 2.5, 9)
    return plain(np.asarray(flux, dtype=float) * factor)


def flux_to_mag(flux: Number, flux_error: Number | None = None, *, zero_point: Number = 8.9) -> Magnitude:
    """Magnitude of a flux.

    Parameters
    ----------
    flux : float or array_like
    flux_error : float or array_like, optional
    zero_point : float or array_like
        Magnitude of flux 1; by default AB for Jy.

    Returns
    -------
    Magnitude
        NaN for a flux of zero or less. The error is that of first order, 1.0857 times the relative error of the flux (2 % too small at
        5 sigma; below 3 sigma use `detection_or_limit`); NaN without `flux_error`.
    """
    if all_plain(flux, zero_point) and (flux_error is None or all_plain(flux_error)):
        if not flux > 0.0:
            return Magnitude(math.nan, math.nan)
        return Magnitude(zero_point - 2.5 * math.log10(flux), math.nan if flux_error is None else POGSON * flux_error / flux)
    import numpy as np

    values = np.asarray(flux, dtype=float)
    values = np.where(values > 0.0, values, np.nan)
    magnitude = np.asarray(zero_point, dtype=float) - 2.5 * np.log10(values)
    errors = np.full(magnitude.shape, np.nan) if flux_error is None else POGSON * np.asarray(flux_error, dtype=float) / values
    return Magnitude(plain(magnitude), plain(errors))


def mag_to_flux(magnitude: Number, magnitude_error: Number | None = None, *, zero_point: Number = 8.9) -> Flux:
    """Flux of a magnitude: the inverse of `flux_to_mag`, errors too."""
    import numpy as np

    flux = 10.0 ** (-0.4 * (np.asarray(magnitude, dtype=float) - np.asarray(zero_point, dtype=float)))
    errors = np.full(np.shape(flux), np.nan) if magnitude_error is None else flux * np.asarray(magnitude_error, dtype=float) / POGSON
    return Flux(plain(flux), plain(np.asarray(errors)))


def jy_to_ab(flux: Number, flux_error: Number | None = None) -> Magnitude:
    """AB magnitude of a flux in Jy."""
    return flux_to_mag(flux, flux_error, zero_point=8.9)


def ujy_to_ab(flux: Number, flux_error: Number | None = None) -> Magnitude:
    """AB magnitude of a flux in uJy (ATLAS)."""
    return flux_to_mag(flux, flux_error, zero_point=23.9)


def njy_to_ab(flux: Number, flux_error: Number | None = None) -> Magnitude:
    """AB magnitude of a flux in nJy (Rubin)."""
    return flux_to_mag(flux, flux_error, zero_point=31.4)


def detection_or_limit(
    flux: Number, flux_error: Number, *, zero_point: Number = 8.9, detection_sigma: float = 3.0, limit_sigma: float = 3.0
) -> Photometry:
    """A magnitude where the flux is a detection, otherwise a limit.

    Parameters
    ----------
    flux, flux_error : float or array_like
        Forced photometry: negative fluxes are welcome.
    zero_point : float or array_like
        Magnitude of flux 1.
    detection_sigma : float
        A flux of more than so many errors is a detection.
    limit_sigma : float
        The limit is the magnitude of so many errors.

    Returns
    -------
    Photometry
        NaN for the three where the error is not positive or either is not finite.
    """
    import numpy as np

    flux_a, error_a = np.broadcast_arrays(np.asarray(flux, dtype=float), np.asarray(flux_error, dtype=float))
    good = np.isfinite(flux_a) & np.isfinite(error_a) & (error_a > 0.0)
    found = good & (flux_a > detection_sigma * np.where(good, error_a, 1.0)) & (flux_a > 0.0)
    magnitude, error = flux_to_mag(np.where(found, flux_a, np.nan), error_a, zero_point=zero_point)
    limit = flux_to_mag(np.where(good & ~found, limit_sigma * error_a, np.nan), zero_point=zero_point).magnitude
    return Photometry(magnitude, error, limit)


def asinh_magnitude(flux: Number, flux_error: Number | None = None, *, softening: float, zero_point: Number = 8.9) -> Magnitude:
    """Asinh magnitude (Lupton, Gunn & Szalay 1999, AJ 118, 1406), finite for any flux.

    Parameters
    ----------
    flux, flux_error : float or array_like
    softening : float
        b, as a fraction of the flux of magnitude 0 (SDSS: 0.9e-10 in g). Far above it the magnitude is the ordinary one.
    zero_point : float or array_like
        Magnitude of flux 1.
    """
    import numpy as np

    if not softening > 0.0:
        raise ValueError(f"softening {softening} must be more than 0")
    unit = 10.0 ** (-0.4 * np.asarray(zero_point, dtype=float))
    ratio = np.asarray(flux, dtype=float) * unit / (2.0 * softening)
    magnitude = -POGSON * (np.arcsinh(ratio) + math.log(softening))
    if flux_error is None:
        return Magnitude(plain(magnitude), plain(np.full(np.shape(magnitude), np.nan)))
    error = POGSON * np.asarray(flux_error, dtype=float) * unit / (2.0 * softening) / np.sqrt(1.0 + ratio**2)
    return Magnitude(plain(magnitude), plain(error))


# --- systems


def _offset(band_name: str, survey: str | None) -> float:
    from tom_astro.bands import band

    found = band(band_name, survey)
    if found.ab_minus_vega is None:
        raise ValueError(
            f"no published difference between AB and Vega is on record for band {band_name!r}" + (f" of {survey}" if survey else "")
        )
    return float(found.ab_minus_vega)


def vega_to_ab(magnitude: Number, band_name: str, survey: str | None = None) -> Any:
    """AB magnitude of a Vega magnitude, by the published offset of the band (``band(...).ab_minus_vega``, source beside it).

    Raises
    ------
    ValueError
        A band without an offset on record.
    """
    import numpy as np

    return plain(np.asarray(magnitude, dtype=float) + _offset(band_name, survey))


def ab_to_vega(magnitude: Number, band_name: str, survey: str | None = None) -> Any:
    """Vega magnitude of an AB magnitude: the inverse of `vega_to_ab`."""
    import numpy as np

    return plain(np.asarray(magnitude, dtype=float) - _offset(band_name, survey))


System = Literal["AB", "Vega"]


def band_zero_point_jy(band_name: str, survey: str | None = None, system: System | None = None) -> float:
    """Flux in Jy of magnitude 0 in a band.

    Parameters
    ----------
    band_name, survey : str
        As for :func:`tom_astro.bands.band`, which holds the numbers and their sources.
    system : {"AB", "Vega"}, optional
        By default that in which the survey publishes.

    Returns
    -------
    float
        3630.78 for AB; for Vega what the survey publishes, else the AB value times the published AB - Vega.

    Raises
    ------
    ValueError
        No system is given or on record, or no Vega zero point is.
    """
    from tom_astro.bands import band

    found = band(band_name, survey)
    chosen = system or found.system
    ab = float(10.0 ** (0.4 * AB_ZERO_POINTS["Jy"]))
    if chosen == "AB":
        return ab
    if chosen != "Vega":
        where = f" of {survey}" if survey else ""
        raise ValueError(f"band {band_name!r}{where} has no magnitude system on record; give AB or Vega")
    if found.vega_zero_jy is not None:
        return found.vega_zero_jy
    return ab * float(10.0 ** (-0.4 * _offset(band_name, survey)))


def band_mag_to_flux(
    magnitude: Number, magnitude_error: Number | None = None, *, band_name: str, survey: str | None = None, system: System | None = None
) -> Flux:
    """Flux in Jy of a magnitude in a band, AB or Vega: see `band_zero_point_jy`."""
    return mag_to_flux(magnitude, magnitude_error, zero_point=2.5 * math.log10(band_zero_point_jy(band_name, survey, system)))


def band_flux_to_mag(
    flux_jy: Number, flux_error_jy: Number | None = None, *, band_name: str, survey: str | None = None, system: System | None = None
) -> Magnitude:
    """Magnitude in a band, AB or Vega, of a flux in Jy: the inverse of `band_mag_to_flux`."""
    return flux_to_mag(flux_jy, flux_error_jy, zero_point=2.5 * math.log10(band_zero_point_jy(band_name, survey, system)))


# --- distance


def distance_modulus(distance: Number) -> Any:
    """m - M of a distance in pc: 5 log10(d / 10 pc); NaN for what is not positive."""
    import numpy as np

    value = np.asarray(distance, dtype=float)
    return plain(5.0 * np.log10(np.where(value > 0.0, value, np.nan)) - 5.0)


def distance_pc(modulus: Number) -> Any:
    """Distance in pc of a modulus: the inverse of `distance_modulus`."""
    import numpy as np

    return plain(10.0 ** (np.asarray(modulus, dtype=float) / 5.0 + 1.0))


def absolute_magnitude(magnitude: Number, distance: Number, *, extinction: Number = 0.0) -> Any:
    """Absolute magnitude at a distance in pc, corrected for `extinction` in magnitudes; no K correction."""
    import numpy as np

    return plain(np.asarray(magnitude, dtype=float) - distance_modulus(distance) - np.asarray(extinction, dtype=float))

"""Fluxes, magnitudes, zero points, extinction and distance modulus.

A zero point is the magnitude of a source whose flux is 1 in the unit at hand: 8.9 for AB and Jy, 23.9 for uJy, 31.4 for nJy.
What has no magnitude (a flux of zero or less) gives NaN, never a number.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from tom_astro._kinds import Number, all_plain, plain

__all__ = [
    "AB_ZERO_POINTS",
    "Flux",
    "Magnitude",
    "Photometry",
    "ab_to_vega",
    "absolute_magnitude",
    "asinh_magnitude",
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


# --- extinction

Law = Literal["ccm89", "odonnell94", "f99"]


def _polynomial(y: Any, coefficients: tuple[float, ...]) -> Any:
    total = 0.0
    for c in reversed(coefficients):
        total = total * y + c
    return total


_CCM_A = (1.0, 0.17699, -0.50447, -0.02427, 0.72085, 0.01979, -0.77530, 0.32999)
_CCM_B = (0.0, 1.41338, 2.28305, 1.07233, -5.38434, -0.62251, 5.30260, -2.09002)
_ODONNELL_A = (1.0, 0.104, -0.609, 0.701, 1.137, -1.718, -0.827, 1.647, -0.505)
_ODONNELL_B = (0.0, 1.952, 2.908, -3.989, -7.985, 11.102, 5.491, -10.805, 3.347)


def _ccm(x: Any, r_v: float, optical: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    import numpy as np

    y = x - 1.82
    u = np.maximum(x - 5.9, 0.0)
    f = x - 8.0
    branches = [x < 1.1, x < 3.3, x <= 8.0]
    a = np.select(
        branches,
        [
            0.574 * x**1.61,
            _polynomial(y, optical[0]),
            1.752 - 0.316 * x - 0.104 / ((x - 4.67) ** 2 + 0.341) - 0.04473 * u**2 - 0.009779 * u**3,
        ],
        _polynomial(f, (-1.073, -0.628, 0.137, -0.070)),
    )
    b = np.select(
        branches,
        [
            -0.527 * x**1.61,
            _polynomial(y, optical[1]),
            -3.090 + 1.825 * x + 1.206 / ((x - 4.62) ** 2 + 0.263) + 0.2130 * u**2 + 0.1207 * u**3,
        ],
        _polynomial(f, (13.670, 4.257, -0.420, 0.374)),
    )
    return a + b / r_v


def _fm_uv(x: Any, r_v: float) -> Any:
    """Fitzpatrick & Massa's ultraviolet curve with the coefficients of F99, as A / E(B-V)."""
    import numpy as np

    c2 = -0.824 + 4.717 / r_v
    c1 = 2.030 - 3.007 * c2
    drude = x**2 / ((x**2 - 4.596**2) ** 2 + (0.99 * x) ** 2)
    far = np.maximum(x - 5.9, 0.0)
    return c1 + c2 * x + 3.23 * drude + 0.41 * (0.5392 * far**2 + 0.05644 * far**3) + r_v


@lru_cache(maxsize=16)
def _f99_spline(r_v: float) -> tuple[Any, Any, Any]:
    """Knots, values and second derivatives of the natural cubic spline through the anchor points of F99."""
    import numpy as np

    knots = np.array([0.0, *(1e4 / w for w in (26500.0, 12200.0, 6000.0, 5470.0, 4670.0, 4110.0, 2700.0, 2600.0))])
    values = np.array(
        [
            0.0,
            0.26469 * r_v / 3.1,
            0.82925 * r_v / 3.1,
            _polynomial(r_v, (-0.422809, 1.00270, 2.13572e-4)),
            _polynomial(r_v, (-5.13540e-2, 1.00216, -7.35778e-5)),
            _polynomial(r_v, (0.700127, 1.00184, -3.32598e-5)),
            _polynomial(r_v, (1.19456, 1.01707, -5.46959e-3, 7.97809e-4, -4.45636e-5)),
            *_fm_uv(np.array([1e4 / 2700.0, 1e4 / 2600.0]), r_v),
        ]
    )
    h = np.diff(knots)
    n = len(knots)
    matrix, right = np.eye(n), np.zeros(n)
    for i in range(1, n - 1):
        matrix[i, i - 1 : i + 2] = h[i - 1], 2.0 * (h[i - 1] + h[i]), h[i]
        right[i] = 6.0 * ((values[i + 1] - values[i]) / h[i] - (values[i] - values[i - 1]) / h[i - 1])
    return knots, values, np.linalg.solve(matrix, right)


def _f99(x: Any, r_v: float) -> Any:
    import numpy as np

    knots, values, curvature = _f99_spline(r_v)
    i = np.clip(np.searchsorted(knots, x, side="right") - 1, 0, len(knots) - 2)
    h = knots[i + 1] - knots[i]
    a, b = (knots[i + 1] - x) / h, (x - knots[i]) / h
    spline = a * values[i] + b * values[i + 1] + ((a**3 - a) * curvature[i] + (b**3 - b) * curvature[i + 1]) * h**2 / 6.0
    return np.where(x >= 1e4 / 2700.0, _fm_uv(x, r_v), spline) / r_v


def extinction_curve(wavelength_nm: Number, law: Law = "f99", r_v: float = 3.1) -> Any:
    """A(wavelength) / A(V) of a published law of the Galactic mean.

    Parameters
    ----------
    wavelength_nm : float or array_like
        In nm: 100 to 3333 for ``ccm89`` and ``odonnell94``, 100 to 6000 for ``f99``.
    law : {"f99", "ccm89", "odonnell94"}
        Fitzpatrick 1999, PASP 111, 63; Cardelli, Clayton & Mathis 1989, ApJ 345, 245; the latter with the optical coefficients of
        O'Donnell 1994, ApJ 422, 158.
    r_v : float
        A(V) / E(B-V), 2 to 6.

    Raises
    ------
    ValueError
        Outside the law's wavelengths or values of R_V.
    """
    import numpy as np

    wavelength = np.asarray(wavelength_nm, dtype=float)
    if not 2.0 <= r_v <= 6.0:
        raise ValueError(f"R_V {r_v} must lie between 2 and 6")
    longest = 6000.0 if law == "f99" else 1e4 / 3.0
    if not ((wavelength >= 100.0) & (wavelength <= longest)).all():
        raise ValueError(f"the law {law} holds from 100 to {longest:.0f} nm")
    x = 1000.0 / wavelength
    if law == "f99":
        return plain(_f99(x, float(r_v)))
    if law == "ccm89":
        return plain(np.asarray(_ccm(x, r_v, (_CCM_A, _CCM_B))))
    if law == "odonnell94":
        return plain(np.asarray(_ccm(x, r_v, (_ODONNELL_A, _ODONNELL_B))))
    raise ValueError(f"extinction law {law!r} is not known; it must be f99, ccm89 or odonnell94")


def extinction_mag(wavelength_nm: Number, ebv: Number, law: Law = "f99", r_v: float = 3.1) -> Any:
    """Extinction in magnitudes at a wavelength (monochromatic) for a given E(B-V): ``curve * r_v * ebv``.

    The colour excess is the caller's: no map is shipped. A map on the scale of Schlegel, Finkbeiner & Davis 1998 is to be multiplied by
    0.86 first (Schlafly & Finkbeiner 2011). In broad bands the source's spectrum changes the value by a few per cent.
    """
    import numpy as np

    return plain(np.asarray(extinction_curve(wavelength_nm, law, r_v)) * r_v * np.asarray(ebv, dtype=float))


def deredden(magnitude: Number, wavelength_nm: Number, ebv: Number, law: Law = "f99", r_v: float = 3.1) -> Any:
    """Magnitude freed of the extinction of `extinction_mag`."""
    import numpy as np

    return plain(np.asarray(magnitude, dtype=float) - extinction_mag(wavelength_nm, ebv, law, r_v))

"""The air between a target and a telescope: airmass by named formulas, refraction for visible light."""

from __future__ import annotations

from typing import Any, Literal

from tom_astro._kinds import Number, plain

__all__ = ["Formula", "airmass", "altitude_of_airmass", "apparent_altitude_deg", "refraction_deg", "true_altitude_deg"]

Formula = Literal["pickering2002", "kasten_young1989", "secant"]


def airmass(altitude_deg: Number, formula: Formula = "pickering2002") -> Any:
    """Airmass at an apparent altitude; NaN below the horizon.

    Parameters
    ----------
    altitude_deg : float or array_like
    formula : {"pickering2002", "kasten_young1989", "secant"}
        Pickering 2002, DIO 12, 1, p. 20: within 0.1 % of standard atmospheres above 10 degrees and 1 % at 1 degree, about 38 at the
        horizon. Kasten & Young 1989, Appl. Opt. 28, 4735: within 0.5 % down to the horizon. The secant of the zenith distance: within 1 %
        above 20 degrees, useless below 10.

    Returns
    -------
    float or ndarray
        1 at the zenith (never less).
    """
    import numpy as np

    alt = np.asarray(altitude_deg, dtype=float)
    h = np.where((alt >= 0.0) & (alt <= 90.0), alt, np.nan)
    if formula == "pickering2002":
        value = 1.0 / np.sin(np.radians(h + 244.0 / (165.0 + 47.0 * h**1.1)))
    elif formula == "kasten_young1989":
        value = 1.0 / (np.sin(np.radians(h)) + 0.50572 * (h + 6.07995) ** -1.6364)
    elif formula == "secant":
        with np.errstate(divide="ignore"):
            value = 1.0 / np.sin(np.radians(h))
    else:
        raise ValueError(f"airmass formula {formula!r} is not known; it must be pickering2002, kasten_young1989 or secant")
    return plain(np.maximum(value, 1.0))


def altitude_of_airmass(value: Number, formula: Formula = "pickering2002") -> Any:
    """Altitude in degrees at which the airmass is `value`: the inverse of `airmass`, by bisection, to 1e-9 degrees.

    Raises
    ------
    ValueError
        An airmass below 1, or larger than that of the horizon.
    """
    import numpy as np

    wanted = np.asarray(value, dtype=float)
    if not ((wanted >= 1.0) & (wanted <= airmass(0.0, formula))).all():
        raise ValueError(f"airmass must lie between 1 and {airmass(0.0, formula):.3g}, that of the horizon")
    low, high = np.zeros(wanted.shape), np.full(wanted.shape, 90.0)
    for _ in range(40):
        middle = (low + high) / 2.0
        above = airmass(middle, formula) <= wanted
        low, high = np.where(above, low, middle), np.where(above, middle, high)
    return plain(np.asarray(high))


def refraction_deg(altitude_deg: Number, *, pressure_hpa: Number = 1010.0, temperature_c: Number = 10.0, apparent: bool = False) -> Any:
    """Lift by refraction in degrees, for visible light.

    Parameters
    ----------
    altitude_deg : float or array_like
        True altitude, or with ``apparent=True`` the apparent one. Below -1 degree the value at -1 degree is given.
    pressure_hpa, temperature_c : float or array_like

    Notes
    -----
    Saemundsson 1986 (Sky & Tel. 72, 70) of the true altitude, Bennett 1982 (J. Inst. Nav. 35, 255) of the apparent: within 0.1 arcmin of
    standard atmospheres above the horizon; real air at the horizon varies by several arcmin.
    """
    import numpy as np

    h = np.clip(np.asarray(altitude_deg, dtype=float), -1.0, 90.0)
    if apparent:
        arcmin = 1.0 / np.tan(np.radians(h + 7.31 / (h + 4.4)))
    else:
        arcmin = 1.02 / np.tan(np.radians(h + 10.3 / (h + 5.11)))
    scale = np.asarray(pressure_hpa, dtype=float) / 1010.0 * 283.0 / (273.0 + np.asarray(temperature_c, dtype=float))
    return plain(np.maximum(arcmin, 0.0) * scale / 60.0)


def apparent_altitude_deg(true_altitude: Number, *, pressure_hpa: Number = 1010.0, temperature_c: Number = 10.0) -> Any:
    """Altitude with refraction of a true altitude; see `refraction_deg`."""
    import numpy as np

    lift = refraction_deg(true_altitude, pressure_hpa=pressure_hpa, temperature_c=temperature_c)
    return plain(np.asarray(true_altitude, dtype=float) + lift)


def true_altitude_deg(apparent_altitude: Number, *, pressure_hpa: Number = 1010.0, temperature_c: Number = 10.0) -> Any:
    """True altitude of one seen through the air: the inverse of `apparent_altitude_deg`, to 1e-9 degrees."""
    import numpy as np

    seen = np.asarray(apparent_altitude, dtype=float)
    low, high = seen - 3.0, seen + 0.0
    for _ in range(34):
        middle = (low + high) / 2.0
        below = apparent_altitude_deg(middle, pressure_hpa=pressure_hpa, temperature_c=temperature_c) < seen
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return plain(np.asarray((low + high) / 2.0))

"""Galactic and ecliptic coordinates, constellations, and the place of a star with its motion and parallax."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from tom_astro._kinds import Number, plain
from tom_astro.sphere import MAS_PER_RADIAN, from_vectors, propagate, separation_deg, to_vectors
from tom_astro.visibility import Site

__all__ = [
    "apparent_place",
    "astrometric_place",
    "constellation",
    "ecliptic_to_icrs",
    "galactic_to_icrs",
    "icrs_to_ecliptic",
    "icrs_to_galactic",
    "mean_of_date",
    "propagate",
    "separation_deg",
]


def _erfa(name: str, first_deg: Number, second_deg: Number, *dates: float) -> tuple[Any, Any]:
    import numpy as np
    from erfa import ufunc

    first, second = np.radians(np.asarray(first_deg, dtype=float)), np.radians(np.asarray(second_deg, dtype=float))
    a, b = getattr(ufunc, name)(*dates, first, second)
    a = np.degrees(a) % 360.0
    return plain(np.where(a == 360.0, 0.0, a)), plain(np.degrees(b))


def icrs_to_galactic(ra_deg: Number, dec_deg: Number) -> tuple[Any, Any]:
    """Galactic longitude and latitude in degrees, as Hipparcos tied the IAU 1958 system to the ICRS.

    ERFA's rotation; astropy's, which goes by way of FK5, differs by 0.025 arcsec.
    """
    return _erfa("icrs2g", ra_deg, dec_deg)


def galactic_to_icrs(l_deg: Number, b_deg: Number) -> tuple[Any, Any]:
    """ICRS right ascension and declination in degrees of galactic coordinates: the inverse of `icrs_to_galactic`."""
    return _erfa("g2icrs", l_deg, b_deg)


def _epoch(mjd_tt: float | None) -> tuple[float, float]:
    return 2400000.5, 51544.5 if mjd_tt is None else float(mjd_tt)


def icrs_to_ecliptic(ra_deg: Number, dec_deg: Number, mjd_tt: float | None = None) -> tuple[Any, Any]:
    """Ecliptic longitude and latitude in degrees, for the mean ecliptic and equinox of a date (IAU 2006).

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        ICRS.
    mjd_tt : float, optional
        Date, MJD TT; by default J2000. IAU 2006 holds for a few thousand years about 2000.
    """
    return _erfa("eqec06", ra_deg, dec_deg, *_epoch(mjd_tt))


def ecliptic_to_icrs(longitude_deg: Number, latitude_deg: Number, mjd_tt: float | None = None) -> tuple[Any, Any]:
    """ICRS position in degrees of ecliptic coordinates: the inverse of `icrs_to_ecliptic`."""
    return _erfa("eceq06", longitude_deg, latitude_deg, *_epoch(mjd_tt))


def mean_of_date(ra_deg: Number, dec_deg: Number, mjd_tt: Number) -> tuple[Any, Any]:
    """Right ascension and declination in degrees for the mean equator and equinox of a date: frame bias and precession (IAU 2006) only.

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        ICRS.
    mjd_tt : float or array_like
        Date, MJD TT; broadcasts with the positions.
    """
    from erfa import ufunc

    return from_vectors(ufunc.rxp(ufunc.pmat06(2400000.5, mjd_tt), to_vectors(ra_deg, dec_deg)))


def apparent_place(ra_deg: Number, dec_deg: Number, mjd_utc: Number) -> tuple[Any, Any]:
    """Right ascension and declination in degrees for the true equator and equinox of a date, as seen from the Earth's centre.

    Precession, nutation (IAU 2006/2000A), annual aberration and the Sun's deflection of light; agrees with astropy's ``TETE`` within 1 mas.

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        Astrometric place on the date, ICRS (see `astrometric_place`).
    mjd_utc : float or array_like
        UTC MJD; broadcasts with the positions.
    """
    import numpy as np
    from erfa import ufunc

    from tom_astro.times import JD_OF_MJD_0, _tt_parts

    one, two = _tt_parts(JD_OF_MJD_0, np.asarray(mjd_utc, dtype=float), "utc")
    ra, dec = np.radians(np.asarray(ra_deg, dtype=float)), np.radians(np.asarray(dec_deg, dtype=float))
    ri, di, origins = ufunc.atci13(ra, dec, 0.0, 0.0, 0.0, 0.0, one, two)
    turned = np.degrees(ri - origins) % 360.0
    return plain(np.where(turned == 360.0, 0.0, turned)), plain(np.degrees(di))


@lru_cache(maxsize=1)
def _constellations() -> tuple[Any, Any, Any, list[str], dict[str, str], Any]:
    """Roman's table of boundaries (right ascension from and to, lower declination), names, and the turn from ICRS to B1875."""
    import importlib.util
    from pathlib import Path

    import numpy as np
    from erfa import ufunc

    spec = importlib.util.find_spec("astropy")
    if spec is None or spec.origin is None:
        raise RuntimeError("constellations need astropy's table of boundaries; install astropy")
    folder = Path(spec.origin).parent / "coordinates" / "data"
    rows = [
        line.split()
        for line in (folder / "constellation_data_roman87.dat").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    names = dict(
        line.split(None, 1)
        for line in (folder / "constellation_names.dat").read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.startswith("#")
    )
    names["Oph"] = "Ophiuchus"  # astropy's file has it misspelt
    limits = np.array([[float(x) for x in row[:3]] for row in rows])
    turn = ufunc.pmat06(*ufunc.epb2jd(1875.0))
    return limits[:, 0] * 15.0, limits[:, 1] * 15.0, limits[:, 2], [row[3] for row in rows], names, turn


def constellation(ra_deg: Number, dec_deg: Number, *, short: bool = False) -> Any:
    """Constellation that holds an ICRS position.

    Parameters
    ----------
    ra_deg, dec_deg : float or array_like
        Degrees.
    short : bool
        ``Ori`` instead of ``Orion``.

    Returns
    -------
    str, or ndarray of str

    Notes
    -----
    Roman 1987, PASP 99, 695 (CDS VI/42), out of astropy's data: the boundaries of Delporte at B1875. Right to an arcsec of a boundary (the
    equinox of B1875 is taken in the IAU 2006 precession); astropy's own function shifts positions by annual aberration (20 arcsec) first.
    """
    import numpy as np

    low, high, floor, codes, names, turn = _constellations()
    vectors = to_vectors(ra_deg, dec_deg)
    shape = vectors.shape[:-1]
    ra, dec = (np.atleast_1d(v) for v in from_vectors(vectors.reshape(-1, 3) @ turn.T))
    found = np.full(ra.shape, -1)
    # The table runs from north to south: the first row that fits is the one.
    for row in range(len(codes)):
        fits = (found < 0) & (dec >= floor[row]) & (ra >= low[row]) & (ra < high[row])
        found[fits] = row
    words = np.array([code if short else names.get(code, code) for code in codes])[found].reshape(shape)
    return str(words) if words.ndim == 0 else words


def astrometric_place(
    ra: Number,
    dec: Number,
    mjd_utc: Number,
    *,
    pm_ra_masyr: Number = 0.0,
    pm_dec_masyr: Number = 0.0,
    from_epoch_jyear: Number = 2000.0,
    parallax_mas: Number = 0.0,
    radial_velocity_kms: Number = 0.0,
    site: Site | None = None,
) -> tuple[Any, Any]:
    """Where a star stands among the others on a date: proper motion and annual parallax, the place to point at.

    Parameters
    ----------
    ra, dec, pm_ra_masyr, pm_dec_masyr, from_epoch_jyear, radial_velocity_kms
        As for `propagate`.
    mjd_utc : float or array_like
        UTC MJD.
    parallax_mas : float or array_like
        0 for none.
    site : Site, optional
        Observatory; it matters to nothing outside the solar system (below 40 microarcsec).

    Returns
    -------
    ra_deg, dec_deg : float or ndarray
        ICRS, without aberration and light deflection.
    """
    import numpy as np
    from erfa import ufunc

    from tom_astro.times import JD_OF_MJD_0, _tt_parts, mjd_to_jyear
    from tom_astro.visibility import site_vector_au

    one, two = _tt_parts(JD_OF_MJD_0, np.asarray(mjd_utc, dtype=float), "utc")
    moved = propagate(
        ra,
        dec,
        pm_ra_masyr,
        pm_dec_masyr,
        from_epoch_jyear,
        mjd_to_jyear((one - JD_OF_MJD_0) + two),
        parallax_mas=parallax_mas,
        radial_velocity_kms=radial_velocity_kms,
    )
    earth = ufunc.epv00(one, two)[1]["p"]
    if site is not None:
        earth = earth + site_vector_au(site, one, two)
    return from_vectors(to_vectors(*moved) - (np.asarray(parallax_mas, dtype=float) / MAS_PER_RADIAN)[..., None] * earth)

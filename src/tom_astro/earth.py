"""Where the Earth is and how it is turned.

UT1 - UTC and polar motion come from the tables of the IERS that the package astropy-iers-data ships. They run from 1973 to a year after the
release of the package: measured values are good to 0.1 ms and 0.1 mas, the prediction of a year to some 20 ms and 20 mas. Outside them, and
without the package, all three are taken as 0: UT1 - UTC is kept below 0.9 s (14 arcsec of hour angle), polar motion stays below 0.6 arcsec.

Precession, nutation (IAU 2006/2000A) and the place of the Earth cost 0.1 ms a moment and change slowly: `earth_state` computes them twice a
day and interpolates.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

from tom_astro._kinds import Number, plain

__all__ = ["EarthOrientation", "EarthState", "earth_orientation", "earth_state"]

_NODE_DAYS = 0.5
_NODES = (-2, -1, 0, 1, 2, 3)
_FEW = 16


class EarthOrientation(NamedTuple):
    """UT1 - UTC in seconds; the pole in arcsec."""

    ut1_utc_s: Any
    x_arcsec: Any
    y_arcsec: Any


def _tai_utc(mjd: Any) -> Any:
    import numpy as np
    from erfa import leap_seconds

    rows = leap_seconds.get()
    rows = rows[rows["year"] >= 1972]
    months = (rows["year"].astype(int) - 1970) * 12 + rows["month"] - 1
    starts = (months.astype("datetime64[M]").astype("datetime64[D]") - np.datetime64("1858-11-17")).astype(float)
    steps = np.concatenate([rows["tai_utc"][:1], rows["tai_utc"]])
    return steps[np.searchsorted(starts, mjd, side="right")]


@lru_cache(maxsize=1)
def _table() -> tuple[Any, Any, Any, Any] | None:
    """MJD, UT1 - TAI (which has no leaps), x and y."""
    import importlib.util
    from pathlib import Path

    import numpy as np

    spec = importlib.util.find_spec("astropy_iers_data")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "data" / "finals2000A.all"
    if not path.is_file():
        return None
    lines = [line for line in path.read_text().splitlines() if line[58:68].strip()]
    mjd, ut1, x, y = np.array([(line[7:15], line[58:68], line[18:27], line[37:46]) for line in lines], dtype=float).T.copy()
    return mjd, ut1 - _tai_utc(mjd), x, y


def earth_orientation(mjd_utc: Number) -> EarthOrientation:
    """UT1 - UTC and the pole at UTC MJDs, interpolated between days; 0 outside the table.

    Within 0.5 ms and 2 mas of astropy's since 1995, which interpolates in the same way another series; the two differ by 6 ms in the seventies.
    """
    import numpy as np

    times = np.asarray(mjd_utc, dtype=float)
    table = _table()
    if table is None:
        zero = plain(np.zeros(times.shape))
        return EarthOrientation(zero, zero, zero)
    mjd, ut1_tai, x, y = table
    inside = (times >= mjd[0]) & (times <= mjd[-1])
    found = np.where(inside, np.interp(times, mjd, ut1_tai) + _tai_utc(times), 0.0)
    return EarthOrientation(plain(found), *(plain(np.interp(times, mjd, column, left=0.0, right=0.0)) for column in (x, y)))


class EarthState(NamedTuple):
    """The Earth at times of some shape.

    Attributes
    ----------
    pole_x, pole_y, origin_s, equation_of_origins : ndarray
        Celestial intermediate pole in the GCRS, CIO locator, Earth rotation angle less sidereal time; rad.
    from_sun_au, from_barycentre_au, velocity_au_day, sun_velocity_au_day : ndarray, shape (..., 3)
        Places of the Earth's centre; velocities about the barycentre.
    """

    pole_x: Any
    pole_y: Any
    origin_s: Any
    equation_of_origins: Any
    from_sun_au: Any
    from_barycentre_au: Any
    velocity_au_day: Any
    sun_velocity_au_day: Any


def _computed(one: Any, two: Any) -> Any:
    """The columns of `EarthState` at times in TT, shape (..., 16)."""
    import numpy as np
    from erfa import ufunc

    sun, barycentre, _ = ufunc.epv00(one, two)
    matrix = ufunc.pnm06a(one, two)
    x, y = ufunc.bpn2xy(matrix)
    s = ufunc.s06(one, two, x, y)
    pole = np.stack([x, y, s, ufunc.eors(matrix, s)], axis=-1)
    return np.concatenate([pole, sun["p"], barycentre["p"], barycentre["v"], barycentre["v"] - sun["v"]], axis=-1)


@lru_cache(maxsize=8192)
def _node(number: int) -> Any:
    from tom_astro.times import JD_OF_MJD_0

    return _computed(JD_OF_MJD_0, number * _NODE_DAYS)


def earth_state(one: Any, two: Any) -> EarthState:
    """The Earth at times in TT, given as ERFA's two parts of a JD whose first is 2400000.5.

    Notes
    -----
    Times that lie close together (within a week, or a day or so from one to the next) are interpolated between nodes half a day apart, with polynomials of
    the fifth degree: within 1 microarcsec and 100 m of ERFA's value at the very time. Others are computed one by one.
    """
    import numpy as np

    from tom_astro.times import JD_OF_MJD_0

    tt = (np.asarray(one, dtype=float) - JD_OF_MJD_0) + np.asarray(two, dtype=float)
    place = tt / _NODE_DAYS
    if tt.size and place.max() - place.min() + len(_NODES) <= max(_FEW, 3 * tt.size):
        below = np.floor(place)
        first = int(below.min()) + _NODES[0]
        nodes = np.array([_node(n) for n in range(first, int(below.max()) + _NODES[-1] + 1)])
        start = (below - first).astype(int)
        u = place - below
        found = np.zeros((*tt.shape, nodes.shape[1]))
        for k in _NODES:
            weight = np.ones(tt.shape)
            for j in _NODES:
                if j != k:
                    weight = weight * (u - j) / (k - j)
            found += weight[..., None] * nodes[start + k]
    else:
        found = _computed(JD_OF_MJD_0, tt)
    return EarthState(*(found[..., i] for i in range(4)), *(found[..., i : i + 3] for i in (4, 7, 10, 13)))

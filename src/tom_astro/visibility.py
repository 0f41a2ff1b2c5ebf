"""What can be seen from where, and when.

Positions go through ERFA's IAU 2006/2000A chain (precession, nutation, aberration, light deflection, Earth rotation). Times are UTC MJD,
scalars or arrays. Arguments broadcast as numpy arrays do: for targets x times give ``ra[:, None], dec[:, None], times``. Where a site is
wanted, a sequence of sites adds a first axis.

UT1 - UTC is taken as `dut1_s`, 0 unless given: it is kept below 0.9 s, so directions are within 15 arcsec of astropy's ``AltAz`` without it,
and within 0.7 arcsec with it (polar motion is left out). ERFA's Earth serves 1900 to 2100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from tom_astro._kinds import Number, plain
from tom_astro.times import JD_OF_MJD_0, TimeError

__all__ = [
    "AltAz",
    "Moon",
    "Night",
    "RiseTransitSet",
    "Site",
    "airmass",
    "altaz",
    "altitude_of_airmass",
    "hour_angle_deg",
    "local_sidereal_time_deg",
    "moon",
    "moon_separation_deg",
    "night",
    "parallactic_angle_deg",
    "refraction_deg",
    "rise_transit_set",
    "sun",
    "sun_altitude",
]

AU_M = 149597870700.0
AU_KM = AU_M / 1000.0
SUNSET_ALTITUDE_DEG = -50.0 / 60.0  # upper limb on the horizon: 34' of refraction and 16' of radius, as almanacs define it
SUN_PARALLAX_DEG = 8.794143 / 3600.0
MOON_RISE_ALTITUDE_DEG = -50.0 / 60.0
TWILIGHTS_DEG = {"civil": -6.0, "nautical": -12.0, "astronomical": -18.0}


@dataclass(frozen=True, slots=True)
class Site:
    """An observatory.

    Parameters
    ----------
    name : str
    latitude_deg, longitude_deg : float
        Geodetic on WGS84; longitude east of Greenwich, -180 to 360.
    elevation_m : float
        Above the ellipsoid.

    Raises
    ------
    ValueError
        A place that is not on the Earth.
    """

    name: str
    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0

    def __post_init__(self) -> None:
        if not -90.0 <= self.latitude_deg <= 90.0:
            raise ValueError(f"site {self.name!r}: latitude {self.latitude_deg} must lie between -90 and 90 degrees")
        if not -180.0 <= self.longitude_deg <= 360.0:
            raise ValueError(f"site {self.name!r}: longitude {self.longitude_deg} must lie between -180 and 360 degrees, east positive")
        if not -1000.0 <= self.elevation_m <= 100000.0:
            raise ValueError(f"site {self.name!r}: elevation {self.elevation_m} must lie between -1000 and 100000 m")

    @property
    def pressure_hpa(self) -> float:
        """Pressure of the ICAO standard atmosphere at the elevation (below 11 km)."""
        return float(1013.25 * (1.0 - 2.25577e-5 * min(self.elevation_m, 11000.0)) ** 5.25588)


Sites = Site | Sequence[Site]


class AltAz(NamedTuple):
    """Degrees; azimuth from north through east, 0 to 360."""

    altitude_deg: Any
    azimuth_deg: Any


class Moon(NamedTuple):
    """The Moon; angles in degrees. `phase` runs from 0 (new) through 0.25 (first quarter) and 0.5 (full) to 1."""

    ra_deg: Any
    dec_deg: Any
    distance_km: Any
    illumination: Any
    phase: Any
    phase_angle_deg: Any
    altitude_deg: Any | None
    azimuth_deg: Any | None


class RiseTransitSet(NamedTuple):
    """UTC MJD of what happens next; NaN where it does not happen within a day. `always_up` tells the two reasons apart."""

    rise_mjd: Any
    transit_mjd: Any
    set_mjd: Any
    always_up: Any


@dataclass(frozen=True, slots=True)
class Night:
    """One night of a site, from noon to noon of local mean solar time; UTC MJD, None for what does not happen in it."""

    site: Site
    noon_mjd: float
    next_noon_mjd: float
    sunset_mjd: float | None
    civil_dusk_mjd: float | None
    nautical_dusk_mjd: float | None
    astronomical_dusk_mjd: float | None
    midnight_mjd: float
    astronomical_dawn_mjd: float | None
    nautical_dawn_mjd: float | None
    civil_dawn_mjd: float | None
    sunrise_mjd: float | None
    moonrise_mjd: float | None
    moonset_mjd: float | None
    sun_altitude_at_midnight_deg: float
    moon_illumination: float

    @property
    def dark_hours(self) -> float:
        """Hours between astronomical dusk and dawn; 24 if the Sun stays below -18 degrees, 0 if it never gets there."""
        if self.astronomical_dusk_mjd is not None and self.astronomical_dawn_mjd is not None:
            return (self.astronomical_dawn_mjd - self.astronomical_dusk_mjd) * 24.0
        return 24.0 if self.astronomical_dusk_mjd is None and self._dark_all_day() else 0.0

    def _dark_all_day(self) -> bool:
        return float(sun_altitude(self.noon_mjd, self.site)) < TWILIGHTS_DEG["astronomical"]


def _place(sites: Sites, *others: Any) -> tuple[Any, Any, Any, tuple[Any, ...]]:
    """Longitude, latitude (rad) and height, with a first axis for a sequence of sites."""
    import numpy as np

    arrays = np.broadcast_arrays(*(np.asarray(o, dtype=float) for o in others))
    if isinstance(sites, Site):
        return math.radians(sites.longitude_deg), math.radians(sites.latitude_deg), sites.elevation_m, tuple(arrays)
    table = np.array([(math.radians(s.longitude_deg), math.radians(s.latitude_deg), s.elevation_m) for s in sites]).reshape(-1, 3)
    shape = (-1,) + (1,) * arrays[0].ndim
    return table[:, 0].reshape(shape), table[:, 1].reshape(shape), table[:, 2].reshape(shape), tuple(arrays)


def _astrom(
    times_mjd: Any, sites: Sites, ndim: int, dut1_s: Any, pressure_hpa: Any, temperature_c: float, humidity: float, wavelength_um: float
) -> Any:
    """ERFA's star-independent parameters: once per time and site, not per target."""
    import numpy as np
    from erfa import ufunc

    times = np.asarray(times_mjd, dtype=float)
    if not np.isfinite(times).all():
        raise TimeError("a time is not a finite number")
    if isinstance(sites, Site):
        lon, lat, height = math.radians(sites.longitude_deg), math.radians(sites.latitude_deg), sites.elevation_m
    else:
        lon, lat, height, _ = _place(sites, np.empty((1,) * ndim))
    astrom, _, status = ufunc.apco13(
        JD_OF_MJD_0, times, dut1_s, lon, lat, height, 0.0, 0.0, pressure_hpa, temperature_c, humidity, wavelength_um
    )
    if np.any(np.asarray(status) < 0):
        raise TimeError("a time lies outside the range of the calendar")
    return astrom


def _observed(
    ra_deg: Any,
    dec_deg: Any,
    times_mjd: Any,
    sites: Sites,
    dut1_s: Any = 0.0,
    air: tuple[float, float, float, float] = (0.0, 10.0, 0.5, 0.55),
) -> Any:
    """Azimuth, zenith distance, hour angle, declination (rad, observed) of ICRS positions."""
    import numpy as np
    from erfa import ufunc

    ra, dec = np.radians(np.asarray(ra_deg, dtype=float)), np.radians(np.asarray(dec_deg, dtype=float))
    times = np.asarray(times_mjd, dtype=float)
    ndim = len(np.broadcast_shapes(ra.shape, dec.shape, times.shape))
    astrom = _astrom(times, sites, ndim, dut1_s, *air)
    # A target without a place is NaN and stays NaN.
    with np.errstate(invalid="ignore"):
        ri, di = ufunc.atciqz(ra, dec, astrom)
        return (*ufunc.atioq(ri, di, astrom)[:4], astrom)


def altaz(
    ra: Number,
    dec: Number,
    times_mjd: Number,
    site: Sites,
    *,
    dut1_s: Number = 0.0,
    pressure_hpa: float = 0.0,
    temperature_c: float = 10.0,
    humidity: float = 0.5,
    wavelength_um: float = 0.55,
) -> AltAz:
    """Altitude and azimuth of ICRS positions.

    Parameters
    ----------
    ra, dec : float or array_like
        Degrees, ICRS, at the time's epoch.
    times_mjd : float or array_like
        UTC MJD.
    site : Site or sequence of Site
    dut1_s : float or array_like
        UT1 - UTC in seconds.
    pressure_hpa : float
        0 for no refraction (the geometric altitude); ``site.pressure_hpa`` for what is seen. Refraction is ERFA's, good to 1 arcsec above
        20 degrees and to some arcmin at the horizon.

    Returns
    -------
    AltAz
        Of the broadcast shape, with the sites as a first axis for a sequence of sites.
    """
    import numpy as np

    azimuth, zenith, _, _, _ = _observed(ra, dec, times_mjd, site, dut1_s, (pressure_hpa, temperature_c, humidity, wavelength_um))
    return AltAz(plain(90.0 - np.degrees(zenith)), plain(np.degrees(azimuth) % 360.0))


def hour_angle_deg(ra: Number, dec: Number, times_mjd: Number, site: Sites, *, dut1_s: Number = 0.0) -> Any:
    """Local apparent hour angle in degrees, -180 to 180, west positive; divide by 15 for hours."""
    import numpy as np

    return plain(np.degrees(_observed(ra, dec, times_mjd, site, dut1_s)[2]))


def parallactic_angle_deg(ra: Number, dec: Number, times_mjd: Number, site: Sites, *, dut1_s: Number = 0.0) -> Any:
    """Angle at the target from the direction of the pole to the zenith, degrees, -180 to 180, positive west of the meridian."""
    import numpy as np
    from erfa import ufunc

    _, _, hour_angle, declination, _ = _observed(ra, dec, times_mjd, site, dut1_s)
    latitude = _place(site, hour_angle[0] if not isinstance(site, Site) else hour_angle)[1]
    return plain(np.degrees(ufunc.hd2pa(hour_angle, declination, latitude)))


def local_sidereal_time_deg(times_mjd: Number, site: Sites, *, dut1_s: Number = 0.0) -> Any:
    """Local apparent sidereal time in degrees, 0 to 360."""
    import numpy as np
    from erfa import ufunc

    from tom_astro.times import _tt_parts

    lon, _, _, (times,) = _place(site, times_mjd)
    ut1 = times + np.asarray(dut1_s) / 86400.0
    greenwich = ufunc.gst06a(JD_OF_MJD_0, ut1, *_tt_parts(JD_OF_MJD_0, times, "utc"))
    return plain(np.degrees(greenwich + lon) % 360.0)


# --- the air

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


# --- Sun and Moon


def site_vector_au(site: Sites, tt1: Any, tt2: Any, dut1_s: Any = 0.0) -> Any:
    """GCRS vector (au) from the centre of the Earth to a site, at times in TT; good to some 100 m (polar motion and UT1 left out)."""
    import numpy as np
    from erfa import ufunc

    from tom_astro.times import _from_tt

    utc1, utc2 = _from_tt(tt1, tt2, "utc")
    lon, lat, height, _ = _place(site, utc2)
    turn = ufunc.era00(utc1, utc2 + np.asarray(dut1_s) / 86400.0)
    celestial = ufunc.pvtob(lon, lat, height, 0.0, 0.0, ufunc.sp00(tt1, tt2), turn)["p"]
    return ufunc.trxp(ufunc.c2i06a(tt1, tt2), celestial) / AU_M


def _tt(times_mjd: Any) -> tuple[Any, Any]:
    import numpy as np

    from tom_astro.times import _tt_parts

    return _tt_parts(JD_OF_MJD_0, np.asarray(times_mjd, dtype=float), "utc")


def _sun_vector(one: Any, two: Any) -> Any:
    from erfa import ufunc

    return -ufunc.epv00(one, two)[0]["p"]


def sun(times_mjd: Number) -> tuple[Any, Any, Any]:
    """Geometric position of the Sun seen from the centre of the Earth.

    Returns
    -------
    ra_deg, dec_deg, distance_au : float or ndarray
        GCRS. Without aberration (20 arcsec); the vector is good to 5 km (ERFA ``epv00``, 1900 to 2100).
    """
    import numpy as np

    from tom_astro.sphere import from_vectors

    vector = _sun_vector(*_tt(times_mjd))
    return (*from_vectors(vector), plain(np.linalg.norm(vector, axis=-1)))


def sun_altitude(times_mjd: Number, site: Sites, *, dut1_s: Number = 0.0) -> Any:
    """Altitude of the centre of the Sun in degrees, without refraction; within 0.004 degrees of astropy's (UT1 left out)."""
    import numpy as np

    from tom_astro.sphere import from_vectors

    ra, dec = from_vectors(_sun_vector(*_tt(times_mjd)))
    altitude = altaz(ra, dec, times_mjd, site, dut1_s=dut1_s).altitude_deg
    return altitude - SUN_PARALLAX_DEG * np.cos(np.radians(altitude))


def moon(times_mjd: Number, site: Site | None = None, *, dut1_s: Number = 0.0) -> Moon:
    """Position, phase and illumination of the Moon.

    Parameters
    ----------
    times_mjd : float or array_like
        UTC MJD.
    site : Site, optional
        Observatory: the position is then the one seen from there (parallax is up to 1 degree) and altitude and azimuth (no refraction)
        are given; otherwise that from the centre of the Earth, and both are None.

    Notes
    -----
    ERFA's ``moon98`` (Meeus 1998): 10 arcsec in longitude, 4 in latitude, 100 km in distance; altitude within 0.01 degrees of
    astropy's. `illumination` is the lit fraction of the disc, good to 0.001.
    """
    import numpy as np
    from erfa import ufunc

    from tom_astro.sphere import from_vectors

    one, two = _tt(times_mjd)
    vector = ufunc.moon98(one, two)["p"]
    sun_vector = _sun_vector(one, two)
    ecliptic = ufunc.ecm06(one, two)
    moon_longitude = ufunc.c2s(ufunc.rxp(ecliptic, vector))[0]
    sun_longitude = ufunc.c2s(ufunc.rxp(ecliptic, sun_vector))[0]
    phase = ((moon_longitude - sun_longitude) / (2.0 * math.pi)) % 1.0
    altitude = azimuth = None
    if site is not None:
        station = site_vector_au(site, one, two, dut1_s)
        vector, sun_vector = vector - station, sun_vector - station
        times = np.asarray(times_mjd, dtype=float)
        astrom = _astrom(times, site, times.ndim, dut1_s, 0.0, 10.0, 0.5, 0.55)
        # The Moon shares the Earth's motion, so annual aberration must not be applied to it: only turn to the equator of date.
        ri, di = ufunc.c2s(ufunc.rxp(astrom["bpn"], vector))
        az, zenith = ufunc.atioq(ri, di, astrom)[:2]
        altitude, azimuth = plain(90.0 - np.degrees(zenith)), plain(np.degrees(az) % 360.0)
    to_sun = sun_vector - vector
    distance = np.linalg.norm(vector, axis=-1)
    cosine = -np.sum(vector * to_sun, axis=-1) / (distance * np.linalg.norm(to_sun, axis=-1))
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    ra, dec = from_vectors(vector)
    return Moon(ra, dec, plain(distance * AU_KM), plain((1.0 + cosine) / 2.0), plain(phase), plain(angle), altitude, azimuth)


def moon_separation_deg(ra: Number, dec: Number, times_mjd: Number, site: Site | None = None) -> Any:
    """Angle in degrees between ICRS positions and the Moon as seen from a site, or from the Earth's centre; good to 0.01 degrees."""
    from tom_astro.sphere import separation_deg

    moon_ra, moon_dec = moon(times_mjd, site)[:2]
    return separation_deg(ra, dec, moon_ra, moon_dec)


# --- rise and set

_STEPS = 144


def _crossing(altitude: Callable[[Any], Any], low: Any, high: Any, limit: float) -> Any:
    """Times at which an altitude passes `limit`, between times where it is on either side: bisection to 0.01 s."""
    import numpy as np

    rising = altitude(low) < limit
    for _ in range(20):
        middle = (low + high) / 2.0
        before = (altitude(middle) < limit) == rising
        low, high = np.where(before, middle, low), np.where(before, high, middle)
    return (low + high) / 2.0


def _events(altitude: Callable[[Any], Any], start: float, end: float, limit: float) -> tuple[list[float], list[float]]:
    """Risings and settings above `limit` of one body in a span of time."""
    import numpy as np

    times = np.linspace(start, end, _STEPS + 1)
    up = altitude(times) >= limit
    change = np.flatnonzero(up[1:] != up[:-1])
    if not change.size:
        return [], []
    found = _crossing(altitude, times[change], times[change + 1], limit)
    rising = up[change + 1]
    return found[rising].tolist(), found[~rising].tolist()


def night(site: Site, mjd: float) -> Night:
    """The night (noon to noon, local mean solar time) in which a moment lies.

    Parameters
    ----------
    site : Site
    mjd : float
        UTC MJD.

    Notes
    -----
    Sunset and sunrise are of the upper limb with 34 arcmin of refraction, at the horizon of a place at sea level; twilights are of the Sun's
    centre at -6, -12 and -18 degrees. The Sun's and Moon's places are good to a second of time (tens of seconds near the poles); real
    refraction makes sunset itself uncertain by a minute or more.
    """
    return _night(site, math.floor(mjd + site.longitude_deg / 360.0 - 0.5))


@lru_cache(maxsize=512)
def _night(site: Site, day: int) -> Night:
    import numpy as np

    noon = day + 0.5 - site.longitude_deg / 360.0

    def sun_up(times: Any) -> Any:
        return sun_altitude(times, site)

    def moon_up(times: Any) -> Any:
        return moon(times, site).altitude_deg

    times = np.linspace(noon, noon + 1.0, _STEPS + 1)
    lowest = times[int(np.argmin(sun_up(times)))]
    fine = np.linspace(max(noon, lowest - 1.0 / _STEPS), min(noon + 1.0, lowest + 1.0 / _STEPS), 241)
    depths = sun_up(fine)
    midnight = float(fine[int(np.argmin(depths))])
    dusk: dict[str, float | None] = {}
    dawn: dict[str, float | None] = {}
    for name, limit in {"sun": SUNSET_ALTITUDE_DEG, **TWILIGHTS_DEG}.items():
        rises, sets = _events(sun_up, noon, noon + 1.0, limit)
        dusk[name], dawn[name] = (sets[0] if sets else None), (rises[-1] if rises else None)
    moonrises, moonsets = _events(moon_up, noon, noon + 1.0, MOON_RISE_ALTITUDE_DEG)
    return Night(
        site=site,
        noon_mjd=noon,
        next_noon_mjd=noon + 1.0,
        sunset_mjd=dusk["sun"],
        civil_dusk_mjd=dusk["civil"],
        nautical_dusk_mjd=dusk["nautical"],
        astronomical_dusk_mjd=dusk["astronomical"],
        midnight_mjd=midnight,
        astronomical_dawn_mjd=dawn["astronomical"],
        nautical_dawn_mjd=dawn["nautical"],
        civil_dawn_mjd=dawn["civil"],
        sunrise_mjd=dawn["sun"],
        moonrise_mjd=moonrises[0] if moonrises else None,
        moonset_mjd=moonsets[0] if moonsets else None,
        sun_altitude_at_midnight_deg=float(np.min(depths)),
        moon_illumination=float(moon(midnight, site).illumination),
    )


def rise_transit_set(ra: Number, dec: Number, mjd: float, site: Site, *, altitude_deg: float = 0.0) -> RiseTransitSet:
    """Next rise, upper transit and set of fixed targets after a moment.

    Parameters
    ----------
    ra, dec : float or array_like
        Degrees, ICRS; any shape.
    mjd : float
        UTC MJD from which to look, over one sidereal day.
    site : Site
    altitude_deg : float
        Geometric altitude that counts as the horizon, such as 30 for a telescope's limit.

    Returns
    -------
    RiseTransitSet
        Times good to 1 s (UT1 left out); a target within 0.1 arcsec of grazing the altitude may be missed.
    """
    import numpy as np

    ra_a, dec_a = np.broadcast_arrays(np.asarray(ra, dtype=float), np.asarray(dec, dtype=float))
    shape = ra_a.shape
    nowhere = ~np.isfinite(ra_a + dec_a).ravel()
    ra_a, dec_a = np.where(nowhere, 0.0, ra_a.ravel()), np.where(nowhere, 0.0, dec_a.ravel())
    sidereal_day = 0.9972695663

    def ahead(angle: Any) -> Any:
        return np.where(angle < 0.0, angle + 360.0, angle) / 360.0 * sidereal_day

    def altitude(times: Any) -> Any:
        return altaz(ra_a, dec_a, times, site).altitude_deg

    transit = mjd + ahead(-hour_angle_deg(ra_a, dec_a, mjd, site))
    for _ in range(2):
        transit = transit - hour_angle_deg(ra_a, dec_a, transit, site) / 360.0 * sidereal_day
    transit = np.where(transit < mjd, transit + sidereal_day, transit)
    upper, lower = altitude(transit), altitude(transit - sidereal_day / 2.0)
    crosses = (upper >= altitude_deg) & (lower < altitude_deg)
    rise = np.full(ra_a.shape, np.nan)
    fall = np.full(ra_a.shape, np.nan)
    if crosses.any():
        all_ra, all_dec, peak = ra_a, dec_a, transit[crosses]
        ra_a, dec_a = all_ra[crosses], all_dec[crosses]
        up = _crossing(altitude, peak - sidereal_day / 2.0, peak, altitude_deg)
        down = _crossing(altitude, peak, peak + sidereal_day / 2.0, altitude_deg)
        rise[crosses] = np.where(up < mjd, up + sidereal_day, up)
        fall[crosses] = np.where(down - sidereal_day >= mjd, down - sidereal_day, down)
    rise[nowhere] = transit[nowhere] = fall[nowhere] = np.nan
    return RiseTransitSet(
        plain(rise.reshape(shape)),
        plain(transit.reshape(shape)),
        plain(fall.reshape(shape)),
        plain(((lower >= altitude_deg) & ~nowhere).reshape(shape)),
    )

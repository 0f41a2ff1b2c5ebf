"""What can be seen from where, and when.

Positions go through ERFA's IAU 2006/2000A chain (precession, nutation, aberration, light deflection, Earth rotation). Times are UTC MJD,
scalars or arrays. Arguments broadcast as numpy arrays do: for targets x times give ``ra[:, None], dec[:, None], times``. Where a site is
wanted, a sequence of sites adds a first axis.

The Earth's place, precession and nutation are computed twice a day and interpolated (within a microarcsecond, see
:func:`tom_astro.earth.earth_state`), so many times cost little. For altitudes alone, of any number of targets, `altitude` is the fastest.

UT1 - UTC and polar motion come from :mod:`tom_astro.earth` (directions then are within 0.01 arcsec of astropy's ``AltAz``, 1973 to a year
ahead); outside its table they are 0, which is right within 15 arcsec. A `dut1_s` that is given is taken instead, without polar motion.
ERFA's Earth serves 1900 to 2100.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from tom_astro._kinds import Number, plain
from tom_astro.air import airmass, altitude_of_airmass, apparent_altitude_deg, refraction_deg, true_altitude_deg
from tom_astro.earth import EarthState, earth_orientation, earth_state
from tom_astro.times import JD_OF_MJD_0, TimeError

__all__ = [
    "AltAz",
    "Moon",
    "Night",
    "RiseTransitSet",
    "Site",
    "airmass",
    "altaz",
    "altaz_to_icrs",
    "altitude",
    "apparent_altitude_deg",
    "altitude_of_airmass",
    "hour_angle_deg",
    "local_sidereal_time_deg",
    "moon",
    "moon_separation_deg",
    "night",
    "nights",
    "parallactic_angle_deg",
    "refraction_deg",
    "rise_transit_set",
    "sun",
    "sun_altitude",
    "true_altitude_deg",
]

AU_M = 149597870700.0
AU_KM = AU_M / 1000.0
ARCSEC = math.pi / 648000.0
LIGHT_M_S = 299792458.0
LIGHT_DAY_PER_AU = AU_M / LIGHT_M_S / 86400.0
EARTH_SPIN = 1.00273781191135448 * 2.0 * math.pi / 86400.0  # rad/s, IAU 2000
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


def _orientation(times: Any, dut1_s: Any) -> tuple[Any, Any, Any]:
    """UT1 - UTC (s) and the pole (rad)."""
    if dut1_s is not None:
        return dut1_s, 0.0, 0.0
    found = earth_orientation(times)
    return found.ut1_utc_s, found.x_arcsec * ARCSEC, found.y_arcsec * ARCSEC


def _times(times_mjd: Any) -> Any:
    import numpy as np

    times = np.asarray(times_mjd, dtype=float)
    if not np.isfinite(times).all():
        raise TimeError("a time is not a finite number")
    return times


def _turn(times: Any, dut1_s: Any) -> tuple[Any, Any, Any, Any]:
    """Earth rotation angle, and the pole on the Earth with the TIO locator (rad)."""
    from erfa import ufunc

    dut1, x, y = _orientation(times, dut1_s)
    ut1, ut2, status = ufunc.utcut1(JD_OF_MJD_0, times, dut1)
    if (status < 0).any():
        raise TimeError("a time lies outside the range of the calendar")
    return ufunc.era00(ut1, ut2), x, y, ufunc.sp00(*_tt(times))


def _astrom(
    times_mjd: Any, sites: Sites, ndim: int, dut1_s: Any, pressure_hpa: Any, temperature_c: float, humidity: float, wavelength_um: float
) -> Any:
    """ERFA's star-independent parameters: once per time and site, not per target."""
    import erfa
    import numpy as np
    from erfa import ufunc

    times = _times(times_mjd)
    if isinstance(sites, Site):
        lon, lat, height = math.radians(sites.longitude_deg), math.radians(sites.latitude_deg), sites.elevation_m
    else:
        lon, lat, height, _ = _place(sites, np.empty((1,) * ndim))
    earth = earth_state(*_tt(times))
    turn, x, y, tio = _turn(times, dut1_s)
    motion = np.empty(times.shape, dtype=erfa.dt_pv)
    motion["p"], motion["v"] = earth.from_barycentre_au, earth.velocity_au_day
    air = ufunc.refco(pressure_hpa, temperature_c, humidity, wavelength_um)
    pole = (earth.pole_x, earth.pole_y, earth.origin_s)
    return ufunc.apco(*_tt(times), motion, earth.from_sun_au, *pole, turn, lon, lat, height, x, y, tio, *air)


def _observed(
    ra_deg: Any,
    dec_deg: Any,
    times_mjd: Any,
    sites: Sites,
    dut1_s: Any = None,
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
    dut1_s: Number | None = None,
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
    dut1_s : float or array_like, optional
        UT1 - UTC in seconds, instead of the value of :mod:`tom_astro.earth`.
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


class _Horizon(NamedTuple):
    """Unit vectors (GCRS, last axis 3) to the zenith and the east; place from the Earth's centre, velocity in units of that of light."""

    zenith: Any
    east: Any
    place_au: Any
    velocity: Any


def _horizon(longitude: Any, latitude: Any, height: Any, times: Any, dut1_s: Any = None, earth: EarthState | None = None) -> _Horizon:
    """Of places (rad, m) and times that broadcast."""
    import numpy as np
    from erfa import ufunc

    times = _times(times)
    earth = earth or earth_state(*_tt(times))
    turn, x, y, tio = _turn(times, dut1_s)
    to_earth = ufunc.c2tcio(ufunc.c2ixys(earth.pole_x, earth.pole_y, earth.origin_s), turn, ufunc.pom00(x, y, tio))
    longitude, latitude, height = np.broadcast_arrays(longitude, latitude, height)
    east = np.stack([-np.sin(longitude), np.cos(longitude), np.zeros(longitude.shape)], axis=-1)
    zenith, east = ufunc.trxp(to_earth, ufunc.s2c(longitude, latitude)), ufunc.trxp(to_earth, east)
    place = ufunc.gd2gc(1, longitude, latitude, height)[0]
    spin = EARTH_SPIN * np.hypot(place[..., 0], place[..., 1]) / LIGHT_M_S
    return _Horizon(zenith, east, ufunc.trxp(to_earth, place) / AU_M, earth.velocity_au_day * LIGHT_DAY_PER_AU + spin[..., None] * east)


def _dot(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 0] + a[..., 1] * b[..., 1] + a[..., 2] * b[..., 2]


def _altitude(direction: Any, horizon: _Horizon) -> Any:
    """Altitude (degrees) of unit vectors, with aberration in full (SOFA's ``ab``, of which only the part to the zenith is wanted)."""
    import numpy as np

    speed2 = _dot(horizon.velocity, horizon.velocity)
    slow = np.sqrt(1.0 - speed2)
    ahead = _dot(direction, horizon.velocity)
    up = _dot(direction, horizon.zenith)
    up *= slow
    up += _dot(horizon.velocity, horizon.zenith) * (1.0 + ahead / (1.0 + slow))
    up /= 1.0 + ahead
    return np.degrees(np.arcsin(np.clip(up, -1.0, 1.0)))


def _aberrated(direction: Any, horizon: _Horizon) -> Any:
    """Unit vectors with aberration, as SOFA's ``ab``."""
    import numpy as np

    slow = np.sqrt(1.0 - _dot(horizon.velocity, horizon.velocity))
    ahead = _dot(direction, horizon.velocity)
    seen = direction * slow[..., None] + horizon.velocity * (1.0 + ahead / (1.0 + slow))[..., None]
    return seen / (1.0 + ahead)[..., None]


def _hour_angle(direction: Any, horizon: _Horizon, latitude: Any) -> Any:
    """Hour angle (rad), west positive."""
    import numpy as np

    north = np.cross(horizon.zenith, horizon.east)
    towards_equator = _dot(direction, horizon.zenith) * np.cos(latitude) - _dot(direction, north) * np.sin(latitude)
    return np.arctan2(-_dot(direction, horizon.east), towards_equator)


def altitude(ra: Number, dec: Number, times_mjd: Number, site: Sites, *, dut1_s: Number | None = None) -> Any:
    """Geometric altitude in degrees of ICRS positions: `altaz` without azimuth and air, ten times as fast for many targets, times and sites.

    Parameters and shapes are those of `altaz`. The bending of light by the Sun is left out: within 0.01 arcsec of `altaz` farther than
    45 degrees from the Sun, 0.05 at 10 degrees, 1 next to it.
    """
    import numpy as np

    from tom_astro.sphere import to_vectors

    ra, dec, times = (np.asarray(v, dtype=float) for v in (ra, dec, times_mjd))
    ndim = len(np.broadcast_shapes(ra.shape, dec.shape, times.shape))
    lon, lat, height, _ = _place(site, np.empty((1,) * ndim))
    with np.errstate(invalid="ignore"):
        return plain(_altitude(to_vectors(ra, dec), _horizon(lon, lat, height, times, dut1_s)))


def altaz_to_icrs(
    altitude_deg: Number,
    azimuth_deg: Number,
    times_mjd: Number,
    site: Sites,
    *,
    dut1_s: Number | None = None,
    pressure_hpa: float = 0.0,
    temperature_c: float = 10.0,
    humidity: float = 0.5,
    wavelength_um: float = 0.55,
) -> tuple[Any, Any]:
    """ICRS right ascension and declination in degrees of what stands at an altitude and azimuth: the inverse of `altaz`.

    Comes back to 1e-6 arcsec without refraction, and to 0.01 arcsec with it above 10 degrees.
    """
    import erfa
    import numpy as np

    alt, az = np.radians(np.asarray(altitude_deg, dtype=float)), np.radians(np.asarray(azimuth_deg, dtype=float))
    times = np.asarray(times_mjd, dtype=float)
    ndim = len(np.broadcast_shapes(alt.shape, az.shape, times.shape))
    astrom = _astrom(times, site, ndim, dut1_s, pressure_hpa, temperature_c, humidity, wavelength_um)
    ri, di = erfa.atoiq("A", az, math.pi / 2.0 - alt, astrom)
    ra, dec = erfa.aticq(ri, di, astrom)
    ra = np.degrees(ra) % 360.0
    return plain(np.where(ra == 360.0, 0.0, ra)), plain(np.degrees(dec))


def hour_angle_deg(ra: Number, dec: Number, times_mjd: Number, site: Sites, *, dut1_s: Number | None = None) -> Any:
    """Local apparent hour angle in degrees, -180 to 180, west positive; divide by 15 for hours."""
    import numpy as np

    return plain(np.degrees(_observed(ra, dec, times_mjd, site, dut1_s)[2]))


def parallactic_angle_deg(ra: Number, dec: Number, times_mjd: Number, site: Sites, *, dut1_s: Number | None = None) -> Any:
    """Angle at the target from the direction of the pole to the zenith, degrees, -180 to 180, positive west of the meridian."""
    import numpy as np
    from erfa import ufunc

    _, _, hour_angle, declination, _ = _observed(ra, dec, times_mjd, site, dut1_s)
    latitude = _place(site, hour_angle[0] if not isinstance(site, Site) else hour_angle)[1]
    return plain(np.degrees(ufunc.hd2pa(hour_angle, declination, latitude)))


def local_sidereal_time_deg(times_mjd: Number, site: Sites, *, dut1_s: Number | None = None) -> Any:
    """Local apparent sidereal time in degrees, 0 to 360."""
    import numpy as np

    lon, _, _, (times,) = _place(site, _times(times_mjd))
    earth = earth_state(*_tt(times))
    return plain(np.degrees(_turn(times, dut1_s)[0] - earth.equation_of_origins + lon) % 360.0)


# --- Sun and Moon


def site_vector_au(site: Sites, tt1: Any, tt2: Any, dut1_s: Any = None, earth: EarthState | None = None) -> Any:
    """GCRS vector (au) from the centre of the Earth to a site, at times in TT; good to a metre within the table of UT1, else to 400 m."""
    from tom_astro.times import _from_tt

    utc1, utc2 = _from_tt(tt1, tt2, "utc")
    times = (utc1 - JD_OF_MJD_0) + utc2
    lon, lat, height, _ = _place(site, times)
    return _horizon(lon, lat, height, times, dut1_s, earth).place_au


def _tt(times_mjd: Any) -> tuple[Any, Any]:
    import numpy as np

    from tom_astro.times import _tt_parts

    return _tt_parts(JD_OF_MJD_0, np.asarray(times_mjd, dtype=float), "utc")


def sun(times_mjd: Number) -> tuple[Any, Any, Any]:
    """Geometric position of the Sun seen from the centre of the Earth.

    Returns
    -------
    ra_deg, dec_deg, distance_au : float or ndarray
        GCRS. Without aberration (20 arcsec); the vector is good to 5 km (ERFA ``epv00``, 1900 to 2100).
    """
    import numpy as np

    from tom_astro.sphere import from_vectors

    vector = -earth_state(*_tt(times_mjd)).from_sun_au
    return (*from_vectors(vector), plain(np.linalg.norm(vector, axis=-1)))


def sun_altitude(times_mjd: Number, site: Sites, *, dut1_s: Number | None = None) -> Any:
    """Altitude of the centre of the Sun in degrees, without refraction; within 0.0005 degrees of astropy's."""

    lon, lat, height, (times,) = _place(site, _times(times_mjd))
    return plain(_sun_altitude(_horizon(lon, lat, height, times, dut1_s), times))


def _sun_altitude(horizon: _Horizon, times: Any) -> Any:
    import numpy as np

    altitude = _altitude(_unit(-earth_state(*_tt(times)).from_sun_au), horizon)
    return altitude - SUN_PARALLAX_DEG * np.cos(np.radians(altitude))


def _unit(vectors: Any) -> Any:
    import numpy as np

    return vectors / np.sqrt(_dot(vectors, vectors))[..., None]


def moon(times_mjd: Number, site: Sites | None = None, *, dut1_s: Number | None = None) -> Moon:
    """Position, phase and illumination of the Moon.

    Parameters
    ----------
    times_mjd : float or array_like
        UTC MJD.
    site : Site or sequence of Site, optional
        Observatory: the position is then the one seen from there (parallax is up to 1 degree) and altitude and azimuth (no refraction)
        are given; otherwise that from the centre of the Earth, and both are None. A sequence adds a first axis.

    Notes
    -----
    ERFA's ``moon98`` (Meeus 1998): 10 arcsec in longitude, 4 in latitude, 100 km in distance; altitude within 0.01 degrees of
    astropy's. `illumination` is the lit fraction of the disc, good to 0.001.
    """
    import numpy as np
    from erfa import ufunc

    from tom_astro.sphere import from_vectors

    times = _times(times_mjd)
    one, two = _tt(times)
    vector = ufunc.moon98(one, two)["p"]
    sun_vector = -earth_state(one, two).from_sun_au
    ecliptic = ufunc.ecm06(one, two)
    moon_longitude = ufunc.c2s(ufunc.rxp(ecliptic, vector))[0]
    sun_longitude = ufunc.c2s(ufunc.rxp(ecliptic, sun_vector))[0]
    phase = ((moon_longitude - sun_longitude) / (2.0 * math.pi)) % 1.0
    altitude = azimuth = None
    if site is not None:
        lon, lat, height, _ = _place(site, times)
        horizon = _horizon(lon, lat, height, times, dut1_s)
        vector, sun_vector = vector - horizon.place_au, sun_vector - horizon.place_au
        altitude, azimuth = (plain(v) for v in _geometric(_unit(vector), horizon))
    distance = np.sqrt(_dot(vector, vector))
    cosine = _cosine_of_phase(vector, sun_vector)
    angle = np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
    ra, dec = from_vectors(vector)
    return Moon(ra, dec, plain(distance * AU_KM), plain((1.0 + cosine) / 2.0), plain(phase), plain(angle), altitude, azimuth)


def _cosine_of_phase(moon_vector: Any, sun_vector: Any) -> Any:
    return -_dot(_unit(moon_vector), _unit(sun_vector - moon_vector))


def _geometric(direction: Any, horizon: _Horizon) -> tuple[Any, Any]:
    """Altitude and azimuth without aberration, for what shares the Earth's motion round the Sun."""
    import numpy as np

    north = np.cross(horizon.zenith, horizon.east)
    azimuth = np.degrees(np.arctan2(_dot(direction, horizon.east), _dot(direction, north))) % 360.0
    return np.degrees(np.arcsin(np.clip(_dot(direction, horizon.zenith), -1.0, 1.0))), azimuth


def moon_separation_deg(ra: Number, dec: Number, times_mjd: Number, site: Sites | None = None) -> Any:
    """Angle in degrees between ICRS positions and the Moon as seen from sites, or from the Earth's centre; good to 0.01 degrees."""
    import numpy as np
    from erfa import ufunc

    from tom_astro.sphere import from_vectors, separation_deg

    one, two = _tt(_times(times_mjd))
    vector = ufunc.moon98(one, two)["p"]
    if site is not None:
        vector = vector - site_vector_au(site, one, two)
    moon_ra, moon_dec = (np.asarray(v) for v in from_vectors(vector))
    if site is not None and not isinstance(site, Site):
        ndim = np.broadcast(np.asarray(ra), np.asarray(dec), np.asarray(times_mjd)).ndim
        shape = (len(site), *(1,) * (ndim - np.ndim(times_mjd)), *np.shape(times_mjd))
        moon_ra, moon_dec = moon_ra.reshape(shape), moon_dec.reshape(shape)
    return separation_deg(ra, dec, moon_ra, moon_dec)


# --- rise and set

_STEPS = 144


def _crossing(altitude: Callable[[Any], Any], low: Any, high: Any, limit: Any) -> Any:
    """Times at which an altitude passes `limit`, between times where it is on either side, to 0.01 s.

    The false position with Illinois' halving (Dowell & Jarratt 1971): a straight line meets these nearly straight curves in a few steps.
    """
    import numpy as np

    f_low, f_high = altitude(low) - limit, altitude(high) - limit
    found, last = low, np.zeros(np.shape(low), dtype=int)
    for _ in range(60):
        with np.errstate(invalid="ignore", divide="ignore"):
            guess = low - f_low * (high - low) / (f_high - f_low)
        guess = np.where((guess >= low) & (guess <= high), guess, (low + high) / 2.0)
        settled = (np.abs(guess - found) < 5e-8).all()
        found = guess
        if settled:
            break
        value = altitude(guess) - limit
        side = np.where((value < 0.0) == (f_low < 0.0), -1, 1)
        ease = np.where(side == last, 0.5, 1.0)
        before, last = side < 0, side
        f_low, f_high = np.where(before, value, f_low * ease), np.where(before, f_high * ease, value)
        low, high = np.where(before, guess, low), np.where(before, high, guess)
    return found


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
    return _night(site, _day(site, mjd))


@lru_cache(maxsize=512)
def _night(site: Site, day: int) -> Night:
    return _nights([(site, day)])[0]


def _day(site: Site, mjd: float) -> int:
    return math.floor(mjd + site.longitude_deg / 360.0 - 0.5)


def nights(sites: Sequence[Site], mjds: Sequence[float]) -> list[list[Night]]:
    """The nights of several sites in which moments (UTC MJD) lie, a row a site: as `night`, and three times as fast for many."""
    keys = [(site, _day(site, mjd)) for site in sites for mjd in mjds]
    found = [made for start in range(0, len(keys), 100) for made in _nights(keys[start : start + 100])]
    return [found[i * len(mjds) : (i + 1) * len(mjds)] for i in range(len(sites))]


def _nights(keys: Sequence[tuple[Site, int]]) -> list[Night]:
    """Nights of sites that begin on days."""
    import numpy as np
    from erfa import ufunc

    lon, lat, height, _ = _place([site for site, _ in keys], 0.0)
    noon = np.array([day + 0.5 - site.longitude_deg / 360.0 for site, day in keys])

    def sun_up(row: Any, times: Any) -> Any:
        return _sun_altitude(_horizon(lon[row], lat[row], height[row], times), times)

    def moon_up(row: Any, times: Any) -> Any:
        horizon = _horizon(lon[row], lat[row], height[row], times)
        return _geometric(_unit(ufunc.moon98(*_tt(times))["p"] - horizon.place_au), horizon)[0]

    def events(up: Callable[[Any, Any], Any], curve: Any, limits: Sequence[float]) -> list[tuple[list[list[float]], list[list[float]]]]:
        """For each limit the risings and the settings of each night."""
        above = curve >= np.array(limits)[:, None, None]
        which, row, step = np.nonzero(above[..., 1:] != above[..., :-1])
        moments = _crossing(lambda t: up(row, t), times[row, step], times[row, step + 1], np.array(limits)[which]) if row.size else row
        rising = above[which, row, step + 1]
        return [
            (
                [moments[rising & (which == i) & (row == n)].tolist() for n in range(len(keys))],
                [moments[~rising & (which == i) & (row == n)].tolist() for n in range(len(keys))],
            )
            for i in range(len(limits))
        ]

    every, fine_step = np.arange(len(keys))[:, None], 1.0 / _STEPS / 120.0
    times = noon[:, None] + np.linspace(0.0, 1.0, _STEPS + 1)
    sun_curve = sun_up(every, times)
    lowest = times[every[:, 0], np.argmin(sun_curve, axis=1)]
    fine = np.clip(lowest[:, None] + np.arange(-120, 121) * fine_step, noon[:, None], noon[:, None] + 1.0)
    depths = sun_up(every, fine)
    midnight = fine[every[:, 0], np.argmin(depths, axis=1)]
    sun_events = events(sun_up, sun_curve, [SUNSET_ALTITUDE_DEG, *TWILIGHTS_DEG.values()])
    ((moonrises, moonsets),) = events(moon_up, moon_up(every, times), [MOON_RISE_ALTITUDE_DEG])
    station = _horizon(lon, lat, height, midnight).place_au
    one, two = _tt(midnight)
    moon_vector, sun_vector = ufunc.moon98(one, two)["p"] - station, -earth_state(one, two).from_sun_au - station
    lit = ((1.0 + _cosine_of_phase(moon_vector, sun_vector)) / 2.0).tolist()

    made = []
    for n, (site, _) in enumerate(keys):
        dusk = [sets[n][0] if sets[n] else None for _, sets in sun_events]
        dawn = [rises[n][-1] if rises[n] else None for rises, _ in sun_events]
        made.append(
            Night(
                site=site,
                noon_mjd=float(noon[n]),
                next_noon_mjd=float(noon[n]) + 1.0,
                sunset_mjd=dusk[0],
                civil_dusk_mjd=dusk[1],
                nautical_dusk_mjd=dusk[2],
                astronomical_dusk_mjd=dusk[3],
                midnight_mjd=float(midnight[n]),
                astronomical_dawn_mjd=dawn[3],
                nautical_dawn_mjd=dawn[2],
                civil_dawn_mjd=dawn[1],
                sunrise_mjd=dawn[0],
                moonrise_mjd=moonrises[n][0] if moonrises[n] else None,
                moonset_mjd=moonsets[n][0] if moonsets[n] else None,
                sun_altitude_at_midnight_deg=float(np.min(depths[n])),
                moon_illumination=lit[n],
            )
        )
    return made


def rise_transit_set(ra: Number, dec: Number, mjd: Number, site: Sites, *, altitude_deg: float = 0.0) -> RiseTransitSet:
    """Next rise, upper transit and set of fixed targets after a moment.

    Parameters
    ----------
    ra, dec : float or array_like
        Degrees, ICRS; any shape.
    mjd : float or array_like
        UTC MJD from which to look, over one sidereal day; broadcasts with the targets.
    site : Site or sequence of Site
        A sequence adds a first axis.
    altitude_deg : float
        Geometric altitude that counts as the horizon, such as 30 for a telescope's limit.

    Returns
    -------
    RiseTransitSet
        Times good to 0.1 s, and to 1 s outside the table of UT1; a target within 0.1 arcsec of grazing the altitude may be missed.
    """
    import numpy as np

    from tom_astro.sphere import to_vectors

    lon, lat, height, arrays = _place(site, ra, dec, mjd)
    ra_a, dec_a, mjd_a, lon, lat, height = np.broadcast_arrays(*arrays, lon, lat, height)
    shape = ra_a.shape
    nowhere = ~np.isfinite(ra_a + dec_a).ravel()
    direction = to_vectors(np.where(nowhere, 0.0, ra_a.ravel()), np.where(nowhere, 0.0, dec_a.ravel()))
    start = _times(mjd_a.ravel())
    lon, lat, height = lon.ravel(), lat.ravel(), height.ravel()
    sidereal_day = 0.9972695663

    def days_to_transit(times: Any) -> Any:
        horizon = _horizon(lon, lat, height, times)
        return -_hour_angle(_aberrated(direction, horizon), horizon, lat) / (2.0 * math.pi) * sidereal_day

    def altitude(times: Any, some: Any = slice(None)) -> Any:
        return _altitude(direction[some], _horizon(lon[some], lat[some], height[some], times))

    transit = start + days_to_transit(start) % sidereal_day
    for _ in range(2):
        transit = transit + days_to_transit(transit)
    transit = np.where(transit < start, transit + sidereal_day, transit)
    upper, lower = altitude(transit), altitude(transit - sidereal_day / 2.0)
    crosses = (upper >= altitude_deg) & (lower < altitude_deg) & ~nowhere
    rise, fall = np.full((2, start.size), np.nan)
    if crosses.any():
        peak, since = transit[crosses], start[crosses]
        up = _crossing(lambda t: altitude(t, crosses), peak - sidereal_day / 2.0, peak, altitude_deg)
        down = _crossing(lambda t: altitude(t, crosses), peak, peak + sidereal_day / 2.0, altitude_deg)
        rise[crosses] = np.where(up < since, up + sidereal_day, up)
        fall[crosses] = np.where(down - sidereal_day >= since, down - sidereal_day, down)
    transit[nowhere] = np.nan
    return RiseTransitSet(
        plain(rise.reshape(shape)),
        plain(transit.reshape(shape)),
        plain(fall.reshape(shape)),
        plain(((lower >= altitude_deg) & ~nowhere).reshape(shape)),
    )

"""Where bodies of the solar system stand: two-body motion from osculating elements, whatever the eccentricity.

The three schemes of targets: ``MPC_MINOR_PLANET`` (semi-major axis and mean anomaly), ``MPC_COMET`` (perihelion distance and time; ellipse,
parabola or hyperbola) and ``JPL_MAJOR_PLANET`` (as a minor planet, with the daily motion of a body that has mass). A hyperbola may also come as
JPL gives it, with a negative semi-major axis.

Accuracy. With elements of the same day the place of Ceres is within 0.03 arcsec of JPL Horizons, with elements 30 days old within 0.3 arcsec.
The error grows faster than the square of the age, faster still for bodies near a planet: perturbations by the planets, non-gravitational
forces and relativity are left out. It is useless after a close approach. The Earth is ERFA's ``epv00`` (5 km), 1900 to 2100.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from tom_astro._kinds import Number, plain
from tom_astro.times import JD_OF_MJD_0
from tom_astro.visibility import Site

__all__ = [
    "SCHEMES",
    "Elements",
    "ElementsError",
    "Ephemeris",
    "comet_magnitude",
    "elements_from_fields",
    "elements_from_state",
    "ephemerides",
    "ephemeris",
    "heliocentric_position_au",
    "heliocentric_state",
    "minor_planet_magnitude",
]

Scheme = Literal["MPC_MINOR_PLANET", "MPC_COMET", "JPL_MAJOR_PLANET"]
SCHEMES: tuple[Scheme, ...] = ("MPC_MINOR_PLANET", "MPC_COMET", "JPL_MAJOR_PLANET")

GAUSS_K = 0.01720209895
"""Square root of the Sun's gravity in au^1.5 / day (Gauss; JPL's GM of the Sun agrees to 1e-9)."""
OBLIQUITY_J2000_DEG = 84381.448 / 3600.0
"""IAU 1976, the ecliptic of JPL's and the MPC's elements."""
LIGHT_DAYS_PER_AU = 499.004783836 / 86400.0
RATE_STEP_DAYS = 1.0 / 1440.0


class ElementsError(ValueError):
    """The elements do not describe an orbit."""


@dataclass(frozen=True, slots=True)
class Elements:
    """Heliocentric elements, ecliptic and equinox J2000; the orbit is fixed by its perihelion, so that any eccentricity goes.

    Parameters
    ----------
    eccentricity, perihelion_au : float
    perihelion_mjd : float
        Time of perihelion, MJD TDB.
    inclination_deg, node_deg, argument_deg : float
        Inclination, longitude of the ascending node, argument of perihelion.
    epoch_mjd : float or None
        Epoch of osculation, MJD TDB.
    gm : float
        Gravity of Sun and body in au^3 / day^2.
    absolute_magnitude, slope : float or None
        H and G of a minor planet, or M1 and K1 of a comet.
    comet : bool
        Which of the two laws of brightness holds.
    """

    eccentricity: float
    perihelion_au: float
    perihelion_mjd: float
    inclination_deg: float
    node_deg: float
    argument_deg: float
    epoch_mjd: float | None = None
    gm: float = GAUSS_K**2
    absolute_magnitude: float | None = None
    slope: float | None = None
    comet: bool = False

    def __post_init__(self) -> None:
        for name in ("eccentricity", "perihelion_au", "perihelion_mjd", "inclination_deg", "node_deg", "argument_deg", "gm"):
            if not math.isfinite(getattr(self, name)):
                raise ElementsError(f"{name} {getattr(self, name)} is not a number")
        if self.eccentricity < 0.0:
            raise ElementsError(f"eccentricity {self.eccentricity} must be 0 or more")
        if self.perihelion_au <= 0.0:
            raise ElementsError(f"perihelion distance {self.perihelion_au} au must be more than 0")
        if self.gm <= 0.0:
            raise ElementsError(f"gravity {self.gm} must be more than 0")

    @property
    def period_days(self) -> float:
        """Period of an ellipse; infinite for a parabola or hyperbola."""
        if self.eccentricity >= 1.0:
            return math.inf
        return 2.0 * math.pi * math.sqrt((self.perihelion_au / (1.0 - self.eccentricity)) ** 3 / self.gm)


@dataclass(frozen=True, slots=True)
class Ephemeris:
    """What an observer sees; floats, or arrays of the shape of the times.

    Attributes
    ----------
    mjd : UTC MJD
    ra_deg, dec_deg : astrometric place, ICRS (light time taken off; no aberration, no deflection)
    delta_au, r_au : distance from the observer and from the Sun
    light_time_min : minutes of light
    phase_angle_deg : Sun, body, observer
    elongation_deg : Sun, observer, body; 0 to 180
    rate_ra_arcsec_min, rate_dec_arcsec_min : motion on the sky; that in right ascension includes cos(dec)
    rate_arcsec_min, position_angle_deg : the same as speed and direction, east of north
    magnitude : V of a minor planet or total m1 of a comet; NaN without H or M1
    """

    mjd: Any
    ra_deg: Any
    dec_deg: Any
    delta_au: Any
    r_au: Any
    light_time_min: Any
    phase_angle_deg: Any
    elongation_deg: Any
    rate_ra_arcsec_min: Any
    rate_dec_arcsec_min: Any
    rate_arcsec_min: Any
    position_angle_deg: Any
    magnitude: Any


def elements_from_fields(fields: Mapping[str, Any], *, absolute_magnitude: float | None = None, slope: float | None = None) -> Elements:
    """Elements out of the fields of a non-sidereal target.

    Parameters
    ----------
    fields : mapping
        ``scheme``, ``eccentricity``, ``inclination``, ``lng_asc_node``, ``arg_of_perihelion`` and, for minor and major planets,
        ``semimajor_axis`` (or ``mean_daily_motion``, deg/day; negative for a hyperbola), ``mean_anomaly``, ``epoch_of_elements`` (MJD TDB); for comets ``perihdist``
        and ``epoch_of_perihelion`` (MJD TDB). Angles in degrees, distances in au.
    absolute_magnitude, slope : float, optional
        H and G (0.15 if not given), or M1 and K1 (10 if not given).

    Raises
    ------
    ElementsError
        A field is missing or impossible; the text names all that are missing.
    """
    scheme = str(fields.get("scheme") or "")
    if scheme not in SCHEMES:
        raise ElementsError(f"scheme {scheme!r} is not known; it must be one of {', '.join(SCHEMES)}")

    def value(name: str) -> float | None:
        raw = fields.get(name)
        if raw is None or raw == "":
            return None
        try:
            number = float(raw)
        except (TypeError, ValueError):
            raise ElementsError(f"{name} {raw!r} is not a number") from None
        if not math.isfinite(number):
            raise ElementsError(f"{name} {raw!r} is not a number")
        return number

    comet = scheme == "MPC_COMET"
    needed = ["eccentricity", "inclination", "lng_asc_node", "arg_of_perihelion"]
    needed += ["perihdist", "epoch_of_perihelion"] if comet else ["mean_anomaly", "epoch_of_elements"]
    if scheme == "JPL_MAJOR_PLANET":
        needed += ["semimajor_axis"]
    given = {name: value(name) for name in (*needed, "semimajor_axis", "mean_daily_motion", "epoch_of_elements")}
    missing = [name for name in needed if given[name] is None]
    if not comet and given["semimajor_axis"] is None and given["mean_daily_motion"] is None:
        missing.append("semimajor_axis")
    if missing:
        raise ElementsError(f"{scheme} needs {', '.join(missing)}")
    eccentricity = given["eccentricity"] or 0.0
    gm = GAUSS_K**2
    if comet:
        perihelion, moment = float(fields["perihdist"]), float(fields["epoch_of_perihelion"])
    else:
        axis, motion = given["semimajor_axis"], given["mean_daily_motion"]
        if eccentricity == 1.0:
            raise ElementsError(f"eccentricity 1 is a parabola, which has no semimajor_axis: use MPC_COMET instead of {scheme}")
        if eccentricity < 0.0:
            raise ElementsError(f"eccentricity {eccentricity} must be 0 or more")
        if motion is not None and motion <= 0.0:
            raise ElementsError(f"mean_daily_motion {motion} must be more than 0 degrees a day")
        open_orbit = eccentricity > 1.0
        if axis is None:
            assert motion is not None
            axis = (GAUSS_K / math.radians(motion)) ** (2.0 / 3.0)
        elif axis == 0.0 or (axis < 0.0) != open_orbit:
            sign = "less than 0 au for a hyperbola (or use MPC_COMET)" if open_orbit else "more than 0 au"
            raise ElementsError(f"semimajor_axis {axis} must be {sign}")
        axis = abs(axis)
        if scheme == "JPL_MAJOR_PLANET" and motion is not None:
            gm = math.radians(motion) ** 2 * axis**3
        perihelion = axis * abs(1.0 - eccentricity)
        anomaly = given["mean_anomaly"] or 0.0
        if not open_orbit:
            anomaly = math.remainder(anomaly, 360.0)
        moment = (given["epoch_of_elements"] or 0.0) - math.radians(anomaly) / math.sqrt(gm / axis**3)
    return Elements(
        eccentricity=eccentricity,
        perihelion_au=perihelion,
        perihelion_mjd=moment,
        inclination_deg=given["inclination"] or 0.0,
        node_deg=given["lng_asc_node"] or 0.0,
        argument_deg=given["arg_of_perihelion"] or 0.0,
        epoch_mjd=given["epoch_of_elements"],
        gm=gm,
        absolute_magnitude=absolute_magnitude,
        slope=slope,
        comet=comet,
    )


def _stumpff(z: Any) -> tuple[Any, Any]:
    """Stumpff's functions c2 and c3: trigonometric for ellipses, hyperbolic for hyperbolas, a series in between."""
    import numpy as np

    small = np.abs(z) < 0.3
    zs = np.where(small, z, 0.0)
    c2 = np.zeros_like(zs)
    c3 = np.zeros_like(zs)
    for k in range(9, -1, -1):
        c2 = 1.0 / math.factorial(2 * k + 2) - zs * c2
        c3 = 1.0 / math.factorial(2 * k + 3) - zs * c3
    big = np.where(small, 1.0, z)
    root = np.sqrt(np.abs(big))
    bounded = np.minimum(root, 300.0)
    ellipse = big > 0.0
    c2_big = np.where(ellipse, 2.0 * np.sin(root / 2.0) ** 2, -2.0 * np.sinh(bounded / 2.0) ** 2) / big
    c3_big = np.where(ellipse, root - np.sin(root), np.sinh(bounded) - root) / root**3
    return np.where(small, c2, c2_big), np.where(small, c3, c3_big)


def _universal_anomaly(elements: Elements, days: Any) -> Any:
    """Solve Kepler's equation in its universal form, q x + e x^3 c3(a x^2) = sqrt(GM) t, by Newton from above (it is convex there)."""
    import numpy as np

    q, e = elements.perihelion_au, elements.eccentricity
    alpha = (1.0 - e) / q
    if alpha > 0.0:
        period = elements.period_days
        # Where nothing is to be taken off, nothing may be rounded: the period of a near-parabola has few digits after the point.
        days = np.where(np.abs(days) > period / 2.0, np.remainder(days + period / 2.0, period) - period / 2.0, days)
    wanted = math.sqrt(elements.gm) * np.abs(days)
    x = wanted / q
    if alpha > 0.0:
        x = np.minimum(x, math.pi / math.sqrt(alpha))
    else:
        x = np.minimum(x, np.cbrt(6.0 * wanted / e))
    for _ in range(200):
        c2, c3 = _stumpff(alpha * x * x)
        step = (q * x + e * x**3 * c3 - wanted) / (q + e * x * x * c2)
        x = x - step
        if (np.abs(step) <= 1e-15 + 4e-16 * np.abs(x)).all():
            break
    return np.copysign(x, days)


def _perifocal(elements: Elements) -> tuple[Any, Any]:
    """Unit vectors towards the perihelion and along the motion there, ecliptic J2000."""
    import numpy as np

    node, tilt, argument = (math.radians(a) for a in (elements.node_deg, elements.inclination_deg, elements.argument_deg))
    cn, sn, ci, si, cw, sw = math.cos(node), math.sin(node), math.cos(tilt), math.sin(tilt), math.cos(argument), math.sin(argument)
    towards = np.array([cw * cn - sw * sn * ci, cw * sn + sw * cn * ci, sw * si])
    along = np.array([-sw * cn - cw * sn * ci, -sw * sn + cw * cn * ci, cw * si])
    return towards, along


def heliocentric_state(elements: Elements, mjd_tdb: Number) -> tuple[Any, Any]:
    """Position (au) and velocity (au/day) from the Sun, shapes ``(..., 3)``, ecliptic J2000 (IAU 1976), at MJD TDB."""
    import numpy as np

    days = np.asarray(mjd_tdb, dtype=float) - elements.perihelion_mjd
    x = _universal_anomaly(elements, days)
    q, e = elements.perihelion_au, elements.eccentricity
    alpha = (1.0 - e) / q
    c2, c3 = _stumpff(alpha * x * x)
    g1 = x * (1.0 - alpha * x * x * c3)
    g2 = x * x * c2
    root = math.sqrt((1.0 + e) * q)
    r = q + e * g2
    towards, along = _perifocal(elements)
    pace = math.sqrt(elements.gm) / r
    position = (q - g2)[..., None] * towards + (root * g1)[..., None] * along
    velocity = (-pace * g1)[..., None] * towards + (pace * root * (1.0 - alpha * g2))[..., None] * along
    return position, velocity


def heliocentric_position_au(elements: Elements, mjd_tdb: Number) -> Any:
    """Vector from the Sun in au, shape ``(..., 3)``, ecliptic J2000 (IAU 1976), at MJD TDB. Two-body motion, solved to rounding."""
    return heliocentric_state(elements, mjd_tdb)[0]


def elements_from_state(
    position_au: Any,
    velocity_au_day: Any,
    mjd_tdb: float,
    *,
    gm: float = GAUSS_K**2,
    absolute_magnitude: float | None = None,
    slope: float | None = None,
    comet: bool = False,
) -> Elements:
    """Osculating elements of a position and velocity (ecliptic J2000) at a moment: the inverse of `heliocentric_state`.

    Parameters
    ----------
    position_au, velocity_au_day : array_like, shape (3,)
    mjd_tdb : float
        Moment, MJD TDB; it becomes the epoch of the elements.

    Returns
    -------
    Elements
        The node of an orbit in the ecliptic, and the perihelion of a circle, are set to where angles are counted from.

    Raises
    ------
    ElementsError
        Motion straight towards or away from the Sun, or none.
    """
    import numpy as np

    r_vector, v_vector = np.asarray(position_au, dtype=float), np.asarray(velocity_au_day, dtype=float)
    r = float(np.linalg.norm(r_vector))
    spin = np.cross(r_vector, v_vector)
    moment = float(np.linalg.norm(spin))
    if not (r > 0.0 and moment > 1e-12 * r * float(np.linalg.norm(v_vector))):
        raise ElementsError("the body moves straight towards or away from the Sun, or not at all: that is no orbit")
    alpha = 2.0 / r - float(v_vector @ v_vector) / gm
    pole = spin / moment
    radial = float(r_vector @ v_vector) / math.sqrt(gm)
    shape = np.cross(v_vector, spin) / gm - r_vector / r
    eccentricity = float(np.linalg.norm(shape))
    parameter = moment**2 / gm
    perihelion = parameter / (1.0 + eccentricity)
    tilt = math.atan2(math.hypot(pole[0], pole[1]), pole[2])
    flat = math.hypot(pole[0], pole[1]) < 1e-14
    node = 0.0 if flat else math.atan2(pole[0], -pole[1])
    ascending = np.array([math.cos(node), math.sin(node), 0.0])
    apsis = shape / eccentricity if eccentricity > 1e-13 else ascending
    argument = math.atan2(float(np.cross(ascending, apsis) @ pole), float(ascending @ apsis))
    across = float(np.cross(apsis, r_vector) @ pole)
    along = float(r_vector @ apsis)
    # The universal anomaly since perihelion, from the eccentric one of each kind of orbit.
    if alpha * perihelion > 1e-9:
        s = math.sqrt(alpha)
        x = math.atan2(across * alpha / math.sqrt(max(1.0 - eccentricity**2, 1e-300)), along * alpha + eccentricity) / s
    elif alpha * perihelion < -1e-9:
        s = math.sqrt(-alpha)
        x = math.asinh(radial * s / eccentricity) / s
    else:
        x = across / math.sqrt(parameter)
    a = (1.0 - eccentricity) / perihelion
    c3 = float(_stumpff(np.asarray(a * x * x))[1])
    days = (perihelion * x + eccentricity * x**3 * c3) / math.sqrt(gm)
    return Elements(
        eccentricity=eccentricity,
        perihelion_au=perihelion,
        perihelion_mjd=mjd_tdb - days,
        inclination_deg=math.degrees(tilt),
        node_deg=math.degrees(node) % 360.0,
        argument_deg=math.degrees(argument) % 360.0,
        epoch_mjd=mjd_tdb,
        gm=gm,
        absolute_magnitude=absolute_magnitude,
        slope=slope,
        comet=comet,
    )


def _to_equator(vectors: Any) -> Any:
    import numpy as np

    c, s = math.cos(math.radians(OBLIQUITY_J2000_DEG)), math.sin(math.radians(OBLIQUITY_J2000_DEG))
    return vectors @ np.array([[1.0, 0.0, 0.0], [0.0, c, s], [0.0, -s, c]])


class _Observer(NamedTuple):
    """From the Sun and, moving with it, au, shape (..., 3); velocity of the Sun, au/day; MJD TDB."""

    place: Any
    sun_velocity: Any
    tdb: Any


def _observer(mjd_utc: Any, site: Site | None) -> _Observer:
    """At times, each a minute before, itself and a minute after (first axis)."""
    import numpy as np

    from tom_astro.earth import earth_state
    from tom_astro.times import _tt_parts, tdb_minus_tt
    from tom_astro.visibility import site_vector_au

    one, two = _tt_parts(JD_OF_MJD_0, mjd_utc, "utc")
    # TDB - TT changes by less than a nanosecond in a minute.
    tdb_tt = tdb_minus_tt(one, two) / 86400.0
    two = np.stack([two - RATE_STEP_DAYS, two, two + RATE_STEP_DAYS])
    earth = earth_state(one, two)
    place = earth.from_sun_au
    if site is not None:
        place = place + site_vector_au(site, one, two, earth=earth)
    return _Observer(place, earth.sun_velocity_au_day, (one - JD_OF_MJD_0) + (two + tdb_tt))


def _seen(elements: Elements, observer: _Observer) -> tuple[Any, Any, Any]:
    """Vector from observer to body, from Sun to body when the light left, light time (days)."""
    import numpy as np

    light = np.zeros(np.shape(observer.tdb))
    for _ in range(8):
        body = _to_equator(heliocentric_position_au(elements, observer.tdb - light))
        line = body - observer.place - observer.sun_velocity * light[..., None]
        new = np.linalg.norm(line, axis=-1) * LIGHT_DAYS_PER_AU
        settled = (np.abs(new - light) < 1e-11).all()
        light = new
        if settled:
            break
    return line, body, light


def ephemeris(elements: Elements, mjd_utc: Number, site: Site | None = None) -> Ephemeris:
    """Place, motion and brightness of a body.

    Parameters
    ----------
    elements : Elements
    mjd_utc : float or array_like
        UTC MJD.
    site : Site, optional
        Observatory; without it the centre of the Earth (parallax: 8.8 arcsec at 1 au).

    Returns
    -------
    Ephemeris

    Notes
    -----
    Accuracy: see the module. Rates are central differences over 2 minutes, good to 1e-5 of themselves, and include the turning of the Earth
    when a site is given.
    """
    return ephemerides([elements], mjd_utc, site)[0]


def ephemerides(bodies: Sequence[Elements], mjd_utc: Number, site: Site | None = None) -> list[Ephemeris]:
    """Ephemerides of several bodies at the same times, in their order: the observer's place is computed once for all; see `ephemeris`."""
    import numpy as np

    mjd = np.asarray(mjd_utc, dtype=float)
    observer = _observer(mjd, site)
    return [_ephemeris(elements, mjd, observer) for elements in bodies]


def _ephemeris(elements: Elements, mjd: Any, observer: _Observer) -> Ephemeris:
    import numpy as np

    from tom_astro.sphere import from_vectors

    lines, bodies, lights = _seen(elements, observer)
    units = lines / np.linalg.norm(lines, axis=-1)[..., None]
    line, body, light, to_sun = lines[1], bodies[1], lights[1], -observer.place[1]
    delta, r = np.linalg.norm(line, axis=-1), np.linalg.norm(body, axis=-1)
    ra, dec = from_vectors(units[1])
    move = np.degrees(units[2] - units[0]) * 3600.0 / (2.0 * RATE_STEP_DAYS * 1440.0)
    a, d = np.radians(ra), np.radians(dec)
    rate_ra = move[..., 1] * np.cos(a) - move[..., 0] * np.sin(a)
    rate_dec = move[..., 2] * np.cos(d) - np.sin(d) * (move[..., 0] * np.cos(a) + move[..., 1] * np.sin(a))
    phase = _angle(line, body)
    if elements.absolute_magnitude is None:
        magnitude = np.full(np.shape(delta), np.nan)
    elif elements.comet:
        magnitude = comet_magnitude(elements.absolute_magnitude, r, delta, 10.0 if elements.slope is None else elements.slope)
    else:
        magnitude = minor_planet_magnitude(elements.absolute_magnitude, r, delta, phase, 0.15 if elements.slope is None else elements.slope)
    return Ephemeris(
        mjd=plain(mjd),
        ra_deg=ra,
        dec_deg=dec,
        delta_au=plain(delta),
        r_au=plain(r),
        light_time_min=plain(light * 1440.0),
        phase_angle_deg=plain(phase),
        elongation_deg=plain(_angle(line, to_sun)),
        rate_ra_arcsec_min=plain(rate_ra),
        rate_dec_arcsec_min=plain(rate_dec),
        rate_arcsec_min=plain(np.hypot(rate_ra, rate_dec)),
        position_angle_deg=plain(np.degrees(np.arctan2(rate_ra, rate_dec)) % 360.0),
        magnitude=plain(np.asarray(magnitude)),
    )


def _angle(a: Any, b: Any) -> Any:
    import numpy as np

    return np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b), axis=-1), np.sum(a * b, axis=-1)))


def minor_planet_magnitude(h: Number, r_au: Number, delta_au: Number, phase_angle_deg: Number, g: Number = 0.15) -> Any:
    """V magnitude by the IAU's H, G system (Bowell et al. 1989, Asteroids II, 524); good to 0.1 mag below 120 degrees of phase, NaN above."""
    import numpy as np

    angle = np.asarray(phase_angle_deg, dtype=float)
    half = np.tan(np.radians(np.where((angle >= 0.0) & (angle <= 120.0), angle, np.nan)) / 2.0)
    one, two = np.exp(-3.33 * half**0.63), np.exp(-1.87 * half**1.22)
    distance = 5.0 * np.log10(np.asarray(r_au, dtype=float) * np.asarray(delta_au, dtype=float))
    slope = np.asarray(g, dtype=float)
    return plain(np.asarray(h, dtype=float) + distance - 2.5 * np.log10((1.0 - slope) * one + slope * two))


def comet_magnitude(m1: Number, r_au: Number, delta_au: Number, k1: Number = 10.0) -> Any:
    """Total magnitude of a comet, ``M1 + 5 log10(delta) + K1 log10(r)``, JPL's law; comets keep to it within a magnitude or two."""
    import numpy as np

    r, delta = np.asarray(r_au, dtype=float), np.asarray(delta_au, dtype=float)
    return plain(np.asarray(m1, dtype=float) + 5.0 * np.log10(delta) + np.asarray(k1, dtype=float) * np.log10(r))

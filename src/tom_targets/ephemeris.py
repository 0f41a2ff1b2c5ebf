"""Where a target stands at a series of times, seen from somewhere: columns for a table and for files of numbers.

Fixed targets come with their proper motion; moving ones from their elements (two bodies). Accuracy: see :mod:`tom_astro.orbits`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, NamedTuple

MOST_ROWS = 10_000


class Column(NamedTuple):
    """One column: key, heading, unit as astropy writes it, digits, what it is."""

    key: str
    label: str
    unit: str
    digits: int
    text: str


PLACE = [
    Column("mjd", "MJD", "d", 6, "Modified Julian date, UTC"),
    Column("ra", "RA", "deg", 7, "Right ascension, astrometric, ICRS"),
    Column("dec", "Dec", "deg", 7, "Declination, astrometric, ICRS"),
]
MOTION = [
    Column("rate_ra", "RA rate", "arcsec / min", 4, "Motion in right ascension times cos(Dec)"),
    Column("rate_dec", "Dec rate", "arcsec / min", 4, "Motion in declination"),
    Column("rate", "Rate", "arcsec / min", 4, "Motion on the sky"),
    Column("pa", "PA", "deg", 2, "Position angle of the motion, east of north"),
    Column("v", "V", "mag", 2, "V of a minor planet (H, G), total magnitude of a comet"),
    Column("delta", "Delta", "AU", 6, "Distance from the observer"),
    Column("r", "r", "AU", 6, "Distance from the Sun"),
    Column("phase", "Phase", "deg", 2, "Angle Sun, body, observer"),
]
SKY = [
    Column("elongation", "Elongation", "deg", 2, "Angle Sun, observer, target"),
    Column("moon", "Moon", "deg", 2, "Distance of the Moon"),
]
HORIZON = [
    Column("alt", "Alt", "deg", 3, "Altitude, without refraction"),
    Column("az", "Az", "deg", 3, "Azimuth, from north through east"),
    Column("airmass", "Airmass", "", 3, "Airmass (Pickering 2002); nothing below the horizon"),
    Column("sun", "Sun alt", "deg", 2, "Altitude of the Sun"),
]


class Table(NamedTuple):
    """Columns with their arrays of numbers (NaN where there is none)."""

    columns: list[Column]
    values: dict[str, Any]

    def __len__(self) -> int:
        return len(self.values["mjd"])

    def rows(self) -> Iterator[list[str]]:
        """Rows as text: the time in ISO 8601, then each column in its digits; empty where there is no number."""
        from tom_astro.times import mjd_to_iso

        texts = [[_text(value, column.digits) for value in self.values[column.key]] for column in self.columns]
        for time, *cells in zip((mjd_to_iso(float(mjd), 0) for mjd in self.values["mjd"]), *texts, strict=True):
            yield [time, *cells]


def _text(value: float, digits: int) -> str:
    return f"{value:.{digits}f}" if value == value else ""  # NaN is not itself


def table_of(target: Any, mjd: Any, site: Any = None) -> Table | None:
    """The ephemeris of a target at times (UTC MJD); with a site, as seen from there and with altitude; None where it has no place."""
    import numpy as np

    from tom_astro.sphere import separation_deg
    from tom_astro.visibility import airmass, altaz, moon, sun, sun_altitude
    from tom_targets.visibility import ephemeris_of, positions

    times = np.atleast_1d(np.asarray(mjd, dtype=float))
    columns = list(PLACE)
    values: dict[str, Any] = {"mjd": times}
    if target.type == "NON_SIDEREAL":
        seen = ephemeris_of(target, times, site)
        if seen is None:
            return None
        ra, dec = np.asarray(seen.ra_deg), np.asarray(seen.dec_deg)
        columns += MOTION
        values |= {
            "rate_ra": seen.rate_ra_arcsec_min, "rate_dec": seen.rate_dec_arcsec_min, "rate": seen.rate_arcsec_min,
            "pa": seen.position_angle_deg, "v": seen.magnitude, "delta": seen.delta_au, "r": seen.r_au, "phase": seen.phase_angle_deg,
            "elongation": seen.elongation_deg,
        }  # fmt: skip
    else:
        places = positions(target, times)
        if places is None:
            return None
        ra, dec = places
        values["elongation"] = separation_deg(ra, dec, *sun(times)[:2])
    columns += SKY
    moons = moon(times, site)
    values |= {"ra": ra, "dec": dec, "moon": separation_deg(ra, dec, moons.ra_deg, moons.dec_deg)}
    if site is not None:
        columns += HORIZON
        altitude, azimuth = (np.asarray(v) for v in altaz(ra, dec, times, site))
        values |= {
            "alt": altitude,
            "az": azimuth,
            "airmass": airmass(np.where(altitude > 0, altitude, np.nan)),
            "sun": sun_altitude(times, site),
        }
    return Table(columns, {key: np.atleast_1d(np.asarray(value, dtype=float)) for key, value in values.items()})


def as_csv(table: Table) -> str:
    """Comma separated, one line of names with units."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time_utc", *(f"{c.key} [{c.unit}]" if c.unit else c.key for c in table.columns)])
    writer.writerows(table.rows())
    return out.getvalue()


def as_ecsv(table: Table, meta: dict[str, str]) -> str:
    """ECSV 1.0 as astropy reads it: types, units and descriptions of the columns, and `meta`."""
    import json

    lines = ["# %ECSV 1.0", "# ---", "# delimiter: ','", "# datatype:"]
    lines.append("# - {name: time_utc, datatype: string, description: 'UTC, ISO 8601'}")
    for c in table.columns:
        unit = f", unit: {c.unit}" if c.unit else ""
        lines.append(f"# - {{name: {c.key}{unit}, datatype: float64, description: {json.dumps(c.text)}}}")
    lines.append("# meta: !!omap")
    lines += [f"# - {{{key}: {json.dumps(value)}}}" for key, value in meta.items()]
    lines.append("# schema: astropy-2.0")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["time_utc", *(c.key for c in table.columns)])
    writer.writerows(table.rows())
    return "\n".join(lines) + "\n" + out.getvalue()

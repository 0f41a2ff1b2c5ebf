"""A target's position in every frame, at the catalogue's epoch and on a date."""

from __future__ import annotations

from datetime import datetime
from typing import Any


def frames(target: Any, when: datetime) -> dict[str, Any] | None:
    """Where the target stands at `when`, as rows of text that say frame and epoch; None where it has no place.

    Keys: `rows` of {name, ra, dec, ra_deg, dec_deg, note}, `angles` of {name, first, second, note} for galactic and ecliptic
    coordinates, `constellation`, `moved` (arcsec from the catalogue's position, None for a moving target), `jyear`.
    """
    from tom_astro.coords import apparent_place, constellation, icrs_to_ecliptic, icrs_to_galactic, mean_of_date
    from tom_astro.sphere import separation_deg
    from tom_astro.times import convert_mjd, datetime_to_mjd, mjd_to_jyear
    from tom_targets.visibility import positions

    mjd = float(datetime_to_mjd(when))
    places = positions(target, mjd)
    if places is None:
        return None
    ra, dec = float(places[0][0]), float(places[1][0])
    year = float(mjd_to_jyear(mjd))
    moving = target.type == "NON_SIDEREAL"
    moves = not moving and None not in (target.pm_ra, target.pm_dec, target.epoch)
    how = (
        "from the orbital elements, astrometric, seen from the Earth's centre"
        if moving
        else "proper motion applied"
        if moves
        else (
            "no proper motion is known: as in the catalogue"
            if target.pm_ra is None or target.pm_dec is None
            else "the epoch of the position is not known: as in the catalogue"
        )
    )
    rows = []
    if not moving:
        rows.append(
            _row(
                "Catalogue",
                target.ra,
                target.dec,
                f"ICRS, epoch J{target.epoch:.2f}" if target.epoch is not None else "ICRS, epoch not stated",
            )
        )
    rows.append(_row("At this time", ra, dec, f"ICRS, epoch J{year:.4f}; {how}"))
    mean = mean_of_date(ra, dec, convert_mjd(mjd, "utc", "tt"))
    rows.append(_row("Mean of date (JNow)", *mean, f"mean equator and equinox of J{year:.4f}, precession only"))
    apparent = apparent_place(ra, dec, mjd)
    rows.append(
        _row("Apparent", *apparent, f"true equator and equinox of J{year:.4f}: precession, nutation, aberration; from the Earth's centre")
    )
    longitude, latitude = icrs_to_galactic(ra, dec)
    ecliptic = icrs_to_ecliptic(ra, dec)
    angles = [
        _angles("Galactic", longitude, latitude, "l, b"),
        _angles("Ecliptic", *ecliptic, "longitude, latitude; mean ecliptic and equinox of J2000"),
    ]
    moved = None if moving else float(separation_deg(target.ra, target.dec, ra, dec)) * 3600.0
    return {"rows": rows, "angles": angles, "constellation": constellation(ra, dec), "moved": moved, "jyear": year, "ra": ra, "dec": dec}


def _row(name: str, ra: float, dec: float, note: str) -> dict[str, str]:
    from tom_astro.angles import format_dec, format_ra

    ra, dec = float(ra) % 360.0, float(dec)
    return {"name": name, "ra": format_ra(ra), "dec": format_dec(dec, 2), "ra_deg": f"{ra:.6f}", "dec_deg": f"{dec:+.6f}", "note": note}


def _angles(name: str, first: float, second: float, note: str) -> dict[str, str]:
    return {"name": name, "first": f"{float(first) % 360.0:.5f}", "second": f"{float(second):+.5f}", "note": note}

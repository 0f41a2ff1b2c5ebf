"""Conditions and distances on the sky as SQL: one expression each, since a tree of Django's costs more than the query."""

from __future__ import annotations

import math
from typing import Any

from django.db.models import BooleanField, F, FloatField, Func

MAS_PER_RADIAN = 180.0 / math.pi * 3.6e6


class InRanges(Func):
    """True for rows whose `healpix` is in one of these half-open ranges (at least one)."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, ranges: tuple[tuple[int, int], ...]):
        super().__init__(F("healpix"))
        self.ranges = ranges

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        column, params = compiler.compile(self.get_source_expressions()[0])
        found = " OR ".join(f"({column} >= {int(low)} AND {column} < {int(high)})" for low, high in self.ranges)
        return f"({found})", [*params] * (2 * len(self.ranges))


def _number(value: float) -> str:
    return f"({float(value):.17e})"


class Separation(Func):
    """Great-circle distance in degrees of rows from (`ra`, `dec`), degrees.

    Of a row with proper motion it is that of the place where it is at `epoch` (Julian year): a straight line in space, the same as
    `tom_astro.sphere.propagate` without parallax. With `either` it is the smaller of that and of the stored place's. Rows of an epoch
    outside of `epochs` stay where they are; rows without one are of `usual`. Haversine for the stored place; for the other the
    chord, in axes that have the position's meridian as theirs.
    """

    output_field = FloatField()

    def __init__(self, ra: float, dec: float, epoch: float, either: bool, epochs: tuple[float, float], usual: float):
        super().__init__(F("ra"), F("dec"), F("pm_ra"), F("pm_dec"), F("epoch"))
        self.place = (ra, dec, epoch, either, epochs, usual)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, list[Any]]:
        ra, dec, at, either, epochs, usual = self.place
        columns = [compiler.compile(source)[0] for source in self.get_source_expressions()]
        ra_sql, dec_sql, pm_ra, pm_dec, epoch = columns
        least = "MIN" if connection.vendor == "sqlite" else "LEAST"
        one, degrees, mas = _number(1.0), _number(360.0 / math.pi), _number(MAS_PER_RADIAN)
        away = f"(RADIANS({ra_sql}) - {_number(math.radians(ra))})"
        half_dec = f"((RADIANS({dec_sql}) - {_number(math.radians(dec))}) / 2.0)"
        sin_dec, cos_dec, sin_away, cos_away = f"SIN(RADIANS({dec_sql}))", f"COS(RADIANS({dec_sql}))", f"SIN({away})", f"COS({away})"
        haversine = f"POWER(SIN({half_dec}), 2) + {cos_dec} * {_number(math.cos(math.radians(dec)))} * POWER(SIN({away} / 2.0), 2)"
        still = f"{degrees} * ASIN(SQRT({least}({haversine}, {one})))"
        years = f"({_number(at)} - COALESCE({epoch}, {_number(usual)}))"
        east, north = (f"(COALESCE({motion}, 0.0) * {years} / {mas})" for motion in (pm_ra, pm_dec))
        across = f"({cos_dec} - {north} * {sin_dec})"
        length = f"SQRT(1.0 + {east} * {east} + {north} * {north})"
        x = f"(({across} * {cos_away} - {east} * {sin_away}) / {length} - {_number(math.cos(math.radians(dec)))})"
        y = f"(({across} * {sin_away} + {east} * {cos_away}) / {length})"
        z = f"(({sin_dec} + {north} * {cos_dec}) / {length} - {_number(math.sin(math.radians(dec)))})"
        moved = f"{degrees} * ASIN({least}(SQRT(POWER({x}, 2) + POWER({y}, 2) + POWER({z}, 2)) / 2.0, {one}))"
        stays = (
            f"(COALESCE({pm_ra}, 0.0) = 0.0 AND COALESCE({pm_dec}, 0.0) = 0.0)"
            f" OR COALESCE({epoch}, {_number(usual)}) NOT BETWEEN {_number(epochs[0])} AND {_number(epochs[1])}"
        )
        return f"CASE WHEN {stays} THEN {still} ELSE {f'{least}({still}, {moved})' if either else moved} END", []

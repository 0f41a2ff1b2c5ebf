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

        def number(value: float) -> str:
            # a decimal PostgreSQL would turn into a float by a call of its own: of the hundred here each costs what a row costs
            return f"'{float(value)!r}'::float8" if connection.vendor == "postgresql" else f"({float(value):.17e})"

        none, one, two, degrees = number(0.0), number(1.0), number(2.0), number(360.0 / math.pi)
        cosine, sine = number(math.cos(math.radians(dec))), number(math.sin(math.radians(dec)))
        away = f"(RADIANS({ra_sql}) - {number(math.radians(ra))})"
        half_dec = f"((RADIANS({dec_sql}) - {number(math.radians(dec))}) / {two})"
        sin_dec, cos_dec, sin_away, cos_away = f"SIN(RADIANS({dec_sql}))", f"COS(RADIANS({dec_sql}))", f"SIN({away})", f"COS({away})"
        haversine = f"POWER(SIN({half_dec}), {two}) + {cos_dec} * {cosine} * POWER(SIN({away} / {two}), {two})"
        still = f"{degrees} * ASIN(SQRT({least}({haversine}, {one})))"
        motions = [f"COALESCE({motion}, {none})" for motion in (pm_ra, pm_dec)]
        since = f"(({number(at)} - COALESCE({epoch}, {number(usual)})) / {number(MAS_PER_RADIAN)})"
        east, north = (f"{motion} * {since}" for motion in motions)
        # The line of sight W grows in length to L while it moves: the square of the chord is (|W - p|^2 - (L - 1)^2) / L.
        across = f"({cos_dec} - {north} * {sin_dec})"
        squares = [f"{across} * {cos_away} - {east} * {sin_away} - {cosine}", f"{across} * {sin_away} + {east} * {cos_away}",
                   f"{sin_dec} + {north} * {cos_dec} - {sine}"]  # fmt: skip
        length = f"SQRT({one} + (POWER({motions[0]}, {two}) + POWER({motions[1]}, {two})) * POWER({since}, {two}))"
        chord = f"(({' + '.join(f'POWER({square}, {two})' for square in squares)}) - POWER({length} - {one}, {two})) / {length}"
        moved = f"{degrees} * ASIN({least}(SQRT(ABS({chord})) / {two}, {one}))"  # below nothing by rounding only
        stays = (
            f"({motions[0]} = {none} AND {motions[1]} = {none})"
            f" OR COALESCE({epoch}, {number(usual)}) NOT BETWEEN {number(epochs[0])} AND {number(epochs[1])}"
        )
        return f"CASE WHEN {stays} THEN {still} ELSE {f'{least}({still}, {moved})' if either else moved} END", []

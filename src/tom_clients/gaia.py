"""Stars of Gaia DR3 through ESA's TAP service (https://gea.esac.esa.int/archive)."""

from __future__ import annotations

import csv
import io
from typing import Any

from tom_common.http import ServiceClient

GAIA_URL = "https://gea.esac.esa.int"
CATALOGUE = "Gaia DR3"
EPOCH = 2016.0

CONE = """SELECT TOP {rows} source_id, ra, dec, pmra, pmdec, phot_g_mean_mag FROM gaiadr3.gaia_source
WHERE 1 = CONTAINS(POINT('ICRS', ra, dec), CIRCLE('ICRS', {ra:.7f}, {dec:.7f}, {radius:.6f})) AND phot_g_mean_mag < {fainter:.2f}
ORDER BY phot_g_mean_mag"""


class GaiaError(ValueError):
    """The service answered with something that is no table of stars."""


class GaiaClient:
    """Stars around a position."""

    def __init__(self, base_url: str = GAIA_URL) -> None:
        self.http = ServiceClient("gaia", base_url=base_url)

    def cone(self, ra: float, dec: float, radius_deg: float, *, faintest: float = 21.0, rows: int = 1000) -> list[list[Any]]:
        """At most `rows` stars brighter than `faintest` (G), brightest first: [source_id, ra, dec, pmra, pmdec, G].

        Degrees ICRS at 2016.0, proper motions in mas/yr (that in right ascension with cos(dec)), None where there is none.
        """
        query = CONE.format(rows=rows, ra=ra, dec=dec, radius=radius_deg, fainter=faintest)
        parameters = {"REQUEST": "doQuery", "LANG": "ADQL", "FORMAT": "csv", "QUERY": query}
        return read_stars(self.http.get("/tap-server/tap/sync", params=parameters).text)


def read_stars(text: str) -> list[list[Any]]:
    """Rows of the CSV; GaiaError when it is none."""
    reader = csv.DictReader(io.StringIO(text))
    if not {"source_id", "ra", "dec", "phot_g_mean_mag"} <= set(reader.fieldnames or ()):
        raise GaiaError(f"The Gaia archive answered without a table of stars: {text[:200]!r}")
    try:
        return [
            [row["source_id"], *(_number(row.get(name)) for name in ("ra", "dec", "pmra", "pmdec", "phot_g_mean_mag"))] for row in reader
        ]
    except ValueError as error:
        raise GaiaError(f"The Gaia archive answered with a cell that is no number: {error}") from error


def _number(text: str | None) -> float | None:
    return float(text) if text and text.lower() not in ("null", "nan") else None

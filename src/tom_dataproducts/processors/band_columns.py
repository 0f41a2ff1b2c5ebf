"""Tables with a column of magnitudes for each band, such as `mjd, g, g_err, r, r_err`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tom_common.errors import RowError
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_columns import NAMES, bare_name, meanings_of
from .photometry_rows import Measurements, bands_told, measurements_of
from .report import ColumnReport, FileReport, left_out
from .tables import RawTable, plain

if TYPE_CHECKING:
    import numpy as np

BRIGHTEST, FAINTEST, LARGEST_ERROR = 2.0, 35.0, 5.0
"""Numbers in a column that has the bare name of a band are magnitudes when all of them, and their errors, lie within these."""
NINES = (99.0, 99.9, 99.99, 99.999, 99.9999, 999.0, 999.9, 999.99, 999.999, 9999.0, 9999.99, 99999.0)
"""What stands, with either sign, for no magnitude."""
MEND = "Write one row for each measurement, with the columns `time`, `filter`, `magnitude` and `error`."
_NAME = re.compile(
    r"(?:(?i:(?P<before>e|err|error|sigma|magerr|mag_err|e_mag))_)?(?:(?i:(?P<mag>mag|(?P<flux>flux|f))_))?"
    r"(?P<band>[A-Za-z]\w*?)"
    r"_?(?i:(?P<mag2>mag|magnitude|(?P<flux2>flux)))?_?(?i:(?P<after>err|error|magerr|unc|sigma|(?P<limit>lim|limit|limmag|maglim|ul)))?"
)


@dataclass
class _Band:
    """The columns of one band: meaning (magnitude, error, limit) to name; whether a name says that these are magnitudes."""

    columns: dict[str, str]
    says_magnitude: bool = False


def measurements_by_band(table: RawTable, target: Any = None) -> Measurements | None:
    """The measurements of such a table, in its order; None for a table of another form.

    InvalidFileFormatException: it has such columns, but whether they are magnitudes, or what another column says of which, would be a guess.
    """
    bands = _bands_of(table)
    if not bands:
        return None
    own = {name for found in bands.values() for name in found.columns.values()}
    others = [name for name in table.names if name not in own]
    _check_others(others, bands)
    of_row: list[tuple[int, Any, Any, str | None]] = []
    errors: dict[tuple[int | None, str], RowError] = {(error.row, error.column): error for error in table.errors}
    report = FileReport()
    for name, band in bands.items():
        if not band.says_magnitude:
            _check_magnitudes(table, name, band)
        part = _of_band(table, name, band, others)
        meanings = meanings_of(part, band.columns)
        meanings.columns.pop("identifier", None)  # it is that of the row, not of the measurement
        found = measurements_of(part, meanings, target)
        report = found.report
        sources = found.sources or [None] * len(found.values)
        of_row += zip(found.places, found.times, found.values, sources, strict=True)
        errors |= {(error.row, error.column): error for error in found.report.errors if (error.row, error.column) not in errors}
    of_row.sort(key=lambda row: row[0])
    told = {column.name: column for column in report.columns}
    for name, band in bands.items():
        told |= {column: ColumnReport(column, f"{meaning} in {name}", _unit(table, column) or "mag") for meaning, column in band.columns.items()}
    places = {row[0] for row in of_row} | {row for row, _ in errors}
    empty = sum(1 for place in table.places if place not in places)
    notes = [*table.notes, f"Each band has its column of magnitudes: {', '.join(bands)}.", *bands_told(bands)]
    return Measurements(
        times=[row[1] for row in of_row],
        values=[row[2] for row in of_row],
        sources=[row[3] for row in of_row] if any(row[3] for row in of_row) else [],
        places=[row[0] for row in of_row],
        report=FileReport(
            table.kind, [told[name] for name in table.names], report.time, len(of_row) + len({row for row, _ in errors}),
            sorted(errors.values(), key=lambda error: error.row or 0), notes + ([left_out(empty, "no magnitude in any band")] if empty else []),
        ),
    )  # fmt: skip


def _bands_of(table: RawTable) -> dict[str, _Band]:
    """The bands that have columns of their own. None of them where the table says filter, magnitude or flux in the usual way."""
    from tom_astro.band_colours import PALETTE
    from tom_astro.bands import band as known_band

    keys = {bare_name(name)[0] for name in table.names}
    if table.headless or any(keys & set(NAMES[meaning]) for meaning in ("filter", "filter number of ZTF", "magnitude", "flux")):
        return {}
    found: dict[str, _Band] = {}
    for name in table.names:
        bare = re.sub(r"[\s.\-]+", "_", re.sub(r"[\[(].*[\])]", "", name).strip().lstrip("#").strip())
        match = _NAME.fullmatch(bare)
        if match is None or not (known_band(match["band"]).known or known_band(match["band"]).canonical in PALETTE):
            continue
        if match["flux"] or match["flux2"] or re.search(r"jy|erg|count|adu", _unit(table, name), re.IGNORECASE):
            raise InvalidFileFormatException(f"The column {name} is a flux in one band, which is not read. {MEND[:-1]}; for a flux, with `flux_unit`.")
        meaning = "limit" if match["limit"] else "error" if match["before"] or match["after"] else "magnitude"
        band = found.setdefault(match["band"], _Band({}))
        if meaning in band.columns:
            raise InvalidFileFormatException(f"Both {band.columns[meaning]} and {name} are the {meaning} in {match['band']}. {MEND}")
        band.columns[meaning] = name
        if meaning == "magnitude":
            band.says_magnitude = bool(match["mag"] or match["mag2"] or "mag" in _unit(table, name).lower())
    # a letter alone, such as y or z, is a band only where it has an error too
    bands = {name: band for name, band in found.items() if "magnitude" in band.columns and (band.says_magnitude or "error" in band.columns)}
    for name, band in found.items():
        if bands and name not in bands:
            _check_stray(table, name, band)
    return bands


def _check_stray(table: RawTable, name: str, band: _Band) -> None:
    column = next(iter(band.columns.values()))
    if "magnitude" not in band.columns:
        raise InvalidFileFormatException(f"The column {column} belongs to {name}, of which there is no column of magnitudes. {MEND}")
    if _are_magnitudes(table.numbers(column)[0]).all():
        raise InvalidFileFormatException(
            f"Whether the column {column} holds magnitudes cannot be told: name it {name}_mag when it does, else differently. {MEND}"
        )


def _unit(table: RawTable, name: str) -> str:
    return table.units.get(name, "") or bare_name(name)[1]


def _check_others(others: list[str], bands: dict[str, _Band]) -> None:
    for meaning in ("error", "limit"):
        stray = next((name for name in others if bare_name(name)[0] in NAMES[meaning]), None)
        if stray is not None:
            first = next(iter(bands))
            raise InvalidFileFormatException(
                f"The table has a column for each band ({', '.join(bands)}), but {stray} does not say of which: "
                f"name it {first}_{'err' if meaning == 'error' else 'limit'}. {MEND}"
            )


def _check_magnitudes(table: RawTable, name: str, band: _Band) -> None:
    """A column with the bare name of a band may hold fluxes as well: it is read when its numbers can be nothing but magnitudes."""
    import numpy as np

    numbers, _ = table.numbers(band.columns["magnitude"])
    errors, _ = table.numbers(band.columns["error"])
    fit = _are_magnitudes(numbers) & (_stand_for_nothing(numbers) | _stand_for_nothing(errors) | ((errors >= 0) & (errors < LARGEST_ERROR)))
    wrong = np.flatnonzero(~fit)
    if wrong.size:
        place = table.places[int(wrong[0])]
        raise InvalidFileFormatException(
            f"Whether the columns {', '.join(band.columns.values())} are magnitudes or fluxes cannot be told (row {place}): "
            f"name them {name}_mag and {name}_mag_err when they are magnitudes. {MEND}"
        )


def _are_magnitudes(numbers: np.ndarray) -> np.ndarray:
    return _stand_for_nothing(numbers) | ((numbers > BRIGHTEST) & (numbers < FAINTEST))


def _stand_for_nothing(numbers: np.ndarray) -> np.ndarray:
    import numpy as np

    return np.isnan(numbers) | np.isin(np.abs(numbers), NINES)


def _of_band(table: RawTable, name: str, band: _Band, others: list[str]) -> RawTable:
    """The rows that hold something in this band, without the columns of the others."""
    measured = [table.cells(band.columns[meaning]) for meaning in ("magnitude", "limit") if meaning in band.columns]
    at = [index for index, cells in enumerate(zip(*measured, strict=True)) if any(plain(cell) is not None for cell in cells)]
    names = [*others, *band.columns.values()]
    columns = [[cells[index] for index in at] for cells in (table.cells(column) for column in names)]
    return RawTable(table.kind, names, columns, [table.places[index] for index in at], table.units, {**table.cards, "FILTER": name})

"""From the columns of a table of photometry to measurements: times in UTC, magnitudes, limits, and what else stands in a row."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tom_common.errors import RowError
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_columns import FLUX_UNITS, SCALES, TIME_WORDS, Meanings
from .report import ColumnReport, FileReport, left_out
from .tables import RawTable, as_numbers, plain, typed

if TYPE_CHECKING:
    import numpy as np

SNR_OF_A_DETECTION = 3.0
NO_MAGNITUDE = 90.0
"""Magnitudes beyond this stand for none: 99, 99.999, -99, 999, -999 and the like."""
POGSON = 2.5 / math.log(10)
ZTF_FILTERS = {"1": "g", "2": "r", "3": "i"}
MOST_BANDS_TOLD = 20
SECONDS = {"min": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0, "hour": 3600.0, "ms": 0.001, "d": 86400.0}
YES, NO = (
    frozenset({"true", "t", "yes", "y", "1", "1.0", ">", "limit", "ul"}),
    frozenset({"false", "f", "no", "n", "0", "0.0", "detection"}),
)
KEPT_APART = ("source", "identifier", "time scale")
"""Meanings of columns whose cells do not go into `value` under a name of their own."""


@dataclass
class Measurements:
    """Rows in the order of the file: UTC times, JSON values, names of sources, their identifiers, and places in the file."""

    times: list[dt.datetime] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    sources: list[str | None] = field(default_factory=list)
    identifiers: list[str | None] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    report: FileReport = field(default_factory=FileReport)


class _Errors:
    """Errors of rows, and which rows have one."""

    def __init__(self, table: RawTable) -> None:
        self.table, self.found = table, list(table.errors)
        self.rows: set[int] = set()

    def add(self, index: int, column: str, problem: str, mend: str = "") -> None:
        self.rows.add(index)
        value = self.table.cells(column)[index] if column in self.table.names else None
        self.found.append(RowError(self.table.places[index], column, value, problem, mend))

    def numbers(self, column: str) -> np.ndarray:
        """The column as numbers; cells that are none become errors."""
        found, wrong = self.table.numbers(column)
        for index in wrong:
            self.add(index, column, f"“{self._brief(column, index)}” is no number", "write a number, or nothing where there is none")
        return found

    def without_wrong(self, cells: Sequence[Any]) -> Sequence[Any]:
        """The cells, empty in the rows that have an error: one bad cell does not make text of a column of numbers."""
        if not self.rows:
            return cells
        empty = "" if isinstance(cells[0], str) else None
        return [empty if index in self.rows else cell for index, cell in enumerate(cells)]

    def _brief(self, column: str, index: int) -> str:
        return str(self.table.cells(column)[index])[:40]


def measurements_of(table: RawTable, meanings: Meanings, target: Any = None) -> Measurements:
    """The measurements of a table. Rows that cannot be read are left out and told in `report.errors`, which names row, column and mend."""
    errors = _Errors(table)
    times = _times(table, meanings, target, errors)
    contents: dict[str, list[Any]] = {}
    time_column = meanings["time"]
    contents[str(time_column)] = typed(errors.without_wrong(table.cells(str(time_column))))
    contents["filter"] = _filters(table, meanings)
    contents.update(_brightness(table, meanings, errors))
    _others(contents, table, meanings, errors)
    return _gather(table, meanings, times, contents, errors)


def _gather(table: RawTable, meanings: Meanings, times: list[Any], contents: dict[str, list[Any]], errors: _Errors) -> Measurements:
    measured = [key for key in ("magnitude", "limit", "flux") if key in contents]
    something = [any(cell is not None for cell in row) for row in zip(*(contents[key] for key in measured), strict=True)]
    keep = [i for i in range(len(table)) if something[i] and i not in errors.rows]
    empty = sum(1 for i in range(len(table)) if not something[i] and i not in errors.rows)
    columns = [(key, cells) for key, cells in contents.items() if any(cell is not None for cell in cells)]
    keys = tuple(key for key, _ in columns)
    rows = zip(*(cells for _, cells in columns), strict=True)
    if any(None in cells for _, cells in columns):
        values = [{key: cell for key, cell in zip(keys, row, strict=True) if cell is not None} for row in rows]
    else:
        values = [dict(zip(keys, row, strict=True)) for row in rows]
    sources = _texts(table.cells(meanings["source"])) if meanings["source"] else None
    identifiers = _texts(table.cells(meanings["identifier"])) if meanings["identifier"] else None
    notes = [*table.notes, *meanings.notes]
    if empty:
        notes.append(left_out(empty, "neither magnitude, flux nor limit"))
    notes += bands_told(contents["filter"])
    report = FileReport(
        kind=table.kind,
        columns=[_told(name, meanings, table) for name in table.names],
        time=_time_in_words(meanings),
        rows=len(table) + len(table.errors),
        errors=sorted(errors.found, key=lambda error: error.row or 0),
        notes=notes,
    )
    if len(keep) == len(values):
        found = Measurements(times, values, report=report)
        found.sources, found.identifiers = list(sources or []), list(identifiers or [])
        found.places = list(table.places)
    else:
        found = Measurements([times[i] for i in keep], [values[i] for i in keep], report=report)
        found.sources = [sources[i] for i in keep] if sources else []
        found.identifiers = [identifiers[i] for i in keep] if identifiers else []
        found.places = [table.places[i] for i in keep]
    return found


def bands_told(filters: Iterable[str | None]) -> list[str]:
    """A note on the bands that these names are taken for, where that is not plain. The names stay as the file has them."""
    from tom_astro.bands import band

    names = sorted({name for name in filters if name})[:MOST_BANDS_TOLD]
    known = {name: band(name) for name in names}
    taken = [
        f"{name} for {one.canonical}{' of ' + one.survey if one.survey else ''}" for name, one in known.items() if one.known and one.canonical != name
    ]
    unknown = [name[:40] for name, one in known.items() if not one.known and one.canonical == name]
    told = [f"Filters keep their names and are taken for bands: {', '.join(taken)}."] if taken else []
    return told + ([f"No wavelength is on record for {', '.join(unknown)}: see that this is how you mean to name it."] if unknown else [])


def _told(name: str, meanings: Meanings, table: RawTable) -> ColumnReport:
    meaning = meanings.of(name)
    unit = table.units.get(name, "")
    if meaning == "time":
        unit = " ".join(filter(None, (TIME_WORDS[meanings.time_format], meanings.scale.upper())))
    elif meaning in ("flux", "flux_error"):
        unit = meanings.flux_unit
    elif meaning in ("magnitude", "error", "limit"):
        unit = meanings.magnitude_unit or "mag"
    elif meaning == "exposure_time":
        unit = meanings.exposure_unit or "s"
    return ColumnReport(name, meaning.replace("_", " "), unit)


def _time_in_words(meanings: Meanings) -> str:
    words = f"{TIME_WORDS[meanings.time_format]} in {meanings.scale.upper()}"
    if meanings.time_format in ("bjd", "hjd", "btjd", "bkjd"):
        return f"{words}, turned into UTC at the Earth with the position of the target"
    return words if meanings.scale == "utc" else f"{words}, turned into UTC"


# --- times


def _times(table: RawTable, meanings: Meanings, target: Any, errors: _Errors) -> list[dt.datetime | None]:
    import numpy as np

    name = str(meanings["time"])
    cells = table.cells(name)
    days, wrong = as_numbers(cells)
    scales = _scales(table, meanings, errors)
    found: list[dt.datetime | None] = [None] * len(cells)
    if wrong:
        _read_dates(cells, wrong, found, table, meanings, scales, errors)
    is_day = np.isfinite(days)
    for index in np.flatnonzero(~is_day).tolist():
        if found[index] is None and index not in errors.rows:
            errors.add(index, name, "there is no time", "give every row its time")
    mjd = _mjd(days, meanings, errors, name)
    for scale in sorted(set(scales)) if isinstance(scales, list) else [scales]:
        of_scale = is_day & np.isfinite(mjd)
        if isinstance(scales, list):
            of_scale &= np.array([each == scale for each in scales])
        at = np.flatnonzero(of_scale)
        if not at.size:
            continue
        for index, when in zip(at.tolist(), _utc(mjd[at], scale, meanings, target, name), strict=True):
            found[index] = when
    return found


def _scales(table: RawTable, meanings: Meanings, errors: _Errors) -> str | list[str]:
    """The time scale, or that of each row where a column says it."""
    column = meanings["time scale"]
    if column is None:
        return meanings.scale
    found = []
    for index, cell in enumerate(table.cells(column)):
        said = plain(cell)
        scale = meanings.scale if said is None else SCALES.get(str(said).lower(), "")
        if not scale:
            errors.add(index, column, f"the time scale “{said}” is not known", "write UTC, TAI, TT, TDB or TCB")
            scale = meanings.scale
        found.append(scale)
    return found


def _read_dates(
    cells: Sequence[Any], wrong: list[int], found: list[Any], table: RawTable, meanings: Meanings, scales: str | list[str], errors: _Errors
) -> None:
    from tom_astro.times import parse_time

    name, of_day = str(meanings["time"]), meanings["time of day"]
    of_day_cells = table.cells(of_day) if of_day else None
    for index in wrong:
        text = str(cells[index]).strip()
        if of_day_cells is not None:
            text = f"{text}T{str(of_day_cells[index]).strip()}"
        scale = scales[index] if isinstance(scales, list) else scales
        try:
            if scale == "utc":
                try:
                    when = dt.datetime.fromisoformat(text)
                    found[index] = when.replace(tzinfo=dt.UTC) if when.tzinfo is None else when.astimezone(dt.UTC)
                    continue
                except (ValueError, OverflowError):
                    found[index] = parse_time(text)
            else:
                found[index] = parse_time(f"{text} {scale}")
        except (ValueError, OverflowError) as error:
            errors.add(index, name, f"“{text[:40]}” is no time", f"write MJD, JD or 2026-01-31T12:34:56 ({str(error)[:80]})")


def _mjd(days: np.ndarray, meanings: Meanings, errors: _Errors, name: str) -> np.ndarray:
    """MJD of the numbers of a column of times, in their own scale; what cannot be one is an error."""
    import numpy as np

    form = meanings.time_format
    days = days + meanings.reference_day
    if form == "unix" or (
        form == "auto" and name.lower() == "timestamp" and np.nanmin(days, initial=0) >= 0 and np.nanmax(days, initial=0) > 1e8
    ):
        return 40587.0 + days / 86400.0
    if form in ("btjd", "bkjd"):
        days = days + (2457000.0 if form == "btjd" else 2454833.0)
    is_jd = days > 2_000_000
    mjd = np.where(is_jd, days - 2400000.5, days)
    if form in ("jd", "hjd", "bjd", "btjd", "bkjd"):
        for index in np.flatnonzero(days < 2_000_000).tolist():
            if 10_000 <= days[index] < 200_000:
                continue  # an MJD in a column of JD
            errors.add(index, name, f"{days[index]:g} is no complete Julian date", "write all its digits, such as 2460000.5")
            mjd[index] = np.nan
    for index in np.flatnonzero(~((mjd > 0) & (mjd < 200_000)) & np.isfinite(mjd)).tolist():
        errors.add(index, name, f"{days[index]:g} is neither a Modified Julian Date nor a Julian Date", "write MJD 60000.5 or JD 2460001.0")
        mjd[index] = np.nan
    return mjd


def _utc(mjd: np.ndarray, scale: str, meanings: Meanings, target: Any, name: str) -> list[dt.datetime]:
    from tom_astro.times import convert_mjd, mjd_of_bjd_tdb, mjd_of_hjd_utc, mjd_to_datetime

    form = meanings.time_format
    if form in ("bjd", "hjd", "btjd", "bkjd"):
        if target is None or target.ra is None or target.dec is None:
            raise InvalidFileFormatException(
                f"The column {name} holds {TIME_WORDS[form]}, which can only be read for a target with a position. "
                "Give the target a position, or times as MJD or JD."
            )
        back, own = (mjd_of_hjd_utc, "utc") if form == "hjd" else (mjd_of_bjd_tdb, "tdb")
        mjd, scale = back(convert_mjd(mjd, scale, own) + 2400000.5, target.ra, target.dec), "utc"
    return mjd_to_datetime(mjd, scale)  # type: ignore[no-any-return]


# --- brightness


def _brightness(table: RawTable, meanings: Meanings, errors: _Errors) -> dict[str, list[Any]]:
    """Magnitude, error, limit, flux and what belongs to them, each a list with None where a row has none."""
    import numpy as np

    nothing = np.full(len(table), np.nan)
    magnitude, beyond = _with_limits(table, meanings["magnitude"], ">", errors)
    far = np.abs(magnitude) >= NO_MAGNITUDE
    magnitude[far] = np.nan
    error = errors.numbers(meanings["error"]) if meanings["error"] else nothing.copy()
    error[(error < 0) | (error >= NO_MAGNITUDE)] = np.nan
    limit, flags = _limits(table, meanings, errors)
    limit[np.abs(limit) >= NO_MAGNITUDE] = np.nan
    limit = np.where(np.isfinite(beyond), beyond, limit)
    limit = np.where(flags & np.isfinite(magnitude), magnitude, limit)
    magnitude[flags] = np.nan
    error = np.where(np.isfinite(magnitude), error, np.nan)
    flux, below = _with_limits(table, meanings["flux"], "<", errors)
    flux_error = errors.numbers(meanings["flux_error"]) if meanings["flux_error"] else nothing.copy()
    zero_point = errors.numbers(meanings["zero_point"]) if meanings["zero_point"] else nothing.copy()
    found: dict[str, Any] = {}
    system = _texts(table.cells(meanings["system"])) if meanings["system"] else [None] * len(table)
    unit = _texts(table.cells(meanings["unit"])) if meanings["unit"] else [None] * len(table)
    flux_unit = _flux_units(table, meanings)
    of_system = {"ab": "AB mag", "vega": "Vega mag"}
    told_unit: list[Any] = [
        said or of_system.get((which or "").lower()) or meanings.magnitude_unit or None for said, which in zip(unit, system, strict=True)
    ]
    if meanings["flux"] or meanings["flux_error"]:
        wanting = (
            ~np.isfinite(magnitude) & ~np.isfinite(limit) & (np.isfinite(flux) | np.isfinite(flux_error) | np.isfinite(below)) & ~flags
        )
        points, by_unit = _zero_points(zero_point, flux_unit, unit, wanting, table, meanings, errors)
        from_flux = magnitudes_or_limits(flux, flux_error, points)
        with np.errstate(invalid="ignore", divide="ignore"):
            of_below = np.where(below > 0, points - 2.5 * np.log10(np.where(below > 0, below, 1)), np.nan)
        magnitude = np.where(wanting, from_flux[0], magnitude)
        error = np.where(wanting, from_flux[1], error)
        limit = np.where(wanting, np.where(np.isfinite(of_below), of_below, from_flux[2]), limit)
        for index in np.flatnonzero(wanting & by_unit).tolist():
            told_unit[index] = "AB mag"
    both = np.isfinite(magnitude) & np.isfinite(limit)
    found["magnitude"], found["error"] = _listed(magnitude), _listed(error)
    found["limit"] = _listed(np.where(both, np.nan, limit))
    if both.any():
        found["limiting_magnitude"] = _listed(np.where(both, limit, np.nan))
    if meanings["flux"] or meanings["flux_error"]:
        found["flux"], found["flux_error"] = _listed(flux), _listed(flux_error)
        has_flux = np.isfinite(flux) | np.isfinite(flux_error)
        if meanings["flux_unit"] or meanings.flux_unit:
            found["flux_unit"] = [said if has else None for said, has in zip(flux_unit, has_flux.tolist(), strict=True)]
        found["zero_point"] = _listed(zero_point)
    found["unit"] = told_unit
    if meanings["system"]:
        found[str(meanings["system"])] = system
    return found


def magnitudes_or_limits(
    flux: np.ndarray,
    flux_error: np.ndarray,
    zero_point: np.ndarray | float,
    snr: float = SNR_OF_A_DETECTION,
    limit_snr: float | None = None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Magnitudes, errors and limits of fluxes, NaN where one does not apply: above `snr` sigma a magnitude, else a limit at `limit_snr`
    sigma (by default `snr`). A flux without an error is a magnitude when it is positive, and nothing when it is not."""
    import numpy as np

    has_error = flux_error > 0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        is_detection = (flux > 0) & (~has_error | (flux / np.where(has_error, flux_error, 1) > snr))
        positive = np.where(is_detection, flux, np.nan)
        magnitude = zero_point - 2.5 * np.log10(positive)
        error = np.where(has_error, POGSON * flux_error / positive, np.nan)
        limit = np.where(
            ~is_detection & has_error, zero_point - 2.5 * np.log10((limit_snr or snr) * np.where(has_error, flux_error, 1)), np.nan
        )
    return magnitude, error, limit


def _with_limits(table: RawTable, column: str | None, sign: str, errors: _Errors) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a column, and those that stand behind a `>` (magnitudes) or `<` (fluxes), which are limits."""
    import numpy as np

    if column is None:
        return np.full(len(table), np.nan), np.full(len(table), np.nan)
    found, wrong = table.numbers(column)
    limits = np.full(len(table), np.nan)
    cells = table.cells(column)
    for index in wrong:
        text = str(cells[index]).strip()
        behind, _ = as_numbers([text[1:].lstrip("=").strip()])
        if text[:1] in (sign, "≥" if sign == ">" else "≤") and np.isfinite(behind[0]):
            limits[index] = behind[0]
        elif text[:1] in "<>" and np.isfinite(behind[0]):
            errors.add(index, column, f"“{text[:40]}” is no limit", f"a limit is written {sign}{behind[0]:g}")
        else:
            errors.add(
                index, column, f"“{text[:40]}” is no number", f"write a number, nothing where there is none, or {sign}19.5 for a limit"
            )
    return found, limits


def _limits(table: RawTable, meanings: Meanings, errors: _Errors) -> tuple[np.ndarray, np.ndarray]:
    """Limiting magnitudes; and which rows a column of yes and no calls limits."""
    import numpy as np

    column = meanings["limit"]
    nothing, no = np.full(len(table), np.nan), np.zeros(len(table), dtype=bool)
    if column is None:
        return nothing, no
    words = ["" if cell is None else str(cell).strip().lower() for cell in table.cells(column)]
    if meanings["magnitude"] and set(words) <= YES | NO | {""} and set(words) & (YES | NO):
        return nothing, np.array([word in YES for word in words])
    found, behind = _with_limits(table, column, ">", errors)
    return np.where(np.isfinite(behind), behind, found), no


def _flux_units(table: RawTable, meanings: Meanings) -> list[str | None]:
    if meanings["flux_unit"]:
        return [said or meanings.flux_unit or None for said in _texts(table.cells(meanings["flux_unit"]))]
    return [meanings.flux_unit or None] * len(table)


def _zero_points(
    given: np.ndarray, flux_unit: list[Any], unit: list[Any], wanting: np.ndarray, table: RawTable, meanings: Meanings, errors: _Errors
) -> tuple[np.ndarray, np.ndarray]:
    """The zero point of each row, of its column or of its unit; and where it is that of a unit, which is AB."""
    import numpy as np

    from tom_astro.photometry import zero_point

    known: dict[Any, float] = {}
    for said in {*flux_unit, *unit} - {None}:
        try:
            known[said] = zero_point(str(said))
        except ValueError:
            known[said] = float("nan")
    of_unit = np.array(
        [known.get(first, np.nan) if first else known.get(second, np.nan) for first, second in zip(flux_unit, unit, strict=True)]
    )
    points = np.where(np.isfinite(given), given, of_unit)
    missing = wanting & ~np.isfinite(points)
    if missing.any() and not meanings["magnitude"] and not meanings["limit"]:
        for index in np.flatnonzero(missing).tolist():
            said = flux_unit[index] or unit[index]
            problem = f"the unit “{said}” of the flux is not known" if said else "a flux without a zero point"
            errors.add(
                index,
                str(meanings["flux"] or meanings["flux_error"]),
                problem,
                f"give a column `zp` (AB magnitude of flux 1) or `flux_unit`: {', '.join(FLUX_UNITS.values())}",
            )
    return points, ~np.isfinite(given) & np.isfinite(of_unit)


# --- the rest of a row


def _filters(table: RawTable, meanings: Meanings) -> list[Any]:
    card = table.cards.get("FILTER") or None
    if meanings["filter"]:
        found = _texts(table.cells(meanings["filter"]))
        return [name or card for name in found] if card else found
    if meanings["filter number of ZTF"]:
        return [
            ZTF_FILTERS.get(number.removesuffix(".0"), number) if number else card
            for number in _texts(table.cells(meanings["filter number of ZTF"]))
        ]
    return [card] * len(table)


def _others(contents: dict[str, list[Any]], table: RawTable, meanings: Meanings, errors: _Errors) -> None:
    for meaning in ("telescope", "instrument", "observer"):
        if meanings[meaning]:
            contents[meaning] = _texts(table.cells(str(meanings[meaning])))
        elif card := table.cards.get({"telescope": "TELESCOPE", "instrument": "INSTRUMENT", "observer": "OBSERVER"}[meaning]):
            contents[meaning] = [card] * len(table)
    if meanings["exposure_time"]:
        seconds = errors.numbers(str(meanings["exposure_time"])) * SECONDS.get(meanings.exposure_unit.lower(), 1.0)
        contents["exposure_time"] = _listed(seconds)
    used = {column for meaning, column in meanings.columns.items() if meaning not in KEPT_APART or meaning == "source"}
    for name in table.names:
        if name not in used and name not in contents:
            contents[name] = typed(errors.without_wrong(table.cells(name)))


def _texts(cells: Sequence[Any]) -> list[str | None]:
    """Cells as text, None for empty ones."""
    known = {cell: None if (found := plain(cell)) is None else str(found) for cell in set(cells)}
    return [known[cell] for cell in cells]


def _listed(numbers: np.ndarray) -> list[float | None]:
    """Floats with None in place of NaN."""
    return [None if number != number else number for number in numbers.tolist()]

"""Photometry of text files: magnitudes or fluxes, one row for each measurement."""

from __future__ import annotations

import datetime as dt
import math
import mimetypes
import re
from typing import Any

from tom_dataproducts.data_processor import DataProcessor
from tom_dataproducts.exceptions import InvalidFileFormatException

from .reading import comment_cards, read_table, read_text

SNR_OF_A_DETECTION = 3.0
TEXT_ENDINGS = (".csv", ".txt", ".dat", ".tsv", ".ecsv", ".ascii", ".asc", ".tbl")

NAMES = {
    "time": (
        "time", "mjd", "jd", "hjd", "bjd", "isot", "date", "date_obs", "date-obs", "datetime", "utc", "obstime", "obs_time", "timestamp",
    ),
    "filter": ("filter", "band", "bandpass", "filt", "passband"),
    "magnitude": ("magnitude", "mag", "brightness"),
    "error": (
        "error", "magnitude_error", "mag_err", "mag_error", "magerr", "e_mag", "emag", "dmag", "brightness_error", "magnitudeerror",
    ),
    "limit": ("limit", "limiting_mag", "limiting_magnitude", "limitmag", "limit_mag", "limiting_brightness", "upper_limit"),
    "flux": ("flux", "flux_density"),
    "flux_error": ("flux_error", "fluxerr", "flux_err", "e_flux", "dflux", "flux_unc"),
    "flux_unit": ("flux_unit", "flux_units", "fluxunit"),
    "zero_point": ("zp", "zeropoint", "zero_point", "zpt"),
    "source": ("source",),
    "unit": ("unit", "units"),
    "system": ("magsys", "zpsys", "magnitude_system"),
}


class PhotometryProcessor(DataProcessor):
    """Reads text tables with a header: a time, a magnitude or a flux with zero point, or a limit."""

    def process_data(self, data_product: Any) -> list[tuple[dt.datetime, dict, str]]:
        """(timestamp in UTC, value, source name) for each row. InvalidFileFormatException says why a file cannot be read."""
        name = data_product.data.name.lower()
        mimetype = mimetypes.guess_type(name)[0]
        if mimetype not in self.PLAINTEXT_MIMETYPES and not name.endswith(TEXT_ENDINGS) and not _is_band_file(name):
            raise InvalidFileFormatException("Unsupported file type")
        found = self._process_photometry_from_plaintext(data_product)
        return [(datum.pop("timestamp"), datum, datum.pop("source", "")) for datum in found]

    def _process_photometry_from_plaintext(self, data_product: Any) -> list[dict[str, Any]]:
        """A dict for each row: `timestamp`, perhaps `source`, and what goes into `value`."""
        text = read_text(data_product)
        if text.lstrip().startswith("STARTMETADATA"):
            return _alcdef(text)
        text, preamble = _without_preamble(text)
        table = read_table(text)
        return _rows(table, {**comment_cards(text), **preamble}, getattr(data_product, "target", None))


def _is_band_file(name: str) -> bool:
    """Files such as `sn2012aw.out_B` have no ending that a type is known for."""
    return mimetypes.guess_type(name)[0] is None and not name.endswith((".fits", ".fz", ".gz", ".zip"))


def _without_preamble(text: str) -> tuple[str, dict[str, str]]:
    """The table, and the `Key: value` or `@key value` lines that stand before its header."""
    lines = text.splitlines()
    preamble: dict[str, str] = {}
    start = len(lines)
    for index, line in enumerate(lines):
        match = re.match(r"^([A-Za-z]\w*):\s+(\S.*)$", line) or re.match(r"^@(\w+)\s+(.*)$", line)
        if not match:
            start = index
            break
        preamble[match[1].upper()] = match[2].strip()
    return "\n".join(lines[start:]), preamble


def _find(names: list[str], wanted: tuple[str, ...]) -> str | None:
    lower = {name.lower().lstrip("#").strip(): name for name in reversed(names)}
    return next((lower[name] for name in wanted if name in lower), None)


def plain(content: Any) -> Any:
    """A cell as plain Python; None for masked, empty and not-a-number cells."""
    import numpy as np

    if content is np.ma.masked or content is None:
        return None
    content = content.item() if hasattr(content, "item") else content
    if isinstance(content, float) and not math.isfinite(content):
        return None
    if isinstance(content, str) and content.strip().lower() in {"", "nan", "null", "none", "--", "n/a"}:
        return None
    return content


def number(content: Any) -> float | None:
    """A finite float of a cell, or None."""
    content = plain(content)
    if content is None:
        return None
    try:
        found = float(content)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def _rows(table: Any, cards: dict[str, str], target: Any) -> list[dict[str, Any]]:
    columns = {key: _find(table.colnames, names) for key, names in NAMES.items()}
    if columns["time"] is None:
        raise InvalidFileFormatException(
            "There is no column of times: name one `time` (MJD, UTC), `mjd`, `jd`, `hjd`, `bjd` or `isot`. "
            f"The columns are {', '.join(table.colnames[:12])}."
        )
    if columns["magnitude"] is None and columns["flux"] is None and columns["limit"] is None:
        raise InvalidFileFormatException(
            f"There is no column `magnitude`, `flux` or `limit`. The columns are {', '.join(table.colnames[:12])}."
        )
    times = _times(table[columns["time"]], columns["time"].lower(), target)
    used = {name for name in columns.values() if name is not None}
    found = []
    for index, row in enumerate(table):
        datum: dict[str, Any] = {"timestamp": times[index]}
        cell = {key: plain(row[name]) if name is not None else None for key, name in columns.items()}
        others = {name: content for name in table.colnames if name not in used and (content := plain(row[name])) is not None}
        datum[columns["time"]] = plain(row[columns["time"]])
        if cell["filter"] is None and "FILTER" in cards:
            cell["filter"] = cards["FILTER"]
        if cell["filter"] is not None:
            datum["filter"] = str(cell["filter"])
        _brightness(datum, cell, index)
        if cell["source"] is not None:
            datum["source"] = str(cell["source"])
        unit = cell["unit"] or {"ab": "AB mag", "vega": "Vega mag"}.get(str(cell["system"] or "").lower())
        if unit is not None:
            datum["unit"] = str(unit)
        if cell["system"] is not None:
            datum[columns["system"]] = cell["system"]
        datum.update({key: content for key, content in others.items() if key not in datum})
        if datum.keys() & {"magnitude", "limit", "flux"}:
            found.append(datum)
    if not found:
        raise InvalidFileFormatException("No row of this table holds a magnitude, a flux or a limit.")
    return found


def _brightness(datum: dict[str, Any], cell: dict[str, Any], index: int) -> None:
    """Magnitude and error, or limit, of a row; a flux that is no detection gives a limit."""
    magnitude, error, limit = (number(cell[key]) for key in ("magnitude", "error", "limit"))
    flux, flux_error, zero_point = (number(cell[key]) for key in ("flux", "flux_error", "zero_point"))
    if magnitude is not None:
        datum["magnitude"] = magnitude
        if error is not None:
            datum["error"] = error
    if limit is not None:
        datum["limit" if magnitude is None else "limiting_magnitude"] = limit
    if flux is not None:
        datum["flux"] = flux
    if flux_error is not None:
        datum["flux_error"] = flux_error
    if cell["flux_unit"] is not None and (flux is not None or flux_error is not None):
        datum["flux_unit"] = str(cell["flux_unit"])
    if zero_point is not None:
        datum["zero_point"] = zero_point
    if magnitude is not None or limit is not None or (flux is None and flux_error is None):
        return
    if zero_point is None:
        zero_point = _zero_point_of(cell["flux_unit"] or cell["unit"], index)
        cell["unit"] = "AB mag"
    detection, error, limit = magnitude_or_limit(flux, flux_error, zero_point)
    if detection is not None:
        datum["magnitude"] = detection
        if error is not None:
            datum["error"] = error
    elif limit is not None:
        datum["limit"] = limit


def magnitude_or_limit(
    flux: float | None, flux_error: float | None, zero_point: float, snr: float = SNR_OF_A_DETECTION, limit_snr: float | None = None
) -> tuple[float | None, float | None, float | None]:
    """(magnitude, error, limit) of a flux: a limit at `limit_snr` sigma where the flux is below `snr` sigma, negative or missing."""
    has_error = flux_error is not None and flux_error > 0
    if flux is not None and flux > 0 and (not has_error or flux / flux_error > snr):
        error = 2.5 / math.log(10) * flux_error / flux if has_error else None
        return zero_point - 2.5 * math.log10(flux), error, None
    if has_error:
        return None, None, zero_point - 2.5 * math.log10((limit_snr or snr) * flux_error)
    return None, None, None


def _zero_point_of(unit: Any, index: int) -> float:
    from tom_astro.photometry import zero_point

    if unit:
        try:
            return zero_point(str(unit))
        except (ValueError, KeyError):
            pass
    raise InvalidFileFormatException(
        f"Row {index + 1} has a flux without a zero point: give a column `zp` (AB magnitude of flux 1) or `flux_unit` such as uJy."
    )


def _times(column: Any, name: str, target: Any) -> list[dt.datetime]:
    """UTC datetimes of a column of MJD, JD (told by their size), heliocentric or barycentric JD, or ISO text."""
    from tom_astro.times import mjd_to_datetime, parse_time

    found: list[dt.datetime] = []
    for index, content in enumerate(column):
        content = plain(content)
        if content is None:
            raise InvalidFileFormatException(f"Row {index + 1} has no time.")
        try:
            day = float(content)
        except (TypeError, ValueError):
            try:
                found.append(parse_time(str(content)))
            except ValueError as error:
                raise InvalidFileFormatException(f"Row {index + 1}: “{content}” is no time ({error}).") from None
            continue
        if name in {"hjd", "bjd"}:
            found.append(_from_sun(day, name, target, index))
            continue
        mjd = day - 2400000.5 if day > 2_000_000 else day
        if not 0 < mjd < 200_000:
            raise InvalidFileFormatException(f"Row {index + 1}: {content} is neither a Modified Julian Date nor a Julian Date.")
        found.append(mjd_to_datetime(mjd))
    return found


def _from_sun(day: float, name: str, target: Any, index: int) -> dt.datetime:
    """The UTC at Earth of a heliocentric (UTC) or barycentric (TDB) Julian date."""
    from tom_astro.times import barycentric_correction_s, heliocentric_correction_s, mjd_to_datetime

    if target is None or target.ra is None or target.dec is None:
        raise InvalidFileFormatException(f"Row {index + 1}: {name.upper()} can only be read for a target with a position.")
    mjd = day - 2400000.5 if day > 2_000_000 else day
    scale = "utc" if name == "hjd" else "tdb"
    correct = heliocentric_correction_s if name == "hjd" else barycentric_correction_s
    correction = correct(mjd, target.ra, target.dec, scale=scale)
    correction = correct(mjd - correction / 86400, target.ra, target.dec, scale=scale)
    return mjd_to_datetime(mjd - correction / 86400, scale=scale)


def _alcdef(text: str) -> list[dict[str, Any]]:
    """Asteroid light curves in the ALCDEF format: blocks of KEY=VALUE lines and of DATA=JD|magnitude|error|airmass lines (UTC)."""
    from tom_astro.times import jd_to_datetime

    found: list[dict[str, Any]] = []
    meta: dict[str, str] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if line == "STARTMETADATA":
            meta = {}
        elif line.startswith("DATA="):
            parts = line[5:].split(meta.get("DELIMITER_CHARACTER", "|"))
            if len(parts) < 2 or number(parts[0]) is None or number(parts[1]) is None:
                raise InvalidFileFormatException(f"Line {place} of the ALCDEF file is no measurement: {line[:60]}")
            day, magnitude = float(parts[0]), float(parts[1])
            datum: dict[str, Any] = {
                "timestamp": jd_to_datetime(day), "time": day, "filter": meta.get("FILTER", ""), "magnitude": magnitude,
                "source": meta.get("CONTACTNAME", ""),
            }
            if len(parts) > 2 and number(parts[2]) is not None:
                datum["error"] = float(parts[2])
            if len(parts) > 3 and number(parts[3]) is not None:
                datum["airmass"] = float(parts[3])
            if meta.get("DIFFERMAGS", "").upper() == "TRUE":
                datum["unit"] = "differential mag"
            found.append(datum)
        elif "=" in line:
            key, content = line.split("=", 1)
            meta[key.strip()] = {"PIPE": "|", "TAB": "\t"}.get(content.strip(), content.strip()) if key == "DELIMITER" else content.strip()
            if key == "DELIMITER":
                meta["DELIMITER_CHARACTER"] = meta[key]
    if not found:
        raise InvalidFileFormatException("The ALCDEF file holds no DATA lines.")
    return found

"""Asteroid light curves in the ALCDEF format: blocks of KEY=VALUE lines, then DATA=JD|magnitude|error|airmass lines in UTC.

https://alcdef.org/docs/ALCDEF_Standard.pdf
"""

from __future__ import annotations

from typing import Any

from tom_common.errors import RowError
from tom_dataproducts.exceptions import InvalidFileFormatException

from .photometry_rows import Measurements
from .report import ColumnReport, FileReport
from .tables import as_numbers

DELIMITERS = {"PIPE": "|", "TAB": "\t", "COMMA": ",", "SEMICOLON": ";"}
COLUMNS = (("JD", "time", "JD UTC"), ("magnitude", "magnitude", "mag"), ("error", "error", "mag"), ("airmass", "", ""))


def measurements_of(text: str) -> Measurements:
    """The DATA lines of every block, with the filter and the observer of their block. Times that are corrected for light travel
    (LTCAPP) are told apart by `light_time_corrected`."""
    from tom_astro.times import jd_to_datetime

    found = Measurements(report=FileReport("ALCDEF", [ColumnReport(*column) for column in COLUMNS], "JD in UTC"))
    meta: dict[str, str] = {}
    for place, line in enumerate(text.split("\n"), start=1):
        line = line.strip()
        if line == "STARTMETADATA":
            meta = {}
        elif line.startswith("DATA="):
            found.report.rows += 1
            numbers, wrong = as_numbers(line[5:].split(DELIMITERS.get(meta.get("DELIMITER", "PIPE"), "|"))[:4])
            if numbers.size < 2 or wrong or not (numbers[0] > 2_000_000 and abs(numbers[1]) < 90):
                problem = f"“{line[:60]}” is no measurement"
                found.report.errors.append(RowError(place, "DATA", line[:100], problem, "write DATA=JD|magnitude|error"))
                continue
            try:
                when = jd_to_datetime(float(numbers[0]))
            except ValueError as error:
                found.report.errors.append(RowError(place, "DATA", line[:100], str(error)))
                continue
            found.times.append(when)
            found.values.append(_value(numbers.tolist(), meta))
            found.sources.append(meta.get("CONTACTNAME", ""))
            found.places.append(place)
        elif "=" in line:
            key, content = line.split("=", 1)
            meta[key.strip().upper()] = content.strip()
    if not found.report.rows:
        raise InvalidFileFormatException("The ALCDEF file holds no DATA lines.")
    return found


def _value(numbers: list[float], meta: dict[str, str]) -> dict[str, Any]:
    value: dict[str, Any] = {"time": numbers[0], "filter": meta.get("FILTER", ""), "magnitude": numbers[1]}
    for number, name in zip(numbers[2:], ("error", "airmass"), strict=False):
        if number == number:
            value[name] = number
    if meta.get("DIFFERMAGS", "").upper() == "TRUE":
        value["unit"] = "differential mag"
    if meta.get("LTCAPP", "NONE").upper() not in ("NONE", ""):
        value["light_time_corrected"] = meta["LTCAPP"]
    for key, name in (("FACILITY", "telescope"), ("OBSERVERS", "observer")):
        if meta.get(key):
            value[name] = meta[key]
    return value

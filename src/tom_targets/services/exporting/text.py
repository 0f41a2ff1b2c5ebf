"""CSV, ECSV and VOTable as text, line by line."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from xml.sax.saxutils import escape as xml_escape
from xml.sax.saxutils import quoteattr

from tom_targets.services.exporting.rows import ExportColumn, ExportRows
from tom_targets.services.file_text import IN_LINES, IN_XML, defuse_or_mark, escape

Cell = Callable[[Any], Any]
AT_ONCE = 200  # rows in one piece of the answer


class _Echo:
    def write(self, text: str) -> str:
        return text


def _iso(value: Any) -> str:
    return "" if value is None else value.isoformat()


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    kept: list[str] = []
    for line in lines:
        kept.append(line)
        if len(kept) == AT_ONCE:
            yield "".join(kept)
            kept = []
    if kept:
        yield "".join(kept)


def csv_lines(table: ExportRows) -> Iterator[str]:
    write = csv.writer(_Echo()).writerow
    yield write([defuse_or_mark(column.name) if column.name else "" for column in table.columns])
    yield from _pieces(_csv_rows(table, write))


def _csv_rows(table: ExportRows, write: Callable[[list[Any]], str]) -> Iterator[str]:
    # None is written as nothing and floats by repr, by the writer itself
    texts = [(i, c.optional) for i, c in enumerate(table.columns) if c.kind == "text"]
    times = [i for i, c in enumerate(table.columns) if c.kind == "time"]
    for row in table.rows:
        for i, may_be_absent in texts:
            value = row[i]
            if value is not None and (value or may_be_absent):
                row[i] = defuse_or_mark(value if type(value) is str else str(value))
        for i in times:
            row[i] = _iso(row[i])
        yield write(row)


def ecsv_lines(table: ExportRows) -> Iterator[str]:
    write = csv.writer(_Echo(), lineterminator="\n").writerow
    types = {"float": "float64", "int": "int64", "bool": "bool"}
    yield "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
    names = [escape(column.name, IN_LINES) for column in table.columns]
    for name, column in zip(names, table.columns, strict=True):
        said = {"name": name, "unit": column.unit, "datatype": types.get(column.kind, "string"), "description": column.description}
        parts = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in said.items() if value]
        if column.ucd:
            parts.append(f"meta: !!omap [{{ucd: {json.dumps(column.ucd)}}}]")
        yield f"# - {{{', '.join(parts)}}}\n"
    yield "# meta: !!omap\n# - {frame: ICRS}\n# - {text_escape: backslash}\n# schema: astropy-2.0\n"
    yield write(names)
    change = [_ecsv_cell(column) for column in table.columns]
    yield from _pieces(write([f(value) for f, value in zip(change, row, strict=True)]) for row in table.rows)


def _ecsv_cell(column: ExportColumn) -> Cell:
    if column.kind == "time":
        return _iso
    if column.kind in ("float", "int", "bool"):
        return lambda value: value
    optional = column.optional
    return lambda value: "" if value is None or (value == "" and not optional) else escape(str(value), IN_LINES)


def votable_lines(table: ExportRows) -> Iterator[str]:
    types = {"float": 'datatype="double"', "int": 'datatype="long"', "bool": 'datatype="boolean"', "time": 'datatype="char" arraysize="*"'}
    yield (
        '<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" xmlns="http://www.ivoa.net/xml/VOTable/v1.3">\n'
        '<RESOURCE type="results">\n<COOSYS ID="icrs" system="ICRS" epoch="J2000"/>\n'
        f'<TABLE name="{table.name}">\n'
        '<PARAM name="text_escape" datatype="char" arraysize="*" value="backslash"/>\n'
    )
    for i, column in enumerate(table.columns):
        given = {"ID": _xml_id(column.name, i), "name": escape(column.name, IN_XML), "ucd": column.ucd, "unit": _vounit(column.unit)}
        if column.name in ("ra", "dec", "pm_ra", "pm_dec", "parallax"):
            given["ref"] = "icrs"
        if column.kind == "time":
            given["xtype"] = "timestamp"
        attributes = " ".join(f"{key}={quoteattr(value, _ATTRIBUTE)}" for key, value in given.items() if value)
        kind = types.get(column.kind, 'datatype="unicodeChar" arraysize="*"')
        null = '<VALUES null="-9223372036854775808"/>' if column.kind == "int" else ""
        yield f"<FIELD {attributes} {kind}><DESCRIPTION>{xml_escape(column.description)}</DESCRIPTION>{null}</FIELD>\n"
    yield "<DATA><TABLEDATA>\n"
    change = [_xml_cell(column) for column in table.columns]
    yield from _pieces(
        f"<TR>{''.join([f'<TD>{f(value)}</TD>' for f, value in zip(change, row, strict=True)])}</TR>\n" for row in table.rows
    )
    yield "</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n"


_ATTRIBUTE = {"\n": "&#10;", "\r": "&#13;", "\t": "&#9;"}


_XML_ID = re.compile(r"(?!icrs$|c\d+$)[A-Za-z_][A-Za-z0-9_]*")


def _xml_id(name: str, place: int) -> str:
    """astropy calls a column by its ID: the name itself, where XML takes it as one."""
    return name if _XML_ID.fullmatch(name) else f"c{place + 1}"


def _vounit(unit: str) -> str:
    return {"mas/yr": "mas.yr**-1", "deg/d": "deg.d**-1", "au": "AU"}.get(unit, unit)


def _xml_cell(column: ExportColumn) -> Cell:
    if column.kind == "time":
        # VOTable's timestamps are UTC by definition of the field, without a zone
        return lambda value: "" if value is None else value.replace(tzinfo=None).isoformat()
    if column.kind == "float":
        return lambda value: "" if value is None else repr(value)
    if column.kind in ("int", "bool"):
        return lambda value: ("-9223372036854775808" if column.kind == "int" else "") if value is None else str(value).lower()
    optional = column.optional
    return lambda value: "" if value is None or (value == "" and not optional) else xml_escape(escape(str(value), IN_XML))

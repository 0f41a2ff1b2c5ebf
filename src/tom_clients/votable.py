"""The rows of a VOTable with TABLEDATA, which is what the catalogue services here answer. Reads nothing else, imports nothing heavy."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

NUMBERS = {"double", "float"}
INTEGERS = {"int", "long", "short", "unsignedByte"}


class VOTableError(ValueError):
    """The document is no VOTable, or says that the query failed."""


def read_votable(text: str | bytes) -> list[dict[str, Any]]:
    """Rows as dicts by field name; empty cells are None, numbers int or float.

    :raises VOTableError: the document is malformed, or its service reports an error
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat limits entity expansion
    except ET.ParseError as error:
        raise VOTableError(f"Not a VOTable: {error}") from error
    for element in root.iter():
        tag, name = _tag(element), (element.get("name") or "").upper()
        if tag == "INFO" and name == "QUERY_STATUS" and (element.get("value") or "").upper() == "ERROR":
            raise VOTableError((element.text or "The query failed.").strip())
        if tag == "PARAM" and name == "ERROR":
            raise VOTableError(element.get("value") or "The query failed.")
    table = next((element for element in root.iter() if _tag(element) == "TABLE"), None)
    if table is None:
        return []
    fields = [(element.get("name") or element.get("ID") or "", element.get("datatype")) for element in table if _tag(element) == "FIELD"]
    rows = (element for element in table.iter() if _tag(element) == "TR")
    return [
        {
            name: _value((cell.text or "").strip(), kind)
            for (name, kind), cell in zip(fields, (c for c in row if _tag(c) == "TD"), strict=False)
        }
        for row in rows
    ]


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _value(text: str, kind: str | None) -> Any:
    if not text:
        return None
    try:
        if kind in NUMBERS:
            return float(text)
        if kind in INTEGERS:
            return int(text)
    except ValueError:
        return None
    return text

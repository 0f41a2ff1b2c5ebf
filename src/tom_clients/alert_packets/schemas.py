"""Writer schemas of packets in the Kafka wire format, which carry only the number of theirs.

The schemas are published by the surveys; they are read from folders (Rubin's own layout `<major>/<minor>/lsst.v<major>_<minor>.*.avsc`, or
any folder that holds such files), or asked of a function, such as a schema registry's client.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tom_clients.alert_packets.errors import UnknownSchemaError

FILE = re.compile(r"lsst\.v(\d+)_(\d+)\.(\w+)\.avsc$")


class SchemaStore:
    """Schemas by the number in the wire format: major version * 100 + minor version, as Rubin counts them."""

    def __init__(self, folders: Iterable[str | Path] = (), fetch: Callable[[int], dict] | None = None) -> None:
        self.folders = tuple(Path(folder) for folder in folders)
        self.fetch = fetch
        self._parsed: dict[int, Any] = {}

    def get(self, number: int) -> Any:
        """The parsed schema of this number.

        :raises UnknownSchemaError: it is in no folder, and there is no registry or it has none
        """
        if number not in self._parsed:
            self._parsed[number] = self._from_folders(number) or self._from_registry(number)
        return self._parsed[number]

    def _from_folders(self, number: int) -> Any:
        import fastavro.schema

        major, minor = divmod(number, 100)
        found: dict[str, dict] = {}
        for folder in self.folders:
            for path in sorted(folder.rglob(f"lsst.v{major}_{minor}.*.avsc")):
                match = FILE.search(path.name)
                if match and match[3] not in found:
                    found[match[3]] = json.loads(path.read_text(encoding="utf-8"))
        if "alert" not in found:
            return None
        parts = {full_name(part): part for part in found.values()}
        return fastavro.schema.parse_schema(_inlined(found["alert"], parts, set()))

    def _from_registry(self, number: int) -> Any:
        if self.fetch is None:
            where = ", ".join(map(str, self.folders)) or "no folder is named"
            raise UnknownSchemaError(
                f"The packet was written with schema {number}, which is not at hand ({where}). "
                "Name a folder with the survey's .avsc files (setting ALERT_SCHEMA_FOLDERS, option --schemas)."
            )
        import fastavro.schema

        return fastavro.schema.parse_schema(self.fetch(number))


def full_name(schema: dict) -> str:
    """Namespace and name of a record schema."""
    namespace = schema.get("namespace")
    return f"{namespace}.{schema['name']}" if namespace and "." not in schema["name"] else schema["name"]


def _inlined(schema: Any, parts: dict[str, dict], seen: set[str]) -> Any:
    """The schema with each named part in the place of its first mention, as a file that stands alone has it."""
    if isinstance(schema, str):
        if schema in parts and schema not in seen:
            return _inlined(parts[schema], parts, seen)
        return schema
    if isinstance(schema, list):
        return [_inlined(item, parts, seen) for item in schema]
    if isinstance(schema, dict):
        if schema.get("type") == "record":
            seen.add(full_name(schema))
            fields = [{**item, "type": _inlined(item["type"], parts, seen)} for item in schema["fields"]]
            return {**schema, "fields": fields}
        return {name: _inlined(value, parts, seen) if name in ("type", "items", "values") else value for name, value in schema.items()}
    return schema

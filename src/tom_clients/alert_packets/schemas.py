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
        named: dict[str, Any] = {}
        waiting = {name: schema for name, schema in found.items() if name != "alert"}
        while waiting:
            ready = []
            for name, schema in waiting.items():
                try:
                    fastavro.schema.parse_schema(schema, named_schemas=dict(named))
                except fastavro.schema.UnknownType:
                    continue
                ready.append(name)
            if not ready:
                raise UnknownSchemaError(f"The parts of schema {major}.{minor} need parts that are not there: {', '.join(sorted(waiting))}.")
            for name in ready:
                fastavro.schema.parse_schema(waiting.pop(name), named_schemas=named)
        return fastavro.schema.parse_schema(found["alert"], named_schemas=named, expand=True)

    def _from_registry(self, number: int) -> Any:
        if self.fetch is None:
            where = ", ".join(map(str, self.folders)) or "no folder is named"
            raise UnknownSchemaError(
                f"The packet was written with schema {number}, which is not at hand ({where}). "
                "Name a folder with the survey's .avsc files (setting ALERT_SCHEMA_FOLDERS, option --schemas)."
            )
        import fastavro.schema

        return fastavro.schema.parse_schema(self.fetch(number))

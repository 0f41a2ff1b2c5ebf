"""Arrays that are too large for one statement: MySQL and MariaDB take no more than `max_allowed_packet` bytes at once (16 MB as they
come), so there an array of millions of points is written in parts, in the transaction of its row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db import connections

from tom_common.errors import InvalidInputError
from tom_dataproducts.normalising import ARRAY_COLUMNS

from .fields import pack

SURE = 1_000_000
"""Bytes of arrays that any server takes in one statement, every byte of them escaped."""
AT_ONCE = 32_000_000
"""Bytes of arrays in one statement to the other databases: what is held in memory."""


def size_of(row: Any) -> int:
    """Bytes of the arrays of a row."""
    loaded = row.__dict__
    return 8 * sum(len(loaded.get(name) or ()) for name in ARRAY_COLUMNS)


def _packet(using: str) -> int:
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT @@max_allowed_packet")
        return int(cursor.fetchone()[0])


def _room(packet: int) -> int:
    """What surely fits in a packet: each byte may be escaped by another, and the rest of the statement takes room."""
    return max(SURE, (packet - SURE) // 2)


def late_arrays(row: Any, using: str) -> dict[str, bytes]:
    """The packed arrays that must be written after the row, by column; none where the database takes them with it.

    InvalidInputError when the server cannot hold one of them at all.
    """
    if connections[using].vendor != "mysql" or (size := size_of(row)) <= SURE or size <= _room(packet := _packet(using)):
        return {}
    late = {name: packed for name in ARRAY_COLUMNS if (packed := pack(row.__dict__.get(name)))}
    for name, packed in late.items():
        if len(packed) > packet:
            raise InvalidInputError(
                f"{name} has {len(packed) // 8} points, {len(packed)} bytes; the server takes {packet}. Raise its max_allowed_packet."
            )
    return late


def write_late(late: Mapping[str, bytes], *, table: str, pk: int, using: str) -> None:
    """Write arrays that `late_arrays` held back, inside the transaction in which their row was written."""
    room = _room(_packet(using))
    quote = connections[using].ops.quote_name
    with connections[using].cursor() as cursor:
        for name, packed in late.items():
            column = quote(name)
            for start in range(0, len(packed), room):
                content = f"CONCAT({column}, %s)" if start else "%s"
                cursor.execute(
                    f"UPDATE {quote(table)} SET {column} = {content} WHERE id = %s", [packed[start : start + room], pk]  # noqa: S608
                )


def batches(rows: Iterable[Any], *, count: int, using: str) -> Iterator[list[Any]]:
    """The rows in lists of at most `count` whose arrays fit in one statement; a row that does not fit is alone."""
    most = SURE if connections[using].vendor == "mysql" else AT_ONCE
    part: list[Any] = []
    held = 0
    for row in rows:
        size = size_of(row)
        if part and (len(part) >= count or held + size > most):
            yield part
            part, held = [], 0
        part.append(row)
        held += size
    if part:
        yield part

"""Files of data products in whatever storage the project has: on this disk, in S3, or elsewhere. No local path is needed.

A file is read in pieces of `CHUNK` bytes, so that its size does not matter to memory.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tom_common.conf import tom_settings
from tom_common.errors import NotFoundError
from tom_dataproducts.exceptions import InvalidFileFormatException

CHUNK = 1 << 18


def local_path(field: Any) -> str | None:
    """Where the file lies on this disk; None in a storage that has no local paths."""
    try:
        return field.path
    except (NotImplementedError, AttributeError):
        return None


def leads_outside(field: Any) -> bool:
    """Whether a symbolic link, of the file or of a folder above it, leads from a storage on this disk to elsewhere."""
    path = local_path(field)
    location = getattr(field.storage, "location", None) if path is not None else None
    return path is not None and location is not None and not Path(path).resolve().is_relative_to(Path(location).resolve())


def opened(field: Any) -> IO[bytes]:
    """The file, open for reading. NotFoundError: it is not in the storage, or is a link out of it."""
    if not field or leads_outside(field):
        raise NotFoundError("The file is not in the storage.")
    try:
        return field.storage.open(field.name, "rb")
    except (OSError, ValueError) as error:
        raise NotFoundError("The file is not in the storage.") from error


def size_of(field: Any) -> int:
    """Size in bytes, as the storage says. NotFoundError: it is not there."""
    if leads_outside(field):
        raise NotFoundError("The file is not in the storage.")
    try:
        return field.storage.size(field.name)
    except Exception as error:  # each storage has errors of its own
        raise NotFoundError("The file is not in the storage.") from error


class Pieces:
    """The bytes of an open file from where it stands, at most `length` of them, piece by piece. It closes the file, read or not."""

    def __init__(self, stored: Any, length: int | None = None) -> None:
        self.stored, self.left = stored, length

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = self.stored.read(CHUNK if self.left is None else min(CHUNK, self.left)) if self.left != 0 else b""
        if not piece:
            self.close()
            raise StopIteration
        if self.left is not None:
            self.left -= len(piece)
        return piece

    def close(self) -> None:
        self.stored.close()


def pieces(field: Any, start: int = 0, length: int | None = None) -> Pieces:
    """The bytes of a stored file from `start`, at most `length` of them. It is opened at once, so that a missing one is known at once."""
    stored = opened(field)
    remote = getattr(stored, "obj", None)
    if remote is None or not hasattr(remote, "get"):
        stored.seek(start)
        return Pieces(stored, length)
    # of an object in S3 as it comes: django-storages itself would fetch the whole of it before the first byte
    stored.close()
    asked = {} if not start and length is None else {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
    return Pieces(remote.get(**asked)["Body"], length)


@contextlib.contextmanager
def local_copy(field: Any, *, unpack: bool = True) -> Iterator[str]:
    """A path on this disk where the file can be read, for as long as the block runs: the file itself, or a temporary copy.

    What is packed by gzip is unpacked, as far as TOM_UNPACKED_MAX_BYTES; beyond it InvalidFileFormatException.
    """
    path = local_path(field)
    with opened(field) as stored:
        packed = unpack and stored.read(2) == b"\x1f\x8b"
    if path is not None and not packed:
        yield path
        return
    with tempfile.NamedTemporaryFile(suffix=os.path.splitext(field.name)[1][:20]) as copy:
        if packed:
            with opened(field) as stored:
                unpack_to(stored, copy)
        else:
            for piece in pieces(field):
                copy.write(piece)
        copy.flush()
        yield copy.name


def unpack_to(packed: IO[bytes], out: IO[bytes]) -> None:
    """Unpack gzip in pieces. InvalidFileFormatException: it is broken, or more than TOM_UNPACKED_MAX_BYTES are in it."""
    most, size = tom_settings.TOM_UNPACKED_MAX_BYTES, 0
    try:
        with gzip.GzipFile(fileobj=packed) as unpacked:
            while piece := unpacked.read(CHUNK):
                size += len(piece)
                if size > most:
                    raise InvalidFileFormatException(f"Unpacked, the file is larger than the {most:,} bytes that are taken.")
                out.write(piece)
    except (OSError, EOFError, zlib.error) as error:
        raise InvalidFileFormatException("The file is broken: it cannot be unpacked.") from error


def expiring_link(field: Any, *, filename: str, content_type: str) -> str | None:
    """A link to the file in its own storage that is valid for TOM_DOWNLOAD_LINK_SECONDS, or None where the storage signs none."""
    storage = field.storage
    if not getattr(storage, "querystring_auth", False) or getattr(storage, "custom_domain", None):
        return None
    asked = {"ResponseContentDisposition": f'attachment; filename="{filename}"', "ResponseContentType": content_type}
    return storage.url(field.name, parameters=asked, expire=tom_settings.TOM_DOWNLOAD_LINK_SECONDS)

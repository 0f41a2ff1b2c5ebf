"""The content of a product's file: bytes, text, and the cards that comments of a text hold."""

from __future__ import annotations

import io
import re
import zlib
from typing import Any

from tom_dataproducts.exceptions import InvalidFileFormatException

LARGEST = 200_000_000
"""Bytes that a processor takes into memory, unpacked."""


def read_bytes(data_product: Any) -> bytes:
    """The content of a product's file, unpacked when it is gzipped; no local path is needed.

    InvalidFileFormatException when there is no file, or more than `LARGEST` bytes of it.
    """
    field = data_product.data
    try:
        if hasattr(field, "storage") and field.name:
            stored = field.storage.open(field.name, "rb")
        elif hasattr(field, "open"):
            stored = field.open("rb")
        elif hasattr(field, "path"):
            stored = open(field.path, "rb")  # noqa: SIM115
        else:
            raise InvalidFileFormatException("The data product has no file")
    except (FileNotFoundError, ValueError):
        raise InvalidFileFormatException("The file of this data product is not in the storage any more") from None
    with stored:
        content = stored.read(LARGEST + 1)
    if content[:2] == b"\x1f\x8b":
        content = _unpacked(content)
    if len(content) > LARGEST:
        raise InvalidFileFormatException(f"The file holds more than the {LARGEST:,} bytes that can be processed; divide it")
    return content


def _unpacked(content: bytes) -> bytes:
    """Gzip undone, however much it claims to hold."""
    stream = io.BytesIO(content)
    found = bytearray()
    inflate = zlib.decompressobj(wbits=31)
    try:
        while piece := stream.read(1 << 20):
            while piece:
                found += inflate.decompress(piece, LARGEST + 1 - len(found))
                if len(found) > LARGEST:
                    return bytes(found)
                piece = inflate.unconsumed_tail
                if inflate.eof:
                    piece = inflate.unused_data
                    if not piece.startswith(b"\x1f\x8b"):
                        return bytes(found)
                    inflate = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise InvalidFileFormatException(f"The gzipped file is damaged: {error}") from None
    if not inflate.eof:
        raise InvalidFileFormatException("The gzipped file ends too soon: send it again")
    return bytes(found)


def read_text(data_product: Any) -> str:
    return as_text(read_bytes(data_product))


def as_text(content: bytes) -> str:
    """Text in UTF-8 (with or without BOM), UTF-16 (with BOM) or Latin-1; lines end in a plain newline."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            raise InvalidFileFormatException("Unsupported file type: this is a binary file, not text") from None
    else:
        if b"\x00" in content:
            raise InvalidFileFormatException("Unsupported file type: this is a binary file, not text")
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = content.decode("latin-1")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def comment_cards(text: str) -> dict[str, str]:
    """`# KEY: value` and `# KEY = value / comment` lines, keys in capitals."""
    cards: dict[str, str] = {}
    for line in text.split("\n"):
        match = re.match(r"^\s*#\s*([A-Za-z][\w-]*)\s*(=|:)\s*(.*?)\s*$", line) if "#" in line else None
        if match:
            content = match[3]
            if match[2] == "=":
                content = content.split(" / ")[0].strip()
            cards.setdefault(match[1].upper(), content.strip("'\" ").strip())
    return cards


def is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text

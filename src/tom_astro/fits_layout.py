"""What a FITS file holds, read from its headers alone and within limits: what a file claims is never believed before it is looked at.

The layout is that of the FITS standard 4.0 (sections 3 and 4): blocks of 2880 bytes; cards of 80 characters; the size of the data from
BITPIX, NAXISn, PCOUNT and GCOUNT (section 4.4.1).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import IO, Any

BLOCK, CARD = 2880, 80
# a header of the Rubin or DECam pipelines has some thousand cards; one past this is no header
MOST_HEADER_BYTES = 4_000_000
MOST_HDUS = 2000


class FitsLayoutError(ValueError):
    """What is wrong with the file, for people."""


@dataclass(frozen=True)
class Extension:
    """One HDU: its place in the file, its name, and of an image (packed by tiles too) the size in pixels."""

    index: int
    name: str
    kind: str  # "image", "table" or "other"
    width: int = 0
    height: int = 0
    planes: int = 1
    is_packed: bool = False

    @property
    def is_picture(self) -> bool:
        """An image of at least two rows and columns: one row is a spectrum."""
        return self.kind == "image" and self.width > 1 and self.height > 1

    @property
    def pixels(self) -> int:
        return self.width * self.height

    @property
    def label(self) -> str:
        size = f"{self.width} × {self.height}" + (f" × {self.planes}" if self.planes > 1 else "") if self.kind == "image" else self.kind
        return f"{self.index} {self.name or ('primary' if self.index == 0 else 'unnamed')}, {size}"


def is_fits(start: bytes) -> bool:
    """Whether these first bytes are those of a FITS file."""
    return start[:9] == b"SIMPLE  ="


def extensions(file: IO[bytes]) -> list[Extension]:
    """The HDUs of an open FITS file. FitsLayoutError says what is wrong with it."""
    file.seek(0, 2)
    size = file.tell()
    file.seek(0)
    found: list[Extension] = []
    while file.tell() < size:
        if len(found) >= MOST_HDUS:
            raise FitsLayoutError(f"The FITS file has more than {MOST_HDUS} extensions.")
        start = file.tell()
        cards = _header(file, first=not found)
        if cards is None:
            break  # padding or notes behind the last HDU
        header = _values(cards)
        one, data_bytes = _extension(len(found), header)
        end = file.tell() + math.ceil(data_bytes / BLOCK) * BLOCK
        if file.tell() + data_bytes > size:
            raise FitsLayoutError(
                f"The FITS file is cut short: extension {one.index} claims {data_bytes:,} bytes of data, the file has {size - file.tell():,}."
            )
        if end <= start:
            raise FitsLayoutError(f"Extension {one.index} of the FITS file has a negative size.")
        found.append(one)
        file.seek(end)
    return found


def _header(file: IO[bytes], *, first: bool) -> list[bytes] | None:
    """The cards up to END; None where no further HDU begins."""
    cards: list[bytes] = []
    while True:
        block = file.read(BLOCK)
        if not cards and first and not is_fits(block):
            raise FitsLayoutError("This is no FITS file.")
        if not cards and not first and not block.startswith(b"XTENSION="):
            return None
        if len(block) < BLOCK:
            raise FitsLayoutError("The FITS file is cut short: a header has no end.")
        for place in range(0, BLOCK, CARD):
            card = block[place : place + CARD]
            if card[:8].rstrip() == b"END":
                return cards
            cards.append(card)
        if len(cards) * CARD > MOST_HEADER_BYTES:
            raise FitsLayoutError(f"A header of the FITS file is longer than {MOST_HEADER_BYTES:,} bytes.")


NEEDED = {"XTENSION", "BITPIX", "NAXIS", "PCOUNT", "GCOUNT", "GROUPS", "EXTNAME", "ZIMAGE", "ZNAXIS", "ZBITPIX", "TFIELDS"}

WORDS = {"XTENSION", "EXTNAME", "GROUPS", "ZIMAGE"}


def _values(cards: list[bytes]) -> dict[str, Any]:
    """The values of the cards that say how large things are."""
    found: dict[str, Any] = {}
    for card in cards:
        name = card[:8].decode("latin-1").rstrip()
        if name.rstrip("0123456789") not in NEEDED or card[8:10] != b"= " or name in found:
            continue
        text = card[10:].decode("latin-1").strip()
        if text.startswith("'") and name in WORDS:
            found[name] = text[1:].split("'")[0].strip()
        else:
            word = text.split("/")[0].strip()
            found[name] = word == "T" if word in ("T", "F") else _whole(word, name)
    return found


def _whole(word: str, name: str) -> int:
    try:
        number = int(word)
    except ValueError:
        raise FitsLayoutError(f"{name} of the FITS file is {word[:20]!r}, and ought to be a whole number.") from None
    if abs(number) > 1 << 62:
        raise FitsLayoutError(f"{name} of the FITS file is out of range.")
    return number


def _axes(header: dict[str, Any], prefix: str) -> list[int]:
    count = header.get(f"{prefix}NAXIS", 0)
    if not 0 <= count <= 999:
        raise FitsLayoutError(f"{prefix}NAXIS of the FITS file is {count}.")
    sizes = [header.get(f"{prefix}NAXIS{k}", 0) for k in range(1, count + 1)]
    if any(size < 0 for size in sizes):
        raise FitsLayoutError("An axis of the FITS file has a negative size.")
    return sizes


def _extension(index: int, header: dict[str, Any]) -> tuple[Extension, int]:
    sizes = _axes(header, "")
    if header.get("GROUPS") is True and sizes and sizes[0] == 0:
        counted = math.prod(sizes[1:])
    else:
        counted = math.prod(sizes) if sizes else 0
    bits = abs(header.get("BITPIX", 8))
    data_bytes = bits // 8 * header.get("GCOUNT", 1) * (header.get("PCOUNT", 0) + counted)
    if data_bytes < 0:
        raise FitsLayoutError(f"Extension {index} of the FITS file has a negative size.")
    if not 0 <= header.get("TFIELDS", 0) <= 999:
        raise FitsLayoutError(f"TFIELDS of the FITS file is {header['TFIELDS']}.")
    name = str(header.get("EXTNAME", ""))[:68]
    kind = str(header.get("XTENSION", "IMAGE")).strip()
    packed = kind == "BINTABLE" and header.get("ZIMAGE") is True
    if packed:
        sizes = _axes(header, "Z")
    if packed or kind == "IMAGE":
        width, height, *further = [*sizes, 0, 0][: max(2, len(sizes))]
        return Extension(index, name, "image", width, height, math.prod(further) if further else 1, packed), data_bytes
    return Extension(index, name, "table" if kind in ("BINTABLE", "TABLE") else "other"), data_bytes

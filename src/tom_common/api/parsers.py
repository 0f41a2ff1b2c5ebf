"""JSON read strictly: what is wrong is said with its place, and nothing gets in that one of the databases cannot hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser

from tom_common.api.errors import TooLarge
from tom_common.conf import tom_settings

SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
DEEPEST = 64
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """As DRF's; also refuses nesting without end, NUL and half surrogates, which PostgreSQL cannot store.

    It is no JSONParser: of these DRF takes the body as a whole, as far as DATA_UPLOAD_MAX_MEMORY_SIZE, which is meant for forms.
    """

    media_type = JSONParser.media_type
    renderer_class = JSONParser.renderer_class

    def parse(self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None) -> Any:
        limit = tom_settings.TOM_API_MAX_BODY_BYTES
        raw = stream.read(limit + 1) if limit else stream.read()
        if limit and len(raw) > limit:
            raise TooLarge(f"What was sent is larger than the {limit} bytes that this TOM reads at a time.")
        try:
            data = JSONParser().parse(BytesIO(raw), media_type, parser_context)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deep.") from None
        if raw.count(b"[") + raw.count(b"{") > DEEPEST and is_deeper(data, DEEPEST):
            raise ParseError(f"JSON parse error - nested deeper than {DEEPEST} levels.")
        if SUSPECT.search(raw):
            for place, text in texts(data):
                if UNSTORABLE.search(text):
                    raise ParseError(
                        f"JSON parse error - {place or 'the text'} holds a character that cannot be stored (NUL, or half of a pair)."
                    )
        return data


def is_deeper(data: Any, levels: int) -> bool:
    layer = [data]
    for _ in range(levels):
        layer = [inner for item in layer if isinstance(item, dict | list) for inner in (item.values() if isinstance(item, dict) else item)]
        if not layer:
            return False
    return any(isinstance(item, dict | list) for item in layer)


def texts(data: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """All texts in parsed JSON, keys too, with where they stand: `aliases[0].name`."""
    if isinstance(data, str):
        yield place, data
    elif isinstance(data, dict):
        for key, value in data.items():
            yield place, key
            yield from texts(value, f"{place}.{key}" if place else key)
    elif isinstance(data, list):
        for number, value in enumerate(data):
            yield from texts(value, f"{place}[{number}]")

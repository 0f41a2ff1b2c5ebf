"""Versions of a row: a strong ETag from all that the reader sees of it, If-None-Match (304) and If-Match (412, 428)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from django.utils.http import parse_etags, quote_etag
from rest_framework.utils.encoders import JSONEncoder


def etag_of(representation: Any) -> str:
    """The ETag of a row's complete JSON, as this reader gets it."""
    text = json.dumps(representation, cls=JSONEncoder, sort_keys=True, separators=(",", ":"))
    return quote_etag(hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=16).hexdigest())


def none_match(request: Any, etag: str) -> bool:
    """Whether If-None-Match names this version (weak comparison, as for GET)."""
    asked = parse_etags(request.headers.get("If-None-Match", ""))
    return asked == ["*"] or etag in {tag.removeprefix("W/") for tag in asked}


def match(header: str, etag: str) -> bool:
    """Whether If-Match names this version (strong comparison)."""
    asked = parse_etags(header)
    return asked == ["*"] or etag in asked

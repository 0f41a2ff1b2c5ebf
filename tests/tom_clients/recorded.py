"""Recorded HTTP exchanges as answers of a mocked web."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import responses


def replay(mock: responses.RequestsMock, path: Path, *, anything_asked: bool = False) -> None:
    """Answer the recorded request; with `anything_asked` its address whatever the query says."""
    exchange = json.loads(path.read_text())
    url = exchange["request"]["url"]
    if anything_asked:
        url = urlunsplit(urlsplit(url)._replace(query=""))
    mock.add(
        exchange["request"]["method"],
        url,
        body=exchange["response"]["body"],
        status=exchange["response"]["status"],
        content_type="application/json",
    )

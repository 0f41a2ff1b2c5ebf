"""Files from outside services: streamed to disk, gone on with after a break, checked, and put in place when they are whole."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tom_common.conf import tom_settings
from tom_common.http.errors import ServiceAnswerError, ServiceRefusedError, ServiceUnavailableError

if TYPE_CHECKING:
    from tom_common.http.client import ServiceClient


@dataclass(frozen=True, slots=True)
class Download:
    """A file that was fetched: `resumed` counts how often the transfer was taken up again."""

    path: Path
    size_bytes: int
    sha256: str
    resumed: int = 0


def fetch(
    client: ServiceClient,
    url: str,
    target: Path,
    *,
    size: int | None = None,
    sha256: str = "",
    md5: str = "",
    max_bytes: int | None = None,
    **kwargs: Any,
) -> Download:
    """Fetch `url` to the file `target`.

    The bytes go to `<target>.part`, which takes its name when it has the size that was announced (or given, in bytes) and the checksums
    given. A transfer that breaks is taken up where it broke, if the service says that it is still the same file (ETag or Last-Modified,
    or a checksum is given, with which an earlier call's part is continued too).

    :raises ServiceAnswerError: too large (`max_bytes`, default TOM_HTTP_MAX_DOWNLOAD_BYTES), not of the size or checksum expected
    :raises ServiceError: the service cannot be had
    """
    limit = max_bytes or tom_settings.TOM_HTTP_MAX_DOWNLOAD_BYTES
    part = target.with_name(target.name + ".part")
    checked = bool(sha256 or md5)
    if not checked:
        part.unlink(missing_ok=True)
    validator, resumed = "", 0
    for attempt in range(1, client.max_attempts + 1):
        start = part.stat().st_size if part.exists() and (validator or checked) else 0
        headers = {**(kwargs.pop("headers", None) or {}), "Accept-Encoding": "identity"}
        asked = headers | ({"Range": f"bytes={start}-"} | ({"If-Range": validator} if validator else {}) if start else {})
        try:
            response = client.request("GET", url, stream=True, headers=asked, **kwargs)
        except ServiceRefusedError as error:
            if error.status_code != 416 or not start:
                raise
            if size == start or (size is None and checked):
                break  # all of it is here
            part.unlink()
            continue
        with response:
            start = start if response.status_code == 206 and _starts_at(response, start) else 0
            resumed += bool(start)
            validator = response.headers.get("ETag", "") or response.headers.get("Last-Modified", "")
            if validator.startswith("W/"):
                validator = ""
            expected = _length(response, start)
            if max(size or 0, expected or 0) > limit:
                raise client._error(ServiceAnswerError, f"the file is larger than {limit} bytes", response.url)
            problem = None
            try:
                with part.open("r+b" if start else "wb") as file:
                    file.seek(start)
                    file.truncate()
                    for chunk in client.chunks(response, limit - start):
                        file.write(chunk)
            except (ServiceAnswerError, ServiceUnavailableError) as error:
                if "larger than" in str(error) or attempt == client.max_attempts:
                    raise
                problem = error
        got = part.stat().st_size
        if problem is None and (expected is None or got == expected):
            break
        if attempt == client.max_attempts:
            raise client._error(ServiceAnswerError, f"the file was cut off: {got} of {expected} bytes came", url)
    return _in_place(client, url, part, target, size, {"sha256": sha256, "md5": md5}, resumed)


def _in_place(
    client: ServiceClient, url: str, part: Path, target: Path, size: int | None, wanted: dict[str, str], resumed: int
) -> Download:
    sums = {name: hashlib.new(name, usedforsecurity=False) for name in ("sha256", *(name for name, value in wanted.items() if value))}
    with part.open("rb") as file:
        while chunk := file.read(1 << 20):
            for each in sums.values():
                each.update(chunk)
    got = part.stat().st_size
    wrong = "" if size is None or got == size else f"the file has {got} bytes, not {size}"
    for name, value in wanted.items():
        if value and sums[name].hexdigest() != value.lower():
            wrong = f"the file's {name} is not the one expected"
    if wrong:
        part.unlink()
        raise client._error(ServiceAnswerError, wrong, client.url(url))
    os.replace(part, target)
    return Download(target, got, sums["sha256"].hexdigest(), resumed)


def _starts_at(response: Any, start: int) -> bool:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return bool(found and int(found[1]) == start)


def _length(response: Any, start: int) -> int | None:
    found = re.search(r"/(\d+)$", response.headers.get("Content-Range", ""))
    if found and start:
        return int(found[1])
    length = response.headers.get("Content-Length", "")
    return int(length) + start if length.isdigit() else None

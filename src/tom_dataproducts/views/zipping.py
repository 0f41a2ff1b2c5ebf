"""Many files as one, packed while it is sent: memory holds one piece of one file."""

from __future__ import annotations

import posixpath
import zipfile

from django.http import StreamingHttpResponse
from django.utils import timezone

from tom_common.errors import TomError
from tom_dataproducts.storage import pieces


class _Sink:
    """Where `zipfile` writes; `take` gives what came since the last time."""

    def __init__(self):
        self.written, self.place = [], 0

    def write(self, data):
        self.written.append(bytes(data))
        self.place += len(data)
        return len(data)

    def tell(self):
        return self.place

    def flush(self):
        """Nothing is held back."""

    def take(self):
        found, self.written = b"".join(self.written), []
        return found


def zip_pieces(products):
    """A zip file of the products' files under their paths in the storage. Those that are not there are named in a file MISSING.txt."""
    sink, names, missing = _Sink(), set(), []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as packed:
        for product in products:
            name = _free(product, names)
            try:
                content = pieces(product.data)
            except TomError:
                missing.append(name)
                continue
            stamp = max(product.created.timetuple()[:6], (1980, 1, 1, 0, 0, 0))
            with packed.open(zipfile.ZipInfo(name, date_time=stamp), "w", force_zip64=True) as entry:
                for piece in content:
                    entry.write(piece)
                    yield sink.take()
            yield sink.take()
        if missing:
            packed.writestr("MISSING.txt", "Not in the storage:\n" + "\n".join(missing) + "\n")
    yield sink.take()


def _free(product, names):
    name = posixpath.normpath(product.data.name).lstrip("/.") or str(product.pk)
    if name in names:
        folder, last = posixpath.split(name)
        name = posixpath.join(folder, f"{product.pk}_{last}")
    names.add(name)
    return name


def zip_response(rows):
    """The files of these products as a download. Each row was found through the door for who asks."""
    products = rows.exclude(data="").exclude(data=None).order_by("pk").iterator(chunk_size=500)
    response = StreamingHttpResponse(zip_pieces(products), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="data_{timezone.now():%Y%m%d_%H%M%S}.zip"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

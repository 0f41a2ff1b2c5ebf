"""The door to stored files: whoever may see the product may have its file."""

import mimetypes
import os
import posixpath
from pathlib import Path

from django.db.models import Q
from django.http import FileResponse, Http404
from django.views import View

from tom_common.permissions import deny
from tom_dataproducts import policy

SHOWN = {"image/jpeg", "image/png", "image/gif", "image/webp", "text/plain", "text/csv", "application/pdf"}


class MediaView(View):
    """Files of data products by their path in the storage (`/data/<path>`) or by product. The folder itself is not served."""

    http_method_names = ["get", "head"]

    def get(self, request, path=None, pk=None):
        if pk is not None:
            product = policy.visible_to(request.user).filter(pk=pk).first()
            field = product.data if product is not None else None
        else:
            clean = posixpath.normpath(path)
            if clean.startswith(("..", "/")) or clean != path.rstrip("/"):
                raise Http404
            product = policy.visible_to(request.user).filter(Q(data=clean) | Q(thumbnail=clean)).first()
            field = None
            if product is not None:
                field = product.data if product.data and product.data.name == clean else product.thumbnail
        if not field:
            deny(request, seen=False)
        if leads_outside(field):
            raise Http404("The file is not in the storage.")
        try:
            stored = field.storage.open(field.name, "rb")
        except (FileNotFoundError, OSError):
            raise Http404("The file is not in the storage.") from None
        name = posixpath.basename(field.name)
        kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
        response = FileResponse(stored, as_attachment=kind not in SHOWN, filename=name, content_type=kind)
        response["X-Content-Type-Options"] = "nosniff"
        # What somebody uploaded is never a page of this site.
        response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
        response["Cache-Control"] = "private, max-age=0, must-revalidate"
        return response


def leads_outside(field) -> bool:
    """A symbolic link from a storage on disk to a file elsewhere."""
    try:
        path, location = field.path, field.storage.location
    except (NotImplementedError, AttributeError):
        return False  # not on this disk
    return os.path.islink(path) and not Path(path).resolve().is_relative_to(Path(location).resolve())

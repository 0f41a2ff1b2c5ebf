"""The door to stored files: whoever may see the product may have its file."""

from __future__ import annotations

import mimetypes
import posixpath
import re

from django.db.models import Q
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views import View

from tom_common.conf import tom_settings
from tom_common.errors import NotFoundError
from tom_common.permissions import deny
from tom_dataproducts import policy
from tom_dataproducts.storage import expiring_link, opened, pieces, size_of

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
        try:
            return serve(request, field, sha256=product.sha256 if field.field.name == "data" else "")
        except NotFoundError as error:
            raise Http404(str(error)) from None


def serve(request, field, *, sha256=""):
    """The stored file, whole or the one range that was asked for (RFC 9110, section 14); 304 for who has it already.

    NotFoundError: it is not in the storage.
    """
    name = posixpath.basename(field.name)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    size = size_of(field)
    etag = quote_etag(sha256 or f"{field.name}-{size}")
    known = get_conditional_response(request, etag=etag)
    if known is not None:
        return _guarded(known, etag)
    if tom_settings.TOM_DOWNLOAD_BY_LINK and kind not in SHOWN and (link := expiring_link(field, filename=name, content_type=kind)):
        response = HttpResponseRedirect(link)
        response["Cache-Control"] = "private, no-store"
        return response
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) == etag:
        span = wanted_range(asked, size)
        if span is None:
            response = HttpResponse(status=416)
            response["Content-Range"] = f"bytes */{size}"
            return _guarded(response, etag)
        if span != ():
            first, last = span
            response = StreamingHttpResponse(pieces(field, first, last - first + 1), status=206, content_type=kind)
            response["Content-Range"] = f"bytes {first}-{last}/{size}"
            response["Content-Length"] = str(last - first + 1)
            return _guarded(_named(response, name, kind), etag)
    stored = opened(field)
    if hasattr(stored, "obj"):  # in S3: as it comes, not fetched before
        stored.close()
        response = StreamingHttpResponse(pieces(field), content_type=kind)
        response["Content-Length"] = str(size)
        return _guarded(_named(response, name, kind), etag)
    return _guarded(FileResponse(stored, as_attachment=kind not in SHOWN, filename=name, content_type=kind), etag)


def _named(response, name, kind):
    response["Content-Disposition"] = content_disposition_header(kind not in SHOWN, name)
    return response


def _guarded(response, etag):
    response["ETag"] = etag
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    # What somebody uploaded is never a page of this site.
    response["Content-Security-Policy"] = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src 'self'"
    response["Cache-Control"] = "private, max-age=0, must-revalidate"
    return response


def wanted_range(header, size):
    """(first, last) byte of the one range that a `Range` header asks for; () where the whole file answers it; None: it cannot be met."""
    match = re.fullmatch(r"bytes=(\d{0,18})-(\d{0,18})", header.strip())
    if match is None or match[0] == "bytes=-":
        return ()  # several ranges, or units that are not known: the whole is a right answer
    if not match[1]:
        count = min(int(match[2]), size)
        return (size - count, size - 1) if count else None
    first, last = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
    if match[2] and int(match[2]) < first:
        return ()
    return (first, last) if first < size else None

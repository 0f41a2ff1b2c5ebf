"""Pictures of products: the small one of a list, and the viewer with what it draws."""

from __future__ import annotations

from pathlib import Path

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.views import View

from tom_common.errors import TomError
from tom_common.permissions import deny
from tom_dataproducts import policy
from tom_dataproducts.services.images import LIMITS, STRETCHES, Region, as_jpeg, described, drawn, may_be_picture
from tom_dataproducts.services.thumbnails import preview_jpeg

PLACEHOLDER = Path(__file__).resolve().parent.parent / "static" / "tom_dataproducts" / "img" / "placeholder.png"


class _OfProduct(View):
    """Looks at one product. What is drawn of a file stays the same as long as the file does."""

    http_method_names = ["get", "head"]

    def product(self, pk):
        product = policy.visible_to(self.request.user).select_related("target", "observation_record").filter(pk=pk).first()
        if product is None:
            deny(self.request, seen=False)
        return product

    def image(self, pk):
        """The product, which may be an image; 404 for one without a file and for other files."""
        product = self.product(pk)
        if not product.data or not may_be_picture(product.data.name):
            raise Http404("This product is no image.")
        return product

    def answered(self, product, make):
        """What `make()` answers, unless the browser has it still."""
        etag = quote_etag(f"{product.sha256 or product.data.name}-{product.modified.timestamp():.6f}-{self.request.GET.urlencode()}")
        response = get_conditional_response(self.request, etag=etag)
        if response is None:
            try:
                response = make()
            except TomError as error:
                return JsonResponse({"problem": error.message}, status=error.status)
        response["ETag"] = etag
        response["Cache-Control"] = "private, max-age=0, must-revalidate"
        response["X-Content-Type-Options"] = "nosniff"
        return response

    def number(self, name):
        text = self.request.GET.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


class PreviewView(_OfProduct):
    """A small JPEG of a product; the placeholder for a file that ought to be an image and is none; 404 for other files."""

    def get(self, request, pk):
        product = self.product(pk)
        return self.answered(product, lambda: self.small(product))

    def small(self, product):
        if not product.data or not (product.thumbnail or may_be_picture(product.data.name)):
            raise Http404("This product is no image.")
        jpeg = preview_jpeg(product)
        if jpeg is None:
            return HttpResponse(PLACEHOLDER.read_bytes(), content_type="image/png")
        return HttpResponse(jpeg, content_type="image/jpeg")


class ViewerView(_OfProduct):
    """The page on which an image is looked at: zoom, stretch, limits, extensions, position on the sky."""

    def get(self, request, pk):
        product = self.image(pk)
        context = {"product": product, "stretches": STRETCHES, "limits": LIMITS, "hdu": self.number("hdu")}
        return render(request, "tom_dataproducts/image_viewer.html", context)


class ImageInfoView(_OfProduct):
    """What the viewer needs to know of an image, as JSON."""

    def get(self, request, pk):
        product = self.image(pk)
        return self.answered(product, lambda: JsonResponse(described(product.data, index=self.number("hdu"))))


class ImageView(_OfProduct):
    """The image, or a region of it (`x`, `y`, `width`, `height` in its pixels), as JPEG of at most `size` pixels a side."""

    def get(self, request, pk):
        product = self.image(pk)
        return self.answered(product, lambda: HttpResponse(as_jpeg(self.drawn(product)), content_type="image/jpeg"))

    def drawn(self, product):
        asked = self.request.GET
        parts = [self.number(name) for name in ("x", "y", "width", "height")]
        return drawn(
            product.data, index=self.number("hdu"), longest=self.number("size") or 1024, region=None if None in parts else Region(*parts),
            stretch=asked.get("stretch", "asinh"), limits=asked.get("limits", "auto"),
        )  # fmt: skip

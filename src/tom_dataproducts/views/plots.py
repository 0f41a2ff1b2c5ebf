"""Columns of numbers for the plots of a target, and a picture of its light curve."""

from __future__ import annotations

import hashlib
import math
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.views import View
from django.views.decorators.gzip import gzip_page

from tom_common.conf import tom_settings
from tom_common.errors import InvalidInputError
from tom_dataproducts.plots import columns, formats, image, periods
from tom_dataproducts.plots import spectra as plots_of_spectra
from tom_dataproducts.plots.about import numbers_of
from tom_targets.policy import get_or_deny

FORM = 2
"""Of the answers: a change of it makes browsers ask again."""
KEPT_S = 3600


def number(request: HttpRequest, name: str, *, above: float | None = None) -> float | None:
    """The finite number of a parameter; None where it is not given. Raises InvalidInputError."""
    text = request.GET.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or (above is not None and value <= above):
        more = f" above {above:g}" if above is not None else ""
        raise InvalidInputError(f"{name} must be a number{more}, not {text[:40]!r}.")
    return value


def window_of(request: HttpRequest, fold: Any) -> tuple[float, float] | None:
    low, high = number(request, "from"), number(request, "to")
    if low is None and high is None:
        return None
    least, most = (0.0, 1.0) if fold else (-678000.0, 2973000.0)
    low, high = least if low is None else max(low, least), most if high is None else min(high, most)
    if low > high:
        raise InvalidInputError("from must not be later than to.")
    return low, high


def fold_of(request: HttpRequest) -> tuple[float, float] | None:
    period = number(request, "period", above=0.0)
    return None if period is None else (period, number(request, "epoch") or 0.0)


@method_decorator(gzip_page, name="dispatch")
class PlotView(View):
    """What one may see of a target, in the format that is asked for; not sent again while it is the same (ETag)."""

    http_method_names = ["get", "head"]

    def get(self, request, target_pk):
        target = get_or_deny(request, target_pk)
        try:
            about = numbers_of(target)
            rows = self.rows(request, target)
            tag = self.tag(request, target, about, rows)
            response = get_conditional_response(request, etag=tag) or self.answer(request, target, about, rows, tag)
        except InvalidInputError as error:
            return JsonResponse({"detail": error.message}, status=400)
        response["ETag"] = tag
        response["Cache-Control"] = "private, no-cache"
        return response

    def tag(self, request, target, about, rows) -> str:
        said = (
            FORM,
            tom_settings.TOM_PLOT_MAX_POINTS,
            request.user.pk,
            target.name,
            sorted(about.items(), key=str),
            columns.version_of(rows),
            self.also_told(request, target),
        )
        return f'"{hashlib.blake2b(repr(said).encode(), digest_size=12).hexdigest()}"'

    def rows(self, request, target):
        return columns.photometry(request.user, target, seen=True)

    def also_told(self, request, target) -> str:
        """Changes with what the answer tells beside rows and target."""
        return ""

    def answer(self, request, target, about, rows, tag) -> HttpResponse:
        raise NotImplementedError


class LightCurveView(PlotView):
    """`format`: json, packed, csv, arrow; the last two hold all points, the others at most TOM_PLOT_MAX_POINTS of `from` to `to` (MJD, or
    phase with `period` and `epoch`)."""

    def also_told(self, request, target):
        return columns.version_of_products(request.user, target)

    def answer(self, request, target, about, rows, tag):
        form = request.GET.get("format", "json")
        if form not in formats.FORMATS:
            raise InvalidInputError(f"format must be one of {', '.join(formats.FORMATS)}.")
        fold = fold_of(request)
        whole = form in ("csv", "arrow")
        pixels = number(request, "pixels", above=0.0) or columns.PIXELS
        curve = columns.light_curve(
            request.user,
            target,
            rows=rows,
            limit=0 if whole else None,
            window=window_of(request, fold),
            fold=fold,
            pixels=int(min(max(pixels, 50), 4000)),
        )
        if not whole:
            return JsonResponse(
                formats.light_curve_json(curve, {"target": target.pk} | about, pack=form == "packed"),
                json_dumps_params={"separators": (",", ":")},
            )
        table = formats.table(curve)
        response = HttpResponse(formats.as_csv(table) if form == "csv" else formats.as_arrow(table), content_type=formats.FORMATS[form])
        response["Content-Disposition"] = f'attachment; filename="{slugify(target.name) or target.pk}-light-curve.{form}"'
        return response


class LightCurveImageView(PlotView):
    """The light curve as PNG."""

    def answer(self, request, target, about, rows, tag):
        curve = columns.light_curve(request.user, target, rows=rows, limit=4000, pixels=700)
        return HttpResponse(image.light_curve_png(curve, title=target.name), content_type="image/png")


class SpectraView(PlotView):
    """The newest spectra, or those of `ids` (keys with commas between); `format`: json or packed."""

    def rows(self, request, target):
        return plots_of_spectra.rows_of(request.user, target, seen=True)

    def answer(self, request, target, about, rows, tag):
        form = request.GET.get("format", "json")
        if form not in ("json", "packed"):
            raise InvalidInputError("format must be json or packed.")
        ids = None
        if "ids" in request.GET:
            words = [word for word in request.GET["ids"].split(",") if word]
            if not all(word.isascii() and word.isdigit() and len(word) < 19 for word in words):
                raise InvalidInputError("ids must be keys of spectra with commas between.")
            ids = [int(word) for word in words[: plots_of_spectra.MOST]]
        found = plots_of_spectra.spectra(request.user, target, rows=rows, ids=ids, pack=form == "packed")
        return JsonResponse(
            {"target": target.pk, "redshift": about["redshift"], "spectra": found}, json_dumps_params={"separators": (",", ":")}
        )


class PeriodogramView(PlotView):
    """The Lomb-Scargle periodogram of `series` (a label, or "all"), from `shortest` to `longest` period in days. Kept for an hour."""

    def answer(self, request, target, about, rows, tag):
        shortest, longest = number(request, "shortest", above=0.0), number(request, "longest", above=0.0)
        series = request.GET.get("series", "")[:300]
        said = repr((tag, target.pk, series, shortest, longest))
        key = f"tom-periodogram-{hashlib.blake2b(said.encode(), digest_size=16).hexdigest()}"
        found = cache.get(key)
        if found is None:
            curve = columns.light_curve(request.user, target, rows=rows, limit=0)
            found = periods.periodogram(curve, series=series, shortest=shortest, longest=longest)
            cache.set(key, found, KEPT_S)
        return JsonResponse({"target": target.pk} | found, json_dumps_params={"separators": (",", ":")})

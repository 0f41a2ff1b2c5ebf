"""Pages about one target on the sky: its coordinates on a date and its ephemeris."""

from __future__ import annotations

from datetime import UTC, timedelta

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.generic import View

from tom_common.conf import tom_settings
from tom_targets.policy import get_or_deny

# So many rows are shown on a page; the files hold all of them.
ROWS_SHOWN = 1000


class TargetCoordinatesView(View):
    """Coordinates at a time, in every frame: a part of the target's page for htmx, else a page of its own."""

    def get(self, request, pk):
        from tom_targets.coordinates import frames
        from tom_targets.forms.visibility import MomentForm

        target = get_or_deny(request, pk, "view")
        when = timezone.now().astimezone(UTC).replace(second=0, microsecond=0)
        form = MomentForm(request.GET if "when" in request.GET else None, initial={"when": when})
        if form.is_bound:
            when = form.cleaned_data["when"] if form.is_valid() else None
        part = request.headers.get("HX-Request") == "true"
        return render(
            request,
            "tom_targets/partials/coordinates_now.html" if part else "tom_targets/target_coordinates.html",
            {"target": target, "form": form, "when": when, "frames": None if when is None else frames(target, when)},
        )


class TargetEphemerisView(View):
    """Where a target stands in steps of time, as a table, and as a file with `format=csv` or `ecsv`."""

    def get(self, request, pk):
        from tom_targets.ephemeris import table_of
        from tom_targets.forms.visibility import EphemerisForm

        target = get_or_deny(request, pk, "view")
        start = timezone.now().astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        first = {"start": start, "stop": start + timedelta(days=1), "step": 1, "unit": "h"}
        form = EphemerisForm(request.GET if "start" in request.GET else None, initial=first)
        table, site = None, None
        if form.is_bound and form.is_valid():
            site = form.site()
            table = table_of(target, form.times(), site)
        if request.GET.get("format") in FILES:
            if table is None:
                problems = "; ".join(f"{name}: {' '.join(errors)}" for name, errors in form.errors.items()) or "the target has no place"
                return HttpResponseBadRequest(f"No ephemeris: {problems}\n", content_type="text/plain; charset=utf-8")
            return _file(target, table, site, request.GET["format"])
        context = {"target": target, "form": form, "table": table, "site": site}
        if table is not None:
            rows = table.rows()
            context["rows"] = [row for row, _ in zip(rows, range(ROWS_SHOWN), strict=False)]
            context["left_out"] = len(table) - len(context["rows"])
            query = request.GET.copy()
            query.pop("format", None)
            context["query"] = query.urlencode()
        return render(request, "tom_targets/target_ephemeris.html", context)


FILES = {"csv": "text/csv; charset=utf-8", "ecsv": "text/csv; charset=utf-8"}


def _file(target, table, site, kind):
    from tom_targets.ephemeris import as_csv, as_ecsv

    meta = {
        "target": target.name,
        "seen_from": "Earth's centre"
        if site is None
        else f"{site.name}, {site.latitude_deg} deg north, {site.longitude_deg} deg east, {site.elevation_m} m",
        "frame": "ICRS, astrometric",
        "time_scale": "UTC",
    }
    text = as_csv(table) if kind == "csv" else as_ecsv(table, meta)
    answer = HttpResponse(text, content_type=FILES[kind])
    answer["Content-Disposition"] = f'attachment; filename="ephemeris-{slugify(target.name) or target.pk}.{kind}"'
    return answer


FIELD_ARCMIN, BRIGHTEST, FAINTEST, SLIT_WIDTH, SLIT_LENGTH = 10.0, 8.0, 18.0, 1.0, 120.0


class TargetFinderView(View):
    """The finder chart, to print: stars, other targets, offset stars, slit and parallactic angle."""

    def get(self, request, pk):
        from tom_targets.finder import chart, offset_stars
        from tom_targets.forms.visibility import FinderForm

        target = get_or_deny(request, pk, "view")
        now = timezone.now().astimezone(UTC).replace(second=0, microsecond=0)
        first = {
            "when": now,
            "field": FIELD_ARCMIN,
            "brightest": BRIGHTEST,
            "faintest": FAINTEST,
            "slit_width": SLIT_WIDTH,
            "slit_length": SLIT_LENGTH,
        }
        asked = {name: value for name, value in request.GET.items() if name in FinderForm.base_fields and value}
        form = FinderForm({**first, **asked} if asked else None, initial=first)
        context = {"target": target, "form": form, "when": None, "chart": None, "run": _own_run(request)}
        if not form.is_bound or form.is_valid():
            data = {name: value for name, value in (form.cleaned_data if form.is_bound else {}).items() if value not in (None, "")}
            asked = {**first, **data}
            found = chart(request.user, target, asked["when"], asked["field"])
            context |= {"when": asked["when"], "chart": found}
            if found is not None:
                from tom_astro.angles import format_dec, format_ra

                context["place"] = {"ra": format_ra(found["ra"]), "dec": format_dec(found["dec"], 2)}
                context["offsets"] = offset_stars(found, asked["brightest"], asked["faintest"], asked["field"] * 60.0)
                context |= _slit(asked, found, form.places.get(asked.get("site", "")))
        context["hips_servers"] = list(tom_settings.TOM_HIPS_SERVERS or [])
        context["catalogue_url"] = tom_settings.FINDER_CATALOG_URL
        return render(request, "tom_targets/target_finder.html", context)


def _slit(asked, found, site):
    """Parallactic angle and altitude at the site, and the slit where one is asked for."""
    from tom_astro.times import datetime_to_mjd
    from tom_astro.visibility import altaz, parallactic_angle_deg
    from tom_targets.finder import slit

    context = {"site": site, "parallactic": None}
    pa = asked.get("slit_pa")
    if site is not None:
        mjd = float(datetime_to_mjd(asked["when"]))
        context["parallactic"] = float(parallactic_angle_deg(found["ra"], found["dec"], mjd, site))
        context["altitude"] = float(altaz(found["ra"], found["dec"], mjd, site).altitude_deg)
        pa = context["parallactic"] if asked.get("parallactic") else pa
    if pa is not None:
        context |= {
            "slit": slit(asked["field"], pa, asked["slit_width"], asked["slit_length"]), "slit_pa": pa % 360.0,
            "slit_width": asked["slit_width"], "slit_length": asked["slit_length"],
        }  # fmt: skip
    return context


def _own_run(request):
    """The run of this person's fetching of stars that the address names."""
    asked = request.GET.get("run", "")
    if not request.user.is_authenticated or not asked.isdigit() or len(asked) > 18:
        return None
    from tom_common.models import TaskRun

    run = TaskRun.objects.filter(pk=asked, actor=request.user).first()
    return None if run is None or run.state == "succeeded" else run


class TargetFinderStarsView(LoginRequiredMixin, View):
    """Has the stars around a target fetched, in the background; asked for by POST."""

    http_method_names = ["post", "options"]

    def post(self, request, pk):
        from tom_common.tasks import enqueue
        from tom_targets.services.stars import MOST_RADIUS_ARCMIN, fetch_stars_task

        target = get_or_deny(request, pk, "view")
        address = reverse("targets:finder", args=[target.pk])
        if not tom_settings.FINDER_CATALOG_URL:
            messages.warning(request, "This TOM names no star catalogue (FINDER_CATALOG_URL).")
            return redirect(address)
        try:
            field = min(max(float(request.POST.get("field") or FIELD_ARCMIN), 1.0), 60.0)
        except ValueError:
            field = FIELD_ARCMIN
        # to the corners, and a little for the motion of the target
        radius = min(field * 0.75 if field == field else FIELD_ARCMIN * 0.75, MOST_RADIUS_ARCMIN)
        run = enqueue(fetch_stars_task, target.pk, request.user.pk, radius, actor=request.user, key=f"stars:{target.pk}", link=address)
        return redirect(f"{address}?field={field:g}&run={run.pk}")

"""Which targets of a list can be observed somewhere tonight; and the observations of a target, refreshed."""

from __future__ import annotations

import csv
from datetime import UTC

from django.apps import apps
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpResponseBadRequest, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.generic import FormView, View

from tom_common.conf import tom_settings
from tom_common.permissions import deny
from tom_targets.forms import TargetSelectionForm
from tom_targets.policy import get_or_deny, sees_all, visible_to

COLUMNS = ["Target", "Site", "Min airmass", "Rise (UTC)", "Time of min airmass (UTC)", "Set (UTC)", "Duration (h)", "Moon (deg)"]
MAX_AIRMASS = 2.0
PER_PAGE = 5
PAGE_SIZES = (5, 20, 50, 100)
ASKED = "target_selection"  # what was posted, in the session
MOST_RANKED = 20_000  # targets of a list that are ranked; a longer list is gone through by name
CHUNK = 500


class TargetFacilitySelectionView(FormView):
    """Targets of a list against an observatory: below an airmass, in the dark, in the 24 hours from a time; by name or best first; CSV."""

    template_name = "tom_targets/target_facility_selection.html"
    form_class = TargetSelectionForm

    def dispatch(self, request, *args, **kwargs):
        # The list itself limits what one sees; a visitor has no list.
        if not request.user.is_authenticated and not sees_all(request.user):
            deny(request, seen=False)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        kwargs = {**super().get_form_kwargs(), "user": self.request.user}
        if self.request.method in ("GET", "HEAD"):
            if "target_list" in self.request.GET:
                kwargs["data"] = self.request.GET
            elif "page" in self.request.GET and ASKED in self.request.session:
                kwargs["data"] = self.request.session[ASKED]  # a template whose form posts links to the next page by its number alone
        return kwargs

    def get_initial(self):
        now = timezone.now().astimezone(UTC)
        return {**super().get_initial(), "window_start": now.strftime("%Y-%m-%d %H:%M:%S")}

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        extra = list(tom_settings.SELECTION_EXTRA_FIELDS or [])
        context["table_columns"] = [*COLUMNS, *extra]
        context.setdefault("target_visibilities", [])
        context.setdefault("use_table", False)
        context.setdefault("targets_page", None)
        form = context["form"]
        if form.is_bound and form.is_valid():
            context.update(self.answer(form.cleaned_data, extra))
        return context

    def targets(self, data):
        """Targets of the list that the viewer sees, with what the columns need."""
        rows = visible_to(self.request.user, "view", data["target_list"].targets.order_by("name", "pk"))
        return rows.prefetch_related("targetextra_set") if tom_settings.SELECTION_EXTRA_FIELDS else rows

    def ordered(self, data, sites, start, limit):
        """The targets in the order asked for, and how many of the list were looked at when not all were (else None)."""
        from tom_targets.visibility import rank

        rows = self.targets(data)
        if data.get("order") != "best":
            return rows, None
        taken = list(rows.prefetch_related(None)[: MOST_RANKED + 1])
        cut = MOST_RANKED if len(taken) > MOST_RANKED else None
        return [row[0] for row in rank(taken[:MOST_RANKED], sites, start, step_min=30, max_airmass=limit)], cut

    def answer(self, data, extra):
        from django.core.paginator import Paginator

        from tom_targets.observatories import sites_of

        sites, start, limit = (
            sites_of(data["observatory"]),
            data["window_start"].astimezone(UTC),
            float(data.get("max_airmass") or MAX_AIRMASS),
        )
        targets, cut = self.ordered(data, sites, start, limit)
        asked = self.request.GET.get("per_page", "")
        size = int(asked) if asked.isdigit() and int(asked) in PAGE_SIZES else PER_PAGE
        page = Paginator(targets, size).get_page(self.request.GET.get("page"))
        query = self.request.GET.copy()
        for name in ("page", "format", "csrfmiddlewaretoken"):
            query.pop(name, None)
        return {
            "target_visibilities": selected_rows(list(page.object_list), sites, start, limit, extra), "targets_page": page, "use_table": True,
            "page_obj": page, "pages": page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1), "page_sizes": PAGE_SIZES,
            "per_page": size, "max_airmass": limit, "cut": cut, "query": query.urlencode(),
        }  # fmt: skip

    def get(self, request, *args, **kwargs):
        if request.GET.get("format") == "csv":
            form = self.get_form()
            if not form.is_bound or not form.is_valid():
                problems = (
                    "; ".join(f"{name}: {' '.join(errors)}" for name, errors in form.errors.items())
                    or "name a list, an observatory and a time"
                )
                return HttpResponseBadRequest(f"No table: {problems}\n", content_type="text/plain; charset=utf-8")
            return self.as_csv(form.cleaned_data)
        return self.render_to_response(self.get_context_data())

    def as_csv(self, data):
        """Every target of the list that is up, in the order of the page, streamed."""
        from tom_targets.observatories import sites_of

        extra = list(tom_settings.SELECTION_EXTRA_FIELDS or [])
        sites, start, limit = (
            sites_of(data["observatory"]),
            data["window_start"].astimezone(UTC),
            float(data.get("max_airmass") or MAX_AIRMASS),
        )
        targets, _ = self.ordered(data, sites, start, limit)
        targets = targets if isinstance(targets, list) else list(targets)

        def lines():
            writer = csv.writer(_Echo())
            yield writer.writerow([*COLUMNS, *extra])
            for first in range(0, len(targets), CHUNK):
                for row in selected_rows(targets[first : first + CHUNK], sites, start, limit, extra):
                    times = [row[key].strftime("%Y-%m-%dT%H:%M:%SZ") for key in ("rise", "time_of_minimum", "set")]
                    cells = [
                        row["target"].name,
                        row["site"],
                        row["minimum_airmass"],
                        *times,
                        row["duration_hours"],
                        row["moon_deg"],
                        *row["extra"],
                    ]
                    yield writer.writerow([_defused(cell) for cell in cells])

        answer = StreamingHttpResponse(lines(), content_type="text/csv; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="selection-{start:%Y%m%dT%H%M}.csv"'
        return answer

    def form_valid(self, form):
        self.request.session[ASKED] = {name: form.data[name] for name in form.fields if form.data.get(name)}
        return self.render_to_response(self.get_context_data(form=form))


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, text):
        return text


def _defused(cell):
    # a spreadsheet would take such text for a formula
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def selected_rows(targets, sites, start, limit, extra):
    """Rows of `tom_targets.visibility.selection` with the project's own columns under `extra`."""
    from tom_targets.visibility import selection

    rows = selection(targets, sites, start, limit)
    for row in rows:
        row["extra"] = [_own(row["target"], name) for name in extra]
    return rows


def _own(target, name):
    value = getattr(target, name, None)
    if value is not None:
        return value
    return next((one.value for one in target.targetextra_set.all() if one.key == name), None)


class RefreshObservationsView(LoginRequiredMixin, View):
    """Asks the facilities for the state of a target's observations; asked for by POST."""

    def get(self, request, pk):
        target = get_or_deny(request, pk, "change")
        return render(
            request,
            "tom_common/ui/confirm.html",
            {
                "title": "Update observations",
                "question": f"Ask the facilities for the state of the observations of {target.name}?",
                "action_label": "Update",
                "cancel_url": target.get_absolute_url(),
            },
        )

    def post(self, request, pk):
        target = get_or_deny(request, pk, "change")
        refresh(target, request.user)
        return redirect(f"{target.get_absolute_url()}?tab=observations")


def refresh(target, user):
    if not apps.is_installed("tom_observations"):
        raise Http404
    from django.core.management import call_command

    call_command("updatestatus", target_id=target.pk)


def render_observation_table(request, pk):
    """The table of a target's observations; a POST asks the facilities first."""
    target = get_or_deny(request, pk, "change" if request.method == "POST" else "view")
    if request.method == "POST":
        refresh(target, request.user)
    return render(request, "tom_targets/partials/observation_table.html", {"target": target, "object": target})

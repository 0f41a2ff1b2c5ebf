"""Which targets of a list can be observed somewhere tonight; and the observations of a target, refreshed."""

from __future__ import annotations

from datetime import UTC

from django.apps import apps
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.generic import FormView, View

from tom_common.conf import tom_settings
from tom_common.permissions import deny
from tom_targets.forms import TargetSelectionForm
from tom_targets.policy import get_or_deny, sees_all, visible_to

PER_PAGE = 5


class TargetFacilitySelectionView(FormView):
    """Targets of a list against an observatory: airmass at most 2, in the dark, in the 24 hours from a time; 5 targets a page."""

    template_name = "tom_targets/target_facility_selection.html"
    form_class = TargetSelectionForm

    def dispatch(self, request, *args, **kwargs):
        # The list itself limits what one sees; a visitor has no list.
        if not request.user.is_authenticated and not sees_all(request.user):
            deny(request, seen=False)
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self):
        kwargs = {**super().get_form_kwargs(), "user": self.request.user}
        if self.request.method in ("GET", "HEAD") and "target_list" in self.request.GET:
            kwargs["data"] = self.request.GET
        return kwargs

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        extra = list(tom_settings.SELECTION_EXTRA_FIELDS or [])
        context["table_columns"] = ["Target", "Site", "Min airmass", "Rise (UTC)", "Time of min airmass (UTC)", "Set (UTC)", "Duration (h)", *extra]
        context.setdefault("target_visibilities", [])
        context.setdefault("use_table", False)
        form = context["form"]
        if form.is_bound and form.is_valid():
            context.update(self.answer(form.cleaned_data, extra))
        return context

    def answer(self, data, extra):
        from django.core.paginator import Paginator

        from tom_targets.observatories import sites_of
        from tom_targets.visibility import selection

        targets = visible_to(self.request.user, "view", data["target_list"].targets.order_by("name"))
        page = Paginator(targets, PER_PAGE).get_page(self.request.GET.get("page"))
        rows = selection(page.object_list, sites_of(data["observatory"]), data["window_start"].astimezone(UTC))
        for row in rows:
            row["extra"] = [getattr(row["target"], name, None) for name in extra]
        return {"target_visibilities": rows, "targets_page": page, "use_table": True, "page_obj": page}

    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())

    def form_valid(self, form):
        return self.render_to_response(self.get_context_data(form=form))


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

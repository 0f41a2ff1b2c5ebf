"""Observation groups."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponseRedirect
from django.urls import reverse_lazy
from django.views.generic import CreateView, DeleteView, ListView

from tom_common.htmx_table import CappedPaginator

from ..models import ObservationGroup
from ..policy import groups_visible_to
from ..services.groups import create_group, delete_group
from .access import LoginRequired, group_or_deny


class ObservationGroupCreateView(LoginRequired, CreateView):
    model = ObservationGroup
    fields = ["name"]
    success_url = reverse_lazy("tom_observations:group-list")

    def form_valid(self, form):
        self.object = create_group(actor=self.request.user, name=form.cleaned_data["name"])
        messages.success(self.request, f"Group {self.object.name} was created.")
        return HttpResponseRedirect(self.get_success_url())


class ObservationGroupListView(ListView):
    model = ObservationGroup
    paginate_by = 25
    paginator_class = CappedPaginator
    template_name = "tom_observations/observationgroup_list.html"

    def get_queryset(self):
        return groups_visible_to(self.request.user).order_by("-created", "name", "-id").prefetch_related("dynamiccadence_set")

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        groups = list(context["object_list"])
        through = ObservationGroup.observation_records.through.objects
        counts = dict(
            through.filter(observationgroup__in=groups)
            .values("observationgroup_id")
            .annotate(number=Count("id"))
            .values_list("observationgroup_id", "number")
        )
        deletable = set(
            groups_visible_to(self.request.user, "delete", ObservationGroup.objects.filter(pk__in=[g.pk for g in groups])).values_list(
                "pk", flat=True
            )
        )
        for group in groups:
            group.record_count = counts.get(group.pk, 0)
            group.deletable = group.pk in deletable
        context["object_list"] = context["observationgroup_list"] = groups
        return context


class ObservationGroupDeleteView(LoginRequired, DeleteView):
    model = ObservationGroup
    success_url = reverse_lazy("tom_observations:group-list")
    template_name = "tom_observations/observationgroup_confirm_delete.html"

    def get_object(self, queryset=None):
        return group_or_deny(self.request, self.kwargs["pk"], "delete")

    def form_valid(self, form):
        delete_group(actor=self.request.user, group=self.object)
        messages.success(self.request, "The group was deleted; its observations stay.")
        return HttpResponseRedirect(self.get_success_url())

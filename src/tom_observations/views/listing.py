"""The list of observations."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponseRedirect
from django.urls import reverse
from django_filters.views import FilterView

from tom_common.htmx_table import CappedPaginator

from ..filters import ObservationFilter
from ..models import ObservationGroup, ObservationRecord
from ..plots import sky_map
from ..policy import groups_visible_to, visible_to
from ..queries import FacilityStates, for_list
from ..services.groups import add_to_group, remove_from_group
from ..tasks import update_all_statuses
from .access import group_or_deny


def page_map(rows):
    """The rows of the page on the sky: grey without a status, red under way, green ended."""
    points = [
        (
            row.target.ra,
            row.target.dec,
            "none" if not row.status else "done" if row.is_terminal else "open",
            f"{row.target.name} {row.facility}",
        )
        for row in rows
        if row.target.ra is not None and row.target.dec is not None
    ]
    return sky_map(points, mirrored=True, label=f"Positions of {len(points)} observations on the sky")


class ObservationListView(FilterView):
    """Reading by GET; by POST records are put into a group or taken out, and statuses are asked for."""

    filterset_class = ObservationFilter
    template_name = "tom_observations/observation_list.html"
    paginate_by = 25
    paginator_class = CappedPaginator
    model = ObservationRecord
    strict = False

    def get_queryset(self, *args, **kwargs):
        return for_list(visible_to(self.request.user))

    def get_context_data(self, *args, **kwargs):
        context = super().get_context_data(*args, **kwargs)
        rows = FacilityStates().annotate(context["object_list"], self.request.user)
        query = self.request.GET.copy()
        query.pop("page", None)
        context.update(
            object_list=rows,
            observationrecord_list=rows,
            query_string=query.urlencode(),
            editable_groups=groups_visible_to(self.request.user, "change").order_by("name", "pk")[:500]
            if self.request.user.is_authenticated
            else [],
            visible_group_ids=self._visible_groups(rows),
            sky_map=page_map(rows),
            count_is_capped=getattr(context.get("paginator"), "is_capped", False),
        )
        return context

    def _visible_groups(self, rows):
        ids = {group.pk for record in rows for group in record.observationgroup_set.all()}
        if not ids:
            return set()
        return set(groups_visible_to(self.request.user, "view", ObservationGroup.objects.filter(pk__in=ids)).values_list("pk", flat=True))

    def post(self, request, *args, **kwargs):
        back = HttpResponseRedirect(f"{reverse('tom_observations:list')}?{request.GET.urlencode()}".removesuffix("?"))
        if not request.user.is_authenticated:
            from tom_common.permissions import deny

            return deny(request, seen=False) or back
        if request.POST.get("update_status"):
            update_all_statuses(request)
            return back
        try:
            pks = [int(pk) for pk in request.POST.getlist("selected")][:10_000]
            group_pk = int(request.POST.get("observationgroup", ""))
        except ValueError:
            messages.error(request, "Choose observations and a group first.")
            return back
        group = group_or_deny(request, group_pk, "change")
        records = visible_to(request.user, "view", ObservationRecord.objects.filter(pk__in=pks))
        if request.POST.get("action") == "add":
            messages.success(request, f"{add_to_group(actor=request.user, group=group, records=records)} added to {group.name}.")
        elif request.POST.get("action") == "remove":
            messages.success(request, f"{remove_from_group(actor=request.user, group=group, records=records)} removed from {group.name}.")
        else:
            messages.error(request, "Choose whether to add or to remove.")
        return back

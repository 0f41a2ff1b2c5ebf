"""The map of the whole sky with the targets of a filter."""

from __future__ import annotations

from datetime import UTC

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.generic import View

from tom_targets.filters import TargetFilterSet
from tom_targets.models import get_target_model_class
from tom_targets.policy import visible_to

NOT_FILTERS = {"page", "per_page", "sort", "saved", "_table"}


class TargetSkyMapView(View):
    """Every target that the viewer sees and the filter lets through; a cell of the map leads to the list of what it holds."""

    def get(self, request):
        from tom_targets.skymap import great_circle, sky_map

        targets = get_target_model_class().objects.all()
        filterset = TargetFilterSet(request.GET, queryset=visible_to(request.user, "view", targets), request=request)
        wrong = filterset.is_bound and not filterset.is_valid()
        when = timezone.now().astimezone(UTC).replace(second=0, microsecond=0)
        found = sky_map(filterset.queryset.none() if wrong else filterset.qs, when)
        filters = [(name, value) for name, values in request.GET.lists() if name not in NOT_FILTERS for value in values if value]
        of_list = urlencode(filters)
        # A cell is asked for as a polygon; where the filter has one already, the cell takes its place.
        rest = urlencode([(name, value) for name, value in filters if name != "polygon"])
        listed = reverse("targets:list")
        context = {
            **found, "when": when, "errors": filterset.form.errors if wrong else None, "is_filtered": bool(filters),
            "list_url": f"{listed}?{of_list}" if of_list else listed, "cell_url": f"{listed}?{rest}&polygon=" if rest else f"{listed}?polygon=",
            "galactic": great_circle("galactic"), "ecliptic": great_circle("ecliptic"),
        }  # fmt: skip
        return render(request, "tom_targets/target_skymap.html", context)

"""Targets in from a file, and out to one."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.views.generic import TemplateView, View

from tom_common.errors import TomError
from tom_targets.filters import TargetFilterSet
from tom_targets.models import get_target_model_class
from tom_targets.policy import visible_to
from tom_targets.services.exporting import export_csv
from tom_targets.services.importing import import_csv

Target = get_target_model_class()
SHOWN_ERRORS = 50


class TargetImportView(LoginRequiredMixin, TemplateView):
    """Read targets from a CSV file."""

    template_name = "tom_targets/target_import.html"

    def post(self, request):
        upload = request.FILES.get("target_csv")
        if upload is None:
            messages.error(request, "Choose a CSV file first.")
            return redirect(reverse("targets:import"))
        try:
            result = import_csv(stream=upload, actor=request.user)
        except TomError as error:
            messages.error(request, error.message)
            return redirect(reverse("targets:import"))
        messages.success(request, f"Targets created: {len(result.targets)}")
        texts = result.messages()
        for text in texts[:SHOWN_ERRORS]:
            messages.warning(request, text)
        if len(texts) > SHOWN_ERRORS:
            messages.warning(request, f"... and {len(texts) - SHOWN_ERRORS} more errors.")
        return redirect(reverse("targets:list"))


class TargetExportView(View):
    """The targets of the list, as filtered, as CSV."""

    def get_queryset(self):
        return visible_to(self.request.user, "view", Target.objects.all())

    def get(self, request, *args, **kwargs):
        rows = TargetFilterSet(request.GET, queryset=self.get_queryset(), request=request).qs
        response = StreamingHttpResponse(export_csv(queryset=rows), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="targets-{slugify(timezone.now().isoformat())}.csv"'
        return response


class TargetSeedView(LoginRequiredMixin, View):
    """Add the Messier catalogue."""

    def get(self, request, *args, **kwargs):
        return redirect(reverse("targets:list"))

    def post(self, request, *args, **kwargs):
        from tom_targets.services.seeding import seed_messier

        try:
            made = seed_messier(actor=request.user)
        except TomError as error:
            messages.error(request, f"The Messier catalogue could not be loaded: {error.message}")
        else:
            messages.success(request, f"{made} targets of the Messier catalogue added.")
        return redirect(reverse("targets:list"))

"""Columns of numbers for the plots of a target."""

from django.http import JsonResponse
from django.views import View

from tom_dataproducts import queries
from tom_targets.policy import get_or_deny


class LightCurveView(View):
    http_method_names = ["get", "head"]

    def get(self, request, target_pk):
        target = get_or_deny(request, target_pk)
        return JsonResponse(queries.light_curve(request.user, target))


class SpectraView(View):
    http_method_names = ["get", "head"]

    def get(self, request, target_pk):
        target = get_or_deny(request, target_pk)
        return JsonResponse(queries.spectra(request.user, target))

"""Filters of measurements: for the pages, the files and the REST endpoint alike."""

from __future__ import annotations

import django_filters
from django import forms
from django.db.models import Q

from tom_common.htmx_table import HTMXTableFilterSet, htmx_attributes_instant, htmx_attributes_onenter
from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.models.products import data_type_choices
from tom_dataproducts.normalising import COLUMNS
from tom_targets.filters import UtcRangeFilter
from tom_targets.models import BaseTarget, TargetList

KINDS = {"photometry": "Photometry", "spectroscopy": "Spectra", "astrometry": "Astrometry"}
MOST_WORDS = 50


def data_types() -> dict[str, str]:
    """The data types of this TOM: those of its settings, and those that have columns of their own; name to label."""
    return {**KINDS, **dict(data_type_choices())}


def _text():
    return forms.TextInput(attrs=htmx_attributes_onenter)


def _choice():
    return forms.Select(attrs=htmx_attributes_instant)


def _between(placeholder):
    return django_filters.widgets.DateRangeWidget(attrs={**htmx_attributes_onenter, "placeholder": placeholder})


def _words(value):
    return list(dict.fromkeys(word.strip() for word in value.split(",") if word.strip()))[:MOST_WORDS]


class MeasurementFilterSet(HTMXTableFilterSet):
    """Of measurements that the viewer sees already: nothing here tells of others."""

    target_name = django_filters.CharFilter(method="filter_target", label="Target name or alias", widget=_text())
    targetlist = django_filters.ModelChoiceFilter(
        queryset=lambda request: _lists(request), method="filter_list", label="Target group", widget=_choice()
    )
    data_type = django_filters.ChoiceFilter(choices=lambda: list(data_types().items()), label="Kind", widget=_choice())
    bandpass = django_filters.CharFilter(method="filter_words", label="Filter (r, g, ...)", widget=_text())
    telescope = django_filters.CharFilter(lookup_expr="icontains", label="Telescope", widget=_text())
    instrument = django_filters.CharFilter(lookup_expr="icontains", label="Instrument", widget=_text())
    source_name = django_filters.CharFilter(method="filter_words", label="Source", widget=_text())
    timestamp = UtcRangeFilter(label="Time of measurement (UTC)", widget=_between("2026-01-31"))
    brightness = django_filters.RangeFilter(
        label="Brightness", widget=django_filters.widgets.RangeWidget(attrs={**htmx_attributes_onenter, "step": "any"})
    )
    detection = django_filters.ChoiceFilter(
        choices=[("detections", "Detections"), ("limits", "Limits")], method="filter_detection", label="Detections or limits", widget=_choice()
    )
    data_product = django_filters.NumberFilter(field_name="data_product_id", label="Data product (its key)", widget=_text())
    added = UtcRangeFilter(label="Added (UTC)", widget=_between("2026-01-31"))

    class Meta:
        model = ReducedDatum
        fields: list[str] = []

    def filter_queryset(self, queryset):
        return queryset.none() if self.form.errors else super().filter_queryset(queryset)

    def general_search(self, queryset, name, value):
        """Every word in the telescope, the instrument, the filter or the source; or the whole in the name of the target."""
        found = Q(target__in=_named(value))
        every = Q()
        for word in value.split()[:10]:
            every &= (
                Q(telescope__icontains=word) | Q(instrument__icontains=word) | Q(source_name__icontains=word) | Q(bandpass__iexact=word)
            )
        return queryset.filter(found | every)

    def filter_target(self, queryset, name, value):
        return queryset.filter(target__in=_named(value))

    def filter_list(self, queryset, name, value):
        return queryset.filter(target_id__in=TargetList.targets.through.objects.filter(targetlist_id=value.pk).values("basetarget_id"))

    def filter_words(self, queryset, name, value):
        return queryset.filter(**{f"{name}__in": _words(value)})

    def filter_detection(self, queryset, name, value):
        return queryset.filter(brightness__isnull=value == "limits", **({"limit__isnull": False} if value == "limits" else {}))


def _named(text):
    from tom_targets import queries

    return queries.search_text(BaseTarget.objects.all(), text).order_by().values("pk")


def _lists(request):
    from tom_targets.policy import lists_visible_to

    user = getattr(request, "user", None)
    return TargetList.objects.none() if user is None else lists_visible_to(user)


class PhotometryFilterSet(MeasurementFilterSet):
    data_type = None


class OtherFilterSet(MeasurementFilterSet):
    """Of spectra, astrometry and what has no columns of its own."""

    data_type = None
    bandpass = None
    brightness = None
    detection = None


class GenericFilterSet(OtherFilterSet):
    """Of what is neither photometry, a spectrum nor astrometry."""

    data_type = django_filters.ChoiceFilter(
        choices=lambda: [pair for pair in data_types().items() if pair[0] not in COLUMNS], label="Kind", widget=_choice()
    )


def filterset_of(kind: str) -> type[MeasurementFilterSet]:
    return {"photometry": PhotometryFilterSet, "": MeasurementFilterSet, "other": GenericFilterSet}.get(kind, OtherFilterSet)

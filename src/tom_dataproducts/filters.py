"""Filters of lists and of the API."""

import django_filters
from django.db.models import Q

from tom_dataproducts.models import DataProduct, ReducedDatum
from tom_observations.models import ObservationRecord


def _by_target_name(queryset, name, value):
    from tom_targets.models import TargetName

    aliases = TargetName.objects.filter(name__icontains=value).values("target_id")
    return queryset.filter(Q(target__name__icontains=value) | Q(target_id__in=aliases))


def _facilities():
    names = ObservationRecord.objects.order_by("facility").values_list("facility", flat=True).distinct()
    return [(name, name) for name in names]


class DataProductFilter(django_filters.FilterSet):
    target_name = django_filters.CharFilter(method="filter_name", label="Target Name")
    facility = django_filters.ChoiceFilter(choices=_facilities, field_name="observation_record__facility", label="Observation Facility")

    class Meta:
        model = DataProduct
        fields = ["target_name", "facility"]

    def filter_name(self, queryset, name, value):
        return _by_target_name(queryset, name, value)


class ReducedDatumFilter(django_filters.FilterSet):
    target_name = django_filters.CharFilter(method="filter_name", label="Target Name")
    data_product_name = django_filters.CharFilter(field_name="data_product__data", lookup_expr="icontains", label="Data Product")

    class Meta:
        model = ReducedDatum
        fields = ["target__id", "target_name", "data_product__id", "data_product_name", "source_name", "data_type"]

    def filter_name(self, queryset, name, value):
        return _by_target_name(queryset, name, value)

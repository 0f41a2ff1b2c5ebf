"""Filters of lists and of the API."""

import django_filters
from django import forms
from django.db.models import Q

from tom_common.htmx_table import HTMXTableFilterSet, htmx_attributes_instant, htmx_attributes_onenter
from tom_dataproducts.models import DataProduct, DataProductGroup, DataProductTag, ReducedDatum
from tom_observations.models import ObservationRecord
from tom_targets.filters import UtcField


def _by_target_name(queryset, name, value):
    from tom_targets.models import TargetName

    aliases = TargetName.objects.filter(name__icontains=value).values("target_id")
    return queryset.filter(Q(target__name__icontains=value) | Q(target_id__in=aliases))


def _facilities():
    names = ObservationRecord.objects.order_by("facility").values_list("facility", flat=True).distinct()
    return [(name, name) for name in names]


class UtcFilter(django_filters.IsoDateTimeFilter):
    field_class = UtcField


class DataProductFilter(django_filters.FilterSet):
    target_name = django_filters.CharFilter(method="filter_name", label="Target Name")
    facility = django_filters.ChoiceFilter(choices=_facilities, field_name="observation_record__facility", label="Observation Facility")

    class Meta:
        model = DataProduct
        fields = ["target_name", "facility"]

    def filter_name(self, queryset, name, value):
        return _by_target_name(queryset, name, value)


class ReducedDatumFilter(django_filters.FilterSet):
    """Filters of measurements in the REST API. Times are ISO 8601; without an offset they are UTC."""

    target = django_filters.NumberFilter(method="filter_target", label="Key of the target")
    target_name = django_filters.CharFilter(method="filter_name", label="Part of the target's name or of an alias")
    data_product = django_filters.NumberFilter(field_name="data_product_id", label="Key of the data product")
    data_product_name = django_filters.CharFilter(field_name="data_product__data", lookup_expr="icontains", label="Part of the file's name")
    bandpass = django_filters.CharFilter(method="filter_bandpass", label="Filters: a comma list")
    telescope = django_filters.CharFilter(lookup_expr="iexact")
    instrument = django_filters.CharFilter(lookup_expr="iexact")
    source_id = django_filters.CharFilter(label="The source's own identifier")
    timestamp_after = UtcFilter(field_name="timestamp", lookup_expr="gte", label="Measured at or after")
    timestamp_before = UtcFilter(field_name="timestamp", lookup_expr="lte", label="Measured at or before")
    mjd_min = django_filters.NumberFilter(method="filter_mjd", label="Measured at or after this MJD (UTC)")
    mjd_max = django_filters.NumberFilter(method="filter_mjd", label="Measured at or before this MJD (UTC)")
    added_after = UtcFilter(field_name="added", lookup_expr="gte", label="Came here at or after")
    brightness_min = django_filters.NumberFilter(field_name="brightness", lookup_expr="gte")
    brightness_max = django_filters.NumberFilter(field_name="brightness", lookup_expr="lte")

    class Meta:
        model = ReducedDatum
        fields = ["target__id", "target_name", "data_product__id", "data_product_name", "source_name", "data_type"]

    def filter_name(self, queryset, name, value):
        return _by_target_name(queryset, name, value)

    def filter_target(self, queryset, name, value):
        # said twice, SQLite takes another index
        return queryset if getattr(self.request, "narrowed_to", None) == value else queryset.filter(target_id=value)

    def filter_bandpass(self, queryset, name, value):
        return queryset.filter(bandpass__in=[word.strip() for word in value.split(",")[:50]])

    def filter_mjd(self, queryset, name, value):
        import datetime as dt

        try:
            when = dt.datetime(1858, 11, 17, tzinfo=dt.UTC) + dt.timedelta(days=float(value))
        except OverflowError:
            # beyond every date that can be stored
            return queryset if (value < 0) == (name == "mjd_min") else queryset.none()
        return queryset.filter(**{"timestamp__gte" if name == "mjd_min" else "timestamp__lte": when})


def _product_groups(request):
    from tom_dataproducts.policy import groups_visible_to

    return groups_visible_to(request.user).order_by("name") if request is not None else DataProductGroup.objects.none()


def _types():
    from tom_dataproducts.models.products import data_type_choices

    return data_type_choices()


CHOOSE = {**htmx_attributes_instant, "class": "form-select"}
WRITE = {**htmx_attributes_onenter, "class": "form-control"}


class DataProductFilterSet(HTMXTableFilterSet):
    """What the list of data products can be narrowed by."""

    target_name = django_filters.CharFilter(method="filter_name", label="Target name", widget=forms.TextInput(attrs=WRITE))
    facility = django_filters.CharFilter(
        field_name="observation_record__facility", lookup_expr="iexact", label="Observation facility", widget=forms.TextInput(attrs=WRITE)
    )
    data_product_type = django_filters.ChoiceFilter(choices=_types, label="Type", widget=forms.Select(attrs=CHOOSE))
    processing_state = django_filters.ChoiceFilter(
        choices=[choice for choice in DataProduct.Processing.choices if choice[0]], label="Processing", widget=forms.Select(attrs=CHOOSE)
    )
    tag = django_filters.CharFilter(method="filter_tag", label="Tag", widget=forms.TextInput(attrs=WRITE))
    group = django_filters.ModelChoiceFilter(queryset=_product_groups, label="Group", widget=forms.Select(attrs=CHOOSE))
    featured = django_filters.BooleanFilter(
        label="Featured", widget=forms.Select(attrs=CHOOSE, choices=[("", "either"), ("true", "featured"), ("false", "not featured")])
    )

    class Meta:
        model = DataProduct
        fields = ["query", "target_name", "facility", "data_product_type", "processing_state", "tag", "group", "featured"]

    def general_search(self, queryset, name, value):
        """Products with every word in the file's name, their identifier, a tag, or a name of the target."""
        from tom_targets.models import TargetName

        for word in value.split()[:10]:
            aliases = TargetName.objects.filter(name__icontains=word).values("target_id")
            tagged = DataProductTag.objects.filter(name__icontains=word).values("product_id")
            found = Q(data__icontains=word) | Q(product_id__icontains=word) | Q(target__name__icontains=word)
            queryset = queryset.filter(found | Q(target_id__in=aliases) | Q(pk__in=tagged))
        return queryset

    def filter_name(self, queryset, name, value):
        return _by_target_name(queryset, name, value)

    def filter_tag(self, queryset, name, value):
        return queryset.filter(pk__in=DataProductTag.objects.filter(name__iexact=value.strip()).values("product_id"))


class DataProductGroupFilterSet(HTMXTableFilterSet):
    """Groups of data products by name."""

    class Meta:
        model = DataProductGroup
        fields = ["query"]

"""What lists of observations can be narrowed by: the page and the API alike."""

from __future__ import annotations

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from .forms.records import facility_choices
from .models import ObservationGroup, ObservationRecord, ObservationTemplate


class NumberListWidget(forms.TextInput):
    """Numbers given one by one (``?id=1&id=2``) or with commas."""

    def value_from_datadict(self, data, files, name):
        values = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        values = values if isinstance(values, list | tuple) else [values]
        return ",".join(str(value) for value in values if value not in (None, ""))


class NumberListField(forms.Field):
    widget = NumberListWidget

    def to_python(self, value):
        try:
            numbers = [int(part) for part in str(value or "").replace(",", " ").split()]
        except ValueError:
            raise ValidationError("Enter whole numbers, separated by commas.") from None
        if any(not 0 <= number < 2**63 for number in numbers):
            raise ValidationError("That number is out of range.")
        return numbers


class NumberListFilter(django_filters.Filter):
    field_class = NumberListField

    def filter(self, queryset, value):
        return queryset.filter(**{f"{self.field_name}__in": value}) if value else queryset


def _groups(request):
    from .policy import groups_visible_to

    return groups_visible_to(getattr(request, "user", None)) if request is not None else ObservationGroup.objects.none()


class ObservationFilter(django_filters.FilterSet):
    ordering = django_filters.OrderingFilter(fields=["scheduled_start", "scheduled_end", "status", "created", "modified"])
    observation_id = django_filters.CharFilter(lookup_expr="exact", label="Observation ID")
    target_id = NumberListFilter(field_name="target_id", label="Target ID")
    observationgroup = django_filters.ModelMultipleChoiceFilter(queryset=_groups, label="Observation group")
    facility = django_filters.MultipleChoiceFilter(choices=facility_choices)
    status = django_filters.CharFilter(lookup_expr="exact")
    scheduled_start = django_filters.DateTimeFromToRangeFilter(label="Scheduled start (UTC)")
    scheduled_end = django_filters.DateTimeFromToRangeFilter(label="Scheduled end (UTC)")

    class Meta:
        model = ObservationRecord
        fields = ["ordering", "observation_id", "target_id", "observationgroup", "facility", "status", "scheduled_start", "scheduled_end"]


class ObservationTemplateFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains")
    facility = django_filters.MultipleChoiceFilter(choices=facility_choices)

    class Meta:
        model = ObservationTemplate
        fields = ["name", "facility"]

"""Filters of the list of targets, and of its REST endpoint."""

from __future__ import annotations

import django_filters
from django import forms
from django.conf import settings
from django.db.models import Q
from guardian.shortcuts import get_objects_for_user

from tom_common.htmx_table import HTMXTableFilterSet, htmx_attributes_instant, htmx_attributes_onenter
from tom_targets import queries
from tom_targets.models import BaseTarget, TargetExtra, TargetList, get_target_model_class
from tom_targets.policy import visible_to

Target = get_target_model_class()


def filter_for_field(field: dict) -> django_filters.Filter:
    """The filter of one EXTRA_FIELDS entry; ValueError for an unknown type."""
    name, kind = field["name"], field["type"]
    if kind == "number":
        return django_filters.RangeFilter(field_name=name, label=name, method=_by_number)
    if kind == "boolean":
        return django_filters.BooleanFilter(field_name=name, label=name, method=_by_truth)
    if kind == "datetime":
        return django_filters.DateTimeFromToRangeFilter(field_name=name, label=name, method=_by_time)
    if kind == "string":
        return django_filters.CharFilter(field_name=name, label=name, method=_by_text)
    raise ValueError(f'Invalid field type {kind} in EXTRA_FIELDS: use "number", "boolean", "datetime" or "string".')


def _with_extra(queryset, **conditions):
    return queryset.filter(pk__in=TargetExtra.objects.filter(**conditions).values("target_id"))


def _bounds(column, value):
    bounds = {}
    if value.start is not None:
        bounds[f"{column}__gte"] = value.start
    if value.stop is not None:
        bounds[f"{column}__lte"] = value.stop
    return bounds


def _by_number(queryset, name, value):
    bounds = _bounds("float_value", value) if value else {}
    return _with_extra(queryset, key=name, **bounds) if bounds else queryset


def _by_time(queryset, name, value):
    bounds = _bounds("time_value", value) if value else {}
    return _with_extra(queryset, key=name, **bounds) if bounds else queryset


def _by_truth(queryset, name, value):
    return queryset if value is None else _with_extra(queryset, key=name, bool_value=value)


def _by_text(queryset, name, value):
    return _with_extra(queryset, key=name, value__icontains=value) if value else queryset


def _numbers(text: str, count: int) -> list[float]:
    parts = [part for part in text.replace(",", " ").split() if part]
    if len(parts) != count:
        raise ValueError
    return [float(part) for part in parts]


class TargetFilterSet(HTMXTableFilterSet):
    """Filters of targets. `request` says who asks: a filter never tells of a target that this user does not see."""

    name = django_filters.CharFilter(method="filter_name", label="Name or alias", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    name_fuzzy = django_filters.CharFilter(method="filter_name_fuzzy", label="Names, spelt alike", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    type = django_filters.ChoiceFilter(choices=BaseTarget.TARGET_TYPES, widget=forms.Select(attrs=htmx_attributes_instant))
    key = django_filters.CharFilter(method="filter_key", label="Tag", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    value = django_filters.CharFilter(method="filter_value", label="Value of a tag", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    cone_search = django_filters.CharFilter(
        method="filter_cone_search", label="Cone", help_text="RA, Dec, radius in degrees", widget=forms.TextInput(attrs=htmx_attributes_onenter)
    )
    target_cone_search = django_filters.CharFilter(
        method="filter_cone_search", label="Cone around a target", help_text="Target name, radius in degrees",
        widget=forms.TextInput(attrs=htmx_attributes_onenter),
    )  # fmt: skip
    targetlist__name = django_filters.ModelChoiceFilter(
        queryset=lambda request: _lists(request), method="filter_list", label="Target group", widget=forms.Select(attrs=htmx_attributes_instant)
    )

    class Meta:
        model = Target
        fields = ["type", "name", "key", "value", "cone_search", "targetlist__name"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        for field in getattr(settings, "EXTRA_FIELDS", []):
            made = filter_for_field(field)
            made.parent, made.model = self, self._meta.model
            self.filters[field["name"]] = made

    @property
    def user(self):
        return getattr(self.request, "user", None)

    def general_search(self, queryset, name, value):
        """Part of a name or of an alias."""
        return queries.search_text(queryset, value)

    def filter_name(self, queryset, name, value):
        """A comma list; part of a name or alias."""
        found = queryset.none()
        wanted = Q(pk__in=[])
        for part in value.split(","):
            if part.strip():
                wanted |= Q(pk__in=queries.search_text(BaseTarget.objects.all(), part).values("pk"))
        return queryset.filter(wanted) if value.strip(", ") else found

    def filter_name_fuzzy(self, queryset, name, value):
        """A comma list of names, compared as the match manager does."""
        return queries.match_names(queryset, value.split(","))

    def filter_key(self, queryset, name, value):
        return queryset.filter(queries.by_key(value))

    def filter_value(self, queryset, name, value):
        return _with_extra(queryset, value=value)

    def filter_list(self, queryset, name, value):
        return queryset.filter(pk__in=TargetList.targets.through.objects.filter(targetlist_id=value.pk).values("basetarget_id"))

    def filter_cone_search(self, queryset, name, value):
        """`ra,dec,radius`, or `name,radius` around exactly one target that the user sees; else no rows."""
        try:
            if name == "cone_search":
                ra, dec, radius = _position(value)
            else:
                of, _, radius = value.rpartition(",")
                ra, dec, radius = (*self._place_of(of), float(radius))
            return queries.cone(queryset, ra, dec, radius)
        except (ValueError, TypeError):
            return queryset.none()

    def _place_of(self, name):
        rows = queries.search_text(visible_to(self.user, "view", BaseTarget.objects.all()), name)
        exact = list(rows.filter(name=name.strip())[:2])
        found = exact if len(exact) == 1 else list(rows[:2])
        if not name.strip() or len(found) != 1 or found[0].ra is None:
            raise ValueError
        return found[0].ra, found[0].dec


def _position(value):
    parts = [part.strip() for part in value.split(",")]
    if len(parts) == 3:
        from tom_targets.services.validation import angle

        return angle("ra", parts[0]), angle("dec", parts[1]), float(parts[2])
    return _numbers(value, 3)


def _lists(request):
    user = getattr(request, "user", None)
    if user is None:
        return TargetList.objects.none()
    return get_objects_for_user(user, "tom_targets.view_targetlist", klass=TargetList)


class TargetGroupFilterSet(HTMXTableFilterSet):
    """Filters of lists."""

    class Meta:
        model = TargetList
        fields = ["query"]

    def general_search(self, queryset, name, value):
        return queryset.filter(name__icontains=value)

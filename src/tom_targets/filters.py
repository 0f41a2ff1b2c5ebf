"""Filters of the list of targets, and of its REST endpoint."""

from __future__ import annotations

import datetime as dt
from functools import cached_property

import django_filters
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.dateparse import parse_datetime

from tom_common.htmx_table import HTMXTableFilterSet, htmx_attributes_instant, htmx_attributes_onenter
from tom_targets import queries, search_terms
from tom_targets.models import BaseTarget, TargetExtra, TargetList, get_target_model_class
from tom_targets.name_parts import has_part
from tom_targets.policy import lists_visible_to, visible_to

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


class TermField(forms.CharField):
    """Text that `read` understands; what it says of anything else is the error of the field. The value stays the text."""

    def __init__(self, *args, read, **kwargs):
        self.read = read
        super().__init__(*args, max_length=20_000, **kwargs)

    def clean(self, value):
        value = super().clean(value)
        if value:
            try:
                self.read(value)
            except ValueError as error:
                # as a parameter: what was typed may have per cent signs, and messages are format strings
                raise ValidationError("%(problem)s", code="invalid", params={"problem": str(error)}) from error
        return value


class UtcField(django_filters.fields.IsoDateTimeField):
    """A moment as ISO 8601; without an offset it is UTC, whatever the site's time zone."""

    def strptime(self, value, format):
        parsed = parse_datetime(str(value))
        if parsed is None:
            raise ValueError
        return parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)


class UtcRangeField(django_filters.fields.RangeField):
    widget = django_filters.widgets.DateRangeWidget

    def __init__(self, *args, **kwargs):
        super().__init__(*args, fields=(UtcField(), UtcField()), **kwargs)


class UtcRangeFilter(django_filters.IsoDateTimeFromToRangeFilter):
    field_class = UtcRangeField


class TermFilter(django_filters.CharFilter):
    field_class = TermField


def _read_region(text):
    if not search_terms.is_moc(text):
        # what is no polygon on the sky shows when its cells are looked for
        from tom_astro.healpix import polygon_ranges

        return polygon_ranges(search_terms.read_polygon(text), depth=0)
    return queries.ranges_of_moc(text)


CONE_HELP = "RA, Dec, radius in degrees; any notation, 30' or 20\" for the radius, l= b= for galactic, J2016.0 behind it for an epoch"
# A list of more names than this is a file to import, not a search.
MOST_NAMES = 100


def _between():
    return django_filters.widgets.DateRangeWidget(attrs={**htmx_attributes_onenter, "placeholder": "2026-01-31"})


def _all(queryset):
    return BaseTarget._base_manager.using(queryset.db).all()


class TargetFilterSet(HTMXTableFilterSet):
    """Filters of targets. `request` says who asks: a filter never tells of a target that this user does not see."""

    name = django_filters.CharFilter(method="filter_name", label="Name or alias", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    name_fuzzy = django_filters.CharFilter(
        method="filter_name_fuzzy", label="Names, spelt alike", widget=forms.TextInput(attrs=htmx_attributes_onenter)
    )
    type = django_filters.ChoiceFilter(choices=BaseTarget.TARGET_TYPES, widget=forms.Select(attrs=htmx_attributes_instant))
    key = django_filters.CharFilter(method="filter_key", label="Tag", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    value = django_filters.CharFilter(method="filter_value", label="Value of a tag", widget=forms.TextInput(attrs=htmx_attributes_onenter))
    cone_search = TermFilter(
        method="filter_cone_search", label="Cone", read=search_terms.read_cone, help_text=CONE_HELP,
        widget=forms.TextInput(attrs={**htmx_attributes_onenter, "placeholder": "83.82, -5.39, 0.5"}),
    )  # fmt: skip
    target_cone_search = TermFilter(
        method="filter_cone_search", label="Cone around a target", read=search_terms.read_target_cone, help_text="Target name, radius in degrees",
        widget=forms.TextInput(attrs={**htmx_attributes_onenter, "placeholder": "M42, 0.5"}),
    )  # fmt: skip
    polygon = TermFilter(
        method="filter_polygon", label="Polygon or MOC", read=_read_region, help_text="RA Dec, RA Dec, RA Dec in degrees, or a MOC such as 6/123-125",
        widget=forms.TextInput(attrs={**htmx_attributes_onenter, "placeholder": "10 20, 11 20, 11 21"}),
    )  # fmt: skip
    targetlist__name = django_filters.ModelChoiceFilter(
        queryset=lambda request: _lists(request),
        method="filter_list",
        label="Target group",
        widget=forms.Select(attrs=htmx_attributes_instant),
    )
    permissions = django_filters.ChoiceFilter(
        choices=BaseTarget.Permissions.choices, label="Who may see it", widget=forms.Select(attrs=htmx_attributes_instant)
    )
    created = UtcRangeFilter(label="Created (UTC)", widget=_between())
    modified = UtcRangeFilter(label="Changed (UTC)", widget=_between())

    class Meta:
        model = Target
        fields = ["type", "name", "key", "value", "cone_search", "polygon", "targetlist__name", "permissions", "created", "modified"]

    def added_filters(self):
        return {field["name"]: filter_for_field(field) for field in getattr(settings, "EXTRA_FIELDS", [])}

    @cached_property
    def remarks(self):
        """What is to be said beside a field of what was asked for."""
        return {}

    @property
    def user(self):
        return getattr(self.request, "user", None)

    def general_search(self, queryset, name, value):
        """Part of a name or of an alias."""
        return queries.search_text(queryset, value)

    def filter_queryset(self, queryset):
        if self.form.errors:
            return queryset.none()  # what is not understood must not be taken for no filter
        self.remarks = {}
        queryset = super().filter_queryset(queryset)
        for name, text in self.remarks.items():
            if name in self.form.cleaned_data:
                self.form.add_error(name, text)
        return queryset

    def filter_name(self, queryset, name, value):
        """A comma list; part of a name or alias."""
        parts = [part.strip() for part in value.split(",") if part.strip()]
        if len(parts) > MOST_NAMES:
            self.remarks[name] = f"{len(parts)} names are more than the {MOST_NAMES} that are looked for at once."
            return queryset.none()
        wanted = Q(pk__in=[])
        for part in dict.fromkeys(parts):
            wanted |= has_part(part, queryset.db)
        return queryset.filter(wanted)

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
        """A cone around a position, or around exactly one target that the user sees; else no rows, and a word on the page."""
        try:
            if name == "cone_search":
                cone = search_terms.read_cone(value)
                return queries.narrowed(queryset, queries.cone(_all(queryset), cone.ra, cone.dec, cone.radius_deg, cone.epoch))
            of, radius = search_terms.read_target_cone(value)
            return self._around(queryset, self._the_target(of), radius)
        except ValueError as error:
            self.remarks[name] = str(error)
            return queryset.none()

    def _around(self, queryset, target, radius):
        return queries.narrowed(queryset, queries.cone(_all(queryset), target.ra, target.dec, radius))

    def _the_target(self, name):
        visible = visible_to(self.user, "view", BaseTarget.objects.all())
        if self.request is None:  # called by code, for nobody: among the rows that it gave
            visible = BaseTarget.objects.filter(pk__in=self.queryset.order_by().values("pk"))
        exact = list(visible.filter(name=name)[:2])
        found = exact if len(exact) == 1 else list(queries.search_text(visible, name).order_by("name")[:4])
        if not found:
            raise ValueError(f'No target has "{name}" in its name.')
        if len(found) > 1:
            some = ", ".join(target.name for target in found[:3])
            raise ValueError(
                f'Several targets have "{name}" in their names: {some}{", ..." if len(found) > 3 else ""}. Write more of the name.'
            )
        if found[0].ra is None or found[0].dec is None:
            raise ValueError(f"The target {found[0].name} has no fixed position.")
        return found[0]

    def filter_polygon(self, queryset, name, value):
        """Corners of a polygon of great circles, or a MOC: targets whose stored position is in it."""
        try:
            if search_terms.is_moc(value):
                return queries.narrowed(queryset, queries.in_moc(_all(queryset), value))
            return queries.narrowed(queryset, queries.polygon(_all(queryset), search_terms.read_polygon(value)))
        except ValueError as error:
            self.remarks[name] = str(error)
            return queryset.none()


def _lists(request):
    user = getattr(request, "user", None)
    if user is None:
        return TargetList.objects.none()
    return _Later(lambda: lists_visible_to(user))


class _Later:
    """A queryset that is put together when somebody looks into it: most pages show the field of it to nobody."""

    def __init__(self, make):
        self._make = make

    @cached_property
    def _made(self):
        return self._make()

    def all(self):
        return _Later(lambda: self._made.all())

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._made, name)

    def __iter__(self):
        return iter(self._made)

    def __len__(self):
        return len(self._made)

    def __bool__(self):
        return bool(self._made)


class TargetGroupFilterSet(HTMXTableFilterSet):
    """Filters of lists."""

    class Meta:
        model = TargetList
        fields = ["query"]

    def general_search(self, queryset, name, value):
        return queryset.filter(name__icontains=value)

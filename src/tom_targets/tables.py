"""Tables of targets and of lists."""

from __future__ import annotations

import functools

import django_tables2 as tables
from django.db import models
from django.utils.html import format_html

from tom_common.conf import tom_settings
from tom_common.htmx_table import HTMXTable, SelectionColumn
from tom_targets.models import TargetList, get_target_model_class

Target = get_target_model_class()
NUMERIC = {"td": {"class": "num text-end"}, "th": {"class": "text-end"}}
# kept for the machine, or shown under another name
NO_COLUMNS = {"id", "healpix", "simplified_name", "basetarget_ptr"}


class ExtraColumn(tables.Column):
    """The value of a target's extra of that name, or its attribute."""

    def render(self, record, bound_column):
        for extra in record.targetextra_set.all():
            if extra.key == bound_column.name:
                return extra.value
        value = getattr(record, bound_column.name, None)
        return "" if value is None else value


class NumberColumn(tables.Column):
    """A number in at most twelve characters."""

    def __init__(self, **kwargs):
        super().__init__(attrs=NUMERIC, **kwargs)

    def render(self, value):
        from tom_common.templatetags.tom_common_extras import truncate_value_for_display

        return str(truncate_value_for_display(value))


class TimeColumn(tables.Column):
    """A moment, in UTC."""

    def render(self, value):
        from tom_common.templatetags.tom_common_extras import utc_time

        return utc_time(value)


class AliasColumn(tables.Column):
    """All further names of a target."""

    def render(self, record):
        return ", ".join(alias.name for alias in record.aliases.all())


class TargetTable(HTMXTable):
    """Targets with the columns of the setting TARGET_LIST_COLUMNS, or those that the viewer chose.

    A column is a field of the target model, an extra, an attribute, `aliases`, or what another app adds to ``"targets"``.
    """

    partial_template_name = "tom_targets/partials/target_table_partial.html"
    required_columns = ("name",)
    added_columns = "targets"

    selection = SelectionColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "td__input": {"name": "selected-target", "form": "grouping-form"},
            "th": {"class": "col-selection"},
            "td": {"class": "col-selection"},
        },
    )
    name = tables.Column(linkify=True, attrs={"a": {"class": "fw-semibold"}})
    type = tables.Column(accessor="get_type_display", order_by=("type",), verbose_name="Type")
    ra = tables.Column(verbose_name="RA (deg)", attrs=NUMERIC)
    dec = tables.Column(verbose_name="Dec (deg)", attrs=NUMERIC)

    class Meta(HTMXTable.Meta):
        model = Target
        fields = ["selection", "name", "type", "ra", "dec"]
        empty_text = "No target fits."

    @classmethod
    def default_columns(cls):
        own = [name for name in cls.base_columns if name not in TargetTable.base_columns and name not in cls.leading_columns]
        return [*map(str, tom_settings.TARGET_LIST_COLUMNS), *own]

    @classmethod
    def optional_columns(cls):
        found = {name: column for name, column in _columns_of_fields().items() if name not in cls.base_columns}
        for extra in tom_settings.EXTRA_FIELDS:
            if "name" in extra and not extra.get("hidden") and extra["name"] not in found:
                found[extra["name"]] = ExtraColumn(accessor="pk", orderable=False, verbose_name=extra["name"])
        found |= super().optional_columns()
        for name in map(str, tom_settings.TARGET_LIST_COLUMNS):
            if name not in found and name not in cls.base_columns:
                found[name] = ExtraColumn(accessor="pk", orderable=False, verbose_name=name)
        return found

    def prepared(self, queryset):
        shown = {type(column.column) for column in self.columns}
        if ExtraColumn in shown:
            queryset = queryset.prefetch_related("targetextra_set")
        return queryset.prefetch_related("aliases") if AliasColumn in shown else queryset

    def render_ra(self, value):
        return f"{value:.5f}"

    def render_dec(self, value):
        return f"{value:+.5f}"


@functools.cache
def _columns_of_fields() -> dict[str, tables.Column]:
    found = {field.name: _column_of(field) for field in Target._meta.concrete_fields if field.name not in NO_COLUMNS}
    return found | {"aliases": AliasColumn(accessor="pk", orderable=False, verbose_name="Aliases")}


def _column_of(field: models.Field) -> tables.Column:
    label = field.verbose_name
    if isinstance(field, models.DateTimeField):
        return TimeColumn(verbose_name=label)
    if isinstance(field, models.FloatField | models.IntegerField | models.DecimalField) and not field.choices:
        return NumberColumn(verbose_name=label)
    return tables.Column(verbose_name=label)


class TargetGroupTable(HTMXTable):
    """Lists of targets that the viewer may see."""

    trailing_columns = ("delete",)
    required_columns = ("name",)

    name = tables.Column(orderable=True)
    total_targets = tables.Column(
        accessor="visible_targets", verbose_name="Targets", orderable=True, empty_values=(), attrs={"td": {"class": "num"}}
    )
    created = tables.DateTimeColumn(format="Y-m-d H:i", verbose_name="Created (UTC)")
    delete = tables.Column(accessor="pk", verbose_name="", orderable=False)

    class Meta(HTMXTable.Meta):
        model = TargetList
        fields = ["selection", "name", "total_targets", "created", "delete"]
        per_page = 5
        empty_text = "No list yet."

    def render_total_targets(self, record, value):
        return record.total_targets if value is None else value  # lists of a view that does not count them

    def order_total_targets(self, queryset, is_descending):
        if "visible_targets" not in queryset.query.annotations:
            queryset = queryset.annotate(visible_targets=models.Count("targets"))
        return queryset.order_by("-visible_targets" if is_descending else "visible_targets", "pk"), True

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.name)

    def render_delete(self, record):
        from django.urls import reverse

        about = format_html('<a class="btn btn-sm btn-outline-secondary" href="{}">Details</a>', reverse("targets:group-detail", args=[record.pk]))
        if record.pk not in getattr(self, "deletable", {record.pk}):
            return about
        url = reverse("targets:delete-group", kwargs={"pk": record.pk})
        return format_html('{} <a class="btn btn-sm btn-outline-danger" href="{}">Delete</a>', about, url)

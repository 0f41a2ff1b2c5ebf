"""Tables of targets and of lists."""

from __future__ import annotations

import django_tables2 as tables
from django.conf import settings
from django.utils.html import format_html

from tom_common.htmx_table import HTMXTable, SelectionColumn
from tom_targets.models import TargetList, get_target_model_class

Target = get_target_model_class()


class ExtraColumn(tables.Column):
    """The value of a target's extra of that name, or its attribute."""

    def render(self, record, bound_column):
        for extra in record.targetextra_set.all():
            if extra.key == bound_column.name:
                return extra.value
        value = getattr(record, bound_column.name, None)
        return "" if value is None else value


class TargetTable(HTMXTable):
    """Targets; the columns after the name are those of the setting TARGET_LIST_COLUMNS."""

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
    ra = tables.Column(verbose_name="RA (deg)", attrs={"td": {"class": "num text-end"}, "th": {"class": "text-end"}})
    dec = tables.Column(verbose_name="Dec (deg)", attrs={"td": {"class": "num text-end"}, "th": {"class": "text-end"}})

    class Meta(HTMXTable.Meta):
        model = Target
        fields = ["selection", "name", "type", "ra", "dec"]
        sequence = ("selection", "name", "type", "ra", "dec", "...")
        empty_text = "No target fits."

    def __init__(self, *args, **kwargs):
        wanted = [c for c in getattr(settings, "TARGET_LIST_COLUMNS", []) if c not in ("observations", "saved_data")]
        extra = [(name, self._column(name)) for name in wanted if name not in self.base_columns]
        kwargs["extra_columns"] = [*kwargs.get("extra_columns", []), *extra]
        super().__init__(*args, **kwargs)

    @staticmethod
    def _column(name):
        concrete = {f.name for f in Target._meta.concrete_fields}
        return tables.Column() if name in concrete else ExtraColumn(accessor="pk", orderable=False, verbose_name=name)

    def render_ra(self, value):
        return f"{value:.5f}"

    def render_dec(self, value):
        return f"{value:+.5f}"

    def order_name(self, queryset, is_descending):
        return queryset.order_by("-name" if is_descending else "name"), True


class TargetGroupTable(HTMXTable):
    """Lists of targets that the viewer may see."""

    name = tables.Column(orderable=True)
    total_targets = tables.Column(accessor="visible_targets", verbose_name="Targets", orderable=True, attrs={"td": {"class": "num"}})
    created = tables.DateTimeColumn(format="Y-m-d H:i", verbose_name="Created (UTC)")
    delete = tables.Column(accessor="pk", verbose_name="", orderable=False)

    class Meta(HTMXTable.Meta):
        model = TargetList
        fields = ["selection", "name", "total_targets", "created", "delete"]
        per_page = 5
        empty_text = "No list yet."

    def render_name(self, record):
        return format_html('<a href="{}">{}</a>', record.get_absolute_url(), record.name)

    def render_delete(self, record):
        from django.urls import reverse

        if record.pk not in getattr(self, "deletable", {record.pk}):
            return ""
        url = reverse("targets:delete-group", kwargs={"pk": record.pk})
        return format_html('<a class="btn btn-sm btn-outline-danger" href="{}">Delete</a>', url)

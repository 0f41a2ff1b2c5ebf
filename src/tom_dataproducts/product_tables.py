"""Tables of data products and of their groups."""

from __future__ import annotations

import django_tables2 as tables
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from tom_common.htmx_table import HTMXTable, SelectionColumn
from tom_common.templatetags.tom_common_extras import state_badge, utc_time
from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.services.images import may_be_picture

NONE = "–"
STATES = {
    DataProduct.Processing.WAITING: ("quiet", "hourglass-split"),
    DataProduct.Processing.RUNNING: ("quiet", "hourglass-split"),
    DataProduct.Processing.DONE: ("ok", "check-circle"),
    DataProduct.Processing.FAILED: ("bad", "x-circle"),
}


def processing_badge(product):
    """How far the processing of a product is, by word and icon."""
    tone, icon = STATES.get(product.processing_state, ("quiet", "circle"))
    return state_badge(product.get_processing_state_display(), tone, icon) if product.processing_state else NONE


class DataProductTable(HTMXTable):
    """Data products. The check boxes post `products`, as the addresses of the groups understand it."""

    required_columns = ("file",)

    selection = SelectionColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "td__input": {"name": "products", "form": "bulk-form"},
            "th": {"class": "col-selection"},
            "td": {"class": "col-selection"},
        },
    )
    file = tables.Column(accessor="pk", order_by=("data",), verbose_name="File")
    target = tables.Column(accessor="target__name", order_by=("target__name",), verbose_name="Target")
    observation = tables.Column(
        accessor="observation_record", order_by=("observation_record__observation_id",), verbose_name="Observation", default=NONE
    )
    type = tables.Column(accessor="get_type_display", order_by=("data_product_type",), verbose_name="Type", default=NONE)
    state = tables.Column(accessor="pk", order_by=("processing_state",), verbose_name="Processing")
    size = tables.Column(
        accessor="size_bytes", verbose_name="Size", default=NONE, attrs={"td": {"class": "num text-end"}, "th": {"class": "text-end"}}
    )
    tags = tables.Column(accessor="pk", orderable=False, verbose_name="Tags")
    groups = tables.Column(accessor="pk", orderable=False, verbose_name="Groups")
    preview = tables.Column(accessor="pk", orderable=False, verbose_name="Preview")
    created = tables.Column(verbose_name="Stored")
    modified = tables.Column(verbose_name="Changed")
    product_id = tables.Column(verbose_name="Identifier", default=NONE)
    featured = tables.BooleanColumn(verbose_name="Featured")

    class Meta(HTMXTable.Meta):
        model = DataProduct
        fields = ["selection", "file"]
        empty_text = "No data product fits."

    @classmethod
    def default_columns(cls):
        return ["preview", "file", "target", "observation", "type", "state", "size", "groups", "tags", "created"]

    def prepared(self, queryset):
        shown = set(self.columns.names())
        return queryset.prefetch_related(*(name for name, column in (("tags", "tags"), ("group", "groups")) if column in shown))

    def render_file(self, record):
        star = (
            format_html(' <i class="bi bi-pin-angle" role="img" aria-label="{}" title="{}"></i>', "Featured", "Featured")
            if record.featured
            else ""
        )
        return format_html(
            '<a class="fw-semibold" href="{}">{}</a>{}', record.get_absolute_url(), record.get_file_name() or str(record), star
        )

    def render_target(self, record):
        return format_html('<a href="{}">{}</a>', reverse("targets:detail", args=[record.target_id]), record.target.name)

    def render_observation(self, record):
        found = record.observation_record
        return format_html('<a href="{}">{} {}</a>', reverse("observations:detail", args=[found.pk]), found.facility, found.observation_id)

    def render_state(self, record):
        return processing_badge(record)

    def render_size(self, value):
        return filesizeformat(value)

    def render_tags(self, record):
        return (
            format_html_join(" ", '<span class="tom-badge tom-badge-quiet">{}</span>', ((tag.name,) for tag in record.tags.all())) or NONE
        )

    def render_groups(self, record):
        seen = getattr(self, "seen_groups", None)
        found = [group for group in record.group.all() if seen is None or group.pk in seen]
        return format_html_join(", ", '<a href="{}">{}</a>', ((group.get_absolute_url(), group.name) for group in found)) or NONE

    def render_preview(self, record):
        if not record.data or not (record.thumbnail or may_be_picture(record.data.name)):
            return NONE
        return format_html(
            '<a href="{}"><img class="product-thumb" src="{}" alt="{}" loading="lazy" width="56" height="56"></a>',
            reverse("dataproducts:view", args=[record.pk]) if may_be_picture(record.data.name) else record.get_absolute_url(),
            reverse("dataproducts:preview", args=[record.pk]), f"Preview of {record.get_file_name()}",
        )  # fmt: skip

    def render_created(self, value):
        return utc_time(value)

    def render_modified(self, value):
        return utc_time(value)


class DataProductGroupTable(HTMXTable):
    """Groups of data products, with the number of those products that the viewer may see."""

    selection = None
    required_columns = ("name",)
    trailing_columns = ("actions",)

    name = tables.Column(linkify=True, attrs={"a": {"class": "fw-semibold"}})
    products = tables.Column(verbose_name="Products", attrs={"td": {"class": "num text-end"}, "th": {"class": "text-end"}})
    open_to = tables.Column(accessor="pk", orderable=False, verbose_name="Open to")
    created = tables.Column(verbose_name="Made")
    actions = tables.Column(accessor="pk", orderable=False, verbose_name="", attrs={"td": {"class": "row-actions"}})

    class Meta(HTMXTable.Meta):
        model = DataProductGroup
        fields = ["name", "products", "open_to", "created", "actions"]
        empty_text = "No group fits."

    def prepared(self, queryset):
        return queryset.prefetch_related("user_groups")

    def render_open_to(self, record):
        names = [group.name for group in record.user_groups.all()]
        return ", ".join(names) if names else "whoever may see the target"

    def render_created(self, value):
        return utc_time(value)

    def render_actions(self, record):
        if record.pk not in getattr(self, "changeable", ()):
            return ""
        return format_html(
            '<a class="btn btn-sm btn-outline-secondary" href="{}">Edit</a> <a class="btn btn-sm btn-outline-danger" href="{}">Delete</a>',
            reverse("dataproducts:group-update", args=[record.pk]), reverse("dataproducts:group-delete", args=[record.pk]),
        )  # fmt: skip

"""Tables of measurements: one for each kind, and one of all."""

from __future__ import annotations

import json

import django_tables2 as tables
from django.urls import reverse
from django.utils.html import format_html

from tom_common.htmx_table import HTMXTable, SelectionColumn
from tom_common.templatetags.tom_common_extras import utc_time
from tom_dataproducts.measurement_filters import KINDS
from tom_dataproducts.models import ReducedDatum

NONE = "–"
NUMERIC = {"td": {"class": "num text-end"}, "th": {"class": "text-end"}}
LONGEST = 80


def number(value: float) -> str:
    """Four decimals where that is enough, else six significant digits."""
    return f"{value:.4f}".rstrip("0").rstrip(".") if 0.001 <= abs(value) < 1e6 or value == 0 else f"{value:.6g}"


class NumberColumn(tables.Column):
    def __init__(self, **kwargs):
        super().__init__(attrs=NUMERIC, default=NONE, **kwargs)

    def render(self, value):
        return number(value)


class TextColumn(tables.Column):
    empty_values = (None, "")

    def __init__(self, **kwargs):
        super().__init__(default=NONE, **kwargs)


class ShareColumn(SelectionColumn):
    """Check boxes as the form that shares data of a target reads them."""

    def __init__(self):
        cell = {"class": "col-selection"}
        super().__init__(accessor="pk", orderable=False, attrs={"td__input": {"name": "share-box"}, "th": cell, "td": cell})


class MeasurementTable(HTMXTable):
    """What every kind has: when, of what, by whom, since when here."""

    required_columns = ("timestamp",)
    trailing_columns = ("actions",)
    also = ("target_id", "data_type")
    """Fields that cells need beside those of their columns."""
    plain = ("timestamp",)

    selection = SelectionColumn(
        accessor="pk",
        orderable=False,
        attrs={
            "td__input": {"name": "selected-row", "form": "bulk-form"},
            "th": {"class": "col-selection"},
            "td": {"class": "col-selection"},
        },
    )
    timestamp = tables.Column(verbose_name="Time (UTC)", attrs={"td": {"class": "num text-nowrap"}})
    mjd = tables.Column(accessor="timestamp", order_by=("timestamp",), verbose_name="MJD", attrs=NUMERIC)
    target = tables.Column(accessor="target__name", order_by=("target__name",), verbose_name="Target")
    data_type = TextColumn(verbose_name="Kind")
    telescope = TextColumn()
    instrument = TextColumn()
    source_name = TextColumn(verbose_name="Source")
    source_id = TextColumn(verbose_name="Identifier at the source")
    reduction_version = TextColumn(verbose_name="Reduction")
    data_product = tables.Column(accessor="data_product_id", order_by=("data_product_id",), verbose_name="From file", default=NONE)
    added = tables.Column(verbose_name="Added (UTC)", default=NONE, attrs={"td": {"class": "num text-nowrap"}})
    added_by = tables.Column(accessor="added_by__username", order_by=("added_by__username",), verbose_name="Added by", default="TOM")
    actions = tables.Column(accessor="pk", verbose_name="", orderable=False, attrs={"td": {"class": "row-actions text-nowrap"}})

    class Meta(HTMXTable.Meta):
        model = ReducedDatum
        fields = ["selection", "timestamp"]
        empty_text = "No measurement fits."

    @classmethod
    def default_columns(cls):
        return [*cls.plain, "source_name", "data_product", "added", "added_by"]

    def prepared(self, queryset):
        """Only the columns that are shown are read."""
        names = set(self.columns.names())
        fields = {column.name for column in ReducedDatum._meta.concrete_fields}
        wanted = (
            {name for name in names if name in fields}
            | {*self.also, "timestamp", "data_product"}
            | ({"value"} if "content" in names else set())
        )
        joined = []
        if "target" in names:
            joined, wanted = [*joined, "target"], wanted | {"target__name"}
        if "added_by" in names:
            joined, wanted = [*joined, "added_by"], wanted | {"added_by__username"}
        if "content" not in names:
            wanted.discard("value")
        return queryset.select_related(*joined).only("pk", *wanted) if joined else queryset.only("pk", *wanted)

    def render_timestamp(self, record, value):
        when = f"{value:%Y-%m-%d %H:%M:%S}"
        return format_html('<a href="{}">{}</a>', reverse("dataproducts:measurement", args=[record.pk]), when)

    def render_mjd(self, value):
        from tom_astro.times import datetime_to_mjd

        return f"{datetime_to_mjd(value):.6f}"

    def render_target(self, record, value):
        return format_html('<a href="{}">{}</a>', reverse("targets:detail", args=[record.target_id]), value)

    def render_data_type(self, value):
        return KINDS.get(value, value)

    def render_data_product(self, record):
        from django.urls import NoReverseMatch

        try:
            url = reverse("dataproducts:detail", args=[record.data_product_id])
        except NoReverseMatch:
            url = reverse("dataproducts:file", args=[record.data_product_id])
        return format_html('<a href="{}">file {}</a>', url, record.data_product_id)

    def render_added(self, value):
        return utc_time(value)

    def render_added_by(self, value):
        from tom_common.conf import tom_settings

        user = getattr(getattr(self, "request", None), "user", None)
        hidden = tom_settings.TOM_HIDE_OTHER_USERS and not getattr(user, "is_superuser", False) and value != getattr(user, "username", None)
        return "another user" if hidden or not getattr(user, "is_authenticated", False) else value

    def render_actions(self, record):
        if record.pk not in self.changeable:
            return ""
        edit, delete = (reverse(f"dataproducts:measurement-{verb}", args=[record.pk]) for verb in ("edit", "delete"))
        about = f"the measurement of {record.timestamp:%Y-%m-%d %H:%M:%S}"
        return format_html(
            '<a class="btn btn-sm btn-outline-secondary" href="{}" aria-label="Edit {}"><i class="bi bi-pencil" aria-hidden="true"></i></a> '
            '<a class="btn btn-sm btn-outline-danger" href="{}" aria-label="Delete {}"><i class="bi bi-trash" aria-hidden="true"></i></a>',
            edit, about, delete, about,
        )  # fmt: skip

    @property
    def changeable(self):
        """Keys of the rows of this page that the viewer may change, asked for once."""
        if not hasattr(self, "_changeable"):
            user = getattr(getattr(self, "request", None), "user", None)
            keys = [row.record.pk for row in self.paginated_rows]
            self._changeable = frozenset()
            if keys and user is not None and user.is_authenticated:
                from tom_dataproducts.policy import data_visible_to

                rows = data_visible_to(user, "change", ReducedDatum.objects.filter(pk__in=keys))
                self._changeable = frozenset(rows.order_by().values_list("pk", flat=True))
        return self._changeable


class PhotometryTable(MeasurementTable):
    plain = ("timestamp", "telescope", "bandpass", "brightness", "brightness_error", "limit", "unit")

    class Meta(MeasurementTable.Meta):
        pass

    bandpass = TextColumn(verbose_name="Filter")
    brightness = NumberColumn()
    brightness_error = NumberColumn(verbose_name="Error")
    limit = NumberColumn()
    unit = TextColumn()
    exposure_time = NumberColumn(verbose_name="Exposure (s)")


class SpectroscopyTable(MeasurementTable):
    plain = ("timestamp", "telescope", "instrument", "exposure_time", "wavelength_unit", "flux_unit")

    class Meta(MeasurementTable.Meta):
        pass

    exposure_time = NumberColumn(verbose_name="Exposure (s)")
    setup = TextColumn(verbose_name="Set-up")
    wavelength_unit = TextColumn(verbose_name="Unit of wavelength")
    flux_unit = TextColumn(verbose_name="Unit of flux")


class DegreesColumn(tables.Column):
    def __init__(self, **kwargs):
        super().__init__(attrs=NUMERIC, default=NONE, **kwargs)

    def render(self, value):
        return f"{value:.7f}"


class AstrometryTable(MeasurementTable):
    plain = ("timestamp", "telescope", "ra", "dec", "ra_error", "dec_error")

    class Meta(MeasurementTable.Meta):
        pass

    ra = DegreesColumn(verbose_name="RA (deg)")
    dec = DegreesColumn(verbose_name="Dec (deg)")
    ra_error = NumberColumn(verbose_name="RA error")
    dec_error = NumberColumn(verbose_name="Dec error")
    ra_error_units = TextColumn(verbose_name="Unit of RA error")
    dec_error_units = TextColumn(verbose_name="Unit of Dec error")


class GenericTable(MeasurementTable):
    plain = ("timestamp", "data_type", "telescope", "content")

    class Meta(MeasurementTable.Meta):
        pass

    content = tables.Column(accessor="value", orderable=False, verbose_name="Value", empty_values=())

    def render_content(self, value):
        text = json.dumps(value, ensure_ascii=False)
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class AllTable(PhotometryTable):
    plain = ("timestamp", "data_type", "telescope", "bandpass", "brightness", "brightness_error", "limit", "unit")

    class Meta(MeasurementTable.Meta):
        pass


TABLES = {
    "photometry": PhotometryTable, "spectroscopy": SpectroscopyTable, "astrometry": AstrometryTable, "other": GenericTable, "": AllTable,
}  # fmt: skip

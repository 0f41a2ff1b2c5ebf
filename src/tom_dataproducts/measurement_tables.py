"""Tables of measurements: one for each kind, and one of all."""

from __future__ import annotations

import json
from functools import cached_property
from html import escape

import django_tables2 as tables
from django.db.models import F
from django.utils.safestring import mark_safe

from tom_common.htmx_table import HTMXTable, SelectionColumn
from tom_common.kept import address_of, addresses_of
from tom_common.templatetags.tom_common_extras import utc_time
from tom_dataproducts.measurement_filters import KINDS
from tom_dataproducts.models import ReducedDatum

NONE = "–"
NUMERIC = {"td": {"class": "num text-end"}, "th": {"class": "text-end"}}
LONGEST = 80
NAMES = {"target": "target__name", "added_by": "added_by__username"}


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


def share_column() -> SelectionColumn:
    """Check boxes as the form that shares data of a target reads them."""
    cell = {"class": "col-selection"}
    return SelectionColumn(accessor="pk", orderable=False, attrs={"td__input": {"name": "share-box"}, "th": cell, "td": cell})


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
    target = tables.Column(accessor="target_id", order_by=("target__name",), verbose_name="Target")
    data_type = TextColumn(verbose_name="Kind")
    telescope = TextColumn()
    instrument = TextColumn()
    source_name = TextColumn(verbose_name="Source")
    source_id = TextColumn(verbose_name="Identifier at the source")
    reduction_version = TextColumn(verbose_name="Reduction")
    data_product = tables.Column(accessor="data_product_id", order_by=("data_product_id",), verbose_name="From file", default=NONE)
    added = tables.Column(verbose_name="Added (UTC)", default=NONE, attrs={"td": {"class": "num text-nowrap"}})
    added_by = tables.Column(accessor="added_by_id", order_by=("added_by__username",), verbose_name="Added by", default="TOM")
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
        # names alone: no target and no account is made of each row
        more = {f"{name}_name": F(path) for name, path in NAMES.items() if name in names}
        return queryset.annotate(**more).only("pk", *wanted)

    @cached_property
    def addresses(self):
        """What gives the addresses of a row by its key: its page, and where it is edited and deleted."""
        return [addresses_of(f"dataproducts:measurement{verb}") for verb in ("", "-edit", "-delete")]

    def render_timestamp(self, record, value):
        return mark_safe(f'<a href="{escape(self.addresses[0](record.pk))}">{value.isoformat(" ", "seconds")[:19]}</a>')  # noqa: S308

    def render_mjd(self, value):
        from tom_astro.times import datetime_to_mjd

        return f"{datetime_to_mjd(value):.6f}"

    def render_target(self, record):
        return mark_safe(f'<a href="{escape(address_of("targets:detail", record.target_id))}">{escape(record.target_name)}</a>')  # noqa: S308

    def render_data_type(self, value):
        return KINDS.get(value, value)

    def render_data_product(self, record):
        return mark_safe(f'<a href="{escape(address_of("dataproducts:detail", record.data_product_id))}">file {record.data_product_id}</a>')  # noqa: S308

    def render_added(self, value):
        return utc_time(value)

    def render_added_by(self, record):
        from tom_common.conf import tom_settings

        user = getattr(getattr(self, "request", None), "user", None)
        own = record.added_by_id == getattr(user, "pk", None)
        hidden = tom_settings.TOM_HIDE_OTHER_USERS and not getattr(user, "is_superuser", False) and not own
        if hidden or not getattr(user, "is_authenticated", False):
            return "another user"
        return "TOM" if record.added_by_name is None else record.added_by_name

    def render_actions(self, record):
        if record.pk not in self.changeable:
            return ""
        _, edit, delete = self.addresses
        about = f'the measurement of {record.timestamp.isoformat(" ", "seconds")[:19]}'
        return mark_safe(  # noqa: S308
            f'<a class="btn btn-sm btn-outline-secondary" href="{escape(edit(record.pk))}" aria-label="Edit {about}">'
            '<i class="bi bi-pencil" aria-hidden="true"></i></a> '
            f'<a class="btn btn-sm btn-outline-danger" href="{escape(delete(record.pk))}" aria-label="Delete {about}">'
            '<i class="bi bi-trash" aria-hidden="true"></i></a>'
        )

    @cached_property
    def changeable(self):
        """Keys of the rows of this page that the viewer may change, asked for once."""
        from tom_dataproducts.policy import changeable

        user = getattr(getattr(self, "request", None), "user", None)
        return changeable(user, [row.record for row in self.paginated_rows])


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

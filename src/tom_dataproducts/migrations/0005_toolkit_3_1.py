"""The tables of the TOM Toolkit 3.1.0, created in one step or adopted where they are."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


def _common(*fields):
    return [
        ("id", models.AutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("timestamp", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
        ("value", models.JSONField(blank=True, default=dict, verbose_name="extra data")),
        ("telescope", models.CharField(blank=True, default="", max_length=255)),
        ("instrument", models.CharField(blank=True, default="", max_length=255)),
        ("source_name", models.CharField(blank=True, default="", max_length=100)),
        ("source_location", models.CharField(blank=True, default="", max_length=200)),
        ("reduction_version", models.CharField(blank=True, default="", max_length=50)),
        *fields,
        (
            "data_product",
            models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, to="tom_dataproducts.dataproduct"),
        ),
        ("target", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="tom_targets.basetarget")),
    ]


def _number():
    return models.FloatField(blank=True, null=True)


class CreateIndexable(migrations.CreateModel):
    """Create a model whose unique constraint holds a JSON column, which only some databases can index: there, without it.

    The table lives no longer than until it is merged into the one of all reduced data.
    """

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor in {"mysql", "oracle"}:
            model = to_state.apps.get_model(app_label, self.name)
            model._meta.constraints = []
        super().database_forwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    replaces = [
        ("tom_dataproducts", "0016_reduceddatum_instrument_reduceddatum_telescope_and_more"),
        ("tom_dataproducts", "0017_spectroscopyreduceddatum_wavelength_unit"),
        ("tom_dataproducts", "0018_remove_astrometryreduceddatum_unique_astrometry_and_more"),
        ("tom_dataproducts", "0019_alter_astrometryreduceddatum_options_and_more"),
        ("tom_dataproducts", "0020_remove_astrometryreduceddatum_unique_astrometry_and_more"),
    ]

    # Not on 0002 to 0004: a database of 3.1 may lack some of those names.
    dependencies = [
        ("tom_dataproducts", "0001_toolkit_2_32"),
        ("tom_targets", "0021_rename_target_basetarget_alter_basetarget_options"),
    ]

    operations = [
        migrations.AddField("reduceddatum", "telescope", models.CharField(blank=True, default="", max_length=255)),
        migrations.AddField("reduceddatum", "instrument", models.CharField(blank=True, default="", max_length=255)),
        migrations.AddField("reduceddatum", "reduction_version", models.CharField(blank=True, default="", max_length=50)),
        migrations.AlterField("reduceddatum", "value", models.JSONField(blank=True, default=dict, verbose_name="extra data")),
        CreateIndexable(
            name="PhotometryReducedDatum",
            fields=_common(
                ("brightness", _number()),
                ("brightness_error", _number()),
                ("limit", _number()),
                ("unit", models.CharField(blank=True, default="", max_length=32)),
                ("bandpass", models.CharField(max_length=32)),
                ("exposure_time", _number()),
            ),
            options={
                "get_latest_by": ("timestamp",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("target", "bandpass", "timestamp", "brightness", "instrument", "reduction_version"),
                        name="unique_photometry_brightness",
                    ),
                    models.UniqueConstraint(
                        fields=("target", "bandpass", "timestamp", "limit", "instrument", "reduction_version"),
                        name="unique_photometry_limit",
                    ),
                ],
            },
        ),
        CreateIndexable(
            name="SpectroscopyReducedDatum",
            fields=_common(
                ("setup", models.CharField(blank=True, default="", max_length=2000)),
                ("exposure_time", _number()),
                ("wavelength", models.JSONField(default=list)),
                ("flux", models.JSONField(default=list)),
                ("error", models.JSONField(blank=True, default=list)),
                ("flux_unit", models.TextField(blank=True, default="")),
                ("wavelength_unit", models.TextField(blank=True, default="")),
            ),
            options={
                "get_latest_by": ("timestamp",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("target", "timestamp", "telescope", "instrument", "flux", "reduction_version"),
                        name="unique_spectroscopy",
                    )
                ],
            },
        ),
        CreateIndexable(
            name="AstrometryReducedDatum",
            fields=_common(
                ("ra", models.FloatField()),
                ("dec", models.FloatField()),
                ("ra_error", _number()),
                ("dec_error", _number()),
                ("ra_error_units", models.CharField(blank=True, default="", max_length=32)),
                ("dec_error_units", models.CharField(blank=True, default="", max_length=32)),
            ),
            options={
                "get_latest_by": ("timestamp",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("target", "timestamp", "telescope", "instrument", "ra", "dec", "reduction_version"),
                        name="unique_astrometry",
                    )
                ],
            },
        ),
    ]

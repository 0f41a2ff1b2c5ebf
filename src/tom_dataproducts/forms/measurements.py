"""The form with which one measurement is changed."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

from django import forms
from django.utils.dateparse import parse_datetime

from tom_dataproducts.models import ReducedDatum
from tom_dataproducts.normalising import columns_of

LABELS = {
    "brightness": "Brightness", "brightness_error": "Error of the brightness", "limit": "Limit", "bandpass": "Filter",
    "exposure_time": "Exposure (s)", "ra": "RA (deg, ICRS)", "dec": "Dec (deg, ICRS)", "reduction_version": "Reduction",
    "source_name": "Source", "source_location": "Where it came from", "setup": "Set-up", "wavelength_unit": "Unit of wavelength",
    "flux_unit": "Unit of flux", "ra_error": "Error of RA", "dec_error": "Error of Dec", "ra_error_units": "Unit of the error of RA",
    "dec_error_units": "Unit of the error of Dec",
}  # fmt: skip
MAGNITUDES = "Empty: magnitudes"


class UtcTimeField(forms.CharField):
    """A moment as ISO 8601; without an offset it is UTC. As it stands in the table, to the microsecond."""

    def prepare_value(self, value: Any) -> Any:
        return f"{value.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S.%f}".rstrip("0").rstrip(".") if isinstance(value, dt.datetime) else value

    def clean(self, value: Any) -> dt.datetime:
        text = super().clean(value)
        try:
            found = parse_datetime(text.strip())
        except ValueError:
            found = None
        if found is None:
            raise forms.ValidationError("Write the time as 2026-01-31 04:05:06.7 (UTC).")
        return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


class MeasurementForm(forms.Form):
    """The columns of a measurement of its type, and what has none as JSON. `changes` are those that were changed."""

    timestamp = UtcTimeField(label="Time (UTC)", max_length=40)

    def __init__(self, *args: Any, datum: ReducedDatum, **kwargs: Any) -> None:
        self.datum = datum
        columns = [column for column in columns_of(datum.data_type) if column.kind != "array"]
        kwargs.setdefault("initial", {name: getattr(datum, name) for name in ("timestamp", "source_name", "source_location", *(c.name for c in columns))})
        kwargs["initial"]["extra"] = self.extra_of(datum)
        super().__init__(*args, **kwargs)
        for column in columns:
            label = self.label_of(column.name)
            if column.kind == "float":
                self.fields[column.name] = forms.FloatField(label=label, required=False, widget=forms.NumberInput(attrs={"step": "any"}))
            else:
                self.fields[column.name] = forms.CharField(label=label, required=False, max_length=column.max_length or 500)
        if "unit" in self.fields:
            self.fields["unit"].help_text = MAGNITUDES
        for name in ("source_name", "source_location"):
            length = ReducedDatum._meta.get_field(name).max_length
            self.fields[name] = forms.CharField(label=LABELS[name], required=False, max_length=length)
        label = "What else is known (JSON)" if columns else "Value (JSON)"
        self.fields["extra"] = forms.JSONField(label=label, required=False, widget=forms.Textarea(attrs={"rows": 4, "class": "font-monospace"}))

    @staticmethod
    def label_of(name: str) -> str:
        return LABELS.get(name, name.replace("_", " ").capitalize())

    @staticmethod
    def extra_of(datum: ReducedDatum) -> Any:
        """What of `value` no column says; all of it where there are none."""
        synonyms = {name for column in columns_of(datum.data_type) for name in column.synonyms}
        if not synonyms or not isinstance(datum.value, dict):
            return datum.value
        return {key: content for key, content in datum.value.items() if key not in synonyms}

    def clean_extra(self) -> Any:
        extra = self.cleaned_data["extra"]
        if not columns_of(self.datum.data_type):
            return extra
        extra = {} if extra is None else extra
        if not isinstance(extra, dict):
            raise forms.ValidationError('Write an object: {"name": value, ...}.')
        spoken = sorted({name for column in columns_of(self.datum.data_type) for name in column.synonyms} & set(extra))
        if spoken:
            raise forms.ValidationError(f"{', '.join(spoken)}: there is a field for this above.")
        return extra

    @property
    def changes(self) -> dict[str, Any]:
        """What differs from the measurement as it was, for `change_datum`."""
        found = {
            name: content
            for name, content in self.cleaned_data.items()
            if name != "extra" and content != getattr(self.datum, name)
        }
        before, extra = self.extra_of(self.datum), self.cleaned_data["extra"]
        if json.dumps(extra, sort_keys=True) != json.dumps(before, sort_keys=True):
            found["value"] = extra
        return found

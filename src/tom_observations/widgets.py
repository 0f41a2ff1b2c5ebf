"""A form field for how one filter of a sequence is exposed."""

from __future__ import annotations

from django import forms


class FilterConfigurationWidget(forms.MultiWidget):
    """Three boxes under the names ``X_0``, ``X_1``, ``X_2``; a list under ``X`` is read too, as stored parameters give it."""

    def __init__(self, attrs=None):
        classes = {"class": "form-control numberinput"}
        widgets = (
            forms.NumberInput(attrs={**classes, "aria-label": "Exposure time (s)", "placeholder": "exposure time (s)"}),
            forms.NumberInput(attrs={**classes, "aria-label": "Number of exposures", "placeholder": "exposures"}),
            forms.NumberInput(attrs={**classes, "aria-label": "Block", "placeholder": "block"}),
        )
        super().__init__(widgets, attrs)

    def decompress(self, value):
        return list(value) if value else [None, None, None]

    def value_from_datadict(self, data, files, name):
        values = super().value_from_datadict(data, files, name)
        if any(value not in (None, "") for value in values):
            return values
        stored = data.getlist(name) if hasattr(data, "getlist") else data.get(name)
        if isinstance(stored, list | tuple) and stored:
            return [*stored, None, None, None][:3]
        return values


class FilterField(forms.MultiValueField):
    """``[exposure time in seconds, number of exposures, block number]``."""

    widget = FilterConfigurationWidget

    def __init__(self, *args, **kwargs):
        fields = (forms.FloatField(min_value=0), forms.IntegerField(min_value=0), forms.IntegerField(min_value=0))
        super().__init__(fields, *args, **kwargs)

    def compress(self, data_list):
        return data_list

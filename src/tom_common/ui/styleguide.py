"""Samples for the page that shows every part of the design system."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms

BANDS = ["u", "g", "r", "i", "z", "y", "U", "B", "V", "R", "I", "J", "H", "K", "G", "BP", "RP", "o", "c", "clear"]
TONES = ["ok", "info", "warn", "bad", "quiet"]
STATES = ["COMPLETED", "PENDING", "FAILED", "WINDOW_EXPIRED", "CANCELED", "PRIVATE", "PUBLIC", "OPEN"]


class SampleForm(forms.Form):
    name = forms.CharField(help_text="As catalogues write it.")
    kind = forms.ChoiceField(choices=[("SIDEREAL", "Sidereal"), ("NON_SIDEREAL", "Non-sidereal")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    bright = forms.BooleanField(required=False, label="Brighter than the limit")
    access = forms.ChoiceField(choices=[("open", "Open"), ("private", "Private")], widget=forms.RadioSelect)


def samples() -> dict[str, Any]:
    wrong = SampleForm({"kind": "SIDEREAL"})
    wrong.is_valid()
    return {
        "bands": BANDS,
        "tones": TONES,
        "states": STATES,
        "form": SampleForm(),
        "form_with_errors": wrong,
        "when": datetime.datetime(2000, 1, 1, 12, tzinfo=datetime.UTC),
    }

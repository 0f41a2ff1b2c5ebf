"""Samples for the page that shows every part of the design system, and what each part's template says of itself."""

from __future__ import annotations

import datetime
import re
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.utils.safestring import mark_safe

TONES = ["ok", "info", "warn", "bad", "quiet"]
FOLDER = Path(__file__).resolve().parents[1] / "templates" / "tom_common" / "ui"
STYLES = Path(__file__).resolve().parents[1] / "static" / "tom_common" / "css" / "tokens.css"
SECTIONS = [
    ("colours", "Colours"), ("typography", "Typography"), ("buttons", "Buttons"), ("toolbar", "Toolbar"), ("states", "States"), ("values", "Values"),
    ("bands", "Bands"), ("alerts", "Alerts"), ("messages", "Messages"), ("forms", "Forms"), ("tables", "Tables"), ("panels", "Panels"), ("tabs", "Tabs"),
    ("dialogs", "Dialogs"), ("comments-part", "Comments"), ("loading", "Loading"), ("plots", "Plots"), ("parts", "Templates"),
]  # fmt: skip
COMMENT = re.compile(r"{% comment %}(.*?){% endcomment %}", re.S)


class SampleForm(forms.Form):
    """One field of every kind that pages use."""

    name = forms.CharField(help_text="As catalogues write it.")
    kind = forms.ChoiceField(choices=[("SIDEREAL", "Sidereal"), ("NON_SIDEREAL", "Non-sidereal")])
    ra = forms.CharField(
        label="Right ascension",
        required=False,
        help_text="12:34:56.7, 12h34m56.7s or degrees",
        widget=forms.TextInput(attrs={"inputmode": "text", "class": "num"}),
    )
    magnitude = forms.FloatField(required=False, label="Magnitude", help_text="AB", widget=forms.NumberInput(attrs={"step": "any"}))
    day = forms.DateField(required=False, label="Night of", widget=forms.DateInput(attrs={"type": "date"}))
    start = forms.DateTimeField(required=False, label="Start (UTC)", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))
    groups = forms.MultipleChoiceField(
        required=False, choices=[("1", "Observers"), ("2", "Reduction"), ("3", "Students")], initial=["1"], help_text="Type to find one."
    )
    file = forms.FileField(required=False)
    secret = forms.CharField(required=False, label="Password", widget=forms.PasswordInput(attrs={"autocomplete": "off"}))
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 2}), required=False)
    bright = forms.BooleanField(required=False, label="Brighter than the limit")
    access = forms.ChoiceField(choices=[("open", "Open"), ("private", "Private")], widget=forms.RadioSelect)
    bands = forms.MultipleChoiceField(choices=[("g", "g"), ("r", "r"), ("i", "i")], widget=forms.CheckboxSelectMultiple, required=False)


@cache
def tokens() -> list[str]:
    """Names of the colours that every theme sets."""
    light = STYLES.read_text().split('[data-bs-theme="light"]', 1)[1].split("}", 1)[0]
    return re.findall(r"(--(?:tom|plot)-[\w-]+):\s*#", light)


def parts() -> list[dict[str, str]]:
    """Every template of the folder, with the arguments that its first comment names."""
    found = []
    for path in sorted(FOLDER.glob("*.html")):
        comment = COMMENT.search(path.read_text())
        found.append({"name": f"tom_common/ui/{path.name}", "about": comment.group(1).strip() if comment else ""})
    return found


def figure() -> dict[str, Any]:
    """A Plotly figure as a plugin would give it."""
    return {
        "data": [{"x": [1, 2, 3, 4], "y": [18.2, 17.9, 18.0, 18.4], "type": "scatter", "mode": "lines+markers", "name": "r"}],
        "layout": {
            "xaxis": {"title": {"text": "days"}},
            "yaxis": {"title": {"text": "magnitude"}, "autorange": "reversed"},
            "height": 260,
            "margin": {"t": 20},
        },
    }


def samples() -> dict[str, Any]:
    from tom_astro.band_colours import PALETTE
    from tom_common.templatetags.tom_common_extras import STATES

    wrong = SampleForm({"kind": "SIDEREAL", "magnitude": "bright", "day": "yesterday"})
    wrong.is_valid()
    author = SimpleNamespace(get_full_name="An Observer", username="observer", pk=-1)
    when = datetime.datetime(2000, 1, 1, 12, tzinfo=datetime.UTC)
    comment = SimpleNamespace(
        pk=1, user=author, user_id=-1, submit_date=when, edited_at=None, files=[], comment="Seen at **17.9 mag**, see `frame_12.fits`."
    )
    return {
        "sections": SECTIONS,
        "bands": list(PALETTE),
        "tones": TONES,
        "states": list(STATES),
        "tokens": tokens(),
        "parts": parts(),
        "form": SampleForm(),
        "form_with_errors": wrong,
        "when": when,
        "figure": figure(),
        "tabs": [
            {"slug": "one", "label": "Photometry", "body": mark_safe("<p>What the first tab holds.</p>")},
            {"slug": "two", "label": "Spectroscopy", "body": mark_safe("<p>What the second tab holds.</p>")},
        ],
        "actions": [
            {"label": "Observe", "url": "#toolbar", "icon": "binoculars", "kind": "primary"},
            {"label": "Add data", "url": "#toolbar", "icon": "upload"},
            {"label": "Delete", "url": "#toolbar", "icon": "trash", "kind": "outline-danger"},
        ],
        "sample_messages": [
            Message(messages.SUCCESS, "The target is saved."),
            Message(messages.INFO, "A hint to the person who builds the TOM.", "hint"),
            *(Message(messages.ERROR, f"row {number}, ra: no angle (Write degrees.)") for number in range(1, 9)),
        ],
        "sample_comments": [comment],
        "failed_panel": SimpleNamespace(label="Tonight's sky"),
    }

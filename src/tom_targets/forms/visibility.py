"""Forms about when a target, or which targets, can be observed."""

from __future__ import annotations

from datetime import UTC, datetime

from django import forms
from django.core.exceptions import ValidationError

from tom_targets.models import TargetList
from tom_targets.policy import lists_visible_to


class TargetVisibilityForm(forms.Form):
    """The window and limit of a target's airmass plot; `target` comes with the data."""

    start_time = forms.DateTimeField(required=True, label="Start Time", widget=forms.TextInput(attrs={"type": "date"}))
    end_time = forms.DateTimeField(required=True, label="End Time", widget=forms.TextInput(attrs={"type": "date"}))
    airmass = forms.DecimalField(required=False, label="Maximum Airmass", min_value=1)
    sites = forms.MultipleChoiceField(required=False, label="Sites", help_text="None chosen: the sites of this TOM.")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        from tom_targets.observatories import places

        self.fields["sites"].choices = [(name, name) for name in places()]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        start, end = cleaned.get("start_time"), cleaned.get("end_time")
        if start and end:
            if end < start:
                raise ValidationError("Start time must be before end time")
            if (end - start).days > 31:
                raise ValidationError("The window must not be longer than a month.")
        target = self.data.get("target")
        if target is not None and getattr(target, "type", None) == "SIDEREAL" and target.ra is None:
            raise ValidationError("This target has no position.")
        return cleaned


# ERFA's Earth serves these years.
FIRST, LAST = datetime(1900, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
TIMES = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
OWN_PLACE = "own"


class UTCDateTimeField(forms.DateTimeField):
    """A moment in UTC between 1900 and 2100, whatever the time zone of the project."""

    def __init__(self, **kwargs):
        super().__init__(
            input_formats=TIMES, widget=forms.DateTimeInput(format="%Y-%m-%d %H:%M", attrs={"placeholder": "YYYY-MM-DD HH:MM"}), **kwargs
        )

    def to_python(self, value):
        from django.utils import timezone

        with timezone.override(UTC):
            when = super().to_python(value)
        if when is not None and not FIRST <= when <= LAST:
            raise ValidationError("Give a time between 1900 and 2100.")
        return when

    def prepare_value(self, value):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M") if isinstance(value, datetime) else value


class MomentForm(forms.Form):
    """A moment in UTC."""

    when = UTCDateTimeField(label="Time (UTC)", help_text="YYYY-MM-DD HH:MM")


class EphemerisForm(forms.Form):
    """From when to when in which steps, seen from where."""

    UNITS = {"min": 1.0 / 1440.0, "h": 1.0 / 24.0, "d": 1.0}

    start = UTCDateTimeField(label="Start (UTC)")
    stop = UTCDateTimeField(label="Stop (UTC)")
    step = forms.FloatField(label="Step", initial=1)
    unit = forms.ChoiceField(label="Unit of the step", choices=[("min", "minutes"), ("h", "hours"), ("d", "days")], initial="h")
    observatory = forms.ChoiceField(label="Seen from", required=False)
    latitude = forms.FloatField(
        required=False, min_value=-90, max_value=90, label="Latitude (deg)", help_text="Of your own place; north positive."
    )
    longitude = forms.FloatField(required=False, min_value=-180, max_value=360, label="Longitude (deg)", help_text="East positive.")
    height = forms.FloatField(required=False, min_value=-500, max_value=10000, label="Height (m)")

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        from tom_targets.observatories import places

        self.places = places()
        names = [(name, name) for name in self.places]
        self.fields["observatory"].choices = [("", "the Earth's centre"), *names, (OWN_PLACE, "a place of your own, below")]

    def clean(self):
        from tom_targets.ephemeris import MOST_ROWS

        cleaned = super().clean() or self.cleaned_data
        start, stop, step = cleaned.get("start"), cleaned.get("stop"), cleaned.get("step")
        if step is not None and step <= 0:
            self.add_error("step", "The step must be greater than 0.")
        elif start and stop and step and cleaned.get("unit"):
            if stop < start:
                self.add_error("stop", "The stop lies before the start.")
            elif (stop - start).total_seconds() / 86400.0 / (step * self.UNITS[cleaned["unit"]]) >= MOST_ROWS:
                self.add_error("step", f"That would be more than {MOST_ROWS} rows; take longer steps or a shorter time.")
        if cleaned.get("observatory") == OWN_PLACE:
            for name in ("latitude", "longitude"):
                if cleaned.get(name) is None and name not in self.errors:
                    self.add_error(name, f"A place of your own needs its {name}.")
        return cleaned

    def times(self):
        """UTC MJD of the rows."""
        import numpy as np

        from tom_astro.times import datetime_to_mjd

        data = self.cleaned_data
        start, step = float(datetime_to_mjd(data["start"])), data["step"] * self.UNITS[data["unit"]]
        return start + np.arange(int((data["stop"] - data["start"]).total_seconds() / 86400.0 / step + 1e-9) + 1) * step

    def site(self):
        """The place from which the target is seen; None for the Earth's centre."""
        data = self.cleaned_data
        if data["observatory"] != OWN_PLACE:
            return self.places.get(data["observatory"])
        from tom_astro.visibility import Site

        return Site(f"{data['latitude']:+.4f} {data['longitude']:+.4f}", data["latitude"], data["longitude"], data.get("height") or 0.0)


class FinderForm(forms.Form):
    """What a finder chart shows; everything has a default."""

    when = UTCDateTimeField(
        label="Time (UTC)", required=False, help_text="Proper motion and orbits are followed to this time; now when empty."
    )
    field = forms.FloatField(label="Field (arcmin)", required=False, min_value=1, max_value=60)
    site = forms.ChoiceField(label="Site", required=False, help_text="For the parallactic angle.")
    brightest = forms.FloatField(label="Offset stars from (mag)", required=False, min_value=-2, max_value=25)
    faintest = forms.FloatField(label="to (mag)", required=False, min_value=-2, max_value=25)
    slit_pa = forms.FloatField(label="Slit PA (deg)", required=False, min_value=-360, max_value=360, help_text="East of north.")
    parallactic = forms.BooleanField(label="Slit at the parallactic angle", required=False)
    slit_width = forms.FloatField(label="Slit width (arcsec)", required=False, min_value=0.05, max_value=120)
    slit_length = forms.FloatField(label="Slit length (arcsec)", required=False, min_value=1, max_value=3600)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        from tom_targets.observatories import places

        self.places = places()
        self.fields["site"].choices = [("", "none"), *((name, name) for name in self.places)]

    def clean(self):
        cleaned = super().clean() or self.cleaned_data
        low, high = cleaned.get("brightest"), cleaned.get("faintest")
        if low is not None and high is not None and high < low:
            self.add_error("faintest", "The faint limit is brighter than the bright one.")
        if cleaned.get("parallactic") and not cleaned.get("site") and "site" not in self.errors:
            self.add_error("site", "The parallactic angle needs a site.")
        return cleaned


class TargetSelectionForm(forms.Form):
    """Which targets of a list can be observed at an observatory in the 24 hours from `window_start` (UTC)."""

    target_list = forms.ModelChoiceField(TargetList.objects.none(), required=True)
    observatory = forms.ChoiceField(required=True, choices=[])
    window_start = forms.DateTimeField(
        required=True, label="Window start (UTC)", input_formats=["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text="YYYY-MM-DD HH:MM:SS",
    )  # fmt: skip
    max_airmass = forms.FloatField(required=False, label="Airmass at most", min_value=1, max_value=10, help_text="2 when left empty.")
    order = forms.ChoiceField(required=False, label="Order", choices=[("", "by name"), ("best", "best placed first")])

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["target_list"].queryset = lists_visible_to(user)
        from tom_targets.observatories import choices

        self.fields["observatory"].choices = choices()

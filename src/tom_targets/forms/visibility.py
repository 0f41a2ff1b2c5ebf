"""Forms about when a target, or which targets, can be observed."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError
from guardian.shortcuts import get_objects_for_user

from tom_targets.models import TargetList


class TargetVisibilityForm(forms.Form):
    """The window and limit of a target's airmass plot; `target` comes with the data."""

    start_time = forms.DateTimeField(required=True, label="Start Time", widget=forms.TextInput(attrs={"type": "date"}))
    end_time = forms.DateTimeField(required=True, label="End Time", widget=forms.TextInput(attrs={"type": "date"}))
    airmass = forms.DecimalField(required=False, label="Maximum Airmass", min_value=1)

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


class TargetSelectionForm(forms.Form):
    """Which targets of a list can be observed at an observatory in the 24 hours from `window_start` (UTC)."""

    target_list = forms.ModelChoiceField(TargetList.objects.none(), required=True)
    observatory = forms.ChoiceField(required=True, choices=[])
    window_start = forms.DateTimeField(
        required=True, label="Window start (UTC)", input_formats=["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text="YYYY-MM-DD HH:MM:SS",
    )  # fmt: skip

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["target_list"].queryset = get_objects_for_user(user, "tom_targets.view_targetlist", klass=TargetList)
        from tom_targets.observatories import choices

        self.fields["observatory"].choices = choices()

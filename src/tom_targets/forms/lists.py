"""Forms about lists of targets."""

import re

from django import forms

from tom_targets.models import TargetList


class TargetListForm(forms.ModelForm):
    class Meta:
        model = TargetList
        fields = ["name"]


class ListNamesForm(forms.Form):
    """Names of targets, one a line or separated by commas."""

    names = forms.CharField(
        label="Names or aliases",
        help_text="One a line, or separated by commas.",
        widget=forms.Textarea(attrs={"rows": 4}),
        max_length=200_000,
    )

    def clean_names(self):
        return [name.strip() for name in re.split(r"[,;\t\r\n]+", self.cleaned_data["names"]) if name.strip()]

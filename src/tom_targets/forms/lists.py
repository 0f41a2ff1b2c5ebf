"""Forms about lists of targets."""

from django import forms

from tom_targets.models import TargetList


class TargetListForm(forms.ModelForm):
    class Meta:
        model = TargetList
        fields = ["name"]

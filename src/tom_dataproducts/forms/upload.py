from django import forms
from django.contrib.auth.models import Group

from tom_common.conf import tom_settings
from tom_dataproducts.models.products import data_type_choices
from tom_observations.models import ObservationRecord
from tom_targets.models import BaseTarget


class MultipleFileInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """One or several files; cleaned to a list."""

    widget = MultipleFileInput

    def clean(self, data, initial=None):
        single = super().clean
        if isinstance(data, (list, tuple)):
            if not data:
                return [single(None, initial)]
            return [single(item, initial) for item in data]
        return [single(data, initial)]


class DataProductUploadForm(forms.Form):
    """Files for a target or an observation."""

    observation_record = forms.ModelChoiceField(ObservationRecord.objects.all(), widget=forms.HiddenInput(), required=False)
    target = forms.ModelChoiceField(BaseTarget.objects.all(), widget=forms.HiddenInput(), required=False)
    files = MultipleFileField(label="Files")
    data_product_type = forms.ChoiceField(choices=data_type_choices, widget=forms.RadioSelect(), required=True, label="Type")
    keep_good_rows = forms.BooleanField(
        required=False,
        label="Keep the good rows",
        help_text="Rows that cannot be read are left out and told. Else one bad row refuses its file.",
    )
    referrer = forms.CharField(widget=forms.HiddenInput(), required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if not tom_settings.TARGET_PERMISSIONS_ONLY:
            self.fields["groups"] = forms.ModelMultipleChoiceField(
                Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
            )
            self.fields["groups"].queryset = Group.objects.all()

    def clean(self):
        cleaned = super().clean()
        if not self.errors and not cleaned.get("target") and not cleaned.get("observation_record"):
            raise forms.ValidationError("Say for which target or observation these files are.")
        return cleaned

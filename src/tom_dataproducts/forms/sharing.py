from django import forms

from tom_targets.models import BaseTarget


class DataShareForm(forms.Form):
    """Where and with which words data are shared."""

    share_destination = forms.ChoiceField(required=True, choices=[], label="Destination")
    share_title = forms.CharField(required=False, label="Title")
    share_message = forms.CharField(required=False, label="Message", widget=forms.Textarea(attrs={"rows": 4}))
    share_authors = forms.CharField(required=False, widget=forms.HiddenInput())
    data_type = forms.CharField(required=False, label="Data Type")
    target = forms.ModelChoiceField(queryset=BaseTarget.objects.all(), required=False, widget=forms.HiddenInput())
    submitter = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        from tom_dataproducts.sharing import get_sharing_destination_options

        self.fields["share_destination"].choices = get_sharing_destination_options()

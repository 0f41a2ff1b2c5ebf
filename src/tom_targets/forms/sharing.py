"""Forms that send targets to other places."""

from django import forms
from django.core.exceptions import ValidationError

from tom_targets.models import BaseTarget, PersistentShare, TargetList
from tom_targets.policy import visible_to


def destinations() -> list:
    """Places that the setting DATA_SHARING names, as choices; empty when data sharing is not installed."""
    from tom_targets.sharing import sharing_options

    return sharing_options()


class _ShareForm(forms.Form):
    share_destination = forms.ChoiceField(required=True, choices=[], label="Destination")
    share_title = forms.CharField(required=False, label="Title")
    share_message = forms.CharField(required=False, label="Message", widget=forms.Textarea(attrs={"rows": 4}))
    submitter = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["share_destination"].choices = destinations()


class TargetShareForm(_ShareForm):
    target = forms.ModelChoiceField(BaseTarget.objects.all(), required=True, widget=forms.HiddenInput())


class TargetListShareForm(_ShareForm):
    target_list = forms.ModelChoiceField(TargetList.objects.all(), required=True, widget=forms.HiddenInput())


class PersistentShareForm(forms.ModelForm):
    """New data of a target go to `destination` as they come."""

    destination = forms.ChoiceField(required=True, choices=[])
    target = forms.IntegerField(label="Target ID", min_value=1)
    share_existing_data = forms.BooleanField(required=False, label="Share the data that are there already")

    class Meta:
        model = PersistentShare
        fields = ["target", "destination"]

    def __init__(self, *args, target_id=None, user=None, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["destination"].choices = destinations()
        self.target_id = target_id
        if target_id is not None:
            self.fields["target"].initial = target_id
            self.fields["target"].widget = forms.HiddenInput()

    def clean_target(self):
        queryset = BaseTarget.objects.all() if self.user is None else visible_to(self.user, "change", BaseTarget.objects.all())
        target = queryset.filter(pk=self.cleaned_data["target"]).first()
        if target is None:
            raise ValidationError("There is no such target among those that you may change.")
        return target


class AdminPersistentShareForm(PersistentShareForm):
    """As the admin site shows it."""

    class Meta(PersistentShareForm.Meta):
        fields = ["target", "destination", "user"]

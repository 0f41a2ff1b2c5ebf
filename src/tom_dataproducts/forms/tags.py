from django import forms

from tom_dataproducts.services.tagging import LONGEST, MOST, split_tags


class TagsForm(forms.Form):
    """Tags, separated by commas."""

    tags = forms.CharField(max_length=6000, help_text="Separated by commas.", required=False)

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)

    def clean_tags(self):
        found = split_tags(self.cleaned_data["tags"])
        too_long = [tag for tag in found if len(tag) > LONGEST]
        if too_long:
            raise forms.ValidationError(f"“{too_long[0][:30]}…” is longer than {LONGEST} characters.")
        if len(found) > MOST:
            raise forms.ValidationError(f"At most {MOST} tags.")
        return ", ".join(found)

from django import forms

from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.policy import groups_visible_to, visible_to


class AddProductToGroupForm(forms.Form):
    """Products into a group. With a user given, only what that user may see can be chosen."""

    products = forms.ModelMultipleChoiceField(queryset=DataProduct.objects.all(), widget=forms.CheckboxSelectMultiple)
    group = forms.ModelChoiceField(queryset=DataProductGroup.objects.all())

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None:
            self.fields["products"].queryset = visible_to(user, "change")
            self.fields["group"].queryset = groups_visible_to(user, "change")


class DataProductGroupForm(forms.ModelForm):
    class Meta:
        model = DataProductGroup
        fields = ["name", "user_groups"]

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None and not user.is_superuser:
            self.fields["user_groups"].queryset = user.groups.all()
        self.fields["user_groups"].required = False

from django import forms
from django.contrib.auth.models import Group

from tom_dataproducts.models import DataProduct, DataProductGroup
from tom_dataproducts.policy import groups_visible_to, visible_to


class AddProductToGroupForm(forms.Form):
    """Products into a group. With a user given, only what that user may change can be chosen."""

    SHOWN = 100

    products = forms.ModelMultipleChoiceField(queryset=DataProduct.objects.all(), widget=forms.CheckboxSelectMultiple)
    group = forms.ModelChoiceField(queryset=DataProductGroup.objects.all())

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None:
            products = visible_to(user, "change")
            self.fields["products"].queryset = products
            self.fields["group"].queryset = groups_visible_to(user, "change")
            # any of them can be posted; shown are those that were chosen before, else the newest
            chosen = [key for key in self.data.getlist("products") if key.isdigit()] if self.is_bound else []
            shown = products.filter(pk__in=chosen[:1000]) if chosen else products.order_by("-pk")[: self.SHOWN]
            self.fields["products"].widget.choices = [(product.pk, str(product)) for product in shown]


class ChooseGroupForm(forms.Form):
    """One group of those that the user may change."""

    group = forms.ModelChoiceField(queryset=DataProductGroup.objects.none())

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["group"].queryset = groups_visible_to(user, "change")


class DataProductGroupForm(forms.ModelForm):
    """A group and the user groups that may see its products: one's own, and those that it has."""

    class Meta:
        model = DataProductGroup
        fields = ["name", "user_groups"]
        widgets = {"user_groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args, user=None, **kwargs):
        super().__init__(*args, **kwargs)
        if user is not None and not user.is_superuser:
            known = Group.objects.filter(pk__in=user.groups.order_by().values("pk"))
            if self.instance.pk:
                known |= Group.objects.filter(pk__in=self.instance.user_groups.order_by().values("pk"))
            self.fields["user_groups"].queryset = known.order_by("name")
        self.fields["user_groups"].required = False

from django import forms

from tom_dataproducts.models.products import data_type_choices


class ReprocessForm(forms.Form):
    """How a stored product is read once more."""

    data_product_type = forms.ChoiceField(choices=(), required=False, label="Read as")
    keep_good_rows = forms.BooleanField(
        required=False,
        label="Keep the good rows",
        help_text="Rows that cannot be read are left out and told. Else one bad row refuses the file.",
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput())

    def __init__(self, *args, product, **kwargs):
        super().__init__(*args, **kwargs)
        choices = data_type_choices()
        if product.data_product_type not in dict(choices):
            choices = [(product.data_product_type, product.get_type_display() or "as it is"), *choices]
        self.fields["data_product_type"].choices = choices
        self.initial.setdefault("data_product_type", product.data_product_type)

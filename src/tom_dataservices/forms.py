"""The forms of data services."""

from __future__ import annotations

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.db import transaction

from tom_clients.parameters import jsonable
from tom_common.services.rows import save_row
from tom_dataservices.models import DataServiceQuery


class BaseQueryForm(forms.Form):
    """The form of a data service's query; subclasses add fields."""

    query_save = forms.BooleanField(required=False, label="Save Query", help_text="Keep this query, to run it again.")
    query_name = forms.CharField(required=False, label="Query Name", help_text="The name of the saved query.", max_length=500)
    data_service = forms.CharField(required=True, max_length=50, widget=forms.HiddenInput())

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = self.get_layout()

    @property
    def own_field_names(self) -> list[str]:
        return [name for name in self.fields if name not in ("query_save", "query_name", "data_service")]

    def simple_fields(self):
        """Names of the fields that the simple form shows; all of them by default."""
        return self.own_field_names

    def get_layout(self):
        return Layout(*self.own_field_names)

    def get_simple_form_partial(self):
        """The template of the simple form, or None for the usual one."""
        return None

    def get_advanced_form_partial(self):
        """The template of the advanced form, or None for the layout."""
        return None

    def save(self, query_id=None) -> DataServiceQuery:
        """Keep the query, as a new one or in the place of the one with this id."""
        query = DataServiceQuery.objects.get(id=query_id) if query_id else DataServiceQuery()
        query.name = self.cleaned_data.get("query_name") or query.name or ""
        query.data_service = self.cleaned_data["data_service"]
        query.parameters = jsonable(self.cleaned_data)
        with transaction.atomic():
            query = save_row(actor=getattr(self, "actor", None), row=query)
            if not query.name:
                query.name = f"{query.data_service} - {query.id}"
                query.save(update_fields=["name", "modified"])
        return query


class UpdateDataFromDataServiceForm(forms.Form):
    """Asks a data service for the data of a target."""

    target = forms.ModelChoiceField(queryset=None, widget=forms.HiddenInput())
    data_service = forms.ChoiceField(choices=(), label="Data service")

    def __init__(self, *args, targets=None, **kwargs):
        from tom_dataservices.dataservices import get_data_service_classes
        from tom_targets.models import Target

        super().__init__(*args, **kwargs)
        self.fields["target"].queryset = Target.objects.all() if targets is None else targets
        self.fields["data_service"].choices = [
            (name, service.verbose_name or name)
            for name, service in get_data_service_classes().items()
            if hasattr(service, "build_query_parameters_from_target")
        ]
        self.fields["data_service"].widget.attrs["class"] = "form-select"

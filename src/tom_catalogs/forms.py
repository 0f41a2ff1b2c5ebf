from django import forms
from django.utils.html import format_html

from tom_catalogs.harvester import get_service_class, get_service_classes


def _services():
    return [
        (name, format_html("{} – {}", name, harvester.help_text) if getattr(harvester, "help_text", "") else name)
        for name, harvester in get_service_classes().items()
    ]


class CatalogQueryForm(forms.Form):
    """Asks one catalogue for one term."""

    term = forms.CharField(label="Name", widget=forms.TextInput(attrs={"class": "form-control"}))
    service = forms.ChoiceField(choices=_services, label="Catalog", widget=forms.Select(attrs={"class": "form-select"}))

    def get_target(self):
        """An unsaved target.

        :raises tom_catalogs.harvester.MissingDataException: the catalogue does not know the term
        """
        harvester = get_service_class(self.cleaned_data["service"])()
        harvester.query(self.cleaned_data["term"])
        return harvester.to_target()
